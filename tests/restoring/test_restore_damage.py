"""Damaged discs: what is whole comes back, what is not never gets its name, and it is said."""

import os
import random
import shutil
import tempfile
from contextlib import nullcontext
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spanner.errors import DamagedImageError
from spanner.restoring.report import RestoreReport
from spanner.restoring.restore import restore
from support.discs import copy_out, flip, get_back, place
from support.sets import MadeSet, make_set
from support.trees import snapshot, write

FILES, TAGS = "catalog/files.tsv", "tagmanifest-sha256.txt"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> str:
    root = str(tmp_path_factory.mktemp("source") / "S")
    noise = random.Random(6)
    for name in "abcdef":
        write(root, f"{name}.wav", noise.randbytes(90_000))
    os.link(f"{root}/b.wav", f"{root}/b.wav too")
    write(root, "long.wav", noise.randbytes(600_000))
    write(root, "S.ptx", b"document" * 1000)
    return root


@pytest.fixture(scope="module")
def made(root: str, tmp_path_factory: pytest.TempPathFactory) -> MadeSet:
    return make_set(root, str(tmp_path_factory.mktemp("discs")))


@pytest.fixture
def images(made: MadeSet, tmp_path: Path) -> list[str]:
    """Copies of the images, to be damaged."""
    (tmp_path / "images").mkdir()
    return [shutil.copy(image, tmp_path / "images") for image in made.images]


def disc_of(made: MadeSet, path: str, part: int = 1) -> int:
    """The index of the disc that the file or part lies on."""
    [index] = [
        index
        for index, disc in enumerate(made.plan.discs)
        if any((item.path, item.part) == (f"S/{path}", part) for item in disc.items)
    ]
    return index


def damaged(report: RestoreReport) -> list[str]:
    return [remark.path for remark in report.damaged]


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder / "S"))


@pytest.mark.parametrize("as_folder", [False, True])
def test_a_flipped_bit(
    made: MadeSet, root: str, images: list[str], tmp_path: Path, as_folder: bool
) -> None:
    index = disc_of(made, "b.wav")
    flip(images[index], place(images[index], "data/S/b.wav") + 77_777, 0x10)
    if as_folder:
        images[index] = copy_out(images[index], tmp_path / "folder")
    report = get_back(images, tmp_path / "out")
    assert report.exit_code == 5
    assert damaged(report) == ["S/b.wav", "S/b.wav too"]
    assert report.damaged[0].reason == f"{images[index]}: data/S/b.wav is damaged"
    assert (report.failed, report.missing, len(report.restored)) == ([], [], 7)
    assert names(tmp_path / "out") == sorted(set(os.listdir(root)) - {"b.wav", "b.wav too"})
    assert get_back([made.images[index]], tmp_path / "out").exit_code == 0
    assert snapshot(str(tmp_path / "out/S")) == snapshot(root)


def test_a_file_in_a_folder_that_is_cut_or_gone(
    made: MadeSet, images: list[str], tmp_path: Path
) -> None:
    for name in ("a.wav", "c.wav"):
        index = disc_of(made, name)
        if not os.path.isdir(images[index]):
            images[index] = copy_out(images[index], tmp_path / f"disc {index}")
    os.truncate(f"{images[disc_of(made, 'a.wav')]}/data/S/a.wav", 89_999)
    os.unlink(f"{images[disc_of(made, 'c.wav')]}/data/S/c.wav")
    report = get_back(images, tmp_path / "out")
    assert report.exit_code == 5
    assert [remark.reason.partition(": ")[2] for remark in report.damaged] == [
        "data/S/a.wav has 89,999 bytes, not 90,000",
        "data/S/c.wav: No such file or directory",
    ]
    assert not {"a.wav", "c.wav"} & set(names(tmp_path / "out"))


def test_a_damaged_copy_is_taken_from_another_disc(
    made: MadeSet, root: str, images: list[str], tmp_path: Path
) -> None:
    notes: list[str] = []

    class Noting(nullcontext[None]):
        def task(self, *_: object, **__: object) -> "Noting":
            return self

        def advance(self, _: int) -> None:
            pass

        def note(self, line: str) -> None:
            notes.append(line)

    flip(images[0], place(images[0], "data/S/S.ptx"))
    report = restore(images, str(tmp_path / "out"), Noting())
    assert (report.exit_code, report.damaged) == (0, [])
    assert notes == [f"{images[0]}: data/S/S.ptx is damaged; {images[1]} had it whole"]
    assert snapshot(str(tmp_path / "out/S")) == snapshot(root)


def test_another_disc_that_would_help_is_named(
    made: MadeSet, images: list[str], tmp_path: Path
) -> None:
    flip(images[0], place(images[0], "data/S/S.ptx"))
    report = get_back(images[:1], tmp_path / "out", only=["*.ptx"])
    assert (report.exit_code, damaged(report)) == (5, ["S/S.ptx"])
    assert [(disc.number, disc.files) for disc in report.missing] == [(2, 1)]


def test_the_same_disc_twice(made: MadeSet, root: str, images: list[str], tmp_path: Path) -> None:
    """Of two copies that are damaged in different files everything comes back."""
    index = disc_of(made, "b.wav")
    second = shutil.copy(images[index], str(tmp_path / "second.iso"))
    assert get_back([*images, second, images[index]], tmp_path / "whole").exit_code == 0
    assert snapshot(str(tmp_path / "whole/S")) == snapshot(root)
    flip(images[index], place(images[index], "data/S/b.wav"))
    inside = [item.on_disc for item in made.plan.discs[index].items if "b.wav" not in item.path]
    flip(second, place(second, inside[0]))
    report = get_back([*images, second], tmp_path / "out")
    assert (report.exit_code, report.damaged) == (0, [])
    assert snapshot(str(tmp_path / "out/S")) == snapshot(root)


def test_a_damaged_part_keeps_the_others(
    made: MadeSet, root: str, images: list[str], tmp_path: Path
) -> None:
    index = disc_of(made, "long.wav", 1)
    flip(images[index], place(images[index], "data/S/long.wav.001") + 5)
    report = get_back(images, tmp_path / "out")
    assert (report.exit_code, damaged(report)) == (5, ["S/long.wav"])
    assert "long.wav" not in names(tmp_path / "out")
    assert get_back([made.images[index]], tmp_path / "out").exit_code == 0
    assert snapshot(str(tmp_path / "out/S")) == snapshot(root)


def test_nothing_is_left_of_a_file_with_no_whole_part(
    made: MadeSet, images: list[str], tmp_path: Path
) -> None:
    index = disc_of(made, "long.wav", 1)
    flip(images[index], place(images[index], "data/S/long.wav.001") + 5)
    report = get_back([images[index]], tmp_path / "out", only=["long.wav"])
    assert report.exit_code == 5
    assert [disc.number for disc in report.missing] == [
        disc_of(made, "long.wav", part) + 1 for part in range(2, 10) if part_exists(made, part)
    ]
    assert names(tmp_path / "out") == []


def part_exists(made: MadeSet, part: int) -> bool:
    return any(item.part == part for disc in made.plan.discs for item in disc.items)


@pytest.mark.parametrize("text", [FILES, "catalog/set.json", TAGS])
@pytest.mark.parametrize("first", [True, False])
def test_a_damaged_catalog_is_made_up_for_by_others(
    made: MadeSet, root: str, images: list[str], tmp_path: Path, text: str, first: bool
) -> None:
    """The disc's own manifest still has the hashes of its files."""
    index = 0 if first else disc_of(made, "long.wav", 2)
    offset = place(images[index], text)
    if text == TAGS:
        offset += Path(images[index]).read_bytes()[offset:].index(FILES.encode()) - 60
    flip(images[index], offset + 30)
    report = get_back(images, tmp_path / "out")
    assert report.exit_code == 5
    assert damaged(report) == [images[index]]
    assert (report.failed, report.missing) == ([], [])
    assert snapshot(str(tmp_path / "out/S")) == snapshot(root)


def test_a_damaged_catalog_and_manifest(
    made: MadeSet, root: str, images: list[str], tmp_path: Path
) -> None:
    """Without any hash nothing is believed; where the plan had hashes, other discs have them."""
    index = disc_of(made, "b.wav")
    for text in (FILES, "manifest-sha256.txt"):
        flip(images[index], place(images[index], text) + 50)
    report = get_back(images, tmp_path / "out")
    assert report.exit_code == 5
    assert {"S/b.wav", "S/b.wav too"} <= set(damaged(report))
    assert "cannot be checked, its hash is lost" in report.damaged[-1].reason
    assert "b.wav" not in names(tmp_path / "out")
    hashed = make_set(root, str(tmp_path / "hashed"), hashed=True).images
    for text in (FILES, "manifest-sha256.txt"):
        flip(hashed[index], place(hashed[index], text) + 50)
    report = get_back(hashed, tmp_path / "other")
    assert damaged(report) == [hashed[index]]
    assert snapshot(str(tmp_path / "other/S")) == snapshot(root)


def test_a_disc_that_does_not_say_which_it_is(
    made: MadeSet, images: list[str], tmp_path: Path
) -> None:
    index = disc_of(made, "b.wav")
    flip(images[index], place(images[index], "bag-info.txt") + 12)
    report = get_back(images, tmp_path / "out")
    assert (report.exit_code, damaged(report)) == (5, [images[index]])
    assert [disc.number for disc in report.missing] == [index + 1]
    assert "b.wav" not in names(tmp_path / "out")


def test_no_catalog_can_be_read(images: list[str], tmp_path: Path) -> None:
    for image in images:
        flip(image, place(image, FILES) + 30)
    with pytest.raises(DamagedImageError) as caught:
        get_back(images, tmp_path / "out")
    assert all(image in str(caught.value) for image in images)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("kind", ["cut", "none", "empty", "foreign"])
def test_an_image_that_is_none(made: MadeSet, images: list[str], tmp_path: Path, kind: str) -> None:
    index = disc_of(made, "b.wav")
    bad = Path(images[index])
    if kind == "cut":
        os.truncate(bad, bad.stat().st_size // 2)
    elif kind == "none":
        bad.write_bytes(b"RIFF" * 100_000)
    elif kind == "empty":
        bad.write_bytes(b"")
    else:
        images[index] = str(tmp_path / "folder")
        write(images[index], "catalog/no.txt")
    report = get_back(images, tmp_path / "out")
    assert (report.exit_code, damaged(report)) == (5, [images[index]])
    assert [disc.number for disc in report.missing] == [index + 1]
    assert "a.wav" in names(tmp_path / "out") or index == disc_of(made, "a.wav")
    assert len(report.restored) > 2
    with pytest.raises(DamagedImageError):
        get_back([images[index]], tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_sectors_that_cannot_be_read(
    made: MadeSet, images: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a scratch makes them."""
    index = disc_of(made, "b.wav")
    start = place(images[index], "data/S/b.wav")
    preadv = os.preadv

    def scratched(fd: int, buffers: list[memoryview], offset: int) -> int:
        if os.readlink(f"/proc/self/fd/{fd}") == images[index]:
            size = sum(map(len, buffers))
            if offset <= start + 40_000 < offset + size:
                raise OSError(5, "Input/output error")
        return preadv(fd, buffers, offset)

    monkeypatch.setattr(os, "preadv", scratched)
    report = get_back(images, tmp_path / "out")
    assert (report.exit_code, damaged(report)) == (5, ["S/b.wav", "S/b.wav too"])
    assert "Input/output error" in report.damaged[0].reason
    assert len(report.restored) == 7


@given(data=st.data())
@settings(max_examples=60)
def test_no_damage_gives_a_wrong_file(made: MadeSet, root: str, data: st.DataObject) -> None:
    """Whatever bytes of one disc are flipped, what has a file's name is that file."""
    size = os.path.getsize(made.images[0])
    places = data.draw(st.lists(st.integers(0, size - 1), max_size=30))
    original = snapshot(root)
    with tempfile.TemporaryDirectory() as folder:
        image = str(shutil.copy(made.images[0], f"{folder}/image.iso"))
        for position in places:
            flip(image, position, data.draw(st.integers(1, 255)))
        report = get_back([image, *made.images[1:]], f"{folder}/out")
        found = snapshot(f"{folder}/out/S")
        assert report.exit_code in (0, 5)
        assert report.exit_code == 5 or found == original
        for name, entry in found.items():
            if entry.kind == "file" and not name.endswith(".spanner-partial"):
                assert (entry.content, entry.mode) == (original[name].content, original[name].mode)
