"""The reader against images made by hand, most of them damaged or meant to harm."""

import struct
from datetime import UTC, datetime
from typing import Any

import pytest

from spanner.errors import DamagedImageError
from spanner.reading import iso as iso_module
from spanner.reading import iso_records
from spanner.reading.iso import IsoImage

SECTORS = 40
ROOT, FOLDER, CONTINUED, DATA = 18, 20, 25, 30  # sectors
DATE = bytes([126, 1, 2, 3, 4, 5, 0])
SP = b"SP\7\1\xbe\xef\0"


def both(number: int) -> bytes:
    return struct.pack("<I", number) + struct.pack(">I", number)


def record(name: bytes, sector: int, size: int, use: bytes = b"", flags: int = 0) -> bytes:
    """A directory record."""
    body = b"\0" + both(sector) + both(size) + DATE + bytes([flags, 0, 0]) + b"\1\0\0\1"
    body += bytes([len(name)]) + name + bytes(1 - len(name) % 2) + use
    return bytes([len(body) + 1]) + body


def folder(name: bytes, sector: int, size: int = 2048, use: bytes = b"") -> bytes:
    return record(name, sector, size, use, flags=2)


def opening(sector: int, size: int = 2048, use: bytes = b"") -> bytes:
    """A directory's first two records."""
    return folder(b"\0", sector, size, use) + folder(b"\1", ROOT)


def entry(signature: bytes, data: bytes) -> bytes:
    """A system use entry."""
    return signature + bytes([len(data) + 4, 1]) + data


def nm(name: bytes, flags: int = 0) -> bytes:
    return entry(b"NM", bytes([flags]) + name)


def ce(sector: int, offset: int, size: int) -> bytes:
    return entry(b"CE", both(sector) + both(offset) + both(size))


def descriptors(total: int, root_size: int = 2048) -> dict[int, bytes]:
    primary = bytearray(2048)
    primary[:8] = b"\1CD001\1\0"
    primary[40:72] = b"HARMFUL".ljust(32)
    primary[80:88] = both(total)
    primary[120:132] = b"\1\0\0\1\1\0\0\1\0\x08\x08\0"
    primary[156:190] = folder(b"\0", ROOT, root_size)
    return {16: bytes(primary), 17: b"\xffCD001\1"}


def write(path: str, blocks: dict[int, bytes], total: int = SECTORS) -> str:
    with open(path, "wb") as file:
        file.truncate(total * 2048)
        for sector, block in blocks.items():
            file.seek(sector * 2048)
            file.write(block)
    return path


def read_all(path: str) -> dict[str, bytes]:
    """All that there is to read."""
    with IsoImage(path) as image:
        list(image.directories())
        files = list(image.files())
        assert all(image.find(file.path).path == file.path for file in files)
        return {file.path: image.read(file, 1 << 20) for file in files}


A = record(b"A.;1", DATA, 5, nm(b"a"))
D = folder(b"D", FOLDER, use=nm(b"d"))
PX = entry(b"PX", both(0o100640) + both(1) + both(0) * 2)


def root(*records: bytes, use: bytes = SP) -> dict[int, bytes]:
    return {ROOT: opening(ROOT, use=use) + b"".join(records)}


SOUND = {**descriptors(SECTORS), **root(A, D), FOLDER: opening(FOLDER), DATA: b"hello"}


def test_the_hand_made_image_is_sound(tmp_path: Any) -> None:
    continued = bytes(100) + ce(CONTINUED, 500, len(PX)) + nm(b"ng")
    blocks = SOUND | {
        FOLDER: opening(FOLDER)
        + record(b"B.;1", DATA, 2)
        + record(b"L.;1", 1 << 30, 9, flags=4)
        + record(b"L.;1", DATA, 3, nm(b"lo", 1) + ce(CONTINUED, 100, 28 + 7))
        + record(b"C.", DATA, 1)
        + record(b"S.;1", DATA, 1, entry(b"SL", b"\0"))
        + record(b"Z.;1", 1 << 30, 0, nm(b"empty") + entry(b"ST", b"") + b"X" * 8),
        CONTINUED: continued.ljust(500, b"\0") + PX,
    }
    path = write(f"{tmp_path}/x.iso", blocks)
    expected = {"a": b"hello", "d/B": b"he", "d/long": b"hel", "d/empty": b"", "d/C": b"h"}
    assert read_all(path) == expected
    with IsoImage(path) as image:
        assert (image.volume_id, image.find("d/long").mode) == ("HARMFUL", 0o640)
        assert image.find("d/empty").extents == ()
        assert image.find("d/long").mtime == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC).timestamp()


def test_bytes_behind_the_first_entry_are_skipped(tmp_path: Any) -> None:
    skipping = SP[:6] + b"\x05"
    blocks = SOUND | root(record(b"A.;1", DATA, 5, b"12345" + nm(b"name")), use=skipping)
    assert read_all(write(f"{tmp_path}/x.iso", blocks)) == {"name": b"hello"}


def cl(sector: int) -> bytes:
    return entry(b"CL", both(sector))


def swap(data: bytes, old: bytes, new: bytes) -> bytes:
    assert data.count(old) == 1
    assert len(old) == len(new)
    return data.replace(old, new)


def primary(start: int, data: bytes) -> dict[int, bytes]:
    sector = SOUND[16]
    return {16: sector[:start] + data + sector[start + len(data) :]}


def named(name: bytes) -> bytes:
    return record(b"A.;1", DATA, 5, nm(name))


def parts(*extents: tuple[int, int, int]) -> bytes:
    return b"".join(record(b"A.;1", sector, size, flags=flags) for sector, size, flags in extents)


TWO_ORDERS = "the number %s is not the same in both byte orders"
UNSUPPORTED = "extended attributes and interleaving are not supported"
CUT = "a directory record is cut"
OVER = "a name runs over its directory record"
MISSING = "a directory record is missing"
NO_FOLDER = "there is no directory"
NO_PARENT = "its parent's record is missing"
OUTSIDE = "it is outside the volume"
TWICE = "directory %s is there twice or holds itself"
MANY = b"".join(record(b"F%02d" % n, DATA, 0, nm(b"name %014d" % n)) for n in range(40))
SYMLINK = record(b"L.;1", 0, 0, nm(b"a") + entry(b"SL", b"\0"))

IN_ROOT: dict[str, tuple[bytes, str]] = {
    "record zeroed": (bytes(40) + A, MISSING),
    "record over the sector": (MANY, CUT),
    "short record": (b"\x21" + bytes(32), CUT),
    "name over its record": (swap(A, b"\4A.;1", b"\x28A.;1"), OVER),
    "no name": (record(b"", DATA, 5), OVER),
    "extent": (swap(A, both(DATA), both(DATA)[:7] + b"\1"), TWO_ORDERS % "1e00000000000001"),
    "size": (swap(A, both(5), b"\6" + both(5)[1:]), TWO_ORDERS % "0600000000000005"),
    "volume number": (swap(A, b"\1\0\0\1\4", b"\2\0\0\1\4"), TWO_ORDERS % "02000001"),
    "interleaved": (swap(A, b"\0\1\0\0\1", b"\1\1\0\0\1"), UNSUPPORTED),
    "interleaved units": (swap(A, b"\0\0\1\0\0\1", b"\1\0\1\0\0\1"), UNSUPPORTED),
    "extended attributes": (A[:1] + b"\1" + A[2:], UNSUPPORTED),
    "no date": (swap(A, DATE, b"\x7e\2\x1e\0\0\0\0"), "there is no date 7e021e00000000"),
    "extent outside": (parts((39, 2049, 0)), "an extent in sector 39 is outside the volume"),
    "further extent outside": (
        parts((DATA, 2048, 0x80), (1 << 31, 1, 0)),
        "an extent in sector 2147483648 is outside the volume",
    ),
    "last extent missing": (parts((DATA, 2048, 0x80)), "a file's last extent is missing"),
    "further extent missing": (
        record(b"B.;1", DATA, 2048, flags=0x80) + A,
        "a file's further extent is missing",
    ),
    "odd extent": (
        parts((DATA, 5, 0x80), (DATA, 5, 0)),
        "a file breaks off inside a sector and goes on",
    ),
    "the same extent again": (
        parts(*[(DATA, 20480, 0x80)] * 4, (DATA, 1, 0)),
        "A is larger than the volume",
    ),
    "fork without a file": (
        record(b"F.;1", DATA, 5, flags=4) + A,
        "a fork is there without its file",
    ),
    "fork at the end": (A + record(b"F.;1", DATA, 5, flags=4), "a file's last extent is missing"),
    "two names": (A + A, "there are two a"),
    "two names, a folder's too": (A + folder(b"D", FOLDER, use=nm(b"a")), "there are two a"),
    "two names, a link's too": (SYMLINK + A, "there are two a"),
    "two versions": (record(b"A.;1", 0, 0) + record(b"A.;2", 0, 0), "there are two A"),
    "an empty name": (named(b""), "'' is no name"),
    "the name of the folder": (named(b"."), "'.' is no name"),
    "the name of the parent": (named(b".."), "'..' is no name"),
    "a path as a name": (named(b"../a"), "'../a' is no name"),
    "a NUL in a name": (named(b"a\0b"), r"'a\x00b' is no name"),
    "a slash in a plain name": (record(b"A/B", DATA, 5), "'A/B' is no name"),
    "a parent in the midst": (record(b"\1", DATA, 5), r"'\x01' is no name"),
    "a file with a folder's PX": (
        record(b"A.;1", DATA, 5, entry(b"PX", both(0o040755))),
        "A is a directory and is none",
    ),
    "a folder with a file's PX": (folder(b"D", FOLDER, use=PX), "D is a directory and is none"),
    "continuation outside": (
        record(b"A.;1", DATA, 5, ce(SECTORS - 1, 2040, 9)),
        "a continuation in sector 39 is outside the volume",
    ),
}


@pytest.mark.parametrize(("records", "message"), IN_ROOT.values(), ids=IN_ROOT)
def test_damaged_records_are_named(records: bytes, message: str, tmp_path: Any) -> None:
    path = write(f"{tmp_path}/x\n.iso", SOUND | root(records))
    with pytest.raises(DamagedImageError) as caught:
        read_all(path)
    place = f"directory root in sector {ROOT}"
    assert str(caught.value) == f"{tmp_path}/x\\n.iso is damaged: {place}: {message}"


def in_d(*records: bytes) -> dict[int, bytes]:
    return {FOLDER: opening(FOLDER) + b"".join(records)}


IN_VOLUME, INTO_ROOT, IN_D = "volume descriptor: ", "root directory: ", "directory d in sector 20: "
ELSEWHERE: dict[str, tuple[dict[int, bytes], str]] = {
    "volume size": (primary(80, b"\x29"), IN_VOLUME + TWO_ORDERS % "2900000000000028"),
    "set size": (primary(120, b"\2"), IN_VOLUME + TWO_ORDERS % "02000001"),
    "number in set": (primary(124, b"\2"), IN_VOLUME + TWO_ORDERS % "02000001"),
    "block size": (primary(128, b"\0\2\2\0"), IN_VOLUME + "its blocks do not have 2048 bytes"),
    "table size": (primary(132, b"\1"), IN_VOLUME + TWO_ORDERS % "0100000000000000"),
    "no root record": (primary(156, b"\0"), IN_VOLUME + CUT),
    "root outside": (primary(156, folder(b"\0", SECTORS)), INTO_ROOT + OUTSIDE),
    "root of data": (primary(156, folder(b"\0", DATA)), INTO_ROOT + OVER),
    "root of other size": (primary(156, folder(b"\0", ROOT, 4096)), INTO_ROOT + NO_FOLDER),
    "root cut": (
        {**primary(156, folder(b"\0", ROOT, 23 * 2048)), ROOT: opening(ROOT, 23 * 2048)},
        INTO_ROOT + OUTSIDE,
    ),
    "no indicator": (
        root(A, use=swap(SP, b"\xef", b"\xee")),
        INTO_ROOT + "the root's system use indicator is none",
    ),
    "no parent": ({FOLDER: opening(FOLDER)[:34]}, IN_D + NO_PARENT),
    "other parent": ({FOLDER: opening(FOLDER)[:34] + A}, IN_D + NO_PARENT),
    "parent's record too long": (
        {FOLDER: opening(FOLDER)[:34] + b"\x5e" + opening(FOLDER)[35:] + bytes(60) + A},
        IN_D + "a system use entry runs over its field",
    ),
    "no folder": ({FOLDER: A}, IN_D + NO_FOLDER),
    "a file as a folder": ({FOLDER: record(b"\0", FOLDER, 2048)}, IN_D + NO_FOLDER),
    "another folder": ({FOLDER: opening(ROOT)}, IN_D + NO_FOLDER),
    "zeroed folder": ({FOLDER: b""}, IN_D + MISSING),
    "of no size": (
        root(folder(b"D", FOLDER, 0, nm(b"d"))) | {FOLDER: opening(FOLDER, 0)},
        IN_D + OUTSIDE,
    ),
    "second sector zeroed": (
        root(folder(b"D", FOLDER, 4096, nm(b"d"))) | {FOLDER: opening(FOLDER, 4096)},
        IN_D + MISSING,
    ),
    "itself": (in_d(folder(b"E", FOLDER, use=nm(b"e"))), TWICE % "d/e"),
    "the root in it": (in_d(folder(b"E", ROOT, use=nm(b"e"))), TWICE % "d/e"),
    "the root placed in it": (in_d(record(b"E", 0, 0, nm(b"e") + cl(ROOT))), TWICE % "d/e"),
    "at two places": (root(D, folder(b"E", FOLDER)), TWICE % "E"),
    "placed outside": (
        root(record(b"D", 0, 0, nm(b"d") + cl(SECTORS))),
        "directory d in sector 40: " + OUTSIDE,
    ),
    "placed in data": (
        root(record(b"D", 0, 0, nm(b"d") + cl(DATA))),
        "directory d in sector 30: " + OVER,
    ),
}


@pytest.mark.parametrize(("blocks", "message"), ELSEWHERE.values(), ids=ELSEWHERE)
def test_damaged_structures_are_named(
    blocks: dict[int, bytes], message: str, tmp_path: Any
) -> None:
    path = write(f"{tmp_path}/x.iso", SOUND | blocks)
    with pytest.raises(DamagedImageError) as caught:
        read_all(path)
    assert str(caught.value) == f"{path} is damaged: {message}"


def test_find_stops_at_a_loop(tmp_path: Any) -> None:
    path = write(f"{tmp_path}/x.iso", SOUND | in_d(folder(b"E", FOLDER, use=nm(b"e"))))
    with IsoImage(path) as image, pytest.raises(DamagedImageError, match=TWICE % "d/e"):
        image.find("d/e/e/e")


def test_a_folder_larger_than_any(tmp_path: Any) -> None:
    size = (512 << 20) + 2048
    blocks = {**SOUND, **descriptors(1 << 20), **root(folder(b"D", FOLDER, size, nm(b"d")))}
    path = write(f"{tmp_path}/x.iso", blocks | {FOLDER: opening(FOLDER, size)}, 1 << 20)
    with pytest.raises(
        DamagedImageError, match="it has 536872960 bytes, over the limit of 5368709"
    ):
        read_all(path)


def test_more_names_than_memory_holds(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setattr(iso_records, "_HIGHEST_COST", 801)
    path = write(f"{tmp_path}/x.iso", SOUND)
    with pytest.raises(DamagedImageError, match="more names than memory can hold"):
        read_all(path)
    monkeypatch.setattr(iso_records, "_HIGHEST_COST", 802)
    assert read_all(path) == {"a": b"hello"}


def test_a_tree_deeper_than_any(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    path = write(f"{tmp_path}/x.iso", SOUND)
    monkeypatch.setattr(iso_module, "_DEEPEST", 1)
    with pytest.raises(DamagedImageError, match="overlap or are too deep"):
        read_all(path)
    monkeypatch.setattr(iso_module, "_DEEPEST", 2)
    assert read_all(path) == {"a": b"hello"}


def test_folders_that_overlap(tmp_path: Any) -> None:
    """Each of nine folders goes on to the end of the last, hiding the others' first records."""
    hidden = entry(b"RE", b"")
    blocks = {}
    folders = []
    for n in range(9):
        sector, size = FOLDER + n, (9 - n) * 2048
        folders.append(folder(b"%d" % n, sector, size))
        blocks[sector] = folder(b"\0", sector, size, hidden) + folder(b"\1", ROOT, use=hidden)
    path = write(f"{tmp_path}/x.iso", SOUND | root(*folders) | blocks)
    with pytest.raises(DamagedImageError, match="its directories overlap or are too deep"):
        read_all(path)
    assert read_all(write(path, SOUND | root(*folders[3:]) | blocks)) == {}


def test_a_folder_of_relocated_folders_is_hidden(tmp_path: Any) -> None:
    relocated = folder(b"D", FOLDER, use=entry(b"RE", b""))
    place = record(b"D", 0, 0, nm(b"d") + entry(b"PX", both(0o040755)) + cl(FOLDER))
    moved = {CONTINUED: opening(CONTINUED) + relocated}
    records = [folder(b"RR_MOVED", CONTINUED, use=nm(b"rr_moved")), place]
    path = write(f"{tmp_path}/x.iso", SOUND | root(*records) | moved)
    with IsoImage(path) as image:
        assert list(image.directories()) == ["d"]
    moved[CONTINUED] += A
    with IsoImage(write(path, SOUND | root(*records) | moved)) as image:
        assert list(image.directories()) == ["rr_moved", "d"]
        assert image.find("rr_moved/a").size == 5
