"""Reads a disc's catalog and manifests back; believes nothing that its hashes do not confirm."""

import hashlib
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import msgspec

from spanner.catalog import bag, tables
from spanner.errors import DamagedImageError
from spanner.units import printable

Reader = Callable[[str], bytes]
"""Returns a small file of a disc by its path.

It raises KeyError where there is none.
"""

_MANIFEST_LINE = re.compile(r"([0-9a-f]{64})  (.+)")
_STRUCTURE_LINE = re.compile(r"([0-9a-f]{64}) (\d{10}) (\d{10})")
_BAG_COUNT = re.compile(r"(\d+) of (\d+)")


class DiscInfo(msgspec.Struct, frozen=True):
    """One disc as set.json has it."""

    number: int
    volume_id: str
    title: str
    medium: str
    files: int
    bytes: int


class SetCatalog(msgspec.Struct, frozen=True):
    """set.json: the set and its discs."""

    format: str
    version: int
    id: str
    title: str
    created: str
    tool: str
    sources: tuple[str, ...]
    discs: tuple[DiscInfo, ...]


@dataclass(frozen=True, slots=True)
class DiscCatalog:
    """What one disc says: the set, which disc of it this is, and the set's table of files."""

    set: SetCatalog
    number: int
    table: bytes

    @property
    def disc(self) -> DiscInfo:
        """What the set says of this disc."""
        return self.set.discs[self.number - 1]

    def rows(self) -> Iterator[tables.Row]:
        """The set's files.

        Raises:
            DamagedImageError: a line is not as it must be.
        """
        try:
            yield from tables.parse(io.TextIOWrapper(io.BytesIO(self.table), "utf-8", newline="\n"))
        except ValueError as error:
            raise DamagedImageError(f"{bag.FILES}, {error}") from None


def read_catalog(read: Reader, name: str) -> DiscCatalog:
    """The catalog of the disc called `name`, checked against its tag manifest.

    Raises:
        DamagedImageError: it is no disc of a set, or its catalog is damaged.
    """
    tags = read_manifest(read, bag.TAG_MANIFEST, name)
    document = _checked(read, bag.SET, tags, name)
    info = _checked(read, bag.BAG_INFO, tags, name).decode("utf-8", "replace")
    table = _checked(read, bag.FILES, tags, name)
    try:
        known = msgspec.json.decode(document, type=SetCatalog)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DamagedImageError(f"{name}: {bag.SET} cannot be read: {error}") from None
    if (known.format, known.version) != (bag.SET_FORMAT, bag.SET_VERSION):
        raise DamagedImageError(
            f"{name}: its catalog is {printable(known.format)} version {known.version}; "
            f"this program reads {bag.SET_FORMAT} version {bag.SET_VERSION}"
        )
    match = _BAG_COUNT.fullmatch(_field(info, "Bag-Count"))
    numbers = [disc.number for disc in known.discs]
    count = len(numbers)
    if (
        not match
        or numbers != list(range(1, count + 1))
        or int(match[2]) != count
        or not 1 <= int(match[1]) <= count
    ):
        raise DamagedImageError(f"{name}: its catalog does not say which disc of the set it is")
    return DiscCatalog(known, int(match[1]), table)


def read_manifest(read: Reader, path: str, name: str) -> dict[str, str]:
    """A manifest's paths and SHA-256.

    Raises:
        DamagedImageError: it is missing, or a line is not as it must be.
    """
    try:
        text = read(path).decode("utf-8")
    except KeyError:
        raise DamagedImageError(f"{name}: no disc of a set, it has no {path}") from None
    except UnicodeDecodeError:
        raise DamagedImageError(f"{name}: {path} is damaged") from None
    found: dict[str, str] = {}
    lines = text.split("\n")
    if lines.pop() != "":
        raise DamagedImageError(f"{name}: {path} is cut")
    for number, line in enumerate(lines, 1):
        match = _MANIFEST_LINE.fullmatch(line)
        if not match or match[2] in found:
            raise DamagedImageError(f"{name}: line {number} of {path} is damaged")
        found[match[2]] = match[1]
    return found


def read_structure(read: Reader, name: str) -> list[tuple[str, int, int]]:
    """SHA-256, first sector and count of what belongs to no file on an image.

    Raises:
        DamagedImageError: it is missing or damaged.
    """
    try:
        lines = read(bag.STRUCTURE).decode("utf-8", "replace").splitlines()
    except KeyError:
        raise DamagedImageError(f"{name}: it has no {bag.STRUCTURE}") from None
    found = []
    for line in lines:
        match = _STRUCTURE_LINE.fullmatch(line)
        if match:
            found.append((match[1], int(match[2]), int(match[3])))
        elif not line.startswith("#"):
            raise DamagedImageError(f"{name}: {bag.STRUCTURE} is damaged")
    return found


def _checked(read: Reader, path: str, tags: dict[str, str], name: str) -> bytes:
    try:
        data = read(path)
    except KeyError:
        raise DamagedImageError(f"{name}: no disc of a set, it has no {path}") from None
    if hashlib.sha256(data).hexdigest() != tags.get(path):
        raise DamagedImageError(f"{name}: {path} is not what {bag.TAG_MANIFEST} says, damaged")
    return data


def _field(info: str, label: str) -> str:
    for line in info.splitlines():
        name, _, value = line.partition(": ")
        if name == label:
            return value
    return ""
