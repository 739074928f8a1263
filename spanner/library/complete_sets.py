"""What discs hold for certain: the contents of complete sets.

A set is complete when each of its discs has a copy, burnt or an image, whose newest check was good.
One that is still being written is not: else a plan that was begun could not be made again to go on
with it.
"""

import sqlite3
import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache

import msgspec

from spanner.catalog.escaping import escape, unescape
from spanner.library.database import records
from spanner.model.base_set import BasePart
from spanner.model.plan import Plan, SetInfo
from spanner.model.tree import SourceRoot
from spanner.planning.plan_file import decode

_COMPLETE = """
SELECT id, title, created FROM sets WHERE NOT EXISTS (
    SELECT 1 FROM discs WHERE discs.set_id = sets.id
    AND NOT EXISTS (SELECT 1 FROM images
        WHERE images.set_id = sets.id AND disc = discs.number AND state = 'verified')
    AND NOT EXISTS (SELECT 1 FROM copies
        WHERE copies.set_id = sets.id AND disc = discs.number AND state = 'verified' AND lost = '')
) AND plan IS NOT NULL ORDER BY created DESC, rowid DESC
"""
_OF_SIZES = """
SELECT files.set_id, path, part, size, sha256 FROM files JOIN temp.wanted_sets USING (set_id)
WHERE sha256 IS NOT NULL AND (parts > 1 OR size IN (SELECT size FROM temp.wanted_sizes))
ORDER BY rank, path, part
"""


class _Head(msgspec.Struct):
    sources: tuple[SourceRoot, ...]


@dataclass(frozen=True, slots=True)
class HeldContent:
    """A content that discs of a set hold.

    `size`: bytes of the whole file; `mtime_ns`: the time that it had, in nanoseconds since 1970;
    `parts`: where each part of it lies, in order; a part on several discs is there several times.
    """

    set_id: str
    size: int
    mtime_ns: int
    parts: tuple[BasePart, ...]

    @property
    def division(self) -> tuple[int, ...]:
        """The sizes of its parts in bytes, in order."""
        return tuple({part.part: part.size for part in self.parts}.values())

    @property
    def hashes(self) -> tuple[str, ...]:
        """The SHA-256 of its parts in order, empty where it is not known."""
        return tuple({part.part: part.sha256 for part in self.parts}.values())


@dataclass(frozen=True, slots=True)
class StoredContent:
    """A content that a set has under a path: the sizes and SHA-256 of its parts, in order."""

    set_id: str
    path: str
    division: tuple[int, ...]
    hashes: tuple[str, ...]


class CompleteSets:
    """The complete sets of a library.

    `plan` and `held` give the plan of a set and, by path, the contents on its own discs, by its id;
    the last few are kept.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self.plan = lru_cache(maxsize=4)(self._plan)
        self.held = lru_cache(maxsize=4)(self._held)

    def sets(self) -> dict[str, SetInfo]:
        """The complete sets by their ids, newest first.

        Not those that were imported: without a plan it is not known what they state.
        """
        return {each.id: each for each in records(SetInfo, self._db.execute(_COMPLETE))}

    def newest(self, source: str, among: Collection[str]) -> Plan | None:
        """The plan of the first of these sets that has a source of this name; None: none has."""
        return next((self.plan(x) for x in among if source in self._sources(x)), None)

    def of_sizes(self, sizes: Collection[int], among: Collection[str]) -> Iterator[StoredContent]:
        """The contents of these sets that files of these sizes, in bytes, may be equal to.

        Of files in parts it is all, whatever their sizes; what has no known hash is left out. The
        first sets' come first.
        """
        self._db.execute("CREATE TEMP TABLE wanted_sizes (size INTEGER PRIMARY KEY)")
        self._db.execute("CREATE TEMP TABLE wanted_sets (set_id TEXT PRIMARY KEY, rank INTEGER)")
        try:
            self._db.executemany("INSERT INTO temp.wanted_sizes VALUES (?)", ((x,) for x in sizes))
            ranked = ((set_id, rank) for rank, set_id in enumerate(among))
            self._db.executemany("INSERT INTO temp.wanted_sets VALUES (?, ?)", ranked)
            known: tuple[str, str] | None = None
            parts: dict[int, tuple[int, str]] = {}
            for set_id, path, part, size, sha256 in self._db.execute(_OF_SIZES):
                if known and known != (set_id, path):
                    yield _stored(*known, parts)
                    parts = {}
                known = set_id, path
                parts[part] = size, sha256
            if known:
                yield _stored(*known, parts)
        finally:
            self._db.execute("DROP TABLE temp.wanted_sizes")
            self._db.execute("DROP TABLE temp.wanted_sets")
            self._db.commit()

    def state(self, plan: Plan, among: Collection[str]) -> Iterator[tuple[str, HeldContent]]:
        """The paths of all files as they were when a set was made, and what holds each.

        That is the set's own discs, or those of the earlier sets that it rests on, where these are
        among the sets.
        """
        yield from self.held(plan.set.id).items()
        for earlier in plan.base_files:
            if earlier.set_id in among:
                held = HeldContent(earlier.set_id, earlier.size, earlier.mtime_ns, earlier.parts)
                for path in (earlier.path, *earlier.links):
                    yield path, held

    def _plan(self, set_id: str) -> Plan:
        return decode(self._text(set_id))

    def _sources(self, set_id: str) -> set[str]:
        """The names of a set's sources, without reading all of its plan where that can be."""
        try:
            head = msgspec.json.decode(self._text(set_id), type=_Head)
        except ValueError:  # some name in it is no Unicode
            return {root.name for root in self.plan(set_id).sources}
        return {root.name for root in head.sources}

    def _text(self, set_id: str) -> bytes:
        row = self._db.execute("SELECT plan FROM sets WHERE id = ?", (set_id,)).fetchone()
        return zlib.decompress(row[0])

    def _held(self, set_id: str) -> dict[str, HeldContent]:
        """What lies on a set's own discs, by path."""
        rows = self._db.execute(
            "SELECT disc, path, part, sha256 FROM files WHERE set_id = ?", (set_id,)
        )
        hashes = {(disc, path, part): sha256 for disc, path, part, sha256 in rows}
        parts: dict[str, list[BasePart]] = {}
        times: dict[str, tuple[int, int]] = {}
        for disc in self.plan(set_id).discs:
            for item in disc.items:
                for name in item.names():
                    known = hashes.get((disc.number, escape(name.path), item.part))
                    sha256 = known or item.sha256
                    place = BasePart(
                        disc=disc.number,
                        part=item.part,
                        offset=item.offset,
                        size=item.size,
                        place=name.on_disc,
                        sha256=sha256,
                    )
                    parts.setdefault(name.path, []).append(place)
                    times[name.path] = item.whole_size, name.mtime_ns
        return {
            path: HeldContent(
                set_id, *times[path], tuple(sorted(found, key=lambda x: (x.part, x.disc)))
            )
            for path, found in parts.items()
        }


def _stored(set_id: str, path: str, parts: dict[int, tuple[int, str]]) -> StoredContent:
    sizes, hashes = zip(*(parts[number] for number in sorted(parts)), strict=True)
    return StoredContent(set_id, unescape(path), sizes, hashes)
