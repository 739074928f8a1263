"""Commands to an optical drive (MMC-6), through Linux's SG_IO ioctl.

All are commands that the kernel lets anyone send who may open the drive for reading. An OSError
(no medium, no such device) is left as it is.
"""

import ctypes
import fcntl
from dataclasses import dataclass

from burners.image import SECTOR

_SG_IO = 0x2285
_FROM_DEVICE, _NO_DATA = -3, -1
_TIMEOUT = 60_000  # ms
_MOST = 32  # sectors in one command: adapters take no more than 64 KiB for sure


class SenseError(Exception):
    """The drive refused a command: its sense key, additional code and qualifier (SPC-4, 4.5).

    `lba` is the sector where it happened, if the drive says so.
    """

    def __init__(self, key: int, asc: int, ascq: int, lba: int | None = None) -> None:
        self.key, self.asc, self.ascq, self.lba = key, asc, ascq, lba
        kind = _KEYS.get(key, "refused")
        super().__init__(f"{kind}, sense {key:X}/{asc:02X}/{ascq:02X}")

    @property
    def becoming_ready(self) -> bool:
        """Whether the disc is still being recognised: then it is worth asking again."""
        return self.key == 6 or (self.key, self.asc, self.ascq) in ((2, 4, 1), (2, 4, 7), (2, 4, 8))


_KEYS = {2: "not ready", 3: "medium error", 4: "hardware error", 5: "illegal request"}
_KEYS |= {6: "medium changed", 7: "write protected", 8: "blank"}


class _Header(ctypes.Structure):
    """struct sg_io_hdr of <scsi/sg.h>."""

    _fields_ = (
        ("interface_id", ctypes.c_int),
        ("dxfer_direction", ctypes.c_int),
        ("cmd_len", ctypes.c_ubyte),
        ("mx_sb_len", ctypes.c_ubyte),
        ("iovec_count", ctypes.c_ushort),
        ("dxfer_len", ctypes.c_uint),
        ("dxferp", ctypes.c_void_p),
        ("cmdp", ctypes.c_void_p),
        ("sbp", ctypes.c_void_p),
        ("timeout", ctypes.c_uint),
        ("flags", ctypes.c_uint),
        ("pack_id", ctypes.c_int),
        ("usr_ptr", ctypes.c_void_p),
        ("status", ctypes.c_ubyte),
        ("masked_status", ctypes.c_ubyte),
        ("msg_status", ctypes.c_ubyte),
        ("sb_len_wr", ctypes.c_ubyte),
        ("host_status", ctypes.c_ushort),
        ("driver_status", ctypes.c_ushort),
        ("resid", ctypes.c_int),
        ("duration", ctypes.c_uint),
        ("info", ctypes.c_uint),
    )


@dataclass(frozen=True, slots=True)
class DiscInformation:
    """READ DISC INFORMATION: `status` 0 blank, 1 appendable, 2 complete, 3 other.

    `lead_out` is the first sector that a CD has no more room for, None on other discs.
    """

    status: int
    erasable: bool
    last_track: int
    lead_out: int | None


@dataclass(frozen=True, slots=True)
class FormatCapacities:
    """READ FORMAT CAPACITIES: sectors now, whether formatted, and (sectors, type) to format to."""

    sectors: int
    formatted: bool
    formats: tuple[tuple[int, int], ...]


def command(fd: int, cdb: bytes, length: int = 0, timeout: int = _TIMEOUT) -> bytes:
    """Send a command and return the data, at most `length` bytes; `timeout` in ms.

    Raises:
        SenseError: the drive refused.
        OSError: it did not get there.
    """
    data = ctypes.create_string_buffer(max(length, 1))
    sense = ctypes.create_string_buffer(32)
    block = ctypes.create_string_buffer(cdb, len(cdb))
    header = _Header(
        interface_id=ord("S"),
        dxfer_direction=_FROM_DEVICE if length else _NO_DATA,
        cmd_len=len(cdb),
        mx_sb_len=len(sense),
        dxfer_len=length,
        dxferp=ctypes.addressof(data) if length else None,
        cmdp=ctypes.addressof(block),
        sbp=ctypes.addressof(sense),
        timeout=timeout,
    )
    fcntl.ioctl(fd, _SG_IO, header)
    if header.sb_len_wr:
        error = parse_sense(sense.raw[: header.sb_len_wr])
        if error:
            raise error
    elif header.status:
        raise OSError(5, f"the drive refused with status {header.status}")
    if header.host_status:
        raise OSError(5, f"the drive did not answer (status {header.host_status})")
    return data.raw[: length - header.resid]


def parse_sense(data: bytes) -> SenseError | None:
    """What sense data say, in fixed or descriptor format (SPC-4, 4.5); None: nothing is wrong."""
    form, size = data[:1].hex(), len(data)
    data = data.ljust(20, b"\0")
    lba = None
    if form in ("72", "73"):
        key, asc, ascq = data[1] & 15, data[2], data[3]
        if data[8] == 0 and data[10] & 0x80 and size >= 20:  # the information descriptor
            lba = int.from_bytes(data[12:20], "big")
    elif form in ("70", "71", "f0", "f1"):
        key, asc, ascq = data[2] & 15, data[12], data[13]
        if data[0] & 0x80 and size >= 7:
            lba = int.from_bytes(data[3:7], "big")
    else:
        return SenseError(0, 0, 0)
    return SenseError(key, asc, ascq, lba) if key > 1 else None  # 1: recovered


def test_unit_ready(fd: int) -> None:
    """Return when a disc can be read; SenseError says why it cannot."""
    command(fd, bytes(6))


def profile(fd: int) -> int:
    """The profile of the disc in it (MMC-6, 5.3.1); 0 without one."""
    answer = command(fd, bytes((0x46, 0, 0, 0, 0, 0, 0, 0, 8, 0)), 8)
    return int.from_bytes(answer[6:8], "big")


def profiles(fd: int) -> list[int]:
    """All profiles that the drive knows, to read or to write."""
    return parse_profiles(command(fd, bytes((0x46, 2, 0, 0, 0, 0, 0, 1, 0, 0)), 256))


def parse_profiles(answer: bytes) -> list[int]:
    """The profiles in feature 0 of GET CONFIGURATION."""
    if len(answer) < 12 or answer[8:10] != b"\0\0":
        return []
    listed = answer[12 : 12 + answer[11]]
    return [int.from_bytes(listed[at : at + 2], "big") for at in range(0, len(listed) - 3, 4)]


def disc_information(fd: int) -> DiscInformation:
    """What READ DISC INFORMATION answers for the disc in it (MMC-6, 6.22)."""
    return parse_disc_information(command(fd, bytes((0x51, 0, 0, 0, 0, 0, 0, 0, 34, 0)), 34))


def parse_disc_information(answer: bytes) -> DiscInformation:
    """What the bytes of an answer to READ DISC INFORMATION say."""
    answer = answer.ljust(34, b"\xff")
    minutes, seconds, frames = answer[21:24]
    known = answer[20:24] != b"\xff\xff\xff\xff" and minutes != 255
    lead_out = (minutes * 60 + seconds) * 75 + frames - 150 if known else None
    return DiscInformation(
        status=answer[2] & 3,
        erasable=bool(answer[2] & 0x10),
        last_track=answer[11] << 8 | answer[6] if answer[11] != 255 else answer[6],
        lead_out=lead_out if lead_out and lead_out > 0 else None,
    )


def track_free(fd: int, track: int) -> int:
    """Sectors that are free in a track (READ TRACK INFORMATION; MMC-6, 6.26)."""
    cdb = bytes((0x52, 1)) + track.to_bytes(4, "big") + bytes((0, 0, 36, 0))
    return int.from_bytes(command(fd, cdb, 36)[16:20], "big")


def format_capacities(fd: int) -> FormatCapacities:
    """What READ FORMAT CAPACITIES answers for the disc in it (MMC-6, 6.23)."""
    return parse_format_capacities(command(fd, bytes((0x23, 0, 0, 0, 0, 0, 0, 1, 0, 0)), 256))


def parse_format_capacities(answer: bytes) -> FormatCapacities:
    """What the bytes of an answer to READ FORMAT CAPACITIES say."""
    listed = answer[4 : 4 + (answer[3] if len(answer) > 3 else 0)]
    rows = [
        (int.from_bytes(listed[at : at + 4], "big"), listed[at + 4])
        for at in range(0, len(listed) - 7, 8)
    ]
    if not rows:
        return FormatCapacities(0, formatted=False, formats=())
    sectors, kind = rows[0]
    formats = tuple((count, code >> 2) for count, code in rows[1:])
    return FormatCapacities(sectors, formatted=kind & 3 == 2, formats=formats)


def read(fd: int, lba: int, count: int) -> bytes:
    """Read sectors from the disc, at most 32.

    Raises:
        SenseError: one of them cannot be read.
        OSError: the drive did not answer, or with too little.
    """
    if not 0 < count <= _MOST:
        raise ValueError(f"{count} sectors at once")
    cdb = bytes((0xA8, 0)) + lba.to_bytes(4, "big") + count.to_bytes(4, "big") + bytes(2)
    data = command(fd, cdb, count * SECTOR)
    if len(data) != count * SECTOR:
        raise OSError(5, "the drive gave less than was asked for")
    return data
