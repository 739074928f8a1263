"""Parities of whole images, and images rebuilt where discs or sectors are lost."""

import itertools
import os
import random
import tracemalloc
from collections.abc import Sequence
from contextlib import ExitStack, closing
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spanner.errors import PartialRestoreError, SourceError, UnrecoverableError
from spanner.model.units import SECTOR
from spanner.parity import files
from spanner.parity.files import rebuild, write_parity
from spanner.parity.readers import Missing, Reader
from spanner.reading.rebuilt import SectorRun
from spanner.reading.sectors import FileSectors
from support.parity import MemoryReader, slow_parities
from support.scratched import scratch

LENGTHS = (7, 1, 12, 12, 3)


@pytest.fixture(autouse=True)
def _small_stripes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_STRIPE", 5)


def images_of(lengths: Sequence[int], seed: int = 1) -> list[bytes]:
    chance = random.Random(seed)
    return [chance.randbytes(length * SECTOR) for length in lengths]


def readers_of(contents: Sequence[bytes], name: str = "image") -> list[MemoryReader]:
    return [MemoryReader(content, f"{name} {n}") for n, content in enumerate(contents, 1)]


def parities_of(images: Sequence[bytes], count: int) -> list[bytes]:
    outputs = [BytesIO() for _ in range(count)]
    write_parity(readers_of(images), outputs)
    return [output.getvalue() for output in outputs]


def without(readers: Sequence[MemoryReader], lost: Sequence[int], at: int = 0) -> list[Reader]:
    return [
        Missing(reader.name, reader.sectors) if at + n in lost else reader
        for n, reader in enumerate(readers)
    ]


def joined(
    images: Sequence[Reader],
    parities: Sequence[Reader],
    wanted: Sequence[int],
    salvage: bool = False,
) -> tuple[dict[int, bytes], dict[int, list[range]]]:
    """What is rebuilt of each image, and what of it is lost."""
    contents = dict.fromkeys(wanted, b"")
    lost: dict[int, list[range]] = {image: [] for image in wanted}
    for piece in rebuild(images, parities, wanted, salvage):
        assert piece.first * SECTOR == len(contents[piece.image])
        contents[piece.image] += bytes(piece.data)
        lost[piece.image] += piece.lost
    return contents, lost


@pytest.mark.parametrize("lengths", [LENGTHS, (1,), (5, 5), (10, 4, 11), (0, 3)])
def test_parities_of_images_of_any_lengths(lengths: tuple[int, ...]) -> None:
    images = images_of(lengths)
    assert parities_of(images, 3) == slow_parities(images, 3)


def test_images_are_read_once_and_in_order() -> None:
    readers, told = readers_of(images_of(LENGTHS)), []
    write_parity(readers, [BytesIO()], told.append)
    for reader, length in zip(readers, LENGTHS, strict=True):
        assert [s for asked in reader.asked for s in asked] == list(range(length))
    assert sum(told) == sum(LENGTHS) * SECTOR


def test_no_parity_of_what_cannot_be_read() -> None:
    readers = readers_of(images_of(LENGTHS))
    readers[2].bad = {8}
    with pytest.raises(SourceError, match=r"^image 3: sectors 8 to 8 cannot be read; no parity"):
        write_parity(readers, [BytesIO()])


def test_an_output_that_fails() -> None:
    class Full:
        def write(self, data: memoryview) -> None:
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        write_parity(readers_of(images_of(LENGTHS)), [Full()])


@pytest.mark.parametrize("parities", [1, 2, 3])
def test_every_combination_of_lost_discs(parities: int) -> None:
    images = images_of(LENGTHS)
    made = parities_of(images, parities)
    count = len(images)
    for size in range(parities + 1):
        for lost in itertools.combinations(range(count + parities), size):
            contents, gone = joined(
                without(readers_of(images), lost),
                without(readers_of(made, "parity"), lost, count),
                range(count),
            )
            assert list(contents.values()) == images
            assert not any(gone.values())


def test_one_more_lost_fails_and_says_where() -> None:
    images = images_of(LENGTHS)
    made = readers_of(parities_of(images, 2), "parity")
    for lost in itertools.combinations(range(7), 3):
        there = without(readers_of(images), lost), without(made, lost, 5)
        for image in {0, 1, 2, 3, 4} & set(lost):
            with pytest.raises(UnrecoverableError) as caught:
                joined(*there, [image])
            assert caught.value.sectors.start == 0
            assert len(caught.value.lost) == 3


def test_what_the_error_says() -> None:
    images = images_of(LENGTHS)
    made = readers_of(parities_of(images, 1), "parity")
    readers = readers_of(images)
    readers[0].bad, readers[2].bad = {2, 3, 6}, {3, 4, 6}
    with pytest.raises(PartialRestoreError) as caught:
        joined(readers, made, [0])
    assert str(caught.value) == (
        "sectors 3 to 3 cannot be rebuilt: 2 of the set cannot be read there (image 1, image 3), "
        "1 could be made up for"
    )


def test_an_image_beyond_the_end_of_others_needs_no_more_than_they_have() -> None:
    """Three lost of a set with two parities: the sectors behind the end of one come back."""
    images = images_of(LENGTHS)
    made = readers_of(parities_of(images, 2), "parity")
    contents, lost = joined(without(readers_of(images), (1, 2, 3)), made, [2], salvage=True)
    assert contents[2] == bytes(SECTOR) + images[2][SECTOR:]
    assert lost == {2: [range(1)]}


@settings(max_examples=200)
@given(st.data())
def test_scattered_bad_sectors(data: st.DataObject) -> None:
    """Each sector comes back if, and only if, at most m are bad at its offset."""
    lengths = data.draw(st.lists(st.integers(0, 14), min_size=1, max_size=6))
    longest = max(lengths)
    parities = data.draw(st.integers(1, 3))
    images = images_of(lengths, seed=longest)
    made = parities_of(images, parities)
    rows = [*readers_of(images), *readers_of(made, "parity")]
    for row in rows:
        if row.sectors:
            row.bad = data.draw(st.sets(st.integers(0, row.sectors - 1), max_size=6))
    wanted = data.draw(st.lists(st.integers(0, len(images) - 1), unique=True))
    beaten = [sum(sector in row.bad for row in rows) > parities for sector in range(longest)]
    expected = {}
    gone: dict[int, set[int]] = {}
    for image in wanted:
        gone[image] = {sector for sector in rows[image].bad if beaten[sector]}
        content = bytearray(images[image])
        for sector in gone[image]:
            content[sector * SECTOR : (sector + 1) * SECTOR] = bytes(SECTOR)
        expected[image] = bytes(content)
    there, parity = rows[: len(images)], rows[len(images) :]
    contents, lost = joined(there, parity, wanted, salvage=True)
    assert contents == expected
    assert {image: {s for run in runs for s in run} for image, runs in lost.items()} == gone
    if any(gone.values()):
        first = min(sector for sectors in gone.values() for sector in sectors)
        with pytest.raises(UnrecoverableError) as caught:
            joined(there, parity, wanted)
        assert caught.value.sectors.start == first
        names = {row.name for row in rows if first in row.bad}
        assert set(caught.value.lost) == names
    else:
        assert joined(there, parity, wanted)[0] == expected


def test_nothing_is_read_that_is_not_needed() -> None:
    images = images_of(LENGTHS)
    rows = readers_of(images)
    made = readers_of(parities_of(images, 3), "parity")
    rows[2].bad = {7}
    joined(rows, made, [2])
    assert rows[2].asked == [range(5), range(5, 10), range(10, 12)]
    assert rows[0].asked == [range(5, 7)]
    assert rows[3].asked == made[0].asked == [range(5, 10)]
    assert rows[1].asked == made[1].asked == []


def test_parities_of_another_set() -> None:
    images = images_of(LENGTHS)
    with pytest.raises(ValueError, match="as long as the longest"):
        joined(readers_of(images), [Missing("parity", 11)], [0])


def test_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From file to file; one is cut short, of two some sectors cannot be read."""
    images = images_of((70, 200, 64))
    names = [str(tmp_path / f"{n}.iso") for n in range(3)]
    for name, content in zip(names, images, strict=True):
        Path(name).write_bytes(content)
    made = [str(tmp_path / "1.parity"), str(tmp_path / "2.parity")]
    with ExitStack() as stack:

        def columns(*paths: str) -> list[SectorRun]:
            opened = [stack.enter_context(closing(FileSectors(path))) for path in paths]
            return [SectorRun(file, 0, file.count) for file in opened]

        outputs = [stack.enter_context(open(path, "wb")) for path in made]
        write_parity(columns(*names), outputs)
        for output in outputs:
            output.close()
        lengths = [column.sectors for column in columns(*names)]
        os.truncate(names[1], 100 * SECTOR + 5)
        scratch(monkeypatch, {names[0]: range(10, 40), names[2]: range(60, 64)})
        readers = [
            SectorRun(stack.enter_context(closing(FileSectors(name))), 0, length)
            for name, length in zip(names, lengths, strict=True)
        ]
        contents, _ = joined(readers, columns(*made), [0, 1, 2])
        assert list(contents.values()) == images


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_STRIPE", 512)

    class Zeros:
        name, sectors = "zeros", 3000

        def read(self, first: int, into: memoryview) -> Sequence[range]:
            return ()

    class Nowhere:
        def write(self, data: memoryview) -> None:
            assert len(data) <= 512 * SECTOR

    for images in (2, 40):
        tracemalloc.start()
        write_parity([Zeros()] * images, [Nowhere()] * 6)
        for _ in rebuild([*[Zeros()] * images, Missing("m", 3000)], [Zeros()] * 2, [images]):
            pass
        assert tracemalloc.get_traced_memory()[1] < 40 << 20
        tracemalloc.stop()
