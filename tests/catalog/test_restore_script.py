"""The stand-alone restorer, run as a stranger runs it: what is on the discs comes back."""

import itertools
import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from support.hand_made import (
    OLD_NS,
    SCRIPT,
    TIME_NS,
    WHOLE,
    Archive,
    restore,
    summary,
    three_discs,
    tree,
)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return three_discs(tmp_path)


def interpreters() -> dict[str, str]:
    """The Pythons here that are new enough, one of each version."""
    names = [shutil.which(f"python3.{minor}") for minor in range(8, 20)]
    names += map(str, Path("~/.pyenv/versions").expanduser().glob("*/bin/python3"))
    found: dict[tuple[int, ...], str] = {}
    for name in filter(None, names):
        code = "import sys; print(*sys.version_info[:2])"
        done = subprocess.run([name, "-c", code], check=False, capture_output=True, text=True)
        version = tuple(map(int, done.stdout.split()))
        if version >= (3, 8):
            found.setdefault(version, name)
    return {f"{version[0]}.{version[1]}": found[version] for version in sorted(found)}


@pytest.mark.parametrize("order", [*itertools.permutations(range(3))])
def test_discs_in_any_order(archive: Archive, tmp_path: Path, order: tuple[int, ...]) -> None:
    out = tmp_path / "new" / "out"
    done = restore("--to", out, *[archive.discs[n] for n in order], archive.discs[0])
    assert (done.returncode, done.stderr) == (0, "")
    assert tree(out) == WHOLE
    assert done.stdout.splitlines() == [
        'disc 1 of 3, VOL_1, "Title 1", 2001-02-03',
        'disc 2 of 3, VOL_2, "Title 2", 2001-02-03',
        'disc 3 of 3, VOL_3, "Title 3", 2001-02-03',
        "4 restored, 0 already there, 0 kept, 0 failed",
    ]


def test_modes_and_times_are_exact(archive: Archive, tmp_path: Path) -> None:
    archive.file(1, "T/not in a folder of the catalog", b"")
    archive.write()
    assert restore("--to", tmp_path / "out", *archive.discs).returncode == 0
    assert (tmp_path / "out/T").stat().st_mode == (tmp_path / "out").stat().st_mode
    found = {}
    for name in WHOLE:
        info = (tmp_path / "out" / name).stat()
        found[name] = (oct(stat.S_IMODE(info.st_mode)), info.st_mtime_ns)
    assert found == {
        "S": ("0o755", TIME_NS),
        "S/Audio Files": ("0o750", OLD_NS),
        "S/Audio Files/d.wav": ("0o4755", TIME_NS),
        "S/a.wav": ("0o640", TIME_NS),
        "S/b.wav": ("0o644", TIME_NS),
        "S/c.wav": ("0o644", OLD_NS),
    }


PYTHONS = interpreters()


@pytest.mark.parametrize("version", PYTHONS)
def test_other_pythons(archive: Archive, tmp_path: Path, version: str) -> None:
    python = PYTHONS[version]
    archive.file(1, "S/é\udcff\n.wav", b"odd", path="data/S/odd~1.wav")
    archive.file(1, "S/duplicate.wav", b"a" * 3000, first="S/a.wav", mode="0640")
    archive.symlink("S/link", "a.wav")
    archive.write()
    out = tmp_path / "out"
    done = restore(archive.discs[0], "--to", out, *archive.discs[1:], "--only", "*", python=python)
    assert (done.returncode, done.stderr) == (0, "")
    odd = {"S/é\udcff\n.wav": b"odd", "S/duplicate.wav": b"a" * 3000, "S/link": "a.wav"}
    assert tree(out) == {**WHOLE, **odd}
    assert restore("--check", *archive.discs, python=python).returncode == 0


def test_without_a_disc_it_is_the_one_with_the_script(archive: Archive, tmp_path: Path) -> None:
    done = restore("--to", tmp_path / "out", script=archive.discs[1] / "restore.py")
    assert done.returncode == 7
    assert tree(tmp_path / "out") == {"S": None, "S/c.wav": WHOLE["S/c.wav"], "S/Audio Files": None}


def test_split_file_is_joined(archive: Archive, tmp_path: Path) -> None:
    archive.file(1, "S/big.wav", b"first,", path="data/S/big.wav.001", part=(1, 3, 0))
    archive.file(2, "S/big.wav", b"second,", path="data/S/big.wav.002", part=(2, 3, 6))
    archive.file(3, "S/big.wav", b"third", path="data/S/big.wav.003", part=(3, 3, 13))
    archive.rows.reverse()
    archive.write()
    out = tmp_path / "out"
    done = restore("--to", out, archive.discs[2], archive.discs[0])
    assert done.returncode == 7
    assert done.stderr.splitlines() == [
        "failed: S/big.wav: incomplete without disc 2",
        'missing: disc 2 of 3, VOL_2, "Title 2", 2001-02-03: 2 files',
    ]
    assert summary(done) == "3 restored, 0 already there, 0 kept, 1 failed"
    assert not [name for name in tree(out) if "big" in name]
    assert restore("--to", out, *archive.discs).returncode == 0
    assert tree(out) == {**WHOLE, "S/big.wav": b"first,second,third"}
    done = restore("--to", out, *archive.discs)
    assert [line[:6] for line in done.stdout.splitlines()[:-1]] == ["disc 1", "disc 2", "disc 3"]
    assert summary(done) == "0 restored, 5 already there, 0 kept, 0 failed"


def test_missing_discs_are_named_and_can_follow(archive: Archive, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = restore("--to", out, archive.discs[2])
    assert done.returncode == 7
    assert done.stderr.splitlines() == [
        'missing: disc 1 of 3, VOL_1, "Title 1", 2001-02-03: 2 files',
        'missing: disc 2 of 3, VOL_2, "Title 2", 2001-02-03: 1 files',
    ]
    assert tree(out) == {
        name: WHOLE[name] for name in ("S", "S/Audio Files", "S/Audio Files/d.wav")
    }
    assert restore("--to", out, archive.discs[0]).returncode == 7
    done = restore("--to", out, archive.discs[1])
    assert (done.returncode, done.stderr) == (0, "")
    assert summary(done) == "1 restored, 3 already there, 0 kept, 0 failed"


@pytest.mark.parametrize("all_hashes", [False, True])
def test_what_a_missing_disc_has_is_not_taken_as_restored_lightly(
    archive: Archive, tmp_path: Path, all_hashes: bool
) -> None:
    """Its size and time are enough only where the catalog does not know its hash."""
    out = tmp_path / "out"
    archive.all_hashes = all_hashes
    archive.write()
    restore("--to", out, *archive.discs)
    (out / "S/a.wav").write_bytes(b"A" * 3000)
    os.utime(out / "S/a.wav", ns=(TIME_NS, TIME_NS + (not all_hashes)))
    done = restore("--to", out, *archive.discs[1:])
    assert done.returncode == 7
    assert done.stderr == 'missing: disc 1 of 3, VOL_1, "Title 1", 2001-02-03: 1 files\n'


def test_second_run_touches_nothing(archive: Archive, tmp_path: Path) -> None:
    out = tmp_path / "out"
    archive.symlink("S/link", "a.wav")
    archive.file(1, "S/duplicate.wav", b"a" * 3000, first="S/a.wav", mode="0640")
    archive.write()
    restore("--to", out, *archive.discs)
    before = {path: (path.lstat().st_ino, path.lstat().st_ctime_ns) for path in out.rglob("*")}
    done = restore("--to", out, *archive.discs)
    assert done.returncode == 0
    assert summary(done) == "0 restored, 6 already there, 0 kept, 0 failed"
    after = {path: (path.lstat().st_ino, path.lstat().st_ctime_ns) for path in out.rglob("*")}
    assert after == before


def test_mode_and_time_of_what_is_there_are_mended(archive: Archive, tmp_path: Path) -> None:
    out = tmp_path / "out"
    restore("--to", out, *archive.discs)
    for name in ("a.wav", "Audio Files/d.wav"):
        (out / "S" / name).chmod(0o600)
        os.utime(out / "S" / name, ns=(1, 1))
    done = restore("--to", out, *archive.discs)
    assert summary(done) == "0 restored, 4 already there, 0 kept, 0 failed"
    for name, mode in (("a.wav", 0o640), ("Audio Files/d.wav", 0o4755)):
        info = (out / "S" / name).stat()
        assert (stat.S_IMODE(info.st_mode), info.st_mtime_ns) == (mode, TIME_NS)


ODD = [
    "line\nfeed.wav",
    "carriage\rreturn\t\x1b[31m.wav",
    "latin \udce9\udcff.wav",
    "emoji 🎸 é.wav",
    "back\\slash\\x41.wav",
    "paragraph\u2029\u0085.wav",
    "x" * 251 + ".wav",
    "é" * 127,
    "..\n",
    "-rf",
]


@pytest.mark.parametrize(
    "locale",
    [
        {"LC_ALL": "C.UTF-8"},
        {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
        {"LC_ALL": "C.UTF-8", "PYTHONIOENCODING": "ascii"},
    ],
)
def test_odd_names(tmp_path: Path, locale: dict[str, str]) -> None:
    archive = Archive(tmp_path, 1)
    archive.title = "Títle 🎸\x1b"
    archive.folder("S/ödd\udcff\n")
    for number, name in enumerate(ODD):
        archive.file(1, f"S/{name}", name.encode(errors="surrogateescape"), path=f"data/S/{number}")
    archive.symlink("S/link\n", "target\udcff\n\\")
    archive.write()
    out = tmp_path / "out"
    done = restore("--to", out, *archive.discs, **locale)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.replace("\n", "").isprintable()
    found = tree(out)
    assert found.pop("S/link\n") == "target\udcff\n\\"
    files: dict[str, bytes] = {f"S/{x}": x.encode(errors="surrogateescape") for x in ODD}
    assert found == {"S": None, "S/ödd\udcff\n": None, **files}
    for name in ODD:
        (out / "S" / name).write_bytes(b"mine")
    done = restore("--to", out, *archive.discs, **locale)
    assert done.returncode == 7
    assert len(done.stderr.splitlines()) == len(ODD)
    assert done.stderr.replace("\n", "").isprintable()
    assert summary(done) == f"0 restored, 1 already there, {len(ODD)} kept, 0 failed"


def test_hard_links_are_made_again(archive: Archive, tmp_path: Path) -> None:
    archive.file(3, "S/first.wav", b"1234", path="data/S/first.wav.001", part=(1, 2, 0))
    archive.file(2, "S/first.wav", b"56", path="data/S/first.wav.002", part=(2, 2, 4))
    for name, path in (("S/Audio Files/second.wav", "x"), ("S/third.wav", "y")):
        one, two = f"data/S/{path}.001", f"data/S/{path}.002"
        archive.file(3, name, b"1234", path=one, part=(1, 2, 0), first="S/first.wav")
        archive.file(2, name, b"56", path=two, part=(2, 2, 4), first="S/first.wav")
    archive.file(1, "S/liar.wav", b"other", first="S/a.wav")
    archive.write()
    out = tmp_path / "out"
    assert restore("--to", out, *archive.discs).returncode == 0
    assert (out / "S/Audio Files/second.wav").read_bytes() == b"123456"
    assert (out / "S/liar.wav").read_bytes() == b"other"
    first = (out / "S/first.wav").stat()
    assert first.st_nlink == 3
    assert (out / "S/Audio Files/second.wav").samefile(out / "S/first.wav")
    assert (out / "S/third.wav").samefile(out / "S/first.wav")
    (out / "S/first.wav").unlink()
    (out / "S/third.wav").unlink()
    assert restore("--to", out, "--only", "t*.wav", *archive.discs).returncode == 0
    assert (out / "S/third.wav").read_bytes() == b"123456"
    assert not (out / "S/first.wav").exists()


def test_hard_links_are_copied_where_there_are_none(archive: Archive, tmp_path: Path) -> None:
    archive.file(1, "S/duplicate.wav", b"a" * 3000, first="S/a.wav", mode="0640")
    archive.write()
    (tmp_path / "sitecustomize.py").write_text("import os\nos.link = lambda *a: os.stat('/none')\n")
    out = tmp_path / "out"
    done = restore("--to", out, *archive.discs, PYTHONPATH=str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    assert (out / "S/duplicate.wav").stat().st_nlink == 1
    assert tree(out) == {**WHOLE, "S/duplicate.wav": b"a" * 3000}


def test_links_and_empty_folders(archive: Archive, tmp_path: Path) -> None:
    archive.folder("S/empty", "0700")
    archive.folder("S/shut", "0555")
    archive.file(2, "S/shut/e.wav", b"e")
    archive.symlink("S/shut/up", "../Audio Files")
    archive.symlink("S/nowhere", "/no/such")
    archive.write()
    out = tmp_path / "out"
    assert restore("--to", out, *archive.discs).returncode == 0
    links = {"S/shut/up": "../Audio Files", "S/nowhere": "/no/such"}
    folders = {"S/empty": None, "S/shut": None, "S/shut/e.wav": b"e"}
    assert tree(out) == {**WHOLE, **folders, **links}
    assert {(out / name).lstat().st_mtime_ns for name in (*folders, *links)} == {TIME_NS}
    assert stat.S_IMODE((out / "S/shut").stat().st_mode) == 0o555


def test_shut_folders_can_be_gone_on_with(archive: Archive, tmp_path: Path) -> None:
    archive.folder("S/shut", "0000")
    archive.folder("S/shut/deep", "0500")
    archive.file(1, "S/shut/one.wav", b"1")
    archive.file(2, "S/shut/deep/two.wav", b"2")
    archive.write()
    mortal = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] * (os.geteuid() == 0)
    out = tmp_path / "out"
    for number in (1, 2, 3):
        done = restore("--to", out, *archive.discs[:number], before=mortal)
        assert "denied" not in done.stderr
        assert (out / "S/shut").stat().st_mode == stat.S_IFDIR
    assert done.returncode == 0
    (out / "S/shut").chmod(0o700)
    info = (out / "S/shut/deep").stat()
    assert (stat.S_IMODE(info.st_mode), info.st_mtime_ns) == (0o500, TIME_NS)
    assert (out / "S/shut/deep/two.wav").read_bytes() == b"2"


def test_only_what_matches(archive: Archive, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = restore("--to", out, "--only", "d.*", "--only", "S/[b]*", *archive.discs)
    assert (done.returncode, done.stderr) == (0, "")
    assert tree(out) == {name: WHOLE[name] for name in WHOLE if name not in {"S/a.wav", "S/c.wav"}}
    assert (out / "S/Audio Files").stat().st_mtime_ns == OLD_NS
    done = restore("--to", tmp_path / "one", "--only", "Audio*", *archive.discs)
    assert tree(tmp_path / "one") == {"S": None, "S/Audio Files": None}
    done = restore("--to", tmp_path / "none", "--only", "A.WAV", *archive.discs)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "restore.py: nothing in the set matches --only\n"


def test_bad_usage(archive: Archive, tmp_path: Path) -> None:
    other = Archive(tmp_path, 1, set_id="set-2").write().discs[0]
    out = tmp_path / "out"
    done = restore("--to", out, archive.discs[0], other)
    assert (done.returncode, done.stderr) == (
        2,
        f"restore.py: different sets: {archive.discs[0]} is of set-1, {other} is of set-2\n",
    )
    for nothing in (tmp_path, tmp_path / "none", SCRIPT):
        done = restore("--to", out, archive.discs[0], nothing)
        assert done.returncode == 2
        assert done.stderr.startswith(f"restore.py: {nothing}: no disc of a set")
    info = (other / "bag-info.txt").read_text()
    (other / "bag-info.txt").write_text(info.replace("Group", "Groups"))
    assert "no disc of a set" in restore("--to", out, other).stderr
    assert not out.exists()
    assert restore(archive.discs[0]).returncode == 2
    assert restore("--to", archive.discs[0] / "bag-info.txt", archive.discs[0]).returncode == 2
