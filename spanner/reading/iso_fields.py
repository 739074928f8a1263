"""Numbers and dates as ISO 9660 writes them (ECMA-119, 7.2.3, 7.3.3, 8.4.26.1 and 9.1.5)."""

from datetime import UTC, datetime
from functools import lru_cache


class RecordError(Exception):
    """What is wrong with a record, in words; who reads the image adds its name and the place."""


def both_endian(field: bytes) -> int:
    """The number that the field holds twice, first with its lowest byte first, then reversed.

    Raises:
        RecordError: the two differ, or the field is cut.
    """
    if len(field) not in {4, 8} or field != field[::-1]:
        raise RecordError(f"the number {field.hex()} is not the same in both byte orders")
    return int.from_bytes(field[: len(field) // 2], "little")


@lru_cache(maxsize=4096)
def seconds(stamp: bytes) -> int | None:
    """Seconds since the epoch (UTC) of a stamp of 7 or of 17 bytes; None where it is not set.

    Raises:
        RecordError: there is no such date.
    """
    *fields, quarters = stamp
    quarters -= 256 if quarters > 127 else 0
    if not any(fields) or not stamp[:-1].strip(b"0"):
        return None
    try:
        if len(stamp) == 17:
            digits = stamp[:16].decode("ascii")
            fields = [int(digits[at : at + 2]) for at in range(0, 14, 2)]
            fields[:2] = [fields[0] * 100 + fields[1]]
        else:
            fields[0] += 1900
        year, month, day, hour, minute, second = fields
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        raise RecordError(f"there is no date {stamp.hex()}") from None
    if not -48 <= quarters <= 52:
        raise RecordError(f"there is no time zone {quarters / 4:+} hours")
    return int(moment.timestamp()) - quarters * 15 * 60
