"""Bad input: one clear line, the right exit code, nothing written."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.sets import make_set
from support.trees import write


def spanner(folder: Path, *arguments: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr."""
    done = subprocess.run(
        [sys.executable, "-m", "spanner", *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def session(tmp_path: Path) -> str:
    """A session of three files."""
    root = str(tmp_path / "Song")
    for name in "abc":
        write(root, f"{name}.wav", os.urandom(300_000))
    return root


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["archive", "--media", "cd", "--to", "out"], 2, "Missing argument"),
        (["archive", "nowhere", "--media", "cd", "--to", "out"], 4, "no such source: nowhere"),
        (["archive", "Song", "--media", "laserdisc", "--to", "out"], 2, "unknown medium"),
        (["archive", "Song", "--media", "cd@cheap", "--to", "out"], 2, "is no number"),
        (["archive", "Song", "--media", "custom:100kB", "--to", "out"], 3, "custom:100kB holds"),
        (["archive", "Song", "--media", "custom:0", "--to", "out"], 3, "choose larger discs"),
        (
            ["archive", "Song", "--media", "custom:1200kBx1", "--no-split", "--to", "out"],
            3,
            "are needed",
        ),
        (["archive", "Song", "--media", "cd", "--pack", "tetris", "--to", "out"], 2, "--pack"),
        (["archive", "Song", "--media", "cd"], 2, "--to"),
        (["plan", "Song", "--media", "cd", "--to", "out"], 2, "No such option"),
        (["image", "nothing.json", "--to", "out"], 2, "cannot read the plan"),
        (["verify", "nothing.iso"], 2, "there is no nothing.iso"),
        (["restore", "nothing.iso", "--to", "back"], 2, "there is no nothing.iso"),
        (["restore", "Song", "--to", "back"], 2, "is no disc and holds no .iso"),
        (["restore", "--to", "back"], 6, "there is no drive to ask at"),
        (["show", "nothing"], 2, "no set"),
        (["frobnicate"], 2, "No such command"),
    ],
)
def test_said_in_one_line(
    tmp_path: Path, session: str, arguments: list[str], code: int, said: str
) -> None:
    assert session
    found, printed, complained = spanner(tmp_path, *arguments)
    assert (found, printed) == (code, ""), complained
    assert said in complained
    assert complained.count("\n") == 1
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "back").exists()


def test_errors_as_json(tmp_path: Path) -> None:
    code, printed, _ = spanner(
        tmp_path, "archive", "nowhere", "--media", "cd", "--to", "out", "--json"
    )
    assert json.loads(printed) == {"error": "no such source: nowhere", "exit_code": 4}
    assert code == 4


def test_a_plan_that_is_cut_or_from_elsewhere(tmp_path: Path, session: str) -> None:
    assert spanner(tmp_path, "plan", session, "--media", "cd", "-o", "plan.json")[0] == 0
    whole = (tmp_path / "plan.json").read_bytes()
    for text in (whole[: len(whole) // 2], b"", b'{"discs": []}', b"\0\1\2", b"[" * 100_000):
        (tmp_path / "bad.json").write_bytes(text)
        code, _, complained = spanner(tmp_path, "image", "bad.json", "--to", "out")
        assert code == 2
        assert complained.startswith("spanner: bad.json: ")
    escaping = whole.replace(b'"Song/a.wav"', b'"../../a.wav"')
    assert escaping != whole
    (tmp_path / "bad.json").write_bytes(escaping)
    assert spanner(tmp_path, "image", "bad.json", "--to", "out")[0] == 2
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("change", ["grown", "touched", "gone", "unreadable folder in its place"])
def test_a_source_that_changed(tmp_path: Path, session: str, change: str) -> None:
    spanner(tmp_path, "plan", session, "--media", "cd", "-o", "plan.json")
    path = Path(session, "b.wav")
    if change == "grown":
        with path.open("ab") as file:
            file.write(b"x")
    elif change == "touched":
        os.utime(path)
    else:
        path.unlink()
        if change != "gone":
            path.mkdir()
    code, _, complained = spanner(tmp_path, "image", "plan.json", "--to", "out")
    assert code == 4
    assert str(path) in complained
    assert os.listdir(tmp_path / "out") == []


def test_unreadable_files_are_all_listed(tmp_path: Path, session: str) -> None:
    """Root without the right to read everything, or a user who is not root."""
    for name in ("a.wav", "c.wav"):
        os.chmod(os.path.join(session, name), 0)
    command = [sys.executable, "-m", "spanner", "archive", session, "--media", "cd", "--to", "out"]
    if os.getuid() == 0:
        drop = "-dac_override,-dac_read_search"
        command = ["setpriv", "--bounding-set", drop, "--", *command]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 4, done.stderr
    assert "2 sources cannot be read, nothing was written" in done.stderr
    for name in ("a.wav", "c.wav"):
        assert f"{session}/{name}: Permission denied" in done.stderr
    assert "b.wav" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_damaged_image(tmp_path: Path, session: str) -> None:
    made = make_set(session, str(tmp_path / "out"), "cd")
    image = Path(made.images[0])
    whole = image.read_bytes()
    place = whole.index(Path(session, "a.wav").read_bytes()[:100]) + 50
    flipped = whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :]
    for data, said in (
        (flipped, "a.wav: damaged"),
        (whole[: len(whole) // 2 // 2048 * 2048], "is cut"),
        (b"not an image" * 10_000, "is no ISO 9660 image"),
        (b"", "is no ISO 9660 image"),
    ):
        image.write_bytes(data)
        code, printed, _ = spanner(tmp_path, "verify", str(image))
        assert code == 5
        assert said in printed
        code, printed, complained = spanner(tmp_path, "restore", str(image), "--to", "back")
        assert code == 5
        assert "a.wav" in printed or said in complained
        assert printed.count(str(image)) <= 1
        assert not (tmp_path / "back/Song/a.wav").exists()


def test_a_library_that_is_none(tmp_path: Path, session: str) -> None:
    (tmp_path / "notes.txt").write_text("not a database " * 100)
    code, _, complained = spanner(tmp_path, "list", "--library", "notes.txt")
    assert code == 2
    assert "is no library" in complained
    code, _, _ = spanner(
        tmp_path, "archive", session, "--media", "cd", "--to", "out", "--library", "notes.txt"
    )
    assert code == 2


def test_a_target_without_room(tmp_path: Path) -> None:
    """More than any disk has, seen before anything is written."""
    root = tmp_path / "Huge"
    root.mkdir()
    with (root / "sparse.wav").open("wb") as file:
        file.truncate(8 << 40)
    code, _, complained = spanner(
        tmp_path, "archive", str(root), "--media", "custom:9000GB", "--to", "out"
    )
    assert code == 3
    assert "bytes free" in complained
    assert os.listdir(tmp_path / "out") == []
