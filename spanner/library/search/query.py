"""Searches all files of all sets: by names, places, hashes, sizes and times."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator

import msgspec

from spanner.catalog.escaping import unescape
from spanner.library.copies import VERIFIED
from spanner.library.search.patterns import Place, is_hash, places
from spanner.library.search.routes import Route, best_route, route_by_hash

_STEPS_BETWEEN = 100_000  # of SQLite: some milliseconds
_KEYS = "SELECT found.folder, found.name FROM"
_ENTRY = "SELECT 1 FROM entries WHERE folder = found.folder AND name = found.name"
_ON_DISCS = """
SELECT entries.disc, entries.part, entries.parts, entries.size, entries.mtime_ns,
    coalesce(lower(hex(entries.sha256)), ''), discs.volume_id, discs.title, discs.medium
FROM entries JOIN folders ON folders.id = entries.folder
JOIN discs ON discs.set_id = folders.set_id AND discs.number = entries.disc
WHERE entries.folder = ? AND entries.name = ? ORDER BY entries.part, entries.disc
"""
_WHOSE = """
SELECT sets.id, sets.title, sets.created, folders.path || names.name,
    (SELECT count(*) FROM discs WHERE set_id = sets.id)
FROM folders JOIN sets ON sets.id = folders.set_id JOIN names ON names.id = ?
WHERE folders.id = ?
"""


class FileQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What to look for; what is None or empty does not matter.

    `pattern` as `patterns.places` reads it, and the beginning of a hash if it can be one; `sha256`
    hex, 8 digits or more. Sizes are bytes of whole files, `larger` and `smaller` themselves do not
    count; times are nanoseconds of the epoch, `since` counts, `before` does not.
    """

    pattern: str = ""
    sha256: str = ""
    set_id: str | None = None
    larger: int | None = None
    smaller: int | None = None
    since: int | None = None
    before: int | None = None
    limit: int = 50


class KnownCopy(msgspec.Struct, frozen=True):
    """A burnt disc that was verified: its number, and where it is kept, if that was said."""

    number: int
    place: str


class OnDisc(msgspec.Struct, frozen=True, kw_only=True):
    """A file, or a part of one, on one disc of its set's `of`.

    `images`: files and folders with the disc in them that were read back; `copies`: those that were
    burnt and verified, by what the user calls them: number, and place if that is known.
    """

    number: int
    of: int
    volume_id: str
    title: str
    medium: str
    part: int
    size: int
    sha256: str
    images: tuple[str, ...]
    copies: tuple[KnownCopy, ...]


class FoundFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a set; `size` in bytes, `parts` that it was cut into, `discs` that it lies on."""

    path: str
    size: int
    mtime_ns: int
    parts: int
    set_id: str
    set_title: str
    set_created: str
    discs: tuple[OnDisc, ...]


_Verified = tuple[tuple[str, ...], tuple[KnownCopy, ...]]


class SearchResult(msgspec.Struct, frozen=True):
    """What a search found; `more`: there is more than the limit."""

    files: tuple[FoundFile, ...]
    more: bool


class FileSearch:
    """Finds files of all sets in a library."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def find(self, query: FileQuery) -> SearchResult:
        """The first files that the query fits, those of the newest sets first."""
        found: dict[tuple[int, int], FoundFile] = {}
        known: dict[tuple[str, int], _Verified] = {}
        for key in self._keys(query):
            if key in found:
                continue
            file = self._file(*key, known)
            if _fits(file, query):
                if len(found) == query.limit:
                    return SearchResult(_ordered(found.values()), more=True)
                found[key] = file
        return SearchResult(_ordered(found.values()), more=False)

    def find_unless(self, stop: Callable[[], bool], query: FileQuery) -> SearchResult | None:
        """What `find` does, unless `stop`, which is asked now and then, says so first."""
        self._db.set_progress_handler(stop, _STEPS_BETWEEN)
        try:
            return self.find(query)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
                raise
            return None
        finally:
            self._db.set_progress_handler(None, 0)

    def _keys(self, query: FileQuery) -> Iterator[tuple[int, int]]:
        """Folder and name of files that may fit; some come more than once."""
        filters, values = _filters(query)
        for route, place in self._ways(query):
            conditions = (route.condition, *_conditions(place), *filters)
            where = " AND ".join(filter(None, conditions)) or "true"
            yield from self._db.execute(
                " ".join((_KEYS, route.tables, "WHERE", where, "ORDER BY", route.order)),
                (*route.values, *place.name.values, *place.folder.values, *values),
            )

    def _ways(self, query: FileQuery) -> Iterator[tuple[Route, Place]]:
        """All ways to files that fit, and what they must fulfil beside."""
        for place in places(query.pattern):
            if query.sha256:
                yield route_by_hash(query.sha256), place
            else:
                yield best_route(self._db, place, query.set_id), place
        if is_hash(query.pattern) and not query.sha256:
            yield route_by_hash(query.pattern), Place()

    def _file(self, folder: int, name: int, discs: dict[tuple[str, int], _Verified]) -> FoundFile:
        """The file; `discs` keeps what is known of them for the next."""
        set_id, set_title, created, path, of = self._db.execute(_WHOSE, (name, folder)).fetchone()
        on_discs = []
        whole: dict[int, int] = {}
        mtime_ns, parts = 0, 1
        for row in self._db.execute(_ON_DISCS, (folder, name)):
            number, part, parts, size, mtime_ns, sha256, volume_id, title, medium = row
            if (set_id, number) not in discs:
                discs[set_id, number] = self._copies(set_id, number)
            images, copies = discs[set_id, number]
            whole[part] = size
            on_discs.append(
                OnDisc(
                    number=number,
                    of=of,
                    volume_id=volume_id,
                    title=title,
                    medium=medium,
                    part=part,
                    size=size,
                    sha256=sha256,
                    images=images,
                    copies=copies,
                )
            )
        return FoundFile(
            path=unescape(path),
            size=sum(whole.values()),
            mtime_ns=mtime_ns,
            parts=parts,
            set_id=set_id,
            set_title=set_title,
            set_created=created,
            discs=tuple(on_discs),
        )

    def _copies(self, set_id: str, disc: int) -> _Verified:
        """Where images of the disc are that were read back, and what burnt ones there are."""
        images = self._db.execute(
            "SELECT place FROM images WHERE set_id = ? AND disc = ? AND state = 'verified'"
            " ORDER BY id",
            (set_id, disc),
        ).fetchall()
        copies = self._db.execute(
            "SELECT number, place FROM copies"
            " WHERE set_id = ? AND disc = ? AND state = ? AND lost = '' ORDER BY number",
            (set_id, disc, VERIFIED),
        ).fetchall()
        return (
            tuple(unescape(place) for (place,) in images),
            tuple(KnownCopy(number, unescape(place)) for number, place in copies),
        )


def _conditions(place: Place) -> Iterator[str]:
    yield place.name.sql.format("names.text")
    yield place.folder.sql.format("folders.text")


def _filters(query: FileQuery) -> tuple[list[str], list[object]]:
    """SQL that all files fulfil which fit, and values for it; whole sizes are looked at later."""
    sets = {"folders.set_id = ?": query.set_id}
    entries = {
        "(size > ? OR parts > 1)": query.larger,
        "(size < ? OR parts > 1)": query.smaller,
        "mtime_ns >= ?": query.since,
        "mtime_ns < ?": query.before,
    }
    given = [sql for sql, value in sets.items() if value is not None]
    of_entries = [sql for sql, value in entries.items() if value is not None]
    if of_entries:
        given.append(f"EXISTS ({' AND '.join((_ENTRY, *of_entries))})")
    values = [*sets.values(), *entries.values()]
    return given, [value for value in values if value is not None]


def _fits(file: FoundFile, query: FileQuery) -> bool:
    return (query.larger is None or file.size > query.larger) and (
        query.smaller is None or file.size < query.smaller
    )


def _ordered(files: Iterable[FoundFile]) -> tuple[FoundFile, ...]:
    by_path = sorted(files, key=lambda file: file.path)
    return tuple(sorted(by_path, key=lambda file: (file.set_created, file.set_id), reverse=True))
