"""Puts the files of sets into the library and takes them out.

Each name, and each folder of a set, is stored and indexed once, however many files have it. What is
filed goes into each table in the order of that: pages are written once, not once for each row.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module

from msgspec.structs import replace

from spanner.catalog.escaping import escape
from spanner.catalog.reader import DiscInfo
from spanner.errors import UsageError
from spanner.library.database import records
from spanner.library.search.folding import folded_apart
from spanner.library.staging import StagedFile, head, split, stage, unstage
from spanner.model.plan import SetInfo

_CACHES = {"main.cache_size": -(64 << 10), "temp.cache_size": -(32 << 10)}  # negative: kibibytes

_NEW_FOLDERS = """
INSERT INTO folders (set_id, path, folded)
SELECT ?, path, folded_apart(path) FROM staged_folders ORDER BY path
"""
_NEW_NAMES = """
INSERT OR IGNORE INTO names (name, folded)
SELECT name, CASE WHEN name GLOB '*[^ -~]*' THEN folded_apart(name) END FROM staged
"""
_KNOWN_FOLDERS = """
UPDATE staged_folders
SET id = (SELECT id FROM folders WHERE set_id = ? AND folders.path = staged_folders.path)
"""
_PLACED = """
CREATE TEMP TABLE placed AS SELECT staged_folders.id AS folder, names.id AS name, part, disc, parts,
    size, mtime_ns, sha256, head
FROM staged CROSS JOIN staged_folders ON staged_folders.key = staged.folder
CROSS JOIN names ON names.name = staged.name
"""
_ENTRIES = """
INSERT INTO entries (folder, name, part, disc, parts, size, mtime_ns, sha256)
SELECT folder, name, part, disc, parts, size, mtime_ns, sha256 FROM placed ORDER BY 1, 2, 3, 4
"""
_USES = "INSERT OR IGNORE INTO uses SELECT name, folder FROM placed ORDER BY 1, 2"
_HASHES = """
INSERT OR IGNORE INTO hashes
SELECT head, folder, name FROM placed WHERE head IS NOT NULL ORDER BY 1, 2, 3
"""
_AGREEING = """
SELECT count(*) FROM placed CROSS JOIN entries
ON entries.folder = placed.folder AND entries.name = placed.name AND entries.part = placed.part
AND entries.disc = placed.disc
WHERE (entries.parts, entries.size, entries.mtime_ns) = (placed.parts, placed.size, placed.mtime_ns)
AND coalesce(entries.sha256 = placed.sha256, true)
"""
_COMPLETE = """
UPDATE entries SET sha256 = placed.sha256 FROM placed
WHERE entries.folder = placed.folder AND entries.name = placed.name
AND entries.part = placed.part AND entries.disc = placed.disc AND placed.sha256 IS NOT NULL
"""
_LEARN = """
UPDATE entries SET sha256 = ? WHERE folder = (SELECT id FROM folders WHERE set_id = ? AND path = ?)
AND name = (SELECT id FROM names WHERE name = ?) AND part = ? AND disc = ?
"""
_LEARN_HASH = """
INSERT OR IGNORE INTO hashes SELECT ?, folders.id, names.id FROM folders, names
WHERE set_id = ? AND path = ? AND name = ?
"""
_COUNT_DISCS = """
UPDATE discs SET files = new.files, bytes = new.bytes, hashed = new.hashed FROM (
    SELECT disc, count(*) AS files, sum(size) AS bytes, count(sha256) AS hashed
    FROM folders CROSS JOIN entries ON folder = folders.id WHERE set_id = :id GROUP BY disc
) AS new WHERE discs.set_id = :id AND discs.number = new.disc
"""
_COUNT_SET = """
UPDATE sets SET files = new.files, bytes = new.bytes FROM (
    SELECT count(*) FILTER (WHERE part = 1) AS files, coalesce(sum(size), 0) AS bytes FROM (
        SELECT DISTINCT folder, name, part, size
        FROM folders CROSS JOIN entries ON folder = folders.id WHERE set_id = :id
    )
) AS new WHERE sets.id = :id
"""
_GONE = """
CREATE TEMP TABLE gone AS SELECT DISTINCT name, folder, head_of(sha256) AS head
FROM folders CROSS JOIN entries ON folder = folders.id WHERE set_id = ?
"""
_FORGET = (
    """
    INSERT INTO folder_pieces (folder_pieces, rowid, text)
    SELECT 'delete', id, text FROM folders WHERE set_id = ?
    """,
    "DELETE FROM sets WHERE id = ?",
)
_CLEAN = (
    "DELETE FROM hashes WHERE (head, folder, name) IN (SELECT head, folder, name FROM gone)",
    "DELETE FROM uses WHERE (name, folder) IN (SELECT name, folder FROM gone)",
    """
    CREATE TEMP TABLE unused AS SELECT DISTINCT name AS id FROM gone
    WHERE NOT EXISTS (SELECT 1 FROM uses WHERE uses.name = gone.name)
    """,
    """
    INSERT INTO name_pieces (name_pieces, rowid, text)
    SELECT 'delete', id, text FROM names WHERE id IN unused
    """,
    "DELETE FROM names WHERE id IN unused",
    "DROP TABLE unused",
    "DROP TABLE gone",
)


class Filing:
    """The files in a library, as they come and go.

    All but `staged` is done in transactions of the caller's.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        db.create_function("folded_apart", 1, folded_apart, deterministic=True)
        db.create_function("head_of", 1, _head_of, deterministic=True)

    @contextmanager
    def staged(self, rows: Iterable[StagedFile]) -> Iterator[None]:
        """Hold the rows of a set ready for `record`, in temporary tables (`staging`)."""
        usual = {cache: self._db.execute(f"PRAGMA {cache}").fetchone()[0] for cache in _CACHES}
        self._set(_CACHES)
        try:
            stage(self._db, rows)
            self._db.commit()
            yield
        finally:
            self._db.rollback()
            unstage(self._db)
            self._set(usual)

    def staged_totals(self) -> dict[int, tuple[int, int]]:
        """Files and bytes of the staged rows, by disc."""
        rows = self._db.execute("SELECT disc, count(*), sum(size) FROM staged GROUP BY disc")
        return {disc: (files, size) for disc, files, size in rows}

    def record(self, info: SetInfo, discs: Sequence[DiscInfo]) -> bool:
        """Record a set with the staged rows; of one that is known, the hashes among them.

        True: the set was not known.

        Raises:
            UsageError: the library has another set of that id.
            sqlite3.IntegrityError: a row is there twice.
        """
        known = self.discs(info.id)
        if known:
            if known != [replace(disc, parity=0) for disc in discs] or not self._complete(info.id):
                raise UsageError(f"the library has another set with the id {info.id}")
            return False
        self._db.execute(
            "INSERT INTO sets (id, title, created, files, bytes) VALUES (?, ?, ?, 0, 0)",
            (info.id, info.title, info.created),
        )
        self._db.executemany(
            "INSERT INTO discs (set_id, number, volume_id, title, medium, files, bytes, hashed)"
            " VALUES (?, ?, ?, ?, ?, 0, 0, 0)",
            ((info.id, each.number, each.volume_id, each.title, each.medium) for each in discs),
        )
        self.file(info.id)
        return True

    def set_sectors(self, set_id: str, disc: int, sectors: int) -> None:
        """Record how many sectors the disc's image has, where that was not known."""
        self._db.execute(
            "UPDATE discs SET sectors = ? WHERE set_id = ? AND number = ? AND sectors IS NULL",
            (sectors, set_id, disc),
        )

    def file(self, set_id: str) -> None:
        """File the staged rows as those of a set that has none yet."""
        (last,) = self._db.execute("SELECT coalesce(max(id), 0) FROM names").fetchone()
        self._db.execute(_NEW_FOLDERS, (set_id,))
        self._db.execute(_NEW_NAMES)
        # Loaded only here, as numpy takes its time: whoever searches shall not wait for it.
        indexing = import_module("spanner.library.search.indexing")
        indexing.index_names(self._db, last)
        indexing.index_folders(self._db, set_id)
        with self._placed(set_id):
            for table in (_ENTRIES, _USES, _HASHES):
                self._db.execute(table)
        self._db.execute(_COUNT_DISCS, {"id": set_id})
        self._db.execute(_COUNT_SET, {"id": set_id})

    def learn(self, set_id: str, disc: int, hashes: Iterable[tuple[str, int, str]]) -> None:
        """Record the hashes of a disc's files: path (not escaped), part, SHA-256."""
        known = [(*split(escape(path)), part, digest) for path, part, digest in hashes]
        self._db.executemany(
            _LEARN,
            (
                (bytes.fromhex(digest), set_id, folder, name, part, disc)
                for folder, name, part, digest in known
            ),
        )
        self._db.executemany(
            _LEARN_HASH,
            ((head(digest), set_id, folder, name) for folder, name, _, digest in known),
        )
        self._db.execute(_COUNT_DISCS, {"id": set_id})

    def forget(self, set_id: str) -> None:
        """Remove a set, and the names that no other has."""
        for statement in (_GONE, *_FORGET):
            self._db.execute(statement, (set_id,))
        for statement in _CLEAN:
            self._db.execute(statement)

    def discs(self, set_id: str) -> list[DiscInfo]:
        """The set's discs; none if it is not known."""
        rows = self._db.execute(
            "SELECT number, volume_id, title, medium, files, bytes FROM discs WHERE set_id = ?"
            " ORDER BY number",
            (set_id,),
        )
        return list(records(DiscInfo, rows))

    def _complete(self, set_id: str) -> bool:
        """Take the hashes among the staged rows; False if these are not the set's rows."""
        with self._placed(set_id):
            (staged,) = self._db.execute("SELECT count(*) FROM staged").fetchone()
            (agreeing,) = self._db.execute(_AGREEING).fetchone()
            if staged != agreeing:
                return False
            self._db.execute(_COMPLETE)
            self._db.execute(_HASHES)
        self._db.execute(_COUNT_DISCS, {"id": set_id})
        return True

    @contextmanager
    def _placed(self, set_id: str) -> Iterator[None]:
        """Have the staged rows in `placed`, with the ids of their folders and names."""
        self._db.execute(_KNOWN_FOLDERS, (set_id,))
        self._db.execute(_PLACED)
        yield
        self._db.execute("DROP TABLE placed")

    def _set(self, caches: dict[str, int]) -> None:
        for cache, size in caches.items():
            self._db.execute(f"PRAGMA {cache} = {size}")


def _head_of(sha256: bytes | None) -> int | None:
    return head(sha256.hex()) if sha256 else None
