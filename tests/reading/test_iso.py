"""The reader against images that xorriso and pycdlib made: what went in comes out."""

import io
import os
import shutil
import struct
import subprocess
from typing import Any

import pycdlib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanner.errors import DamagedImageError
from spanner.reading import iso as iso_module
from spanner.reading import iso_records
from spanner.reading.iso import Extent, IsoImage

DEEP = "/".join(f"level {n}" for n in range(20))


@pytest.fixture(scope="session")
def xorriso() -> str:
    """The program; in CI it must be there."""
    program = shutil.which("xorriso")
    if program is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("xorriso is not installed")
    return program


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder with all that a name, a mode and a time can be."""
    root = str(tmp_path_factory.mktemp("iso") / "source")
    files = {
        f"data/{DEEP}/bottom.txt": (b"deep", 0o640, 1_000_000_001),
        "data/ü and spaces.wav": (bytes(range(256)) * 40, 0o644, 0),
        os.fsdecode(b"data/odd \xff\xfe.wav"): (b"odd", 0o400, 1),
        "data/" + "n" * 255: (b"long", 0o777, -1_000_000_000),
        "data/" + "é" * 127: (b"long too", 0o600, 4_000_000_000),
        "data/name.with.dots.": (b"dots", 0o644, 1_700_000_000),
        "empty": (b"", 0o4751, 951_782_400),
        "whole sectors": (b"x" * 4096, 0o644, 951_782_399),
    }
    for path, (content, mode, mtime) in files.items():
        full = f"{root}/{path}"
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "wb") as file:
            file.write(content)
        os.chmod(full, mode)
        os.utime(full, (mtime, mtime))
    os.makedirs(f"{root}/data/nothing in it")
    os.makedirs(f"{root}/rr_moved")  # of the user's own
    os.symlink("empty", f"{root}/link")
    os.symlink("/".join(["c" * 200] * 4), f"{root}/long link")
    os.mkfifo(f"{root}/pipe")
    return root


def contents(root: str) -> dict[str, tuple[bytes, int, int]]:
    """The regular files in a folder: content, mode, time."""
    found = {}
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            if os.path.isfile(path) and not os.path.islink(path):
                status = os.stat(path)
                with open(path, "rb") as file:
                    found[os.path.relpath(path, root)] = (
                        file.read(),
                        status.st_mode & 0o7777,
                        int(status.st_mtime),
                    )
    return found


def folders(root: str) -> list[str]:
    """The folders in a folder."""
    return sorted(os.path.relpath(path, root) for path, _, _ in os.walk(root))[1:]


def read_all(image: IsoImage) -> dict[str, tuple[bytes, int | None, int | None]]:
    """What `contents` gives, from an image."""
    return {file.path: (image.read(file), file.mode, file.mtime) for file in image.files()}


def new_image(**options: Any) -> Any:
    """An image of pycdlib's to put something in."""
    image = pycdlib.PyCdlib()
    image.new(**{"interchange_level": 3, "rock_ridge": "1.09", "vol_ident": "DISC_1"} | options)
    return image


def write(image: Any, path: str) -> str:
    """Write it, as a sparse file where data was left out."""
    image.write(path)
    os.truncate(path, image.pvd.space_size * 2048)
    return path


def add(image: Any, iso_path: str, name: str, content: bytes, mode: int = 0o644) -> None:
    image.add_fp(
        io.BytesIO(content),
        len(content),
        iso_path=iso_path,
        rr_name=name,
        file_mode=0o100000 | mode,
    )


AS_MKISOFS = ["-as", "mkisofs", "-quiet", "-R", "-iso-level", "3"]


@pytest.mark.parametrize(
    "arguments",
    [
        [*AS_MKISOFS, "-o", "IMAGE", "SOURCE"],
        [*AS_MKISOFS, "-rr_reloc_dir", "/rr_moved", "-o", "IMAGE", "SOURCE"],
        [*AS_MKISOFS, "-J", "-joliet-long", "-rr_reloc_dir", "/deep", "-o", "IMAGE", "SOURCE"],
        ["-compliance", "new_rr", "-acl", "on", "-outdev", "IMAGE", "-map", "SOURCE", "/"],
    ],
    ids=["plain", "relocated", "relocated with Joliet", "Rock Ridge 1.12"],
)
def test_what_xorriso_put_in_comes_out(
    xorriso: str, source: str, arguments: list[str], tmp_path: Any
) -> None:
    path = f"{tmp_path}/x.iso"
    words = {"IMAGE": path, "SOURCE": source}
    command = [xorriso, "-report_about", "FAILURE", *(words.get(each, each) for each in arguments)]
    subprocess.run(command, check=True)
    with IsoImage(path) as image:
        assert read_all(image) == contents(source)
        shown = sorted(image.directories())
        if "/rr_moved" in arguments:  # it holds directories that are shown in their places
            shown = sorted([*shown, "rr_moved"])
        assert shown == folders(source)
        for file in image.files():
            assert image.find(file.path) == file
        assert image.volume_id == "ISOIMAGE"
        assert image.file_sectors == os.path.getsize(path) // 2048 >= image.total_sectors


def test_plain_names_without_rock_ridge(xorriso: str, source: str, tmp_path: Any) -> None:
    path = f"{tmp_path}/x.iso"
    command = [xorriso, "-report_about", "FAILURE", "-rockridge", "off", "-outdev", path]
    subprocess.run([*command, "-map", source, "/"], check=True)
    with IsoImage(path) as image:
        files = {file.path: file for file in image.files()}
        deep = DEEP.upper().replace(" ", "_")
        assert set(files) == {
            "EMPTY",
            "WHOLE_SECTORS",
            f"DATA/{deep}/BOTTOM.TXT",
            "DATA/ODD___.WAV",
            "DATA/__AND_SPACES.WAV",
            "DATA/NAME_WITH_DOTS_",
            "DATA/" + "N" * 30,
            "DATA/" + "_" * 30,
        }
        bottom = files[f"DATA/{deep}/BOTTOM.TXT"]
        assert (image.read(bottom), bottom.mode, bottom.mtime) == (b"deep", None, 1_000_000_001)


@pytest.mark.parametrize("version", ["1.09", "1.10", "1.12"])
@pytest.mark.parametrize("udf", [None, "2.60"])
def test_what_pycdlib_put_in_comes_out(version: str, udf: str | None, tmp_path: Any) -> None:
    image = new_image(rock_ridge=version, udf=udf)

    def in_udf(name: str) -> dict[str, str]:
        return {"udf_path": name} if udf else {}

    iso_path = path = ""
    for n in range(20):
        iso_path, path = f"{iso_path}/L{n}", f"{path}/level {n}"
        image.add_directory(iso_path, rr_name=f"level {n}", file_mode=0o040711, **in_udf(path))
    expected = {}
    long_names = ["a" * 250, "é" * 125, "b" * 255, "c" * 186]
    for n, name in enumerate(["short", *long_names]):
        for iso_folder, folder in (("", ""), (iso_path, path)):
            content = f"{folder} {n}".encode()
            image.add_fp(
                io.BytesIO(content),
                len(content),
                iso_path=f"{iso_folder}/F{n}.;1",
                rr_name=name,
                file_mode=0o100600 + n,
                **in_udf(f"{folder}/{n}"),
            )
            expected[f"{folder}/{name}"[1:]] = (content, 0o600 + n)
    image.add_hard_link(iso_old_path="/F0.;1", iso_new_path="/LINK.;1", rr_name="link")
    expected["link"] = expected["short"]
    image.add_symlink("/SYM.;1", rr_symlink_name="sym", rr_path="x" * 300)
    with IsoImage(write(image, f"{tmp_path}/x.iso")) as read:
        found = {path: content[:2] for path, content in read_all(read).items()}
        assert found == expected
        assert read.find("link").extents == read.find("short").extents
        levels = path[1:].split("/")
        assert list(read.directories()) == ["/".join(levels[: n + 1]) for n in range(20)]
        assert (read.volume_id, read.total_sectors) == ("DISC_1", read.file_sectors)


@pytest.mark.parametrize("relocated", [False, True])
def test_a_tree_of_400_levels(xorriso: str, relocated: bool, tmp_path: Any) -> None:
    path = f"{tmp_path}/x.iso"
    levels = ["d"] * 400
    if relocated:
        image = new_image()
        for n in range(400):
            image.add_directory("/D" * (n + 1), rr_name="d")
        add(image, "/D" * 400 + "/F.;1", "file", b"bottom")
        write(image, path)
    else:
        os.makedirs(f"{tmp_path}/source/{'/'.join(levels)}")
        with open(f"{tmp_path}/source/{'/'.join(levels)}/file", "wb") as file:
            file.write(b"bottom")
        subprocess.run([xorriso, *AS_MKISOFS, "-o", path, f"{tmp_path}/source"], check=True)
    with IsoImage(path) as read:
        assert read.read(read.find("/".join([*levels, "file"]))) == b"bottom"
        assert [file.path for file in read.files()] == ["/".join([*levels, "file"])]
        assert list(read.directories()) == ["/".join(levels[: n + 1]) for n in range(400)]


@pytest.fixture(scope="module")
def huge(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An image with a file of 9 GB in three extents, written on at both ends of the first two."""
    image = new_image()
    image.add_fp(io.BytesIO(), 9 << 30, iso_path="/HUGE.;1", rr_name="huge", file_mode=0o100644)
    add(image, "/LAST.;1", "last", b"")
    image.inodes.clear()
    return write(image, str(tmp_path_factory.mktemp("huge") / "huge.iso"))


def test_a_file_of_several_extents(huge: str) -> None:
    most = (1 << 32) - 2048
    with IsoImage(huge) as image:
        assert [file.path for file in image.files()] == ["huge", "last"]
        file = image.find("huge")
        first, second, third = file.extents
        assert [first.size, second.size, third.size] == [most, most, (9 << 30) - 2 * most]
        assert file.size == 9 << 30
        # The second extent is moved behind the third, at its end.
        with open(huge, "r+b") as edited:
            start = edited.read(1 << 20)
            moved = second.sector + 100
            edited.seek(
                start.index(struct.pack("<I", second.sector) + struct.pack(">I", second.sector))
            )
            edited.write(struct.pack("<I", moved) + struct.pack(">I", moved))
            edited.seek(first.sector * 2048 + most - 3)
            edited.write(b"ABC")
            edited.seek(moved * 2048)
            edited.write(b"DEF")
    with IsoImage(huge) as image:
        file = image.find("huge")
        assert file.extents == (first, Extent(moved, most), third)
        assert b"".join(map(bytes, image.chunks(file, most - 5, 10))) == b"\0\0ABCDEF\0\0"
        assert b"".join(map(bytes, image.chunks(file, (9 << 30) - 5))) == bytes(5)
        with pytest.raises(DamagedImageError, match=r"huge of 9663676416 bytes"):
            image.read(file)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An image with a few files."""
    image = new_image()
    add(image, "/A.;1", "a", bytes(range(251)) * 40)
    image.add_directory("/D", rr_name="d")
    add(image, "/D/B.;1", "b", b"in d")
    return write(image, str(tmp_path_factory.mktemp("small") / "small.iso"))


@given(st.integers(0, 10_040), st.integers(0, 10_040), st.integers(1, 5000))
def test_any_part_of_a_file(small: str, offset: int, end: int, buffer: int) -> None:
    offset, end = min(offset, end), max(offset, end)
    with pytest.MonkeyPatch.context() as patch, IsoImage(small) as image:
        patch.setattr(iso_module, "_BUFFER", buffer)
        chunks = [bytes(chunk) for chunk in image.chunks(image.find("a"), offset, end - offset)]
        assert b"".join(chunks) == (bytes(range(251)) * 40)[offset:end]
        assert all(0 < len(chunk) <= buffer for chunk in chunks)


@pytest.mark.parametrize(("offset", "size"), [(-1, 1), (0, 10_041), (10_041, None), (5, -1)])
def test_no_such_part_of_a_file(small: str, offset: int, size: int | None) -> None:
    with IsoImage(small) as image, pytest.raises(ValueError, match="a has 10040 bytes"):
        list(image.chunks(image.find("a"), offset, size))


def test_the_limit_of_what_is_read_at_once(small: str) -> None:
    with IsoImage(small) as image:
        assert image.read(image.find("a"), limit=10_040) == bytes(range(251)) * 40
        with pytest.raises(DamagedImageError, match="a of 10040 bytes; over 10039"):
            image.read(image.find("a"), limit=10_039)


@pytest.mark.parametrize(
    "path", ["", "/", "/a", "a/", "d", "d/", "d//b", "d/a", "./a", "A.;1", "d/../a"]
)
def test_what_is_not_found(small: str, path: str) -> None:
    with IsoImage(small) as image, pytest.raises(KeyError) as caught:
        image.find(path)
    assert caught.value.args == (path,)


def test_a_folder_is_read_once(small: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with IsoImage(small) as image:
        assert image.find("d/b").size == 4
        monkeypatch.setattr(image.sectors, "read_into", None)
        assert image.find("d/b").size == 4
        assert image.find("a").size == 10_040
        assert [file.path for file in image.files()] == ["a", "d/b"]


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An image with fifty folders in its root directory, which takes three sectors."""
    image = new_image()
    for n in range(50):
        image.add_directory(f"/D{n:02}", rr_name=f"d{n:02}")
        add(image, f"/D{n:02}/F.;1", "file", b"%d" % n)
    return write(image, str(tmp_path_factory.mktemp("many") / "many.iso"))


def test_folders_are_forgotten_when_there_are_many(
    many: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(iso_module, "_CACHE_COST", 22_500)  # the root takes 20,150
    with IsoImage(many) as image:
        for n in [*range(50), *range(50)]:
            assert image.read(image.find(f"d{n:02}/file")) == b"%d" % n
            assert len(image._cache) <= 6
            assert "" in image._cache  # the one that is always needed


@pytest.mark.parametrize("piece", [2048, 4096])
def test_large_folders_are_read_in_pieces(
    many: str, piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(iso_records, "_PIECE", piece)
    with IsoImage(many) as image:
        assert list(image.directories()) == [f"d{n:02}" for n in range(50)]
