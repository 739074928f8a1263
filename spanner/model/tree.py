"""What the sources hold. Paths are `SESSION/...`, odd bytes in them surrogates (os.fsdecode)."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from spanner.model.base_set import BaseFile, BaseSet, ComparedSet

INSIDE, OUTSIDE, MISSING = "inside", "outside", "missing"
EMBEDDED, REGENERABLE = "embedded", "regenerable"
UNREADABLE = "unreadable"
"""What becomes of a media reference; UNREADABLE is a whole session whose references are unknown."""
"""The status of the record that stands for a session that cannot be read."""


class SourceRoot(msgspec.Struct, frozen=True):
    """A source: `name` is the first component of all its paths, `path` where it lies."""

    name: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file to archive. `links` are further names of the same file (hard links).

    `sha256` is empty where it was not read. `duplicates` are other files with the same content,
    which is stored once for all.
    """

    path: str
    size: int
    mtime_ns: int
    mode: int
    links: tuple[str, ...] = ()
    sha256: str = ""
    duplicates: "tuple[File, ...]" = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All its paths and those of its duplicates, its own first."""
        if not self.duplicates:
            return (self.path, *self.links)
        return (
            self.path,
            *self.links,
            *(name for duplicate in self.duplicates for name in duplicate.names),
        )


class Directory(msgspec.Struct, frozen=True, omit_defaults=True):
    """A directory, empty or not. `disc_path` is set where its name on disc differs."""

    path: str
    mode: int
    mtime_ns: int
    disc_path: str = ""


class Symlink(msgspec.Struct, frozen=True):
    """A symbolic link: recorded, never followed."""

    path: str
    target: str
    mtime_ns: int


class Skipped(msgspec.Struct, frozen=True):
    """Something in a source that is not archived, and why."""

    path: str
    reason: str


class ReferenceRecord(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A media reference as the set keeps it: it leads from the recorded place to the archived one.

    `session` is the path of the session file, `recorded` the file's place as it stands there.
    `status` is inside or outside the sources, missing, or regenerable (a missing fade). `path`
    is the file's path in the set, `place` where it lay; both are empty where it was not found.
    Where the status is UNREADABLE, the record stands for the session itself: its references are
    not known, and `recorded` says why.
    """

    session: str
    kind: str
    status: str
    recorded: str
    path: str = ""
    place: str = ""


class LibrarySnapshot(msgspec.Struct, frozen=True):
    """A copy of the library that goes onto each disc; it lies at `path` and never changes."""

    path: str
    size: int
    mtime_ns: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """All that the sources hold, and what their sessions refer to.

    `outside` are folders outside the sources from which media come; their names are paths,
    `SESSION/External Media/VOLUME`. `references` are those of all sessions. `base_files` are
    files that are not in `files`, because `base_sets`, archived before, hold them. `compared_sets`
    are the sets that the sources were compared with. `library` goes onto every disc.
    """

    roots: tuple[SourceRoot, ...]
    files: tuple[File, ...]
    directories: tuple[Directory, ...]
    symlinks: tuple[Symlink, ...]
    skipped: tuple[Skipped, ...]
    outside: tuple[SourceRoot, ...] = ()
    references: tuple[ReferenceRecord, ...] = ()
    base_files: tuple[BaseFile, ...] = ()
    base_sets: tuple[BaseSet, ...] = ()
    compared_sets: tuple[ComparedSet, ...] = ()
    library: LibrarySnapshot | None = None

    @property
    def places(self) -> dict[str, str]:
        """Where each source and folder outside lies, by its name: for `origin`."""
        return {root.name: root.path for root in (*self.roots, *self.outside)}


def origin(roots: Mapping[str, str], path: str) -> str:
    """Where the file or folder of a path in the set lies on this machine.

    `roots` are the places of sources by their names; of several that match, the longest counts.

    Raises:
        KeyError: the path is of none of them.
    """
    name, rest = path, ""
    while name not in roots:
        name, _, last = name.rpartition("/")
        if not name:
            raise KeyError(path)
        rest = f"{last}/{rest}" if rest else last
    return os.path.join(roots[name], rest) if rest else roots[name]
