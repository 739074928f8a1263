"""What files and directories take on a disc beside their data: upper bounds, in bytes.

The exact size of a disc is measured when its items are known (`imaging.measure`); these bounds let
a packing be made that is certain to fit. Per name: a UDF file entry (one sector) and identifier
(ECMA-167 4/14.4), an ISO directory record with its Rock Ridge fields (ECMA-119 9.1, RRIP 1.09), a
line of the manifest, and the hash in the disc's own catalog.
"""

import os
from collections.abc import Iterable, Sequence

from spanner.imaging.layout import parents
from spanner.imaging.names import udf_bytes
from spanner.planning.plan import Item
from spanner.sources.tree import Directory
from spanner.units import SECTOR, sectors

_UDF_IDENTIFIER = 38 + 1 + 3  # fixed fields, compression ID, padding to 4
_ISO_RECORD = 182  # fixed fields, identifier, and Rock Ridge's RR, NM, PX, TF, CE
_ISO_WASTE = (118, 100)  # records do not cross sectors: 18 % of a sector may be lost
_HASH_LINE = 64 + 3  # digest, two spaces, newline
_EXTENT = (1 << 32) - SECTOR  # bytes of one ISO directory record's data (ECMA-119 9.1.4)


def item_cost(item: Item) -> int:
    """Bytes that the item takes at most."""
    cost = sectors(item.size) * SECTOR
    for place in (item.on_disc, *(item.link_on_disc(link) for link in item.links)):
        name = place.rpartition("/")[2]
        cost += SECTOR + _UDF_IDENTIFIER + len(udf_bytes(name)) + 2 * _HASH_LINE
        cost += _iso_record(len(name.encode())) * _extents(item.size) + len(place.encode())
    return cost


def overhead(paths: Sequence[str], size: int) -> int:
    """Bytes beside its data that a file of these names takes at most, wherever it is put."""
    each = 2 * SECTOR + _iso_record(255) * _extents(size)
    return sum(each + 2 * len(os.fsencode(path)) for path in paths)


def least_cost(item: Item) -> int:
    """Bytes that the item takes at least: its data and a file entry for each name."""
    return sectors(item.size) * SECTOR + SECTOR * (1 + len(item.links))


def directory_cost(directory: Directory) -> int:
    """Bytes that a directory takes at most, without its entries.

    Its ISO directory, its UDF entry and directory each end in a part of a sector; over eight levels
    deep it has two records more (RRIP 4.1.5). Two path tables have it as well.
    """
    name = (directory.disc_path or directory.path).rpartition("/")[2]
    length = len(name.encode("utf-8", "surrogateescape"))
    return 3 * SECTOR + _UDF_IDENTIFIER + 2 * length + 3 * _iso_record(length) + 2 * 40


def directories_cost(directories: Iterable[Directory], needed: set[str] | None = None) -> int:
    """Bytes that the directories take at most; `needed`: only those (paths of the plan)."""
    return sum(
        directory_cost(each) for each in directories if needed is None or each.path in needed
    )


def needed_directories(items: Iterable[Item]) -> set[str]:
    """The directories (paths of the plan) that the items lie in."""
    return parents(
        path for item in items for path in (item.path, *(link.path for link in item.links))
    )


def _extents(size: int) -> int:
    return -(-size // _EXTENT) or 1


def _iso_record(name_length: int) -> int:
    return (_ISO_RECORD + name_length) * _ISO_WASTE[0] // _ISO_WASTE[1]
