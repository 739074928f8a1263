"""Answers of optical drives, by example from MMC's and SPC's tables, and of any bytes at all."""

import ctypes
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from burners import mmc
from burners.mmc import (
    DiscInformation,
    FormatCapacities,
    SenseError,
    command,
    parse_disc_information,
    parse_format_capacities,
    parse_profiles,
    parse_sense,
)


def fixed(key: int, asc: int, ascq: int, lba: int | None = None, form: int = 0x70) -> bytes:
    data = bytearray(18)
    data[0] = form | (0x80 if lba is not None else 0)
    data[2], data[7], data[12], data[13] = key, 10, asc, ascq
    data[3:7] = (lba or 0).to_bytes(4, "big")
    return bytes(data)


def descriptors(key: int, asc: int, ascq: int, *parts: bytes, form: int = 0x72) -> bytes:
    rest = b"".join(parts)
    return bytes((form, key, asc, ascq, 0, 0, 0, len(rest))) + rest


def information(lba: int, valid: int = 0x80) -> bytes:
    return bytes((0, 10, valid, 0)) + lba.to_bytes(8, "big")


def parsed(data: bytes) -> tuple[int, int, int, int | None] | None:
    error = parse_sense(data)
    return error and (error.key, error.asc, error.ascq, error.lba)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (fixed(3, 0x11, 0), (3, 0x11, 0, None)),
        (fixed(3, 0x11, 5, 0x01020304), (3, 0x11, 5, 0x01020304)),
        (fixed(3, 0x11, 5, 0), (3, 0x11, 5, 0)),
        (fixed(3, 0x0C, 0, 700, form=0x71), (3, 0x0C, 0, 700)),  # of an earlier command
        (fixed(0xE5, 0x21, 0), (5, 0x21, 0, None)),  # file mark, end of medium, wrong length
        (fixed(5, 0x24, 0)[:14], (5, 0x24, 0, None)),
        (fixed(5, 0x24, 0)[:8], (5, 0, 0, None)),
        (fixed(3, 0x11, 0, 700)[:6], (3, 0, 0, None)),
        (descriptors(3, 0x11, 0), (3, 0x11, 0, None)),
        (descriptors(3, 0x11, 0, information(0x01020304)), (3, 0x11, 0, 0x01020304)),
        (descriptors(3, 0x11, 0, information(700, valid=0)), (3, 0x11, 0, None)),
        (descriptors(3, 0x11, 0, information(700), form=0x73), (3, 0x11, 0, 700)),
        (descriptors(3, 0x11, 0, information(700))[:19], (3, 0x11, 0, None)),
        # Command-specific information (type 1) tells of no sector.
        (descriptors(3, 0x11, 0, b"\x01\x0a\x80\0" + bytes(8)), (3, 0x11, 0, None)),
        (fixed(1, 0x17, 1, 700), None),  # recovered
        (fixed(0, 0, 0), None),
        (descriptors(1, 0x17, 1, information(700)), None),
        (b"\x7f" + bytes(17), (0, 0, 0, None)),  # the maker's own
        (b"", (0, 0, 0, None)),
    ],
)
def test_sense(data: bytes, expected: tuple[int, int, int, int | None] | None) -> None:
    assert parsed(data) == expected


def test_sense_in_words() -> None:
    assert str(parse_sense(fixed(3, 0x11, 5))) == "medium error, sense 3/11/05"
    assert str(parse_sense(descriptors(11, 0, 0x1E))) == "refused, sense B/00/1E"


@pytest.mark.parametrize(
    ("sense", "expected"),
    [
        ((2, 4, 1), True),
        ((2, 4, 7), True),
        ((2, 4, 8), True),
        ((6, 0x28, 0), True),
        ((2, 4, 3), False),  # someone has to do something
        ((2, 0x3A, 1), False),
        ((3, 4, 1), False),
    ],
)
def test_becoming_ready(sense: tuple[int, int, int], expected: bool) -> None:
    assert SenseError(*sense).becoming_ready is expected


def configuration(*profiles: int, feature: int = 0) -> bytes:
    listed = b"".join(profile.to_bytes(2, "big") + bytes(2) for profile in profiles)
    body = feature.to_bytes(2, "big") + bytes((3, len(listed))) + listed
    return (len(body) + 4).to_bytes(4, "big") + bytes(4) + body


def test_profiles() -> None:
    assert parse_profiles(configuration(0x43, 0x41, 0x2B, 0x08)) == [0x43, 0x41, 0x2B, 0x08]
    assert parse_profiles(configuration(0x43, 0x41) + configuration(0x08)) == [0x43, 0x41]
    assert parse_profiles(configuration(0x43, 0x41)[:-2]) == [0x43]
    assert parse_profiles(configuration()) == []
    assert parse_profiles(configuration(0x43, feature=1)) == []


def disc(status: int, last: bytes = b"\xff" * 4, track: int = 1) -> bytes:
    answer = bytearray(34)
    answer[1], answer[2], answer[6], answer[11] = 32, status, track & 255, track >> 8
    answer[16:20] = b"\xff" * 4
    answer[20:24] = last
    return bytes(answer)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        # A blank CD-R of 80 minutes: its lead-out cannot begin later than at 79:59:74.
        (disc(0, bytes((0, 79, 59, 74))), DiscInformation(0, False, 1, 359_849)),
        (disc(0x10, bytes((0, 74, 2, 0))), DiscInformation(0, True, 1, 333_000)),
        (disc(0), DiscInformation(0, False, 1, None)),  # DVD, BD
        (disc(0x0D, track=3), DiscInformation(1, False, 3, None)),
        (disc(0x0E, track=0x102), DiscInformation(2, False, 0x102, None)),
        (disc(0x1F), DiscInformation(3, True, 1, None)),
        (disc(0, bytes((0, 255, 255, 255))), DiscInformation(0, False, 1, None)),
        (disc(0, bytes(4)), DiscInformation(0, False, 1, None)),
        (disc(0, bytes((0, 79, 59, 74)), track=2)[:20], DiscInformation(0, False, 2, None)),
        (disc(2, track=2)[:7], DiscInformation(2, False, 2, None)),
    ],
)
def test_disc_information(answer: bytes, expected: DiscInformation) -> None:
    assert parse_disc_information(answer) == expected


def capacities(*rows: tuple[int, int, int]) -> bytes:
    listed = b"".join(
        sectors.to_bytes(4, "big") + bytes((code,)) + more.to_bytes(3, "big")
        for sectors, code, more in rows
    )
    return bytes((0, 0, 0, len(listed))) + listed


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        # A blank BD-RE: formats with spare areas (30h) and without (31h).
        (
            capacities((12_219_392, 1, 2048), (11_826_176, 0x30 << 2, 0), (12_219_392, 0xC4, 0)),
            FormatCapacities(12_219_392, False, ((11_826_176, 0x30), (12_219_392, 0x31))),
        ),
        (
            capacities((2_295_104, 2, 2048), (2_295_104, 0x98, 0)),
            FormatCapacities(2_295_104, True, ((2_295_104, 0x26),)),
        ),
        (capacities((12_219_392, 3, 2048)), FormatCapacities(12_219_392, False, ())),  # no disc
        (
            capacities((9, 2, 2048), (7, 0x98, 0), (8, 0x98, 0))[:-1],
            FormatCapacities(9, True, ((7, 0x26),)),
        ),
        (capacities((9, 2, 2048)) + bytes(99), FormatCapacities(9, True, ())),
        (capacities(), FormatCapacities(0, False, ())),
    ],
)
def test_format_capacities(answer: bytes, expected: FormatCapacities) -> None:
    assert parse_format_capacities(answer) == expected


@given(st.binary(max_size=300))
@example(b"")
def test_any_bytes_are_an_answer(data: bytes) -> None:
    error = parse_sense(data)
    assert error is None or 0 <= error.key < 16
    assert all(0 <= profile < 1 << 16 for profile in parse_profiles(data))
    assert parse_disc_information(data).status in range(4)
    assert parse_format_capacities(data).sectors >= 0


@given(st.sampled_from([0x70, 0x71, 0xF0, 0xF1, 0x72, 0x73]), st.binary(max_size=40))
def test_cut_sense_says_what_it_has(form: int, data: bytes) -> None:
    error = parse_sense(bytes((form,)) + data)
    assert error is None or error.lba is None or error.lba < 1 << 64


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Has the kernel answer SG_IO with these data, sense and status."""

    def plan(data: bytes = b"", sense: bytes = b"", status: int = 0, host: int = 0) -> None:
        def ioctl(fd: int, request: int, header: mmc._Header) -> int:
            assert (fd, request) == (77, 0x2285)
            assert header.dxfer_len == 0 or header.dxfer_direction == -3
            if data:
                ctypes.memmove(header.dxferp, data, len(data))
            ctypes.memmove(header.sbp, sense, len(sense))
            header.sb_len_wr, header.status, header.host_status = len(sense), status, host
            header.resid = header.dxfer_len - len(data)
            return 0

        monkeypatch.setattr(mmc.fcntl, "ioctl", ioctl)

    return plan


def test_a_command_gives_what_came(answer: Callable[..., None]) -> None:
    answer(b"abcd")
    assert command(77, bytes(6), 16) == b"abcd"
    answer()
    assert command(77, bytes(6)) == b""


def test_a_refusal_is_an_error(answer: Callable[..., None]) -> None:
    answer(sense=fixed(3, 0x11, 0, 700), status=2)
    with pytest.raises(SenseError, match="3/11/00") as caught:
        command(77, bytes(6), 16)
    assert caught.value.lba == 700
    answer(sense=b"\x7f" + bytes(17), status=2)
    with pytest.raises(SenseError):
        command(77, bytes(6), 16)


def test_a_recovered_error_is_none(answer: Callable[..., None]) -> None:
    answer(b"abcd", sense=fixed(1, 0x17, 1, 700), status=2)
    assert command(77, bytes(6), 4) == b"abcd"


@pytest.mark.parametrize(("status", "host"), [(8, 0), (2, 0), (0, 3), (0x18, 0)])
def test_no_answer_is_an_error(answer: Callable[..., None], status: int, host: int) -> None:
    answer(status=status, host=host)
    with pytest.raises(OSError, match="status"):
        command(77, bytes(6), 16)


def test_a_read_gives_all_or_fails(answer: Callable[..., None]) -> None:
    answer(bytes(4096))
    assert mmc.read(77, 5, 2) == bytes(4096)
    with pytest.raises(OSError, match="less than was asked"):
        mmc.read(77, 5, 3)
    for count in (0, 33):
        with pytest.raises(ValueError, match="sectors at once"):
            mmc.read(77, 5, count)
