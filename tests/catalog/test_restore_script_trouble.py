"""The stand-alone restorer where discs, catalogs, targets or users are not as they should be."""

import os
import shutil
from pathlib import Path

import pytest

from support.hand_made import WHOLE, Archive, restore, summary, three_discs, tree

SITE = """
import errno, os, sys
def fsync(number, stop={stop!r}):
    print(oct(os.fstat(number).st_mode))
    raise KeyboardInterrupt if stop == "interrupt" else OSError(errno.ENOSPC, "No space left")
os.fsync = fsync
"""


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return three_discs(tmp_path)


def damage(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def without(*names: str) -> dict[str, bytes | str | None]:
    return {name: WHOLE[name] for name in WHOLE if name not in names}


@pytest.mark.parametrize("harm", [damage, Path.unlink])
def test_damaged_file_is_not_given_back(archive: Archive, tmp_path: Path, harm: object) -> None:
    assert callable(harm)
    harm(archive.discs[0] / "data/S/a.wav")
    out = tmp_path / "out"
    done = restore("--to", out, *archive.discs)
    assert done.returncode == 5
    reason = "damaged" if harm is damage else "cannot be read: No such file or directory"
    assert done.stderr.splitlines() == [
        f"warning: {archive.discs[0]}: data/S/a.wav: {reason}",
        f"failed: S/a.wav: {reason}",
    ]
    assert summary(done) == "3 restored, 0 already there, 0 kept, 1 failed"
    assert tree(out) == without("S/a.wav")


def test_damaged_file_comes_from_the_same_disc_given_twice(
    archive: Archive, tmp_path: Path
) -> None:
    second = tmp_path / "another copy"
    shutil.copytree(archive.discs[1], second)
    damage(archive.discs[1] / "data/S/c.wav")
    done = restore("--to", tmp_path / "out", *archive.discs, second)
    assert done.returncode == 0
    assert done.stderr == f"warning: {archive.discs[1]}: data/S/c.wav: damaged\n"
    assert tree(tmp_path / "out") == WHOLE
    (second / "data/S/c.wav").unlink()
    (second / "data/S/c.wav").symlink_to(tmp_path / "out/S/c.wav")
    assert restore("--to", tmp_path / "two", *archive.discs, second).returncode == 5


def test_damaged_part_comes_from_another_disc(archive: Archive, tmp_path: Path) -> None:
    for disc in (1, 2, 3):
        archive.file(disc, "S/s.ptx", b"one", path="data/S/s.ptx.001", part=(1, 2, 0))
        archive.file(disc, "S/s.ptx", b"and two", path="data/S/s.ptx.002", part=(2, 2, 3))
    archive.write()
    damage(archive.discs[0] / "data/S/s.ptx.002")
    damage(archive.discs[1] / "data/S/s.ptx.002")
    out = tmp_path / "out"
    done = restore("--to", out, *archive.discs[:2])
    assert done.returncode == 5
    assert done.stderr.endswith('missing: disc 3 of 3, VOL_3, "Title 3", 2001-02-03: 2 files\n')
    assert tree(out) == without("S/Audio Files/d.wav")
    assert restore("--to", out, *archive.discs).returncode == 0
    assert tree(out) == {**WHOLE, "S/s.ptx": b"oneand two"}


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [("catalog/files.tsv", b"0640", b"0666"), ("catalog/set.json", b"VOL_3", b"ALL_3")],
)
def test_damaged_catalog_is_replaced_by_another_disc_s(
    archive: Archive, tmp_path: Path, name: str, old: bytes, new: bytes
) -> None:
    text = (archive.discs[0] / name).read_bytes()
    (archive.discs[0] / name).write_bytes(text.replace(old, new))
    (archive.discs[1] / name).unlink()
    damage(archive.discs[0] / "data/S/a.wav")
    done = restore("--to", tmp_path / "out", *archive.discs)
    assert done.returncode == 5
    assert done.stderr.splitlines() == [
        f"warning: {archive.discs[0]}: catalog is damaged",
        f"warning: {archive.discs[0]}: {name} is damaged",
        f"warning: {archive.discs[1]}: catalog is damaged",
        f"warning: {archive.discs[1]}: {name} is damaged",
        f"warning: {archive.discs[0]}: data/S/a.wav: damaged",
        "failed: S/a.wav: damaged",
    ]
    assert tree(tmp_path / "out") == without("S/a.wav")
    done = restore("--to", tmp_path / "none", *archive.discs[:2])
    assert done.returncode == 5
    assert "copy the files below data/ on each disc by hand" in done.stderr
    assert not (tmp_path / "none").exists()


def test_damaged_manifests(archive: Archive, tmp_path: Path) -> None:
    (archive.discs[0] / "tagmanifest-sha256.txt").unlink()
    (archive.discs[1] / "tagmanifest-sha256.txt").write_bytes(b"\0\n")
    damage(archive.discs[2] / "manifest-sha256.txt")
    done = restore("--to", tmp_path / "out", *archive.discs)
    assert done.returncode == 0
    assert done.stderr.splitlines() == [
        f"warning: {archive.discs[0]}: tagmanifest-sha256.txt is damaged",
        f"warning: {archive.discs[1]}: tagmanifest-sha256.txt is damaged",
        f"warning: {archive.discs[2]}: manifest-sha256.txt is damaged",
    ]
    assert tree(tmp_path / "out") == WHOLE


def test_sound_catalog_is_preferred(archive: Archive, tmp_path: Path) -> None:
    first, _, third = archive.discs
    (first / "tagmanifest-sha256.txt").unlink()
    text = (first / "catalog/files.tsv").read_bytes()
    (first / "catalog/files.tsv").write_bytes(text.replace(b"0640", b"0666"))
    damage(third / "catalog/files.tsv")
    assert restore("--to", tmp_path / "out", *archive.discs).returncode == 0
    assert (tmp_path / "out/S/a.wav").stat().st_mode & 0o777 == 0o640
    assert restore("--to", tmp_path / "two", third, first).returncode == 7
    assert (tmp_path / "two/S/a.wav").stat().st_mode & 0o777 == 0o666


@pytest.mark.parametrize(("old", "new"), [(b"{", b""), (b"set-1", b"set-9")])
def test_senseless_catalog_is_not_used(
    archive: Archive, tmp_path: Path, old: bytes, new: bytes
) -> None:
    first = archive.discs[0]
    (first / "tagmanifest-sha256.txt").unlink()
    text = (first / "catalog/set.json").read_bytes()
    (first / "catalog/set.json").write_bytes(text.replace(old, new))
    done = restore("--to", tmp_path / "out", first)
    assert done.returncode == 5
    assert done.stderr.splitlines()[:-1] == [
        f"warning: {first}: {name} is damaged" for name in ("catalog", "tagmanifest-sha256.txt")
    ]


def test_without_any_hash_nothing_is_given_back(archive: Archive, tmp_path: Path) -> None:
    (archive.discs[0] / "catalog/files.tsv").unlink()
    (archive.discs[0] / "manifest-sha256.txt").unlink()
    done = restore("--to", tmp_path / "out", *archive.discs)
    assert done.returncode == 5
    assert "failed: S/a.wav: of unknown hash\n" in done.stderr
    assert tree(tmp_path / "out") == without("S/a.wav", "S/b.wav")


def test_other_files_are_kept_unless_told(archive: Archive, tmp_path: Path) -> None:
    archive.symlink("S/link", "a.wav")
    archive.symlink("S/free", "a.wav")
    archive.write()
    out = tmp_path / "out"
    (out / "S/b.wav").mkdir(parents=True)
    (out / "S/a.wav").write_bytes(b"a" * 3001)
    (out / "S/c.wav").write_bytes(b"c" * (1 << 20) + b"END")
    os.utime(out / "S/c.wav", ns=(0, -(10**18)))
    (out / "S/link").symlink_to("elsewhere")
    (out / "S/free").write_bytes(b"a file")
    before = tree(out)
    done = restore("--to", out, *archive.discs)
    assert done.returncode == 7
    assert sorted(done.stderr.splitlines()) == [
        "kept: S/a.wav: a newer file is there",
        "kept: S/b.wav: a newer file is there",
        "kept: S/c.wav: a different file is there",
        "kept: S/free: a newer file is there",
        "kept: S/link: a newer file is there",
    ]
    assert summary(done) == "1 restored, 0 already there, 5 kept, 0 failed"
    added = {"S/Audio Files": None, "S/Audio Files/d.wav": b"d"}
    assert tree(out) == {**before, **added}
    done = restore("--overwrite", "--to", out, *archive.discs)
    assert (done.returncode, done.stderr) == (7, "kept: S/b.wav: a newer file is there\n")
    links = {"S/link": "a.wav", "S/free": "a.wav"}
    assert tree(out) == {**without("S/b.wav"), **links, "S/b.wav": None}


@pytest.mark.parametrize(
    "name",
    ["../evil", "S/../../evil", "/ABS/evil", "S//evil", "S/./evil", "S/..", ".", "S/", "", "S/e\0"],
)
def test_unsafe_names_are_refused(archive: Archive, tmp_path: Path, name: str) -> None:
    name = name.replace("/ABS", str(tmp_path))
    archive.file(1, name, b"evil", path="data/evil")
    archive.symlink(name + "/link", "/")
    archive.folder(name + "/folder")
    archive.write()
    out = tmp_path / "out" / "deep"
    done = restore("--to", out, *archive.discs)
    assert done.returncode == 7
    assert done.stderr.count("refused, the path is unsafe") == 3
    assert tree(tmp_path / "out") == {"deep": None, **{f"deep/{x}": WHOLE[x] for x in WHOLE}}
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize("path", ["data/../../secret", "secret", "/secret", "data//S/a.wav"])
def test_discs_are_not_left(archive: Archive, tmp_path: Path, path: str) -> None:
    for place in (tmp_path / "secret", archive.discs[0] / "secret"):
        place.write_bytes(b"secret")
    archive.file(1, "S/z", b"secret", path="data/S/z")
    archive.rows[-1][9] = path
    archive.write()
    done = restore("--to", tmp_path / "out", *archive.discs)
    assert done.returncode == 7
    assert "failed: S/z: refused" in done.stderr
    assert tree(tmp_path / "out") == WHOLE


@pytest.mark.parametrize("name", ["data/S/a.wav", "data/S"])
def test_links_on_a_disc_are_refused(archive: Archive, tmp_path: Path, name: str) -> None:
    (archive.discs[0] / name).rename(tmp_path / "outside")
    (archive.discs[0] / name).symlink_to(tmp_path / "outside")
    done = restore("--to", tmp_path / "out", archive.discs[0], *archive.discs[1:])
    assert done.returncode == 7
    assert "failed: S/a.wav: refused, a link or device" in done.stderr
    assert "S/a.wav" not in tree(tmp_path / "out")
    assert restore("--check", archive.discs[0]).returncode == 5


def test_pipe_on_a_disc_is_not_opened(archive: Archive, tmp_path: Path) -> None:
    (archive.discs[0] / "data/S/a.wav").unlink()
    os.mkfifo(archive.discs[0] / "data/S/a.wav")
    assert restore("--to", tmp_path / "out", *archive.discs).returncode == 7


@pytest.mark.parametrize("inside", ["S", "S/Audio Files"])
def test_links_in_the_target_are_not_followed(
    archive: Archive, tmp_path: Path, inside: str
) -> None:
    out, outside = tmp_path / "out", tmp_path / "outside"
    outside.mkdir()
    (out / inside).parent.mkdir(parents=True)
    (out / inside).symlink_to(outside)
    info = outside.stat()
    done = restore("--to", out, "--overwrite", *archive.discs)
    assert done.returncode == 7
    assert f"failed: S/Audio Files/d.wav: refused, {out / inside} is no folder" in done.stderr
    assert tree(outside) == {}
    after = outside.stat()
    assert (after.st_mode, after.st_mtime_ns) == (info.st_mode, info.st_mtime_ns)


def test_link_of_the_set_itself_is_not_followed(archive: Archive, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    archive.symlink("S/up", str(tmp_path / "outside"))
    archive.file(1, "S/up/evil", b"evil", path="data/evil")
    archive.write()
    for _ in range(2):
        assert restore("--to", tmp_path / "out", *archive.discs).returncode == 7
        assert restore("--to", tmp_path / "two", "--only", "up", *archive.discs).returncode == 0
        assert restore("--to", tmp_path / "two", *archive.discs).returncode == 7
    assert tree(tmp_path / "outside") == {}


def test_leftover_of_a_killed_run_is_replaced(archive: Archive, tmp_path: Path) -> None:
    out, outside = tmp_path / "out", tmp_path / "outside"
    (out / "S").mkdir(parents=True)
    outside.write_bytes(b"mine")
    (out / "S/.a.wav.spanner-partial").symlink_to(outside)
    (out / "S/.c.wav.spanner-partial").write_bytes(b"half")
    archive.file(1, "S/.c.wav.spanner-partial", b"of the set")
    archive.write()
    assert restore("--to", out, "--overwrite", *archive.discs).returncode == 0
    assert tree(out) == {**WHOLE, "S/.c.wav.spanner-partial": b"of the set"}
    assert outside.read_bytes() == b"mine"


@pytest.mark.parametrize("change", [(2, "2"), (1, "2"), (2, "1000000000000"), (3, "symlink")])
def test_contradictions_in_the_catalog(
    archive: Archive, tmp_path: Path, change: tuple[int, str]
) -> None:
    archive.file(1, "S/z.wav", b"z")
    archive.rows[-1][change[0]] = change[1]
    archive.write()
    done = restore("--to", tmp_path / "out", *archive.discs)
    assert done.returncode == 7
    assert done.stderr == "failed: S/z.wav: refused, the catalog contradicts itself\n"
    assert tree(tmp_path / "out") == WHOLE


@pytest.mark.parametrize(("stop", "code"), [("interrupt", 130), ("full", 3)])
def test_stopped_in_a_file(archive: Archive, tmp_path: Path, stop: str, code: int) -> None:
    (tmp_path / "sitecustomize.py").write_text(SITE.format(stop=stop))
    out = tmp_path / "out"
    done = restore("--to", out, *archive.discs, PYTHONPATH=str(tmp_path))
    assert done.returncode == code
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout.splitlines()[1:] == ["0o100600"]
    assert tree(out) == {"S": None}


def test_no_room_is_seen_before(archive: Archive, tmp_path: Path) -> None:
    archive.file(1, "S/z.wav", b"z")
    archive.rows[-1][5] = str(1 << 60)
    archive.write()
    done = restore("--to", tmp_path / "out", *archive.discs)
    assert done.returncode == 3
    assert done.stderr.startswith(f"restore.py: no room in {tmp_path / 'out'} for 11529215")
    assert tree(tmp_path / "out") == {}
    assert restore("--to", tmp_path / "out", *archive.discs[1:]).returncode == 7
    (tmp_path / "out/S/z.wav").write_bytes(b"mine")
    done = restore("--to", tmp_path / "out", *archive.discs)
    assert done.stderr == "kept: S/z.wav: a newer file is there\n"


def test_check(archive: Archive, tmp_path: Path) -> None:
    before = tree(tmp_path)
    done = restore("--check", *archive.discs, archive.discs[0])
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        f"{archive.discs[0]}: disc 1, 2 files, 0 wrong",
        f"{archive.discs[1]}: disc 2, 1 files, 0 wrong",
        f"{archive.discs[2]}: disc 3, 1 files, 0 wrong",
    ]
    assert tree(tmp_path) == before
    first, second, third = archive.discs
    damage(first / "data/S/a.wav")
    (first / "data/S/b.wav").unlink()
    (first / "data/S/more.wav").write_bytes(b"")
    damage(second / "README.txt")
    damage(third / "tagmanifest-sha256.txt")
    done = restore("--check", first)
    assert done.returncode == 5
    assert done.stderr.splitlines() == [
        f"{first}: data/S/a.wav: damaged",
        f"{first}: data/S/b.wav: cannot be read: No such file or directory",
        f"{first}: data/S/more.wav: not listed",
    ]
    done = restore("--check", second)
    assert (done.returncode, done.stderr) == (5, f"{second}: README.txt: damaged\n")
    done = restore("--check", third, second)
    assert (done.returncode, len(done.stdout.splitlines())) == (5, 2)
    assert restore("--check", third).returncode == 5
    (second / "tagmanifest-sha256.txt").unlink()
    assert f"{second}: tagmanifest-sha256.txt: damaged" in restore("--check", second).stderr
