"""Holds the files of a set ready, in temporary tables, before the library takes them.

To read a large catalog takes longer than to file it: nobody who uses the library waits for that.
"""

import sqlite3
from collections.abc import Iterable, Iterator

import msgspec

_LATEST = (1 << 63) - 1  # nanoseconds that SQLite can hold: the year 2262
_HEAD = 12  # digits of a hash that are indexed

_TABLES = (
    "CREATE TEMP TABLE staged_folders (key INTEGER PRIMARY KEY, path TEXT, id INTEGER)",
    """
    CREATE TEMP TABLE incoming (folder INTEGER, name TEXT, part INTEGER, disc INTEGER,
        parts INTEGER, size INTEGER, mtime_ns INTEGER, sha256 BLOB, head INTEGER)
    """,
)
_LEFT = ("incoming", "staged", "staged_folders")


class StagedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file, or a part of one, on a disc; `path` is escaped, `sha256` hex or empty."""

    path: str
    disc: int
    part: int
    parts: int
    size: int
    mtime_ns: int
    sha256: str


def stage(db: sqlite3.Connection, rows: Iterable[StagedFile]) -> None:
    """Make `staged`, with the rows in the order of their names, and `staged_folders`."""
    for table in _TABLES:
        db.execute(table)
    folders: dict[str, int] = {}
    db.executemany(
        "INSERT INTO incoming VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", _values(rows, folders)
    )
    db.executemany("INSERT INTO staged_folders (path, key) VALUES (?, ?)", folders.items())
    db.execute("CREATE TEMP TABLE staged AS SELECT * FROM incoming ORDER BY name")
    db.execute("DROP TABLE incoming")


def unstage(db: sqlite3.Connection) -> None:
    """Drop the temporary tables."""
    for table in _LEFT:
        db.execute(f"DROP TABLE IF EXISTS temp.{table}")


def split(path: str) -> tuple[str, str]:
    """The folder, which ends with `/` unless it is empty, and the name."""
    folder, slash, name = path.rpartition("/")
    return folder + slash, name


def head(sha256: str) -> int:
    """What stands for a hash in the index of hashes; for the beginning of one, the first that is.

    `head(digits + "f" * 64)` is the last.
    """
    return int(sha256[:_HEAD].ljust(_HEAD, "0"), 16)


def _values(rows: Iterable[StagedFile], folders: dict[str, int]) -> Iterator[tuple[object, ...]]:
    for row in rows:
        folder, name = split(row.path)
        mtime_ns, sha256 = row.mtime_ns, row.sha256
        if not -_LATEST <= mtime_ns <= _LATEST:
            mtime_ns = _LATEST if mtime_ns > 0 else -_LATEST
        yield (
            folders.setdefault(folder, len(folders)),
            name,
            row.part,
            row.disc,
            row.parts,
            row.size,
            mtime_ns,
            bytes.fromhex(sha256) if sha256 else None,
            int(sha256[:_HEAD], 16) if sha256 else None,
        )
