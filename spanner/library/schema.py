"""The library's tables, and how a library of an earlier version gets those of this one."""

import sqlite3

from spanner.errors import UsageError

_FIRST = """
CREATE TABLE sets (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    created TEXT NOT NULL,
    fingerprint TEXT NOT NULL,      -- of the plan without id and date
    plan BLOB NOT NULL              -- PLAN.json, zlib
) STRICT;
CREATE INDEX sets_by_fingerprint ON sets (fingerprint);
CREATE TABLE discs (
    set_id TEXT NOT NULL REFERENCES sets ON DELETE CASCADE,
    number INTEGER NOT NULL,
    volume_id TEXT NOT NULL,
    title TEXT NOT NULL,
    medium TEXT NOT NULL,
    sectors INTEGER NOT NULL,
    PRIMARY KEY (set_id, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE files (
    set_id TEXT NOT NULL,
    disc INTEGER NOT NULL,
    path TEXT NOT NULL,             -- SESSION/..., escaped
    part INTEGER NOT NULL,
    parts INTEGER NOT NULL,
    size INTEGER NOT NULL,          -- bytes of this part
    mtime_ns INTEGER NOT NULL,
    sha256 TEXT,                    -- known once the disc was written
    PRIMARY KEY (set_id, disc, path, part),
    FOREIGN KEY (set_id, disc) REFERENCES discs ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE TABLE images (
    id INTEGER PRIMARY KEY,
    set_id TEXT NOT NULL,
    disc INTEGER NOT NULL,
    place TEXT NOT NULL,            -- the file or drive that it was written to
    sha256 TEXT NOT NULL,
    sectors INTEGER NOT NULL,
    verified TEXT NOT NULL,         -- when it was read back and was right, UTC
    UNIQUE (set_id, disc, place),
    FOREIGN KEY (set_id, disc) REFERENCES discs ON DELETE CASCADE
) STRICT;
CREATE TABLE checks (
    id INTEGER PRIMARY KEY,
    set_id TEXT NOT NULL,
    disc INTEGER NOT NULL,
    place TEXT NOT NULL,
    checked TEXT NOT NULL,          -- UTC
    good INTEGER NOT NULL,
    remark TEXT NOT NULL,
    FOREIGN KEY (set_id, disc) REFERENCES discs ON DELETE CASCADE
) STRICT;
"""
_COPIES = """
CREATE TABLE copies (               -- discs that were burnt, or tried to be
    id INTEGER PRIMARY KEY,
    set_id TEXT,                    -- NULL: an image of no set in this library
    disc INTEGER,
    image TEXT NOT NULL,            -- what identifies the image
    volume_id TEXT NOT NULL,
    sectors INTEGER NOT NULL,
    drive TEXT NOT NULL,            -- the device's node
    medium TEXT NOT NULL,           -- the disc's type
    state TEXT NOT NULL CHECK (state IN ('burning', 'burnt', 'verified', 'spoilt')),
    sha256 TEXT NOT NULL,           -- of what was sent, empty before all was
    started TEXT NOT NULL,          -- UTC
    changed TEXT NOT NULL,          -- when the state was reached, UTC
    remark TEXT NOT NULL,
    FOREIGN KEY (set_id, disc) REFERENCES discs ON DELETE CASCADE
) STRICT;
CREATE INDEX copies_by_image ON copies (image);
CREATE INDEX copies_by_disc ON copies (set_id, disc);
"""
_STEPS = (_FIRST, _COPIES)
"""What makes each version of the one before; the first of an empty file."""


def prepare(db: sqlite3.Connection, name: str) -> None:
    """Make the tables that are not there.

    Raises:
        UsageError: it is another program's, or a later version's.
    """
    latest = len(_STEPS)
    if _version(db) == latest:
        return
    # Two processes may make them at once: the second waits here, then sees that they are there.
    db.execute("BEGIN IMMEDIATE")
    version = _version(db)
    foreign = not version and db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if foreign or not 0 <= version <= latest:
        raise UsageError(f"{name} is no library that this version can use (version {version})")
    for step in _STEPS[version:]:
        for statement in step.split(";"):
            db.execute(statement)
    db.execute(f"PRAGMA user_version = {latest}")
    db.commit()


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])
