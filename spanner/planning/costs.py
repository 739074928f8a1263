"""What files and directories take on a disc beside their data: upper bounds, in bytes.

The exact size of a disc is measured when its items are known (`imaging.measure`); these bounds let
a packing be made that is certain to fit. Per name: a UDF file entry (one sector) and identifier
(ECMA-167 4/14.4), an ISO directory record with its Rock Ridge fields (ECMA-119 9.1, RRIP 1.09), a
line of the manifest, the hash in the disc's own catalog, and the link in its page.
"""

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from urllib.parse import quote

from spanner.imaging.names import udf_bytes
from spanner.model.paths import parents
from spanner.model.plan import Item
from spanner.model.units import SECTOR, sectors

_UDF_IDENTIFIER = 38 + 1 + 3  # fixed fields, compression ID, padding to 4
_ISO_RECORD = 182  # fixed fields, identifier, and Rock Ridge's RR, NM, PX, TF, CE
_ISO_WASTE = (118, 100)  # records do not cross sectors: 18 % of a sector may be lost
_MANIFEST_LINE = 64 + 3  # digest, two spaces, newline; and the path
_HASH = 64  # in files.tsv, instead of a dash
_ANCHOR = len('<a href=""></a>')
_LONGEST_NAME = 255  # bytes of UTF-8, and no more in UDF
_PATH_TABLES = 2 * 40
_EXTENT = (1 << 32) - SECTOR  # bytes of one ISO directory record's data (ECMA-119 9.1.4)


def item_cost(item: Item) -> int:
    """Bytes that the item takes at most."""
    names = sum(_name_cost(place, item.size) for place in item.places())
    return sectors(item.size) * SECTOR + names


def least_cost(item: Item) -> int:
    """Bytes that the item takes at least: its data and a file entry for each name."""
    return sectors(item.size) * SECTOR + SECTOR * item.count


def overhead(folders: Iterable[str], size: int) -> int:
    """Bytes beside its data that a file takes at most, whatever its names, with these folders."""
    folders = list(folders)
    cost = 0
    for folder in folders:
        place = len(os.fsencode(folder)) + 1 + _LONGEST_NAME
        cost += _entry_cost(_LONGEST_NAME, _LONGEST_NAME, place, 3 * place, size)  # %XX for a byte
    if len(folders) == 1:
        return cost + _folder_cost(folders[0])
    return cost + sum(map(directory_cost, parents(f"{folder}/" for folder in folders)))


def directory_cost(place: str) -> int:
    """Bytes that a directory takes at most, without its entries; `place` is its path on disc.

    Its ISO directory, its UDF entry and directory each end in a part of a sector; over eight levels
    deep it has a record more (RRIP 4.1.5). A third one stands for the entries that it has for
    itself and what it lies in. Two path tables have it as well.
    """
    length = len(os.fsencode(place.rpartition("/")[2]))
    return 3 * SECTOR + _UDF_IDENTIFIER + 2 * length + 3 * _iso_record(length) + _PATH_TABLES


def directory_charges(
    folders: Sequence[frozenset[str]], present: set[str], discs: int, limit: int
) -> tuple[int, list[int]]:
    """What directories cost: bytes for every disc, and bytes for each pack item beside its cost.

    `folders` are those that each pack item lies in, `present` those that are on every disc already.
    What many pack items lie in is charged once to every disc, what is for at most as many as there
    are `discs` is charged to each of them; so it does not matter which pack items share a disc.
    More is charged to pack items where the discs would be charged over the limit.
    """
    groups = Counter(folders)
    needed = {group: parents(f"{folder}/" for folder in group) - present for group in groups}
    users: Counter[str] = Counter()
    for group, count in groups.items():
        for place in needed[group]:
            users[place] += count
    common = 0
    for_items: dict[str, int] = {}
    for place, count in users.most_common():
        cost = directory_cost(place)
        if count > discs and common + cost <= limit:
            common += cost
        else:
            for_items[place] = cost
    charges = {
        group: sum(for_items.get(place, 0) for place in places) for group, places in needed.items()
    }
    return common, [charges[group] for group in folders]


@lru_cache(maxsize=4096)
def _folder_cost(folder: str) -> int:
    """Bytes that the folder and all that it lies in take."""
    return sum(map(directory_cost, parents([f"{folder}/"])))


def _name_cost(place: str, size: int) -> int:
    """Bytes that one name of a file takes."""
    name = place.rpartition("/")[2]
    link = len(quote(place))
    if place.isascii():
        return _entry_cost(len(name), len(name), len(place), link, size)
    return _entry_cost(len(name.encode()), len(udf_bytes(name)), len(place.encode()), link, size)


def _entry_cost(name: int, udf_name: int, place: int, link: int, size: int) -> int:
    """The same, by the lengths: of the name in UTF-8 and UDF, of its path, of the link to it."""
    udf = SECTOR + _UDF_IDENTIFIER + udf_name
    iso = _iso_record(name) * _extents(size)
    return udf + iso + _MANIFEST_LINE + place + _HASH + _ANCHOR + link


def _extents(size: int) -> int:
    return -(-size // _EXTENT) or 1


def _iso_record(name_length: int) -> int:
    return (_ISO_RECORD + name_length) * _ISO_WASTE[0] // _ISO_WASTE[1]
