"""The check of a disc against itself: whatever is not as it was written is found, wherever."""

import hashlib
import os
import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from burners import silent
from spanner.errors import UsageError
from spanner.model.units import SECTOR
from spanner.reading.iso import Extent, IsoFile, IsoImage
from spanner.reading.verify import VerifyResult, verify
from support.discs import add_disc_file, copy_out, edit_rows, edit_text, flip, place
from support.sets import MadeSet, make_set
from support.trees import make_odd_tree, write


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadeSet:
    """Odd names, a link, a divided file, relocated directories; three files are on each disc."""
    root = str(tmp_path_factory.mktemp("source") / "S")
    make_odd_tree(root)
    write(root, "long.wav", random.Random(9).randbytes(300_000))
    write(root, "b.wav", b"b" * 5000)
    discs = str(tmp_path_factory.mktemp("discs"))
    made = make_set(root, discs, "custom:1200kB", replicate=("b.wav", "old.wav"))
    assert len(made.images) >= 2
    return made


@pytest.fixture
def image(made: MadeSet, tmp_path: Path) -> str:
    """A copy of the first image, to be damaged."""
    return str(shutil.copy(made.images[0], tmp_path / "image.iso"))


@pytest.fixture
def folder(made: MadeSet, tmp_path: Path) -> str:
    """The first disc in a folder."""
    return copy_out(made.images[0], tmp_path / "folder")


def check(path: str) -> VerifyResult:
    return verify(path, silent)


def test_whole_images(made: MadeSet) -> None:
    for disc, written in zip(made.plan.discs, made.written, strict=True):
        result = check(written.file)
        assert result.problems == []
        assert result.sha256 == written.sha256
        assert result.name == written.file
        assert result.files == disc.payload[0] + 10
        assert result.is_disc(made.plan.set.id, disc.number)
        assert not result.is_disc(made.plan.set.id, disc.number + 1)
        assert not result.is_disc("other", disc.number)
        names = {(x.path, i.part) for i in disc.items for x in (i, *i.links)}
        assert {(path, part) for path, part, _ in result.hashes()} == names


def test_whole_folders(made: MadeSet, tmp_path: Path) -> None:
    for number, image in enumerate(made.images, 1):
        result = check(copy_out(image, tmp_path / str(number)))
        assert (result.problems, result.sha256) == ([], "")
        assert result.is_disc(made.plan.set.id, number)
        assert result.files == check(image).files


@pytest.mark.slow
def test_a_flip_in_any_sector_is_found(made: MadeSet, image: str) -> None:
    """Two bytes of each sector, of the structure, the data, the padding, the last one."""
    noise = random.Random(10)
    total = os.path.getsize(image) // SECTOR
    assert total > 300
    for sector in (*range(total), *range(total)):
        position = sector * SECTOR + noise.randrange(SECTOR)
        mask = noise.randrange(1, 256)
        flip(image, position, mask)
        assert check(image).problems, f"byte {position} ^ {mask}"
        flip(image, position, mask)
    assert check(image).sha256 == made.written[0].sha256


@pytest.fixture(scope="module")
def written(made: MadeSet) -> list[int]:
    """Where bytes of the second image's structure are not zero, and where its texts are."""
    image = made.images[1]
    with IsoImage(image) as iso:
        files = [(file.extents[0].sector * SECTOR, file) for file in iso.files() if file.size]
    data = Path(image).read_bytes()
    places = [at for at in range(min(start for start, _ in files)) if data[at]]
    for start, file in files:
        if not file.path.startswith("data/"):
            places += range(start, start + file.size, 5)
    return places


@given(data=st.data())
@settings(max_examples=200)
def test_a_flip_where_something_is_written_is_found(
    made: MadeSet, written: list[int], data: st.DataObject
) -> None:
    """In the structure's records and the texts, which a random byte of a sector seldom hits."""
    position = data.draw(st.sampled_from(written))
    mask = data.draw(st.integers(1, 255))
    flip(made.images[1], position, mask)
    try:
        assert check(made.images[1]).problems
    finally:
        flip(made.images[1], position, mask)


@pytest.mark.slow
def test_every_byte_of_the_manifests_counts(made: MadeSet, image: str, folder: str) -> None:
    for path in ("tagmanifest-sha256.txt", "catalog/structure-sha256.txt"):
        start, size = place(image, path), os.path.getsize(f"{folder}/{path}")
        for position in range(0, size, 3):
            flip(image, start + position, 1 << position % 8)
            assert check(image).problems, (path, position)
            flip(image, start + position, 1 << position % 8)
    tags = f"{folder}/tagmanifest-sha256.txt"
    for position in range(os.path.getsize(tags)):
        for mask in (1 << position % 8, Path(tags).read_bytes()[position]):
            flip(tags, position, mask)
            assert check(folder).problems, position
            flip(tags, position, mask)
    assert check(folder).problems == []


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("data/S/b.wav", ["data/S/b.wav: damaged"]),
        ("index.html", ["index.html: damaged"]),
        ("catalog/files.tsv", ["catalog/files.tsv: damaged"]),
        ("bag-info.txt", ["bag-info.txt: damaged"]),
    ],
)
def test_what_is_damaged_is_named(image: str, where: str, said: list[str]) -> None:
    flip(image, place(image, where) + 3)
    result = check(image)
    assert result.problems == said
    assert len(result.sha256) == 64
    assert not result.is_disc(result.catalog.set.id if result.catalog else "", 1)


def test_all_that_is_damaged_is_named(made: MadeSet, image: str) -> None:
    for path in ("data/S/b.wav", "data/S/old.wav", "catalog/structure-sha256.txt"):
        flip(image, place(image, path) + 1)
    result = check(image)
    problems = result.problems
    assert hashlib.sha256(Path(image).read_bytes()).hexdigest() == result.sha256
    assert "structure-sha256.txt is not what" in problems[0]
    assert set(problems[1:]) == {
        "data/S/b.wav: damaged",
        "data/S/old.wav: damaged",
        "catalog/structure-sha256.txt: damaged",
    }
    other = shutil.copy(made.images[0], f"{image}.2")
    flip(other, 17 * SECTOR + 2000)
    flip(other, place(other, "data/S/old.wav") + 100)
    assert check(other).problems == [
        "the disc's structure: damaged",
        "sectors that no file covers are not zero",
    ]


def changed(change: Callable[[IsoFile], IsoFile | None]) -> Callable[[IsoImage], list[IsoFile]]:
    """The files of an image, changed; those for which it gives None are left out."""
    files = IsoImage.files
    return lambda image: [new for file in files(image) if (new := change(file))]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda file: None, "data/S/b.wav: missing"),
        (lambda file: replace(file, path="data/S/x\n"), r"data/S/x\n: in no manifest"),
        (lambda file: replace(file, size=0, extents=()), "data/S/b.wav: damaged"),
        (lambda file: replace(file, extents=(Extent(20, 5000),)), "data/S/b.wav: lies where"),
        (lambda file: replace(file, size=10**9), "data/S/b.wav: lies where"),
        (lambda file: replace(file, extents=(Extent(10**6, 5000),)), "data/S/b.wav: lies where"),
    ],
)
def test_directories_that_say_something_else(
    image: str,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[IsoFile], IsoFile | None],
    said: str,
) -> None:
    """As if the structure's own hash did not tell."""
    only_b = changed(lambda file: change(file) if file.path == "data/S/b.wav" else file)
    monkeypatch.setattr(IsoImage, "files", only_b)
    assert any(problem.startswith(said) for problem in check(image).problems)


def test_two_names_for_data_that_has_another_hash(
    image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with IsoImage(image) as iso:
        first = iso.find("data/S/Odd.ptx")
    moved = changed(lambda x: replace(first, path=x.path) if x.path == "data/S/b.wav" else x)
    monkeypatch.setattr(IsoImage, "files", moved)
    problems = check(image).problems
    assert any(
        problem in ("data/S/b.wav: damaged", "data/S/Odd.ptx: damaged") for problem in problems
    )


@pytest.mark.parametrize("cut", [1, SECTOR, SECTOR * 16, 300_000, None])
def test_a_cut_image(image: str, cut: int | None) -> None:
    size = os.path.getsize(image)
    os.truncate(image, size - (size if cut is None else cut))
    assert check(image).problems
    assert check(image).sha256 == ""


@pytest.mark.parametrize("more", [b"\0", bytes(SECTOR), b"x" * 100_000])
def test_appended_bytes(image: str, more: bytes) -> None:
    size = os.path.getsize(image)
    with open(image, "ab") as file:
        file.write(more)
    assert check(image).problems == [f"the file has {size + len(more):,} bytes, its image {size:,}"]


def test_no_image(tmp_path: Path) -> None:
    for data in (b"", b"RIFF" * 50_000):
        result = check(write(str(tmp_path), "x.iso", data))
        assert len(result.problems) == 1
        assert "is no ISO 9660 image" in result.problems[0]
    for path in ("none.iso", "/dev/null"):
        with pytest.raises(UsageError):
            check(path)


def test_a_folder_with_other_files(folder: str, tmp_path: Path) -> None:
    with open(f"{folder}/data/S/b.wav", "r+b") as file:
        file.write(b"B")
    os.truncate(f"{folder}/data/S/Odd.ptx", 5)
    os.unlink(f"{folder}/data/S/old.wav")
    os.rename(f"{folder}/index.html", tmp_path / "index.html")
    os.symlink(tmp_path / "index.html", f"{folder}/index.html")
    add_disc_file(folder, "data/S/extra\n.wav", b"")
    os.symlink("nowhere", f"{folder}/data/extra link")
    add_disc_file(folder, ".DS_Store", b"what a desktop leaves behind")
    assert sorted(check(folder).problems) == [
        f"{folder}: data/S/old.wav: No such file or directory",
        f"{folder}: index.html: no plain file",
        "data/S/Odd.ptx: damaged",
        "data/S/b.wav: damaged",
        r"data/S/extra\n.wav: in no manifest",
        "data/extra link: in no manifest",
    ]


def test_a_folder_that_is_no_disc(tmp_path: Path) -> None:
    (tmp_path / "catalog").mkdir()
    result = check(str(tmp_path))
    assert (result.catalog, result.files) == (None, 0)
    assert result.problems == [f"{tmp_path}: no disc of a set, it has no manifest-sha256.txt"]


def test_a_catalog_that_is_not_the_manifests(folder: str) -> None:
    """Both agree with the tag manifest, but not with each other."""

    def change(rows: list[list[str]]) -> None:
        own = {row[10]: row for row in rows if row[0] == "1"}
        own["S/b.wav"][8] = "0" * 64
        own["S/old.wav"][9] = "data/S/else.wav"

    edit_rows(folder, change)
    assert check(folder).problems == [
        "data/S/b.wav: manifest and catalog differ",
        "data/S/else.wav: manifest and catalog differ",
        "data/S/old.wav: manifest and catalog differ",
    ]


def test_a_catalog_of_another_version(folder: str) -> None:
    text = Path(folder, "catalog/set.json").read_text()
    edit_text(folder, "catalog/set.json", text.replace('"version": 1', '"version": 2').encode())
    result = check(folder)
    assert result.catalog is None
    assert result.problems == [
        f"{folder}: its catalog is spanner-set version 2; this program reads spanner-set version 1"
    ]


def test_sectors_that_cannot_be_read(
    made: MadeSet, image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each file that has some is named, the rest is checked."""
    bad = [place(image, f"data/S/{name}") for name in ("b.wav", "Odd.ptx")]
    flip(image, place(image, "data/S/old.wav"))
    preadv = os.preadv

    def scratched(fd: int, buffers: list[memoryview], offset: int) -> int:
        if any(offset <= start < offset + sum(map(len, buffers)) for start in bad):
            raise OSError(5, "Input/output error")
        return preadv(fd, buffers, offset)

    monkeypatch.setattr(os, "preadv", scratched)
    result = check(image)
    assert result.sha256 == ""
    unread = {problem.partition(":")[0] for problem in result.problems if "output" in problem}
    assert unread == {"data/S/b.wav", "data/S/Odd.ptx"}
    assert "data/S/old.wav: damaged" in result.problems
    assert result.catalog
    assert not result.is_disc(made.plan.set.id, 1)
