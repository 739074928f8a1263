"""Reads a disc's catalog and manifests back; believes nothing that its hashes do not confirm."""

import hashlib
import io
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import TypeVar

import msgspec

from spanner.catalog import bag, base_table, media_table, tables
from spanner.errors import DamagedImageError
from spanner.model.base_set import BaseSet
from spanner.model.tree import ReferenceRecord
from spanner.wording import printable

Reader = Callable[[str], bytes]
"""Returns a small file of a disc by its path.

It raises KeyError where there is none.
"""

_Row = TypeVar("_Row")

_MANIFEST_LINE = re.compile(r"([0-9a-f]{64})  (.+)")
_STRUCTURE_LINE = re.compile(r"([0-9a-f]{64}) ([0-9]{10}) ([0-9]{10})")
_BAG_COUNT = re.compile(r"([1-9][0-9]{0,8}) of ([1-9][0-9]{0,8})")
_VOLUME_ID = re.compile(r"[A-Z0-9_]{1,32}")


class DiscInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One disc as set.json has it. `parity`: which one it holds, from 1; 0: it holds files."""

    number: int
    volume_id: str
    title: str
    medium: str
    files: int
    bytes: int
    parity: int = 0


class SetCatalog(msgspec.Struct, frozen=True, kw_only=True):
    """set.json: the set, its discs, and the base sets that hold what it does not."""

    format: str
    version: int
    id: str
    title: str
    created: str
    tool: str
    sources: tuple[str, ...]
    discs: tuple[DiscInfo, ...]
    base_sets: tuple[BaseSet, ...] = msgspec.field(default=(), name="earlier")


@dataclass(frozen=True, slots=True)
class DiscLabel:
    """Which disc it is: `number` of the `count` of a set."""

    set_id: str
    number: int
    count: int


@dataclass(frozen=True, slots=True)
class DiscCatalog:
    """What the disc called `name` says: the set, which of its discs it is, all the set's files.

    `table` are the bytes of files.tsv, `base_text` those of earlier.tsv, which has what lies on
    discs of base sets; empty if the set has none.
    """

    name: str
    set: SetCatalog
    number: int
    table: bytes
    base_text: bytes = b""

    @property
    def disc(self) -> DiscInfo:
        """What the set says of this disc."""
        return self.set.discs[self.number - 1]

    def rows(self) -> Iterator[tables.CatalogRow]:
        """All rows of files.tsv: the set's directories, files and symbolic links.

        Raises:
            DamagedImageError: a line is not as it must be.
        """
        return self._parsed(self._lines(), bag.FILES)

    def own_rows(self) -> Iterator[tables.CatalogRow]:
        """Those of the rows that lie on this disc.

        Raises:
            DamagedImageError: one of their lines is not as it must be.
        """
        lines = self._lines()
        header = next(lines, "")
        own = (line for line in lines if line.startswith(f"{self.number}\t"))
        return self._parsed(chain([header], own), f"{bag.FILES} without other discs' files")

    def base_rows(self) -> Iterator[base_table.BaseRow]:
        """The files of the set's state that lie on discs of base sets.

        Raises:
            DamagedImageError: a line is not as it must be.
        """
        if self.base_text:
            yield from _parsed(self.name, base_table.parse(_lines(self.base_text)), bag.BASE_FILES)

    def _lines(self) -> Iterator[str]:
        return _lines(self.table)

    def _parsed(self, lines: Iterable[str], what: str) -> Iterator[tables.CatalogRow]:
        return _parsed(self.name, tables.parse(lines), what)


def read_label(read: Reader, name: str) -> DiscLabel:
    """Which disc the one called `name` is, checked against its tag manifest.

    Raises:
        DamagedImageError: it is no disc of a set, or what says so is damaged.
    """
    info = _checked(read, bag.BAG_INFO, name).decode("utf-8", "replace")
    set_id = _field(info, "Bag-Group-Identifier")
    match = _BAG_COUNT.fullmatch(_field(info, "Bag-Count"))
    if not set_id or not match or int(match[1]) > int(match[2]):
        raise DamagedImageError(f"{name}: {bag.BAG_INFO} does not say which disc of a set it is")
    return DiscLabel(set_id, int(match[1]), int(match[2]))


def read_catalog(read: Reader, name: str) -> DiscCatalog:
    """The catalog of the disc called `name`, checked against its tag manifest.

    Raises:
        DamagedImageError: it is no disc of a set, or its catalog is damaged.
    """
    label = read_label(read, name)
    document = _checked(read, bag.SET, name)
    table = _checked(read, bag.FILES, name)
    try:
        known = msgspec.json.decode(document, type=SetCatalog)
    except (ValueError, RecursionError) as error:
        raise DamagedImageError(f"{name}: {bag.SET} cannot be read: {error}") from None
    if (known.format, known.version) != (bag.SET_FORMAT, bag.SET_VERSION):
        raise DamagedImageError(
            f"{name}: its catalog is {printable(known.format)} version {known.version}; "
            f"this program reads {bag.SET_FORMAT} version {bag.SET_VERSION}"
        )
    if (
        known.id != label.set_id
        or not known.id.isprintable()
        or [disc.number for disc in known.discs] != list(range(1, label.count + 1))
        or not all(_VOLUME_ID.fullmatch(disc.volume_id) for disc in known.discs)
        or not all(_is_sound(each) for each in known.base_sets)
    ):
        raise DamagedImageError(f"{name}: {bag.SET} and {bag.BAG_INFO} do not say the same")
    base_text = _checked(read, bag.BASE_FILES, name) if known.base_sets else b""
    return DiscCatalog(name, known, label.number, table, base_text)


def read_hashes(read: Reader, name: str) -> dict[str, str]:
    """The SHA-256 of the files of the disc called `name`, by path, checked as the catalog is.

    Raises:
        DamagedImageError: its manifest is missing or damaged.
    """
    return _parse_manifest(_checked(read, bag.MANIFEST, name), bag.MANIFEST, name)


def read_references(read: Reader, name: str) -> list[ReferenceRecord]:
    """The media references of the set's sessions, as the disc called `name` has them.

    They are checked as the catalog is.

    Raises:
        DamagedImageError: the table of them is damaged.
    """
    if f"  {bag.MEDIA}\n".encode() not in _present(read, bag.TAG_MANIFEST, name):
        return []
    text = _checked(read, bag.MEDIA, name)
    try:
        return list(media_table.parse(_lines(text)))
    except ValueError as error:
        raise DamagedImageError(f"{name}: {bag.MEDIA}, {error}") from None


def read_manifest(read: Reader, path: str, name: str) -> dict[str, str]:
    """A manifest's SHA-256 by their paths, as they stand there: nothing confirms them.

    Raises:
        DamagedImageError: it is missing, or a line is not as it must be.
    """
    return _parse_manifest(_present(read, path, name), path, name)


def read_structure(read: Reader, name: str) -> list[tuple[str, int, int]]:
    """SHA-256, first sector and count of what belongs to no file on an image.

    Raises:
        DamagedImageError: it is missing or damaged.
    """
    found = []
    for line in _checked(read, bag.STRUCTURE, name).decode("utf-8", "replace").split("\n"):
        match = _STRUCTURE_LINE.fullmatch(line)
        if match:
            found.append((match[1], int(match[2]), int(match[3])))
        elif line and not line.startswith("#"):
            raise DamagedImageError(f"{name}: {bag.STRUCTURE} is damaged")
    return found


def _is_sound(base: BaseSet) -> bool:
    return (
        base.id.isprintable()
        and [disc.number for disc in base.discs] == list(range(1, len(base.discs) + 1))
        and all(_VOLUME_ID.fullmatch(disc.volume_id) for disc in base.discs)
    )


def _lines(table: bytes) -> Iterator[str]:
    return io.TextIOWrapper(io.BytesIO(table), "utf-8", newline="\n")


def _parsed(name: str, rows: Iterable[_Row], what: str) -> Iterator[_Row]:
    try:
        yield from rows
    except ValueError as error:
        raise DamagedImageError(f"{name}: {what}, {error}") from None


def _parse_manifest(data: bytes, path: str, name: str) -> dict[str, str]:
    try:
        lines = data.decode("utf-8").split("\n")
    except UnicodeDecodeError:
        raise DamagedImageError(f"{name}: {path} is damaged") from None
    if lines.pop() != "":
        raise DamagedImageError(f"{name}: {path} is cut")
    found: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        match = _MANIFEST_LINE.fullmatch(line)
        if not match or match[2] in found:
            raise DamagedImageError(f"{name}: line {number} of {path} is damaged")
        found[match[2]] = match[1]
    return found


def _present(read: Reader, path: str, name: str) -> bytes:
    try:
        return read(path)
    except KeyError:
        raise DamagedImageError(f"{name}: no disc of a set, it has no {path}") from None


def _checked(read: Reader, path: str, name: str) -> bytes:
    """The file, if the tag manifest confirms it; what else is damaged there does not matter."""
    tags = _present(read, bag.TAG_MANIFEST, name)
    data = _present(read, path, name)
    line = f"{hashlib.sha256(data).hexdigest()}  {path}".encode()
    if line not in tags.split(b"\n"):
        raise DamagedImageError(f"{name}: {path} is not what {bag.TAG_MANIFEST} says, damaged")
    return data


def _field(info: str, label: str) -> str:
    for line in info.split("\n"):
        name, _, value = line.partition(": ")
        if name == label:
            return value
    return ""
