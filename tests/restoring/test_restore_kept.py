"""What is in the target already and is not what was archived stays, unless it is told to go."""

import os
import random
from pathlib import Path

import pytest

from support.discs import get_back
from support.sets import MadeSet, make_set
from support.trees import snapshot, write

DIFFERENT = "a different file is there; --overwrite replaces it"
NEWER = "a newer file is there; --overwrite replaces it"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> str:
    root = str(tmp_path_factory.mktemp("source") / "S")
    for name in ("a.wav", "b.wav", "folder/c.wav", "folder/d.wav"):
        write(root, name, f"what is in {name}".encode())
    os.symlink("a.wav", f"{root}/link")
    return root


@pytest.fixture(scope="module")
def made(root: str, tmp_path_factory: pytest.TempPathFactory) -> MadeSet:
    return make_set(root, str(tmp_path_factory.mktemp("discs")))


@pytest.fixture
def out(made: MadeSet, tmp_path: Path) -> Path:
    """A target to which all was restored."""
    get_back(made.images, tmp_path / "out")
    return tmp_path / "out"


@pytest.mark.parametrize(
    ("data", "later", "reason"),
    [
        (b"what is in b.wav", 5, NEWER),
        (b"what is in a.wav, and more", 5, NEWER),
        (b"short", -5, DIFFERENT),
        (b"what is in b.wav", 0, DIFFERENT),
        (b"", -5, DIFFERENT),
    ],
)
def test_other_files_are_kept(
    made: MadeSet, root: str, out: Path, data: bytes, later: int, reason: str
) -> None:
    path = out / "S/a.wav"
    path.write_bytes(data)
    time = os.stat(f"{root}/a.wav").st_mtime_ns + later
    os.utime(path, ns=(time, time))
    path.chmod(0o604)
    os.unlink(out / "S/b.wav")
    before = path.stat()
    report = get_back(made.images, out)
    assert report.exit_code == 7
    assert [(remark.path, remark.reason) for remark in report.kept_newer] == [("S/a.wav", reason)]
    assert report.restored == ["S/b.wav"]
    assert path.read_bytes() == data
    after = path.stat()
    assert (after.st_ino, after.st_mtime_ns, after.st_mode) == (before.st_ino, time, before.st_mode)
    report = get_back(made.images, out, overwrite=True)
    assert (report.exit_code, report.restored, report.kept_newer) == (0, ["S/a.wav"], [])
    assert snapshot(str(out / "S")) == snapshot(root)


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_in_a_files_place(made: MadeSet, out: Path, overwrite: bool) -> None:
    for name in ("a.wav", "link"):
        os.unlink(out / "S" / name)
        write(str(out / "S" / name), "mine.wav", b"mine")
    report = get_back(made.images, out, overwrite=overwrite)
    assert report.exit_code == 7
    assert [(remark.path, remark.reason) for remark in report.failed] == [
        ("S/a.wav", "a folder is in its place"),
        ("S/link", "a folder is in its place"),
    ]
    assert (out / "S/a.wav/mine.wav").read_bytes() == b"mine"
    assert (out / "S/link/mine.wav").read_bytes() == b"mine"
    assert len(report.already_there) == 3


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_file_in_a_folders_place(made: MadeSet, tmp_path: Path, overwrite: bool) -> None:
    mine = write(str(tmp_path), "out/S/folder", b"mine", 0o604)
    report = get_back(made.images, tmp_path / "out", overwrite=overwrite)
    assert report.exit_code == 7
    assert {(remark.path, remark.reason) for remark in report.failed} == {
        (f"S/folder{name}", "a file or a link is where a folder must be")
        for name in ("", "/c.wav", "/d.wav")
    }
    assert len(report.failed) == 3
    assert sorted(report.restored) == ["S/a.wav", "S/b.wav", "S/link"]
    assert Path(mine).read_bytes() == b"mine"
    assert os.stat(mine).st_mode & 0o777 == 0o604


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_link_in_a_folders_place_is_not_followed(
    made: MadeSet, tmp_path: Path, overwrite: bool
) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    os.utime(tmp_path / "elsewhere", ns=(5, 5))
    (tmp_path / "out/S").mkdir(parents=True)
    os.symlink(tmp_path / "elsewhere", tmp_path / "out/S/folder")
    report = get_back(made.images, tmp_path / "out", overwrite=overwrite)
    assert report.exit_code == 7
    assert {remark.path for remark in report.failed} == {
        "S/folder",
        "S/folder/c.wav",
        "S/folder/d.wav",
    }
    found = snapshot(str(tmp_path / "elsewhere"))
    assert {name: (x.mode, x.mtime_ns) for name, x in found.items()} == {".": (0o700, 5)}
    assert (tmp_path / "out/S/folder").is_symlink()


def test_a_link_in_a_files_place_is_kept_and_not_followed(
    made: MadeSet, root: str, out: Path, tmp_path: Path
) -> None:
    """Even to a file with the same bytes; --overwrite replaces the link itself."""
    mine = {}
    for name, data in (("a.wav", b"what is in a.wav"), ("b.wav", b"other")):
        mine[name] = write(str(tmp_path), name, data, 0o600, 77)
        os.unlink(out / "S" / name)
        os.symlink(mine[name], out / "S" / name)
    before = {name: (Path(path).read_bytes(), os.stat(path)) for name, path in mine.items()}
    report = get_back(made.images, out)
    assert [remark.path for remark in report.kept_newer] == ["S/a.wav", "S/b.wav"]
    assert {name: os.readlink(out / "S" / name) for name in mine} == mine
    report = get_back(made.images, out, overwrite=True)
    assert report.restored == ["S/a.wav", "S/b.wav"]
    assert snapshot(str(out / "S")) == snapshot(root)
    for name, path in mine.items():
        data, info = before[name]
        now = os.stat(path)
        assert Path(path).read_bytes() == data
        assert (now.st_mode, now.st_mtime_ns) == (info.st_mode, info.st_mtime_ns)


def test_a_link_as_long_as_the_file_in_its_place(made: MadeSet, out: Path) -> None:
    os.unlink(out / "S/a.wav")
    os.symlink("x" * len(b"what is in a.wav"), out / "S/a.wav")
    report = get_back(made.images, out)
    assert ([x.path for x in report.kept_newer], report.failed) == (["S/a.wav"], [])


def test_something_else_in_a_links_place(made: MadeSet, root: str, out: Path) -> None:
    os.unlink(out / "S/link")
    (out / "S/link").write_text("mine")
    report = get_back(made.images, out)
    assert [(remark.path, remark.reason) for remark in report.kept_newer] == [("S/link", NEWER)]
    os.unlink(out / "S/link")
    os.symlink("b.wav", out / "S/link")
    assert [remark.path for remark in get_back(made.images, out).kept_newer] == ["S/link"]
    assert os.readlink(out / "S/link") == "b.wav"
    assert get_back(made.images, out, overwrite=True).restored == ["S/link"]
    assert snapshot(str(out / "S")) == snapshot(root)


def test_a_pipe_in_a_files_place_does_not_hang(made: MadeSet, root: str, out: Path) -> None:
    for name in ("a.wav", "link"):
        os.unlink(out / "S" / name)
        os.mkfifo(out / "S" / name)
    report = get_back(made.images, out)
    assert [remark.path for remark in report.kept_newer] == ["S/a.wav", "S/link"]
    assert get_back(made.images, out, overwrite=True).exit_code == 0
    assert snapshot(str(out / "S")) == snapshot(root)


def test_a_pipe_or_a_link_in_an_unfinished_files_place(
    made: MadeSet, root: str, tmp_path: Path
) -> None:
    mine = write(str(tmp_path), "mine.wav", b"mine")
    (tmp_path / "out/S").mkdir(parents=True)
    os.symlink(mine, tmp_path / "out/S/.a.wav.spanner-partial")
    os.mkfifo(tmp_path / "out/S/.b.wav.spanner-partial")
    assert get_back(made.images, tmp_path / "out").exit_code == 0
    assert snapshot(str(tmp_path / "out/S")) == snapshot(root)
    assert Path(mine).read_bytes() == b"mine"


@pytest.fixture
def linked(tmp_path: Path) -> tuple[str, MadeSet]:
    """A file of three names."""
    root = str(tmp_path / "linked/S")
    first = write(root, "1.wav", b"the same")
    for name in ("2.wav", "3.wav"):
        os.link(first, f"{root}/{name}")
    return root, make_set(root, str(tmp_path / "linked discs"))


def test_further_names_of_a_file_that_is_kept(linked: tuple[str, MadeSet], tmp_path: Path) -> None:
    _, made = linked
    mine = write(str(tmp_path), "out/S/1.wav", b"mine")
    report = get_back(made.images, tmp_path / "out")
    assert [remark.path for remark in report.kept_newer] == ["S/1.wav"]
    assert (report.failed, sorted(report.restored)) == ([], ["S/2.wav", "S/3.wav"])
    assert Path(mine).read_bytes() == b"mine"
    second = tmp_path / "out/S/2.wav"
    assert second.read_bytes() == b"the same"
    assert second.samefile(tmp_path / "out/S/3.wav")


def test_another_file_in_a_further_names_place(linked: tuple[str, MadeSet], tmp_path: Path) -> None:
    root, made = linked
    mine = write(str(tmp_path), "out/S/2.wav", b"mine", mtime_ns=1)
    report = get_back(made.images, tmp_path / "out")
    assert [(remark.path, remark.reason) for remark in report.kept_newer] == [
        ("S/2.wav", DIFFERENT)
    ]
    assert Path(mine).read_bytes() == b"mine"
    assert get_back(made.images, tmp_path / "out", overwrite=True).restored == ["S/2.wav"]
    assert snapshot(str(tmp_path / "out/S")) == snapshot(root)


def test_a_copy_in_a_further_names_place_becomes_the_same_file(
    linked: tuple[str, MadeSet], tmp_path: Path
) -> None:
    root, made = linked
    write(str(tmp_path), "out/S/2.wav", b"the same", 0o600, 1)
    report = get_back(made.images, tmp_path / "out")
    assert (report.exit_code, report.already_there) == (0, ["S/2.wav"])
    assert snapshot(str(tmp_path / "out/S")) == snapshot(root)


@pytest.fixture
def divided(tmp_path: Path) -> tuple[str, MadeSet]:
    """A file on two discs."""
    root = str(tmp_path / "divided/S")
    write(root, "long.wav", random.Random(5).randbytes(400_000))
    made = make_set(root, str(tmp_path / "divided discs"))
    assert len(made.images) == 2
    return root, made


def test_a_divided_file_is_replaced_only_when_it_is_whole(
    divided: tuple[str, MadeSet], tmp_path: Path
) -> None:
    root, made = divided
    mine = write(str(tmp_path), "out/S/long.wav", b"mine")
    report = get_back(made.images[1:], tmp_path / "out")
    assert ([x.path for x in report.kept_newer], report.missing) == (["S/long.wav"], [])
    assert os.listdir(tmp_path / "out/S") == ["long.wav"]
    report = get_back(made.images[1:], tmp_path / "out", overwrite=True)
    assert (report.kept_newer, [disc.number for disc in report.missing]) == ([], [1])
    assert Path(mine).read_bytes() == b"mine"
    report = get_back(made.images[:1], tmp_path / "out", overwrite=True)
    assert report.restored == ["S/long.wav"]
    assert snapshot(str(tmp_path / "out/S")) == snapshot(root)


def test_a_divided_file_of_which_a_part_is_the_same(
    divided: tuple[str, MadeSet], tmp_path: Path
) -> None:
    """Whether the rest is, only the other disc can tell."""
    root, made = divided
    data = Path(root, "long.wav").read_bytes()
    mine = write(str(tmp_path), "out/S/long.wav", b"mine" + data[4:], mtime_ns=1)
    report = get_back(made.images[1:], tmp_path / "out")
    assert (report.kept_newer, [disc.number for disc in report.missing]) == ([], [1])
    assert os.listdir(tmp_path / "out/S") == ["long.wav"]
    report = get_back(made.images, tmp_path / "out")
    assert ([x.path for x in report.kept_newer], report.missing) == (["S/long.wav"], [])
    assert Path(mine).read_bytes() == b"mine" + data[4:]
    for images, missing in ((made.images[1:], [1]), (made.images[:1], [])):
        report = get_back(images, tmp_path / "out", overwrite=True)
        assert [disc.number for disc in report.missing] == missing
    assert snapshot(str(tmp_path / "out/S")) == snapshot(root)


@pytest.mark.parametrize("kind", ["pipe", "link", "folder"])
def test_something_else_beside_a_divided_file(
    divided: tuple[str, MadeSet], tmp_path: Path, kind: str
) -> None:
    root, made = divided
    mine = write(str(tmp_path), "mine", b"mine")
    beside = tmp_path / "out/S/.long.wav.spanner-partial"
    beside.parent.mkdir(parents=True)
    if kind == "pipe":
        os.mkfifo(beside)
    elif kind == "link":
        os.symlink(mine, beside)
    else:
        beside.mkdir()
    report = get_back(made.images, tmp_path / "out")
    assert Path(mine).read_bytes() == b"mine"
    if kind == "folder":
        assert (report.exit_code, [x.path for x in report.failed]) == (7, ["S/long.wav"])
    else:
        assert snapshot(str(tmp_path / "out/S")) == snapshot(root)
