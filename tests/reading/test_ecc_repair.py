"""Damaged discs with error correction: what it can repair comes back, what not is said."""

import os
import random
import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pytest

from burners import silent
from spanner.ecc.rs03 import Rs03
from spanner.reading import ecc_repair
from spanner.reading.ecc_repair import may_carry_ecc, repair_into
from spanner.reading.verify import repairability, verify
from support.discs import flip, get_back, place
from support.ecc import assert_good, layout_in, scattered, spoil
from support.sets import MadeSet, make_set
from support.trees import snapshot, write


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> str:
    root = str(tmp_path_factory.mktemp("source") / "S")
    noise = random.Random(6)
    for name in "abcdef":
        write(root, f"{name}.wav", noise.randbytes(400_000))
    write(root, "silence.wav", bytes(400_000))
    return root


@pytest.fixture(scope="module")
def made(root: str, tmp_path_factory: pytest.TempPathFactory) -> MadeSet | None:
    if not shutil.which("dvdisaster"):
        return None  # each test says so
    return make_set(root, str(tmp_path_factory.mktemp("discs")), "custom:5MB", ecc=20)


@pytest.fixture
def image(made: MadeSet, tmp_path: Path, program: Callable[[str], str]) -> str:
    """A copy of the only disc, to be damaged."""
    program("dvdisaster")
    [only] = made.images
    (tmp_path / "in").mkdir()
    return shutil.copy(only, tmp_path / "in")


@pytest.fixture
def layout(made: MadeSet, image: str) -> Rs03:
    found = layout_in(image, made.plan.discs[0].volume_sectors)
    assert found
    return found


def damages(layout: Rs03) -> dict[str, Iterable[int]]:
    return {
        "scattered": scattered(layout, 0.09),
        "burst": range(300, 300 + layout.total // 6),
        "first 32": range(32),
        "header": [layout.data, layout.data + 1],
        "first and header": [*range(32), layout.data],
        "parity": range(layout.total - layout.layer, layout.total),
    }


def check_whole(image: str, made: MadeSet, root: str, folder: Path) -> None:
    before = Path(image).read_bytes()
    assert verify(image, silent).problems
    assert repairability(image, str(folder), silent).good
    copy = str(folder / "copy.iso")
    found = repair_into(image, copy)
    assert found
    assert found.left == 0
    assert Path(copy).read_bytes() == Path(made.images[0]).read_bytes()
    assert_good(copy)
    assert get_back([image], folder / "back", scratch=str(folder)).exit_code == 0
    assert snapshot(str(folder / "back" / "S")) == snapshot(root)
    assert Path(image).read_bytes() == before
    assert sorted(os.listdir(folder)) == ["back", "copy.iso", "in", *_library(folder)]


def _library(folder: Path) -> list[str]:
    return sorted(name for name in os.listdir(folder) if name.startswith("library"))


@pytest.mark.parametrize(
    "what", ["scattered", "burst", "first 32", "header", "first and header", "parity"]
)
@pytest.mark.slow
def test_wrong_sectors(
    made: MadeSet, root: str, image: str, layout: Rs03, tmp_path: Path, what: str
) -> None:
    spoil(image, damages(layout)[what])
    check_whole(image, made, root, tmp_path)


@pytest.mark.parametrize("where", ["data", "header", "checksums", "parity"])
def test_a_flipped_byte(
    made: MadeSet, root: str, image: str, layout: Rs03, tmp_path: Path, where: str
) -> None:
    sector = {
        "data": place(image, "data/S/c.wav") // 2048,
        "header": layout.data,
        "checksums": layout.checksums,
        "parity": layout.total - 1,
    }[where]
    flip(image, sector * 2048 + 99)
    check_whole(image, made, root, tmp_path)


def test_unreadable_sectors_are_marked_and_come_back(
    made: MadeSet,
    image: str,
    layout: Rs03,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As many as there are parity sectors, which is twice what could be repaired of wrong ones."""
    lost = {layout.checksums + layout.layer * (1 + n) for n in range(layout.roots)}
    preadv = os.preadv

    def failing(fd: int, buffers: Sequence[bytearray], offset: int) -> int:
        first = offset // 2048
        if lost & set(range(first, first + sum(map(len, buffers)) // 2048)):
            raise OSError(5, "Input/output error")
        return preadv(fd, buffers, offset)

    monkeypatch.setattr(os, "preadv", failing)
    found = repair_into(image, str(tmp_path / "copy.iso"))
    assert found
    assert (found.repaired, found.left) == (len(lost), 0)
    assert (tmp_path / "copy.iso").read_bytes() == Path(made.images[0]).read_bytes()


def test_more_than_it_can_is_said_and_all_else_comes_back(
    made: MadeSet, root: str, image: str, layout: Rs03, tmp_path: Path
) -> None:
    first = place(image, "data/S/b.wav") // 2048
    spoil(image, range(first, first + layout.layer * (layout.roots + 1)))
    outlook = repairability(image, str(tmp_path), silent)
    assert outlook.good is False
    assert "are lost" in outlook.words
    report = get_back([image], tmp_path / "back", scratch=str(tmp_path))
    assert report.exit_code == 5
    failed = {remark.path for remark in report.damaged}
    assert "S/b.wav" in failed
    assert set(report.restored) | failed == {f"S/{name}" for name in os.listdir(root)}
    for path in report.restored:
        name = path.removeprefix("S/")
        assert Path(root, name).read_bytes() == (tmp_path / "back" / path).read_bytes()
    for path in failed:
        assert not (tmp_path / "back" / path).exists()


def test_a_cut_image(made: MadeSet, image: str, layout: Rs03, tmp_path: Path) -> None:
    os.truncate(image, (layout.total - layout.layer) * 2048)
    assert verify(image, silent).problems
    assert repairability(image, str(tmp_path), silent).good


def test_without_error_correction_nothing_is_copied(
    root: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [image] = make_set(root, str(tmp_path), "custom:5MB").images
    assert not may_carry_ecc(image)
    monkeypatch.setattr(ecc_repair, "scratch_file", None)
    flip(image, place(image, "data/S/a.wav"))
    assert repairability(image, str(tmp_path), silent).good is False
    assert get_back([image], tmp_path / "back").exit_code == 5


def test_no_room_for_the_copy(image: str, tmp_path: Path) -> None:
    flip(image, place(image, "data/S/a.wav"))
    outlook = repairability(image, str(tmp_path / "missing"), silent)
    assert outlook.good is None
    assert "is not known" in outlook.words
    report = get_back([image], tmp_path / "back", scratch=str(tmp_path / "missing"))
    assert [remark.path for remark in report.damaged] == ["S/a.wav"]


def test_a_good_image_is_written_with_its_error_correction(
    image: str, layout: Rs03, made: MadeSet, tmp_path: Path
) -> None:
    spoil(image, scattered(layout, 0.05))
    report = get_back([image], tmp_path / "back", repair_to=str(tmp_path / "good"))
    assert report.exit_code == 0
    (good,) = report.repaired
    assert Path(good).read_bytes() == Path(made.images[0]).read_bytes()
