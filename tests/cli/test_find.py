"""`find`, `import` and `forget` as a user runs them, at a terminal too."""

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support.commands import Run, document
from support.discs import copy_out
from support.sets import MadeSet, make_set
from support.trees import write


@pytest.fixture
def made(tmp_path: Path) -> MadeSet:
    """A set of several discs, made on another machine."""
    root = str(tmp_path / "Song")
    for name in ("Kick", "Snare", "Vox"):
        write(root, f"Audio Files/{name}.wav", os.urandom(400_000), mtime_ns=1_700_000_000 * 10**9)
    write(root, "Song.ptx", b"document", mtime_ns=1_600_000_000 * 10**9)
    return make_set(root, str(tmp_path / "other machine"), "custom:900kB")


def test_imported_from_one_disc_all_is_found(run: Run, made: MadeSet, tmp_path: Path) -> None:
    copied = copy_out(made.images[1], tmp_path / "copied")
    (imported,) = document(run("import", copied, "--json"))["sets"]
    assert imported["new"] is True
    assert imported["set"]["imported"] is True
    assert 0 < imported["hashed"] < imported["on_discs"]
    for name in ("Kick", "Snare", "Vox"):
        (file,) = document(run("find", name.lower(), "--json"))["files"]
        assert file["path"] == f"Song/Audio Files/{name}.wav"
        assert file["mtime"].startswith("2023-11-14T22:13:20.")
        assert file["discs"][0]["volume_id"] in [disc.volume_id for disc in made.plan.discs]
    run("import", str(tmp_path / "other machine"))
    again = run("import", copied, made.images[0])
    assert "known, set" in again.stdout
    (listed,) = document(run("list", "--json"))["sets"]
    assert (listed["files"], listed["hashed"]) == (4, True)
    assert "imported" in run("list").stdout
    shown = document(run("show", "song", "--json"))
    assert [disc["sectors"] for disc in shown["discs"]] == [
        disc.image_sectors for disc in made.plan.discs
    ]
    assert "hashes of all files known" in run("show", "song").stdout
    run("verify", made.images[0])
    run("archive", "Song", "--media", "custom:900kB", "--to", "out", "--title", "Own")
    assert len(document(run("list", "--json"))["sets"]) == 2


def test_what_find_says(run: Run, made: MadeSet) -> None:
    assert run("find", "kick").stdout == "nothing found\n"
    run("import", *made.images)
    said = run("find", "KICK").stdout
    disc = next(disc for disc in made.plan.discs if any("Kick" in item.path for item in disc.items))
    assert f'{disc.volume_id}  "{disc.title}", disc {disc.number} of ' in said
    assert "of Song; no verified copy known" in said
    assert "400 kB  2023-11-14  Song/Audio Files/Kick.wav" in said
    assert "Snare" not in said
    assert "on each of" in run("find", "ptx").stdout
    assert "the first 1, there are more" in run("find", "*.wav", "--limit", "1").stdout
    dates = ("--since", "2023-11-01", "--until", "2023-12-01", "--json")
    assert len(document(run("find", *dates))["files"]) == 3
    old = document(run("find", "--until", "2020-12-01", "--json"))["files"]
    assert [file["path"] for file in old] == ["Song/Song.ptx"]
    assert len(document(run("find", "--larger", "399kB", "--json"))["files"]) == 3
    assert document(run("find", "--smaller", "1kB", "--set", "Song", "--json"))["files"] == old
    digest = old[0]["discs"][0]["sha256"]
    assert document(run("find", digest, "--json"))["files"] == old
    assert document(run("find", "--hash", digest[:8], "--json"))["files"] == old


def test_bad_usage(run: Run) -> None:
    assert "say what to find" in run("find", code=2).stderr
    assert "is no SHA-256" in run("find", "--hash", "1234567", code=2).stderr
    assert "is no size" in run("find", "--larger", "much", code=2).stderr
    assert "is no date" in run("find", "--since", "2026-13-01", code=2).stderr
    assert "no set" in run("find", "x", "--set", "none", code=2).stderr
    run("find", "x", "--limit", "0", code=2)
    assert "there is no" in run("import", "nowhere.iso", code=2).stderr


def test_damaged_discs_are_refused(run: Run, made: MadeSet, tmp_path: Path) -> None:
    copied = copy_out(made.images[0], tmp_path / "copied")
    table = Path(copied, "catalog/files.tsv")
    table.write_bytes(table.read_bytes().replace(b"Kick", b"Kuck"))
    cut = tmp_path / "cut.iso"
    cut.write_bytes(Path(made.images[0]).read_bytes()[:200_000])
    done = document(run("import", copied, str(cut), "--json", code=5))
    assert done["sets"] == []
    assert [each["path"] for each in done["damaged"]] == [copied, str(cut)]
    assert document(run("list", "--json"))["sets"] == []
    assert "damaged: " in run("import", copied, made.images[1], code=5).stdout
    assert len(document(run("list", "--json"))["sets"]) == 1


def test_forget_asks(run: Run, made: MadeSet) -> None:
    run("import", *made.images)
    assert "say --yes" in run("forget", "song", code=2).stderr
    assert len(document(run("list", "--json"))["sets"]) == 1
    assert document(run("forget", "song", "--yes", "--json"))["forgotten"]["title"] == "Song"
    assert document(run("list", "--json"))["sets"] == []
    assert run("find", "kick").stdout == "nothing found\n"
    assert all(map(os.path.exists, made.images))


class Terminal:
    """The prompt at a terminal of 80 columns."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self._main, other = pty.openpty()
        self.process = subprocess.Popen(
            ["setsid", "--ctty", sys.executable, "-m", "spanner", "find", *arguments],
            stdin=other,
            stdout=other,
            stderr=other,
            cwd=folder,
            env={**os.environ, "COLUMNS": "80", "LINES": "24", "PYTHONIOENCODING": "utf-8"},
        )
        os.close(other)
        self.said = ""

    def press(self, keys: str, until: str) -> str:
        """Press the keys; what came, when `until` is among it."""
        os.write(self._main, keys.encode())
        said, deadline = "", time.monotonic() + 20
        while until not in said:
            assert time.monotonic() < deadline, said
            if select.select([self._main], [], [], 1)[0]:
                try:
                    said += os.read(self._main, 65536).decode("utf-8", "replace")
                except OSError:  # Linux: the other side is closed
                    pytest.fail(said)
        return said

    def end(self) -> int:
        """Wait for the end; the exit code."""
        said = ""
        while self.process.poll() is None or select.select([self._main], [], [], 0)[0]:
            try:
                said += os.read(self._main, 65536).decode("utf-8", "replace")
            except OSError:  # Linux: the other side is closed
                break
        os.close(self._main)
        self.said = said
        return self.process.wait(30)


def test_as_you_type(run: Run, made: MadeSet, tmp_path: Path) -> None:
    run("import", *made.images)
    terminal = Terminal(tmp_path)
    terminal.press("", "Esc leaves")
    assert "Snare.wav" not in terminal.press("k", "Kick.wav")
    terminal.press("x", "nothing found")
    terminal.press("\x7f\x1b[A", "Kick.wav")
    terminal.press("\x15", "Esc leaves")
    terminal.press("vo", "Vox.wav")
    os.write(terminal._main, b"\r")
    assert terminal.end() == 0
    first_screen = terminal.said.rpartition("\x1b[?1049l")[2]
    assert "Song/Audio Files/Vox.wav" in first_screen
    assert "Kick" not in first_screen


@pytest.mark.parametrize(("key", "code"), [("\x1b", 0), ("\x04", 0), ("\x03", 130)])
def test_leaving_the_prompt(tmp_path: Path, key: str, code: int) -> None:
    terminal = Terminal(tmp_path)
    terminal.press("a", "nothing found")
    os.write(terminal._main, key.encode())
    assert terminal.end() == code
    assert "\x1b[?1049l" in terminal.said


def test_no_prompt_where_something_is_asked_for(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, "--larger", "1MB")
    assert terminal.end() == 0
    assert "nothing found" in terminal.said
    assert "\x1b" not in terminal.said
