"""Rock Ridge entries byte by byte, in fields made by hand."""

import struct
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from spanner.reading.iso_fields import RecordError, both_endian, seconds
from spanner.reading.iso_rock_ridge import Attributes, RockRidge, skipped_bytes

TOTAL = 40  # sectors
DATE = bytes([126, 1, 2, 3, 4, 5, 0])
MOMENT = int(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC).timestamp())


def both(number: int) -> bytes:
    return struct.pack("<I", number) + struct.pack(">I", number)


def entry(signature: bytes, data: bytes) -> bytes:
    return signature + bytes([len(data) + 4, 1]) + data


def nm(name: bytes, flags: int = 0) -> bytes:
    return entry(b"NM", bytes([flags]) + name)


def ce(sector: int, offset: int, size: int) -> bytes:
    return entry(b"CE", both(sector) + both(offset) + both(size))


def attributes(field: bytes, skip: int = 0, image: bytes = b"") -> Attributes:
    """What the field says, in an image that has these bytes at sector 20, and else zeros."""
    whole = (bytes(20 * 2048) + image).ljust(TOTAL * 2048, b"\0")

    def read(offset: int, size: int) -> bytes:
        assert offset + size <= len(whole)
        return whole[offset : offset + size]

    return RockRidge(read, TOTAL, skip).attributes(field)


PX = entry(b"PX", both(0o100640) + both(1) + both(0) * 2)


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (b"", Attributes()),
        (b"\0\0\0", Attributes()),  # too short for an entry
        (PX, Attributes(mode=0o100640)),
        (PX + entry(b"XX", b"unknown") + b"\0", Attributes(mode=0o100640)),
        (entry(b"ST", b"") + PX, Attributes()),
        (nm(b"name"), Attributes(name=b"name")),
        (nm(b"na", 1) + PX + nm(b"me"), Attributes(name=b"name", mode=0o100640)),
        (nm(b"", 1) + nm(b"\xff"), Attributes(name=b"\xff")),
        (nm(b"x" * 249, 1) + nm(b"x" * 6), Attributes(name=b"x" * 255)),
        (entry(b"CL", both(77)), Attributes(child=77)),
        (entry(b"RE", b""), Attributes(relocated=True)),
        (entry(b"SL", b"\0\1\0"), Attributes(link=True)),
        (entry(b"TF", b"\2" + DATE), Attributes(mtime=MOMENT)),
        (entry(b"TF", b"\3" + bytes(7) + DATE), Attributes(mtime=MOMENT)),
        (entry(b"TF", b"\x0e" + DATE + bytes(14)), Attributes(mtime=MOMENT)),
        (entry(b"TF", b"\x0d" + DATE * 3), Attributes()),
        (entry(b"TF", b"\2" + bytes(7)), Attributes()),
        (entry(b"TF", b""), Attributes()),
        (entry(b"TF", b"\x82" + b"2026010203040599\0"), Attributes(mtime=MOMENT)),
        (entry(b"TF", b"\x83" + b"0" * 17 + b"2026010204040599\4"), Attributes(mtime=MOMENT)),
    ],
)
def test_what_a_field_says(field: bytes, expected: Attributes) -> None:
    assert attributes(field) == expected
    assert attributes(b"12345" + field, skip=5) == expected


def test_continuations_are_read_behind_their_field() -> None:
    image = ce(20, 500, 7) + nm(b"b", 1) + b"not in it"
    image = image.ljust(500, b"\0") + nm(b"cd") + b"not in it"
    field = nm(b"", 1) + ce(20, 0, 28 + 6) + nm(b"a", 1) + entry(b"ST", b"") + nm(b"not in it")
    assert attributes(field, image=image) == Attributes(name=b"abcd")


NO_NAME = "its Rock Ridge name is none"
OVER = "a system use entry runs over its field"
ENDLESS = "its continuations have no end"
COMPRESSED = "its data is compressed or sparse, which is not supported"


def disagreeing(field: bytes) -> str:
    return f"the number {field.hex()} is not the same in both byte orders"


@pytest.mark.parametrize(
    ("field", "image", "message"),
    [
        (nm(b".", 2), b"", NO_NAME),  # CURRENT
        (nm(b"", 4), b"", NO_NAME),  # PARENT
        (b"NM\4\1", b"", NO_NAME),
        (nm(b"a") + nm(b"b"), b"", NO_NAME),
        (nm(b"a", 1), b"", "its name breaks off"),
        (ce(20, 0, 1275), nm(b"x" * 250, 1) * 5, "its name has over 1024 bytes"),
        (b"NM\0\1" + nm(b"a"), b"", OVER),
        (b"NM\3\1" + nm(b"a"), b"", OVER),
        (b"NM\7\1\0a", b"", OVER),
        (bytes(4), b"", OVER),
        (ce(39, 2040, 9), b"", "a continuation in sector 39 is outside the volume"),
        (ce(1 << 31, 0, 0), b"", "a continuation in sector 2147483648 is outside the volume"),
        (ce(0, 0xFFFFFFFF, 1), b"", "a continuation in sector 0 is outside the volume"),
        (entry(b"CE", both(20) + both(0)), b"", disagreeing(b"")),
        (ce(20, 0, 28), ce(20, 0, 28), ENDLESS),
        (ce(20, 0, 28), ce(20, 28, 28) + ce(20, 0, 28), ENDLESS),
        (ce(20, 0, 28), b"".join(ce(20, 28 * n, 28) for n in range(1, 60)), ENDLESS),
        (ce(0, 0, 65537), b"", ENDLESS),
        (entry(b"PX", both(1)[:7] + b"\2"), b"", disagreeing(both(1)[:7] + b"\2")),
        (b"PX\7\1abc", b"", disagreeing(b"abc")),
        (entry(b"CL", b""), b"", disagreeing(b"")),
        (entry(b"TF", b"\2" + DATE[:6]), b"", "its times break off"),
        (entry(b"TF", b"\x82" + DATE * 2), b"", "its times break off"),
        (entry(b"TF", b"\2\x7e\x0d" + DATE[2:]), b"", "there is no date 7e0d0203040500"),
        (entry(b"TF", b"\2" + DATE[:6] + b"\x35"), b"", "there is no time zone +13.25 hours"),
        (entry(b"TF", b"\2" + DATE[:6] + b"\xcf"), b"", "there is no time zone -12.25 hours"),
        (entry(b"ZF", b"pz" + bytes(10)), b"", COMPRESSED),
        (entry(b"SF", bytes(17)), b"", COMPRESSED),
    ],
)
def test_damage_is_named(field: bytes, image: bytes, message: str) -> None:
    with pytest.raises(RecordError) as caught:
        attributes(field, image=image)
    assert str(caught.value) == message


SIGNATURES = [b"NM", b"PX", b"TF", b"SL", b"CL", b"RE", b"CE", b"ST", b"SP", b"XX"]
ENTRIES = st.builds(entry, st.sampled_from(SIGNATURES), st.binary(max_size=50))
AREAS = st.lists(ENTRIES | st.binary(max_size=9), max_size=9).map(b"".join)


@given(AREAS, AREAS, st.integers(0, 255))
def test_no_bytes_do_worse_than_to_be_refused(field: bytes, image: bytes, skip: int) -> None:
    with suppress(RecordError):
        attributes(field + ce(20, 0, len(image)), skip, image)


def test_as_many_continuations_as_linux_follows() -> None:
    image = b"".join(ce(20, 28 * n, 28) for n in range(1, 32)) + nm(b"thirty-second, at last!")
    assert attributes(ce(20, 0, 28), image=image).name == b"thirty-second, at last!"


def test_the_indicator_in_the_root() -> None:
    assert skipped_bytes(b"SP\7\1\xbe\xef\x09XX") == 9
    assert skipped_bytes(b"RR\5\1\x89") is None
    assert skipped_bytes(b"") is None
    for damaged in (
        b"SP\7\1\xbe\xee\0",
        b"SP\x08\1\xbe\xef\0\0",
        b"SP\7\1\xbe\xef",
        b"XP\7\1\xbe\xef\0" + PX,
    ):
        with pytest.raises(RecordError, match="system use indicator is none"):
            skipped_bytes(damaged)


MOMENTS = st.datetimes(datetime(1900, 1, 1), datetime(2155, 12, 31))


@given(MOMENTS, st.integers(-48, 52))
@example(datetime(2000, 2, 29, 23, 59, 59), 52)
def test_both_forms_of_a_time(moment: datetime, quarters: int) -> None:
    there = moment.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=15 * quarters)))
    expected = int((there - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())
    zone = struct.pack("b", quarters)
    assert seconds(bytes([moment.year - 1900, *moment.timetuple()[1:6]]) + zone) == expected
    assert seconds(moment.strftime("%Y%m%d%H%M%S99").encode() + zone) == expected


@pytest.mark.parametrize("stamp", [bytes(7), b"0" * 16 + b"\0", bytes(17), bytes(6) + b"\4"])
def test_a_time_that_is_not_set(stamp: bytes) -> None:
    assert seconds(stamp) is None


@given(st.binary(min_size=17, max_size=17) | st.text("0123456789 -", min_size=17, max_size=17))
@example("20200230000000000")
@example("2020-1-1-1-1-1-10")
def test_no_text_is_worse_than_no_date(stamp: bytes | str) -> None:
    with suppress(RecordError):
        seconds(stamp.encode() if isinstance(stamp, str) else stamp)


@given(st.integers(0, 0xFFFFFFFF), st.integers(0, 0xFFFF))
def test_numbers_in_both_orders(long: int, short: int) -> None:
    assert both_endian(both(long)) == long
    assert both_endian(struct.pack("<H", short) + struct.pack(">H", short)) == short
