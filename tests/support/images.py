"""Plans and images made in memory, one disc at a time."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from spanner.catalog.bag import texts
from spanner.imaging.authoring import Structure, author
from spanner.imaging.layout import DirectoryEntry, FileEntry, Layout, lay_out
from spanner.imaging.stream import ImageStream
from spanner.model.media_types import parse_media
from spanner.model.paths import parents
from spanner.model.plan import Disc, Plan, SetInfo
from spanner.model.units import SECTOR
from spanner.planning.planner import PlanOptions, make_plan
from spanner.sources import walk

SET = SetInfo("11111111-2222-3333-4444-555555555555", "Title", "2026-11-23T19:08:00Z")
CREATED = 1_795_460_880
"""The set's time, in seconds of the epoch."""


@dataclass(frozen=True)
class DiscImage:
    """A disc's bytes, and where its files lie in them."""

    layout: Layout
    structure: Structure
    data: bytes
    sha256: str

    def file(self, path: str) -> bytes:
        """The bytes of the file, or of its further name."""
        for entry, extent in zip(self.layout.files, self.structure.extents, strict=True):
            if path in entry.paths:
                return self.data[extent * SECTOR : extent * SECTOR + entry.size]
        raise KeyError(path)

    def text(self, path: str) -> str:
        """The text, strictly UTF-8."""
        return self.file(path).decode()

    @property
    def paths(self) -> set[str]:
        """All files on it."""
        return {path for entry in self.layout.files for path in entry.paths}


def plan_for(source: str, media: str = "custom:1MB", strategy: str = "letters") -> Plan:
    """The plan of a set with a known id and time."""
    return make_plan(
        walk([source]), PlanOptions(media=parse_media(media), pack=strategy), set_info=SET
    )


def layout_of(plan: Plan, disc: Disc) -> Layout:
    """What lies on the disc."""
    return lay_out(plan, disc, texts(plan, disc))


def image_of(plan: Plan, disc: Disc) -> DiscImage:
    """The disc's image."""
    return made(layout_of(plan, disc))


def made(layout: Layout) -> DiscImage:
    """The layout's image."""
    stream = ImageStream(layout)
    data = b"".join(bytes(block) for block in stream.blocks())
    return DiscImage(layout, author(layout), data, hashlib.sha256(data).hexdigest())


def data_file(
    path: str,
    data: bytes = b"data",
    *,
    mode: int = 0o644,
    seconds: int = CREATED,
    nanoseconds: int = 0,
    also: tuple[str, ...] = (),
) -> FileEntry:
    """A file that needs no source."""
    mtime_ns = seconds * 10**9 + nanoseconds
    return FileEntry(
        path=path,
        size=len(data),
        mtime_ns=mtime_ns,
        mode=mode,
        content=lambda _: (data,),
        also=also,
    )


def layout_with(*files: FileEntry, directories: Iterable[DirectoryEntry] = ()) -> Layout:
    """A layout of these files; directories that are not given are made."""
    known = {each.path: each for each in directories}
    needed = parents([*known, *(path for file in files for path in (file.path, *file.also))])
    for path in needed - known.keys():
        known[path] = DirectoryEntry(path, CREATED * 10**9, 0o755)
    ordered = tuple(known[path] for path in sorted(known))
    return Layout("VOLUME_01OF01", SET.id, CREATED * 10**9, ordered, files)
