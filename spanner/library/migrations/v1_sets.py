"""Version 1: sets, their discs and files, the images made of these and the checks of them.

Frozen: it says what a library of this version is, whatever the present one is.
"""

import sqlite3

_SQL = """
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
) STRICT
"""


def migrate(db: sqlite3.Connection) -> None:
    """Make the tables of version 1 in an empty database, within a transaction of the caller's."""
    for statement in _SQL.split(";\n"):
        db.execute(statement)
