"""Authors a disc's structure: ISO 9660 with Rock Ridge, and UDF beside it, over the same data.

pycdlib lays out and writes all metadata; file data is never given to it. What comes out is the
metadata by sector and the place of each file, so that the image can be produced strictly in order.
"""

import gc
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import pycdlib

from spanner.imaging.layout import DirectoryEntry, Layout
from spanner.imaging.names import IsoNames
from spanner.imaging.sector_buffer import SectorBuffer
from spanner.imaging.sharing import Sharing
from spanner.imaging.stamps import Stamps
from spanner.model.units import sectors

ALIGNMENT = 16
"""Images are whole multiples of 16 sectors: growisofs writes blocks of 32 KiB."""

_PVD = 16  # sector of the primary volume descriptor (ECMA-119, 6.7.1)
_PVD_DATES = 813  # offset of its four dates of 17 bytes (ECMA-119, 8.4.26)
_FILE, _DIRECTORY = 0o100000, 0o040000


@dataclass(frozen=True, slots=True)
class Structure:
    """A disc's metadata: `blocks` maps sectors to bytes (zeros at their end are left out).

    `extents` holds the first sector of each file of the layout, in its order; the data starts at
    sector `data_start`; the image has `total` sectors.
    """

    blocks: dict[int, bytes]
    extents: Sequence[int]
    data_start: int
    total: int


def measure(layout: Layout) -> int:
    """How many sectors the layout's image has, exactly."""
    with _no_garbage_collection():
        iso = _Author(layout, timestamps=False)
        total = iso.place()[1]
        iso.release()
        return total


def author(layout: Layout) -> Structure:
    """Make the structure of the layout's image: its metadata, and the places of its files."""
    with _no_garbage_collection():
        iso = _Author(layout, timestamps=True)
        structure = iso.write()
        iso.release()
        return structure


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Authoring makes millions of objects that all live to its end: collecting finds nothing."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class _Author:
    """One image while it is authored; without `timestamps` it can only be measured."""

    def __init__(self, layout: Layout, *, timestamps: bool) -> None:
        self._layout = layout
        self._iso: Any = pycdlib.PyCdlib()
        self._iso.new(
            interchange_level=3,
            vol_ident=layout.volume_id,
            vol_set_ident=layout.set_id,
            app_ident_str="SPANNER",
            rock_ridge="1.09",
            udf="2.60",
        )
        self._stamps = Stamps() if timestamps else None
        names = IsoNames()
        sharing = Sharing()
        self._inodes: list[Any] = []  # one for each path of each file, in the layout's order
        for directory in layout.directories:
            self._add_directory(names.directory(directory.path), directory)
        no_data = io.BytesIO()
        for file in layout.files:
            for path, mtime_ns, mode in file.names():
                self._iso.add_fp(
                    no_data,
                    file.size,
                    iso_path=names.file(path),
                    rr_name=path.rpartition("/")[2],
                    udf_path=f"/{path}",
                    file_mode=_FILE | mode,
                )
                inode = self._iso.inodes[-1]
                self._inodes.append(inode)
                for record, is_iso in inode.linked_records:
                    if self._stamps:
                        self._stamps.put(record, mode, mtime_ns)
                    if is_iso:
                        sharing.iso_file(record)
                    else:
                        sharing.udf_file(record)
        self._iso.force_consistency()

    def place(self) -> tuple[int, int]:
        """Where the data starts, and how many sectors the image has."""
        one_data = sum(sectors(file.size) for file in self._layout.files)
        all_data = sum(sectors(file.size) * len(file.paths) for file in self._layout.files)
        data_start = self._iso.pvd.space_size - 1 - all_data  # the last sector is UDF's anchor
        total = data_start + one_data + 1
        return data_start, -(-total // ALIGNMENT) * ALIGNMENT

    def write(self) -> Structure:
        """Put the data in the layout's order, and collect the metadata."""
        iso = self._iso
        data_start, total = self.place()
        partition = iso.udf_main_descs.partitions[0]
        extents: list[int] = []
        extent = data_start
        inodes = iter(self._inodes)
        for file in self._layout.files:
            extents.append(extent)
            for inode in islice(inodes, len(file.paths)):
                inode.set_extent_location(extent)
                for record, _ in inode.linked_records:
                    start = extent + getattr(record, "data_extent_offset", 0)
                    record.set_data_location(start, start - partition.part_start_location)
            extent += sectors(file.size)
        self._close(total)
        self._set_volume_dates()
        iso.inodes.clear()  # so that no data is written
        buffer = SectorBuffer()
        iso.write_fp(buffer)
        blocks = buffer.blocks()
        blocks[_PVD] = self._with_dates(blocks[_PVD])
        return Structure(blocks, extents, data_start, total)

    def release(self) -> None:
        """Undo the records' references to each other, so that they go without a collection."""
        for inode in self._inodes:
            inode.linked_records.clear()
        directories = [self._iso.pvd.root_directory_record()]
        for directory in directories:
            directories += [each for each in directory.children[2:] if each.isdir]
            directory.children, directory.rr_children = [], []
        entries = [self._iso.udf_root]
        for entry in entries:
            for identifier in entry.fi_descs.values():
                if identifier.isdir and not identifier.isparent:
                    entries.append(identifier.file_entry)
                if identifier.file_entry:
                    identifier.file_entry.file_ident = None
            entry.fi_descs = {}

    def _close(self, total: int) -> None:
        """End the image at `total`: UDF's second anchor is the last sector, after the partition."""
        iso = self._iso
        iso.pvd.space_size = total
        main, reserve = iso.udf_main_descs, iso.udf_reserve_descs
        iso.udf_anchors[-1].set_extent_location(
            total - 1, main.pvds[0].extent_location(), reserve.pvds[0].extent_location()
        )
        length = total - 1 - main.partitions[0].part_start_location
        main.partitions[0].part_length = length
        reserve.partitions[0].part_length = length
        iso.udf_logical_volume_integrity.size_tables[0] = length

    def _add_directory(self, iso_path: str, directory: DirectoryEntry) -> None:
        """Add a directory to both file systems."""
        path, mode, mtime_ns = directory.path, directory.mode, directory.mtime_ns
        self._iso.add_directory(
            iso_path,
            rr_name=path.rpartition("/")[2],
            file_mode=_DIRECTORY | mode,
            udf_path=f"/{path}",
        )
        if self._stamps:
            record = self._iso.get_record(iso_path=iso_path)
            for each in (record, record.children[0]):  # its own entry and the `.` in it
                self._stamps.put(each, mode, mtime_ns)
            self._stamps.put(record.children[1], mode, mtime_ns)
            self._stamps.put(self._iso.get_record(udf_path=f"/{path}"), mode, mtime_ns)

    def _set_volume_dates(self) -> None:
        """The set's date, and its id, wherever pycdlib puts the present time or a random number."""
        iso = self._iso
        assert self._stamps
        stamp = self._stamps.udf(self._layout.created_ns)
        for descriptors in (iso.udf_main_descs, iso.udf_reserve_descs):
            descriptors.pvds[0].recording_date = stamp
            descriptors.pvds[0].vol_set_ident = _dstring(self._layout.set_id, 128)
        iso.udf_logical_volume_integrity.recording_date = stamp
        iso.udf_file_set.recording_date = stamp
        root = iso.pvd.root_directory_record()
        for record in (root, *root.children[:2], iso.udf_root):
            self._stamps.put(record, 0o755, self._layout.created_ns)
        # Directories over eight levels deep lie in "rr_moved" (RRIP 4.1.5), with further records.
        waiting = [root]
        for directory in waiting:
            for record in directory.children:
                self._stamps.put_missing(record, self._layout.created_ns)
                if record.isdir and not (record.is_dot() or record.is_dotdot()):
                    waiting.append(record)

    def _with_dates(self, descriptor: bytes) -> bytes:
        """The volume descriptor with the set's date for the present time (ECMA-119, 8.4.26)."""
        moment = datetime.fromtimestamp(self._layout.created_ns // 10**9, UTC)
        date = moment.strftime("%Y%m%d%H%M%S00").encode() + b"\0"
        never = b"0" * 16 + b"\0"
        dates = date + date + never + date  # created, modified, expires, effective
        return descriptor[:_PVD_DATES] + dates + descriptor[_PVD_DATES + len(dates) :]


def _dstring(text: str, length: int) -> bytes:
    """A dstring of OSTA compressed Unicode, 8 bits (UDF 2.1.3)."""
    value = b"\x08" + text.encode("ascii")
    return value.ljust(length - 1, b"\0") + bytes([len(value)])
