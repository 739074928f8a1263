"""Times and permissions in the records of both file systems."""

import struct
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from pycdlib.dates import DirectoryRecordDate
from pycdlib.udf import UDFTimestamp

_KEPT = 1024  # times that may come again soon
_LOCAL_TIME = 1 << 12  # type of a timestamp; with the zone 0 it is UTC


class Stamps:
    """Puts times and permissions into pycdlib's records; equal times share an object."""

    def __init__(self) -> None:
        self._iso: dict[int, DirectoryRecordDate] = {}
        self._dates: set[int] = set()  # ids of the dates in _iso
        self._udf: dict[int, UDFTimestamp] = {}

    def put(self, record: Any, mode: int, mtime_ns: int) -> None:
        """Set them on a directory record (with its Rock Ridge entries) or a UDF file entry."""
        if not hasattr(record, "rock_ridge"):
            record.mod_time = record.access_time = record.attr_time = self.udf(mtime_ns)
            # UDF has rwx in five bits a class: write and read need no change (ECMA-167, 14.9.5).
            record.perms = (mode >> 6 & 7) << 10 | (mode >> 3 & 7) << 5 | mode & 7
            record.icb_tag.flags |= mode >> 5 & 0x40 | mode >> 3 & 0x80 | mode >> 1 & 0x100
            record.uid = record.gid = 0
            return
        self._put_iso_times(record, mtime_ns)
        if record.rock_ridge is None:  # the root, as the volume descriptor has it
            return
        for entries in (record.rock_ridge.dr_entries, record.rock_ridge.ce_entries):
            if entries and entries.px_record:
                kind = entries.px_record.posix_file_mode & 0o170000
                entries.px_record.posix_file_mode = kind | mode

    def put_missing(self, record: Any, mtime_ns: int) -> None:
        """Set the time on a directory record that `put` has not seen."""
        if id(record.date) not in self._dates:
            self._put_iso_times(record, mtime_ns)

    def _put_iso_times(self, record: Any, mtime_ns: int) -> None:
        date = record.date = self._date(mtime_ns)
        if record.rock_ridge is None:
            return
        for entries in (record.rock_ridge.dr_entries, record.rock_ridge.ce_entries):
            if entries and entries.tf_record:
                times = entries.tf_record
                times.access_time = times.modification_time = times.attribute_change_time = date

    def _date(self, mtime_ns: int) -> DirectoryRecordDate:
        second = mtime_ns // 10**9
        known = self._iso.get(second)
        if known is None:
            moment = _moment(second, 1900, 2155)
            known = self._iso[second] = DirectoryRecordDate.from_fields(
                moment.year - 1900, *moment.timetuple()[1:6], 0
            )
            self._dates.add(id(known))
        return known

    def udf(self, mtime_ns: int) -> UDFTimestamp:
        """The time as UDF has it: to the microsecond, UTC (ECMA-167, 1/7.3)."""
        microsecond = mtime_ns // 1000
        known = self._udf.get(microsecond)
        if known is None:
            second, fraction = divmod(microsecond, 10**6)
            if len(self._udf) == _KEPT:
                self._udf.clear()
            known = self._udf[microsecond] = UDFTimestamp()
            fields = _moment(second, 1, 9999).timetuple()[:6]
            fractions = fraction // 10_000, fraction // 100 % 100, fraction % 100
            known.parse(struct.pack("<HH8B", _LOCAL_TIME, *fields, *fractions))
        return known


@lru_cache(maxsize=4096)
def _moment(second: int, first_year: int, last_year: int) -> datetime:
    """The second of the epoch as UTC; where a disc cannot say it, the nearest that it can."""
    low = datetime(first_year, 1, 1, tzinfo=UTC)
    high = datetime(last_year, 12, 31, 23, 59, 59, tzinfo=UTC)
    lowest, highest = int(low.timestamp()), int(high.timestamp())
    return datetime.fromtimestamp(min(max(second, lowest), highest), UTC)
