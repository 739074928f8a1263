"""Reads AAF files (.aaf): which media they link to, and which lie in them.

After the AAF Object Specification 1.1 (AMWA), and exports of Pro Tools, Media Composer, DaVinci
Resolve and Premiere Pro, which differ in lengths and URLs. A source mob says by its descriptor what
it is; a file's descriptor has locators, whose URLs say where it lies. The media of a mob with
essence data lie in the AAF itself. Tapes, and what was imported into the linked files, are where
those came from and not needed any more.
"""

import struct
from functools import cache
from itertools import islice
from typing import Any

import msgspec

from spanner.model.session import MediaReference, Session
from spanner.sources.formats.aaf_objects import MAGIC, Objects, objects
from spanner.sources.formats.opening import refused
from spanner.sources.formats.recorded import ElsewhereError, place
from spanner.sources.formats.references import References
from spanner.wording import printable

__all__ = ["is_aaf", "read"]

# Class ids as they stand in the file: of the file's header, in two sizes of sectors, and of the
# root object, for writers that leave the header's empty as compound files have it.
_FILES = (
    bytes.fromhex("41414642 0d00 4f4d 060e2b34010101ff"),
    bytes.fromhex("0102010d 0002 0000 060e2b3403020101"),
)
_ROOT = bytes.fromhex("a598b3b3 901c d411 8053080036210804")

_HEADER = 0x0002
_CONTENT, _IDENTIFICATIONS = 0x3B03, 0x3B06
_PRODUCT, _PRODUCT_VERSION = 0x3C02, 0x3C04
_MOBS, _ESSENCE = 0x1901, 0x1902
_MOB_ID, _MOB_NAME, _SLOTS, _DESCRIPTOR = 0x4401, 0x4402, 0x4403, 0x4701
_EDIT_RATE, _SEGMENT, _SEGMENT_LENGTH = 0x4B01, 0x4803, 0x0202
_LOCATORS, _URL = 0x2F01, 0x4001
_SAMPLE_RATE, _LENGTH, _AUDIO_RATE = 0x3001, 0x3002, 0x3D03
_WAVE_HEADER = 0x3801
_SOURCE = 0x1101  # the id of the mob that a clip is of
_PARTS = 0x3F01  # the descriptors in one of several

_SOUND = {"SoundDescriptor", "WAVEDescriptor", "AIFCDescriptor"}
_PICTURE = {"DigitalImageDescriptor", "TIFFDescriptor"}
_SOURCES = {"PhysicalDescriptor", "TapeDescriptor", "FilmDescriptor"}
_MOST_PARTS = 100
_LOWEST_RATE = 1000  # in hertz; what is below are pictures
_UNKNOWN_SIZE = 0xFFFFFFFF
_MOST_NAMED, _LONGEST_NAME = 5, 100
_MOST_FOLDERS, _MOST_MASTERS = 1000, 100_000


def is_aaf(head: bytes) -> bool:
    """Whether a file that begins with these bytes is an AAF: the more bytes, the surer."""
    if not head.startswith(MAGIC) or len(head) < 52:
        return False
    if head[8:24] in _FILES:
        return True
    exponent, first = struct.unpack_from("<H", head, 30)[0], struct.unpack_from("<I", head, 48)[0]
    root = (first + 1 << min(exponent, 12)) + 80
    return head[root : root + 16] == _ROOT


def read(path: str) -> Session:
    """The AAF at `path`: the media that it links to, and those that lie in it.

    Of several places of a file the first is its reference's; the others' folders are searched.

    Raises:
        SessionError: it cannot be read, is no AAF, or is damaged.
    """
    with objects(path) as found:
        return _AafReader(path, found).session()


class _AafReader:
    """The state of reading one AAF."""

    def __init__(self, path: str, found: Objects) -> None:
        self._path = path
        self._objects = found
        self._references = References(path)
        self._search: dict[str, None] = {}
        self._rates: set[int] = set()
        self._lost = 0  # mobs whose media lie nobody knows where
        self._lost_names: list[str] = []
        self._masters: dict[bytes, str] = {}

    def session(self) -> Session:
        """All that the AAF says."""
        get = self._objects
        if get.class_id(get.root) != _ROOT:
            raise refused(self._path, "is a compound file, but no AAF")
        header = self._needed(get.one(get.root, _HEADER), "header")
        content = self._needed(get.one(header, _CONTENT), "content")
        application, version = "", ""
        for each in get.several(header, _IDENTIFICATIONS):  # the last wrote the file
            application, version = get.text(each, _PRODUCT), get.text(each, _PRODUCT_VERSION)
        if version == "Unknown version":  # so many programs write
            version = ""
        embedded = get.keys(content, _ESSENCE)
        if embedded:
            self._name_masters(content)
        for number, mob in enumerate(get.several(content, _MOBS)):
            if _is_a(get.class_id(mob), {"SourceMob"}):
                self._source(mob, embedded, f"mob {number}")
        if self._lost:
            names = ", ".join(self._lost_names) + (", …" if self._lost > _MOST_NAMED else "")
            self._references.note(
                f"media neither embedded nor with a place: {self._lost} ({names})"
            )
        return Session(
            application=application,
            version=version,
            format="aaf",
            media=self._references.all(),
            sample_rate=self._rates.pop() if len(self._rates) == 1 else None,
            search=tuple(self._search),
            notes=tuple(self._references.notes),
        )

    def _needed(self, found: Any, what: str) -> Any:
        if found is None:
            raise refused(self._path, f"is a damaged AAF: it has no {what}")
        return found

    def _name_masters(self, content: Any) -> None:
        """Learn the names of the master mobs, by the ids of the mobs that they are of."""
        get = self._objects
        for mob in get.several(content, _MOBS):
            if not _is_a(get.class_id(mob), {"MasterMob"}):
                continue
            name = get.text(mob, _MOB_NAME)
            for slot in islice(get.several(mob, _SLOTS), _MOST_PARTS):
                segment = get.one(slot, _SEGMENT)
                mob_id = get.data(segment, _SOURCE) if segment is not None else None
                if mob_id and name and len(self._masters) < _MOST_MASTERS:
                    self._masters[mob_id] = name[:_LONGEST_NAME]

    def _source(self, mob: Any, embedded: set[bytes], where: str) -> None:
        """Add the media file of a source mob, or note that it has none."""
        get = self._objects
        mob_id, name = get.data(mob, _MOB_ID) or b"", get.text(mob, _MOB_NAME)
        descriptor = get.one(mob, _DESCRIPTOR)
        if descriptor is None:
            self._references.note(f"{where} has no descriptor")
            return
        class_id = get.class_id(descriptor)
        if _is_a(class_id, _SOURCES):
            return
        kind = self._kind(descriptor)
        if not _is_a(class_id, {"FileDescriptor"}):
            self._references.note(f"{where} has a descriptor of the unknown class {class_id.hex()}")
        frames = self._length(mob, descriptor) if kind == "audio" else None
        if mob_id in embedded:
            shown = name or self._masters.get(mob_id) or mob_id.hex()
            found = MediaReference(
                kind=kind or "other",
                name=shown,
                volume="",
                directory=(),
                recorded=shown,
                embedded=True,
                frames=frames,
            )
            self._references.add(lambda: found, where)
        else:
            self._linked(descriptor, kind, frames, name, where)

    def _linked(
        self, descriptor: Any, kind: str, frames: int | None, name: str, where: str
    ) -> None:
        urls = [
            url
            for locator in islice(self._objects.several(descriptor, _LOCATORS), _MOST_PARTS)
            if (url := self._objects.text(locator, _URL))
        ]
        if not urls:
            self._lost += 1
            if self._lost <= _MOST_NAMED:
                self._lost_names.append(printable(name[:_LONGEST_NAME]) or "without a name")
            return
        found = self._places(kind, urls, where)
        for other in found[1:]:
            start = other.volume if other.volume in ("", "/") else f"{other.volume}/"
            if len(self._search) < _MOST_FOLDERS:
                self._search[start + "/".join(other.directory) or "."] = None
        if found:
            first = msgspec.structs.replace(found[0], frames=frames)
            self._references.add(lambda: first, where)

    def _places(self, kind: str, urls: list[str], where: str) -> list[MediaReference]:
        """The places of a media file, without URLs that are of no file."""
        found = []
        for url in urls:
            try:
                # The specification has URLs only, absolute or relative; many write bare paths.
                found.append(place(kind, url, url=True))
            except ElsewhereError as error:
                self._references.note(f"{where}: the medium's place {error}")
            except ValueError as error:
                raise refused(self._path, f"{where}: the medium's place {error}") from None
        return found

    def _kind(self, descriptor: Any) -> str:
        """The kind of what the descriptor describes; empty if it does not tell."""
        get = self._objects
        parts = [descriptor]
        parts.extend(islice(get.several(descriptor, _PARTS), _MOST_PARTS))
        classes = [get.class_id(part) for part in parts]
        if any(_is_a(each, _PICTURE) for each in classes):
            return "video"
        return "audio" if any(_is_a(each, _SOUND) for each in classes) else ""

    def _length(self, mob: Any, descriptor: Any) -> int | None:
        """A sound file's length in samples, where that is certain; keeps its recorded sample rate.

        Programs round lengths to pictures, or count them in the sample rate of the sequence. What
        stands in the file's own header, of which the descriptor has a copy, is right.
        """
        get = self._objects
        rate, length = _in_header(get.data(descriptor, _WAVE_HEADER) or b"")
        own = get.rate(descriptor, _SAMPLE_RATE) or (0, 1)
        recorded = get.rate(descriptor, _AUDIO_RATE) or own
        if recorded[1] == 1 and recorded[0] >= _LOWEST_RATE:
            self._rates.add(recorded[0])
            rate = rate or recorded[0]
        if rate is None or length is not None:
            return length
        slots = [
            (get.rate(slot, _EDIT_RATE), get.number(segment, _SEGMENT_LENGTH) or 0)
            for slot in islice(get.several(mob, _SLOTS), _MOST_PARTS)
            if (segment := get.one(slot, _SEGMENT)) is not None
        ]
        length = max((length for edit_rate, length in slots if edit_rate == (rate, 1)), default=0)
        if length <= 0 and own == (rate, 1):
            length = get.number(descriptor, _LENGTH) or 0
            if any(length == pictures for _, pictures in slots):  # Premiere Pro counts pictures
                return None
        return length if length > 0 else None


def _in_header(header: bytes) -> tuple[int | None, int | None]:
    """Sample rate and length in samples that a WAV's header tells, as far as it is there."""
    if header[:4] != b"RIFF" or header[8:12] != b"WAVE":
        return None, None
    rate = block = None
    at = 12
    while at + 8 <= len(header):
        name, size = struct.unpack_from("<4sI", header, at)
        if name == b"fmt " and at + 22 <= len(header):
            rate, _, block = struct.unpack_from("<IIH", header, at + 12)
        elif name == b"data" and block and 0 < size < _UNKNOWN_SIZE:
            return rate or None, size // block
        at += 8 + size + size % 2
    return rate or None, None


@cache
def _classes() -> dict[bytes, tuple[str, bytes]]:
    """The specification's classes: their names and parents, by their ids as they are stored."""
    from aaf2.auid import AUID  # noqa: PLC0415 (only AAFs need it)
    from aaf2.model.classdefs import classdefs  # noqa: PLC0415

    return {
        bytes(AUID(own).bytes_le): (name, bytes(AUID(parent).bytes_le) if parent else b"")
        for name, (own, parent, *_) in classdefs.items()
    }


def _is_a(class_id: bytes, names: set[str]) -> bool:
    """Whether the class or one that it extends has one of the names."""
    classes = _classes()
    seen = set()
    while class_id in classes and class_id not in seen:
        seen.add(class_id)
        name, class_id = classes[class_id]
        if name in names:
            return True
    return False
