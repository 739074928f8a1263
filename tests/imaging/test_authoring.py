"""A disc's structure: exact sizes, places, times and permissions, and nothing of the moment."""

import gc
import struct
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spanner.imaging.authoring import author, measure
from spanner.imaging.layout import DirectoryEntry, FileEntry, Layout
from spanner.imaging.sector_buffer import SectorBuffer
from spanner.model.units import SECTOR, sectors
from support.images import CREATED, SET, data_file, image_of, layout_with, made, plan_for

GIB = 1 << 30
ANCHOR, PARTITION, INTEGRITY, FILE_SET, IDENTIFIER, ENTRY = 2, 5, 9, 256, 257, 261
DEEP = "/".join(["data", *"0123456789"])


def crc(data: bytes) -> int:
    """CRC of ECMA-167, 1/7.2.6: polynomial x16 + x12 + x5 + 1."""
    value = 0
    for byte in data:
        value ^= byte << 8
        for _ in range(8):
            value = value << 1 ^ (0x1021 if value & 0x8000 else 0)
        value &= 0xFFFF
    return value


def tags(data: bytes) -> dict[int, list[int]]:
    """The sectors of all UDF descriptors, by tag; each must be whole (ECMA-167, 3/7.2)."""
    found: dict[int, list[int]] = {}
    for sector in range(32, len(data) // SECTOR):
        block = data[sector * SECTOR : (sector + 1) * SECTOR]
        tag, version, check, _, _, checksum, length, place = struct.unpack_from("<HHBBHHHI", block)
        if version not in (2, 3) or sum(block[:4] + block[5:16]) % 256 != check or not any(block):
            continue
        if tag != IDENTIFIER and crc(block[16 : 16 + length]) == checksum:
            assert place in (sector, sector - 257), f"tag {tag} in sector {sector} says {place}"
            found.setdefault(tag, []).append(sector)
    return found


def entry_of(data: bytes, size: int) -> bytes:
    """The UDF entry of the only file of this size (ECMA-167, 4/14.9)."""
    blocks = [data[sector * SECTOR :][:SECTOR] for sector in tags(data)[ENTRY]]
    (found,) = [block for block in blocks if struct.unpack_from("<Q", block, 56) == (size,)]
    return found


def udf_time(field: bytes) -> tuple[int, ...]:
    """Type and zone, year to second, and microseconds (ECMA-167, 1/7.3)."""
    zone, year, *rest, centi, hundreds, micro = struct.unpack("<HH8B", field)
    return zone, year, *rest, centi * 10_000 + hundreds * 100 + micro


def test_sizes_are_exact(odd_tree: str) -> None:
    plan = plan_for(odd_tree)
    for disc in plan.discs:
        image = image_of(plan, disc)
        assert len(image.data) == disc.image_sectors * SECTOR
        assert image.structure.total == measure(image.layout) == disc.image_sectors
        assert disc.image_sectors % 16 == 0


@st.composite
def layouts(draw: st.DrawFn) -> tuple[FileEntry, ...]:
    names = st.text("ab.é漢", min_size=1, max_size=40).filter(lambda name: name.strip("."))
    paths = draw(st.lists(names.map("data/{}".format), max_size=12, unique=True))
    sizes = st.sampled_from([0, 1, 2047, 2048, 2049, 5000])
    return tuple(
        data_file(path, bytes([number]) * draw(sizes), also=(f"{path}~",) * draw(st.integers(0, 1)))
        for number, path in enumerate(paths)
    )


@settings(max_examples=25)
@given(layouts(), st.booleans())
def test_any_layout_has_the_size_that_was_measured(
    files: tuple[FileEntry, ...], deep: bool
) -> None:
    layout = layout_with(*files, *([data_file(f"{DEEP}/file")] if deep else []))
    structure = author(layout)
    extent = structure.data_start
    for entry, place in zip(layout.files, structure.extents, strict=True):
        assert place == extent
        extent += sectors(entry.size)
    assert structure.total == measure(layout) == -(-(extent + 1) // 16) * 16
    assert structure.blocks.keys() <= {*range(structure.data_start), structure.total - 1}
    assert len(made(layout).data) == structure.total * SECTOR


def test_data_lies_in_the_layouts_order_without_gaps() -> None:
    contents = {"z": b"z" * 3000, "data/q/b": b"b", "a": b"a" * 4096, "data/e": b"eeeee"}
    files = [data_file(path, data, also=(f"{path}~",)) for path, data in contents.items()]
    image = made(layout_with(*files))
    start = image.structure.data_start
    assert list(image.structure.extents) == [start, start + 2, start + 3, start + 5]
    for path, data in contents.items():
        assert image.file(path) == image.file(f"{path}~") == data


def test_a_file_of_6_gib_has_its_place_before_those_behind_it() -> None:
    large = FileEntry(
        path="data/large", size=6 * GIB + 1, mtime_ns=0, mode=0o644, content=lambda _: ()
    )
    structure = author(layout_with(data_file("data/first"), large, data_file("data/last")))
    first, second, third = structure.extents
    assert (second - first, third - second) == (1, 3 * GIB // 1024 + 1)
    assert structure.total == -(-(third + 2) // 16) * 16


def test_nothing_of_the_moment_is_in_it(monkeypatch: pytest.MonkeyPatch, odd_tree: str) -> None:
    plan = plan_for(odd_tree)
    layouts = [image_of(plan, disc).layout for disc in plan.discs]
    before = [author(layout) for layout in layouts]
    monkeypatch.setattr(time, "time", lambda: 3_000_000_000.5)
    assert [author(layout) for layout in layouts] == before


def test_the_volume_has_its_names_and_the_sets_time() -> None:
    image = made(layout_with(data_file("data/file")))
    pvd = image.data[16 * SECTOR : 17 * SECTOR]
    assert pvd[:8] == b"\x01CD001\x01\x00"
    assert pvd[40:72] == b"VOLUME_01OF01".ljust(32)
    assert pvd[190:318] == SET.id.encode().ljust(128)
    assert struct.unpack_from("<I", pvd, 80) == (image.structure.total,)
    date, never = b"2026112319080000\0", b"0" * 16 + b"\0"
    assert pvd[813:881] == date + date + never + date
    (file_set,) = tags(image.data)[FILE_SET]
    assert udf_time(image.data[file_set * SECTOR + 16 :][:12]) == (4096, 2026, 11, 23, 19, 8, 0, 0)


def test_udf_descriptors_are_whole_and_the_last_sector_is_an_anchor(odd_tree: str) -> None:
    plan = plan_for(odd_tree)
    for disc in plan.discs:
        image = image_of(plan, disc)
        total = image.structure.total
        found = tags(image.data)
        anchors = [image.data[sector * SECTOR + 16 :][:16] for sector in found[ANCHOR]]
        assert found[ANCHOR] == [256, total - 1]
        assert anchors[0] == anchors[1]
        partitions = [image.data[sector * SECTOR + 188 :][:8] for sector in found[PARTITION]]
        assert partitions == [struct.pack("<2I", 257, total - 1 - 257)] * 2
        (integrity,) = found[INTEGRITY]
        sizes = struct.unpack_from("<4I", image.data, integrity * SECTOR + 72)
        assert sizes == (1, 46, 0, total - 1 - 257)
        names = [*image.paths, *(each.path for each in image.layout.directories), "the root"]
        assert len(found[ENTRY]) == len(names)


@pytest.mark.parametrize("name", ["data/file", f"{DEEP}/deep file"])
@pytest.mark.parametrize(
    ("mode", "permissions", "flags"),
    [
        (0o644, 0b00110_00100_00100, 0),
        (0o751, 0b00111_00101_00001, 0),
        (0o000, 0, 0),
        (0o4755, 0b00111_00101_00101, 0x40),
        (0o2070, 0b00000_00111_00000, 0x80),
        (0o1007, 0b00000_00000_00111, 0x100),
    ],
)
def test_udf_permissions(name: str, mode: int, permissions: int, flags: int) -> None:
    entry = entry_of(made(layout_with(data_file(name, b"123", mode=mode))).data, 3)
    assert struct.unpack_from("<3I", entry, 36) == (0, 0, permissions)
    assert struct.unpack_from("<H", entry, 34)[0] & 0x1C0 == flags


def test_files_of_different_modes_keep_their_own() -> None:
    modes = [0o4755, 0o755, 0o2755, 0o644, 0o1755, 0o4644]
    files = [data_file(f"data/{n}", b"x" * n, mode=mode) for n, mode in enumerate(modes, 100)]
    data = made(layout_with(*files)).data
    for size, mode in enumerate(modes, 100):
        flags = struct.unpack_from("<H", entry_of(data, size), 34)[0]
        assert [flags & bit > 0 for bit in (0x40, 0x80, 0x100)] == [
            mode & bit > 0 for bit in (0o4000, 0o2000, 0o1000)
        ]


@pytest.mark.parametrize(
    ("seconds", "nanoseconds", "expected"),
    [
        (0, 0, (1970, 1, 1, 0, 0, 0, 0)),
        (1_600_000_000, 123_456_789, (2020, 9, 13, 12, 26, 40, 123_456)),
        (-1, 999_999_999, (1969, 12, 31, 23, 59, 59, 999_999)),
        (-1, 0, (1969, 12, 31, 23, 59, 59, 0)),
        (5_868_892_799, 0, (2155, 12, 23, 23, 59, 59, 0)),
        (253_402_300_799, 0, (9999, 12, 31, 23, 59, 59, 0)),
        (253_402_300_800, 0, (9999, 12, 31, 23, 59, 59, 0)),
        (1 << 62, 0, (9999, 12, 31, 23, 59, 59, 0)),
        (-62_135_596_800, 0, (1, 1, 1, 0, 0, 0, 0)),
        (-(1 << 62), 0, (1, 1, 1, 0, 0, 0, 0)),
    ],
)
def test_udf_times(seconds: int, nanoseconds: int, expected: tuple[int, ...]) -> None:
    file = data_file("data/file", b"123", seconds=seconds, nanoseconds=nanoseconds)
    entry = entry_of(made(layout_with(file)).data, 3)
    for offset in (72, 84, 96):  # access, modification, attributes
        assert udf_time(entry[offset : offset + 12]) == (4096, *expected)


@pytest.mark.parametrize(
    ("seconds", "nanoseconds", "expected"),
    [
        (0, 0, (70, 1, 1, 0, 0, 0, 0)),
        (1_600_000_000, 999_999_999, (120, 9, 13, 12, 26, 40, 0)),
        (-1, 999_999_999, (69, 12, 31, 23, 59, 59, 0)),
        (-2_208_988_800, 0, (0, 1, 1, 0, 0, 0, 0)),
        (-2_208_988_801, 0, (0, 1, 1, 0, 0, 0, 0)),
        (-(1 << 62), 0, (0, 1, 1, 0, 0, 0, 0)),
        (5_869_583_999, 0, (255, 12, 31, 23, 59, 59, 0)),
        (5_869_584_000, 0, (255, 12, 31, 23, 59, 59, 0)),
        (1 << 62, 0, (255, 12, 31, 23, 59, 59, 0)),
    ],
)
@pytest.mark.parametrize("length", [1, 200])
def test_iso_times_and_permissions(
    length: int, seconds: int, nanoseconds: int, expected: tuple[int, ...]
) -> None:
    """ECMA-119, 9.1.5; RRIP 4.1.1 and 4.1.6: with a long name they lie behind the record."""
    name = f"data/{'f' * length}"
    file = data_file(name, mode=0o4751, seconds=seconds, nanoseconds=nanoseconds)
    data = made(layout_with(file)).data
    record = data.index(b"F" * min(length, 24) + b".;1") - 33
    assert tuple(data[record + 18 : record + 25]) == expected
    permissions = data.index(struct.pack("<I", 0o104751) + struct.pack(">I", 0o104751))
    assert data[permissions - 4 : permissions - 2] == b"PX"
    times = data.index(b"TF", permissions)
    count = data[times + 4].bit_count()
    assert count >= 3
    assert data[times + 5 : times + 5 + 7 * count] == bytes(expected) * count


def test_directories_keep_theirs_in_udf() -> None:
    directory = DirectoryEntry("data/folder", 1_600_000_000_000_001_000, 0o2510)
    image = made(layout_with(directories=[directory]))
    blocks = [image.data[sector * SECTOR :][:SECTOR] for sector in tags(image.data)[ENTRY]]
    moment = datetime.fromtimestamp(1_600_000_000, UTC).timetuple()[:6]
    (found,) = [each for each in blocks if udf_time(each[84:96]) == (4096, *moment, 1)]
    assert struct.unpack_from("<I", found, 44) == (0b00101_00001_00000,)
    others = {udf_time(each[84:96]) for each in blocks if each is not found}
    assert others == {(4096, *datetime.fromtimestamp(CREATED, UTC).timetuple()[:6], 0)}


@pytest.mark.parametrize("enabled", [True, False])
def test_garbage_collection_is_as_it_was(enabled: bool) -> None:
    was = gc.isenabled()
    (gc.enable if enabled else gc.disable)()
    try:
        author(layout_with(data_file("data/file")))
        measure(layout_with())
        with pytest.raises(KeyError):
            measure(Layout("V", "S", 0, (), (data_file("in no folder/file"),)))
        assert gc.isenabled() is enabled
    finally:
        (gc.enable if was else gc.disable)()


@given(st.lists(st.tuples(st.integers(0, 9000), st.binary(min_size=1, max_size=5000)), max_size=8))
def test_the_buffer_keeps_what_is_written_where(writes: list[tuple[int, bytes]]) -> None:
    buffer, model = SectorBuffer(), bytearray()
    for offset, data in writes:
        assert buffer.seek(offset) == offset
        assert buffer.write(data) == len(data)
        assert buffer.tell() == offset + len(data)
        model.extend(bytes(max(0, offset + len(data) - len(model))))
        model[offset : offset + len(data)] = data
    assert buffer.seek(0, 2) == len(model)
    blocks = buffer.blocks()
    end = -(-len(model) // SECTOR)
    kept = b"".join(blocks.pop(n, b"").ljust(SECTOR, b"\0") for n in range(end))
    assert kept == model.ljust(end * SECTOR, b"\0")
    assert not any(blocks.values())
