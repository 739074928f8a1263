"""Version 4: files can be searched, sets need no plan, discs know what is on them.

Frozen: what an old library becomes must not change with the code of the present one.

Each name, and each folder of a set, is stored once. Both are compared without case and in one
Unicode form, and found by pieces of three letters: a name has a `/` before it and two behind it, a
folder (which ends with one) one on each side.
"""

import sqlite3
from collections import Counter
from unicodedata import normalize

_TABLES = """
ALTER TABLE files RENAME TO old_files;
CREATE TABLE new_sets (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    created TEXT NOT NULL,
    fingerprint TEXT,               -- of the plan without id and date
    plan BLOB,                      -- PLAN.json, zlib; NULL: imported from discs
    files INTEGER NOT NULL,
    bytes INTEGER NOT NULL
) STRICT;
INSERT INTO new_sets SELECT id, title, created, fingerprint, plan, 0, 0 FROM sets ORDER BY rowid;
DROP TABLE sets;
ALTER TABLE new_sets RENAME TO sets;
CREATE INDEX sets_by_fingerprint ON sets (fingerprint);
CREATE TABLE new_discs (
    set_id TEXT NOT NULL REFERENCES sets ON DELETE CASCADE,
    number INTEGER NOT NULL,
    volume_id TEXT NOT NULL,
    title TEXT NOT NULL,
    medium TEXT NOT NULL,
    sectors INTEGER,                -- NULL: imported, and the disc itself not seen
    files INTEGER NOT NULL,         -- parts and further names count
    bytes INTEGER NOT NULL,
    hashed INTEGER NOT NULL,        -- of the files
    PRIMARY KEY (set_id, number)
) STRICT, WITHOUT ROWID;
INSERT INTO new_discs
SELECT set_id, number, volume_id, title, medium, sectors, 0, 0, 0 FROM discs;
DROP TABLE discs;
ALTER TABLE new_discs RENAME TO discs;
CREATE INDEX discs_by_volume_id ON discs (volume_id);
CREATE TABLE names (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,      -- escaped
    folded TEXT,                    -- as it is compared, NULL where that is lower(name)
    text TEXT AS ('/' || coalesce(folded, lower(name)) || '//')
) STRICT;
CREATE TABLE folders (
    id INTEGER PRIMARY KEY,
    set_id TEXT NOT NULL REFERENCES sets ON DELETE CASCADE,
    path TEXT NOT NULL,             -- SESSION/.../, escaped; empty for what is in no folder
    folded TEXT,
    text TEXT AS ('/' || coalesce(folded, lower(path)) || '/'),
    UNIQUE (set_id, path)
) STRICT;
CREATE TABLE entries (
    folder INTEGER NOT NULL REFERENCES folders ON DELETE CASCADE,
    name INTEGER NOT NULL,          -- of names
    part INTEGER NOT NULL,
    disc INTEGER NOT NULL,
    parts INTEGER NOT NULL,
    size INTEGER NOT NULL,          -- bytes of this part
    mtime_ns INTEGER NOT NULL,
    sha256 BLOB,                    -- known once the disc was written or imported
    PRIMARY KEY (folder, name, part, disc)
) STRICT, WITHOUT ROWID;
CREATE TABLE uses (                 -- which folders have files of a name
    name INTEGER NOT NULL REFERENCES names,
    folder INTEGER NOT NULL,
    PRIMARY KEY (name, folder)
) STRICT, WITHOUT ROWID;
CREATE TABLE hashes (               -- which files have, or had, a hash
    head INTEGER NOT NULL,          -- its first 12 digits
    folder INTEGER NOT NULL,
    name INTEGER NOT NULL,
    PRIMARY KEY (head, folder, name)
) STRICT, WITHOUT ROWID;
CREATE VIRTUAL TABLE name_pieces USING fts5 (
    text, content = '', detail = none, columnsize = 0, tokenize = 'trigram case_sensitive 1'
);
CREATE VIRTUAL TABLE folder_pieces USING fts5 (
    text, content = '', detail = none, columnsize = 0, tokenize = 'trigram case_sensitive 1'
);
INSERT INTO name_pieces (name_pieces, rank) VALUES ('hashsize', 16777216);
INSERT INTO folder_pieces (folder_pieces, rank) VALUES ('hashsize', 16777216);
CREATE TABLE pieces (               -- how often each was filed, in all
    kind TEXT NOT NULL,             -- name or folder
    piece TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (kind, piece)
) STRICT, WITHOUT ROWID;
CREATE VIEW files AS
SELECT folders.set_id, entries.disc, folders.path || names.name AS path, entries.part,
    entries.parts, entries.size, entries.mtime_ns, nullif(lower(hex(entries.sha256)), '') AS sha256
FROM folders JOIN entries ON entries.folder = folders.id JOIN names ON names.id = entries.name
"""
_FILE_SET = (
    """
    CREATE TEMP TABLE staged AS
    SELECT rtrim(path, replace(path, '/', '')) AS folder, disc, part, parts, size, mtime_ns,
        substr(path, length(rtrim(path, replace(path, '/', ''))) + 1) AS name,
        v4_bytes(sha256) AS sha256, v4_head(sha256) AS head
    FROM old_files WHERE set_id = :id ORDER BY name
    """,
    """
    INSERT INTO folders (set_id, path, folded)
    SELECT :id, folder, v4_folded(folder) FROM (SELECT DISTINCT folder FROM staged ORDER BY 1)
    """,
    "INSERT OR IGNORE INTO names (name, folded) SELECT name, v4_folded(name) FROM staged",
    """
    CREATE TEMP TABLE placed AS
    SELECT folders.id AS folder, names.id AS name, part, disc, parts, size, mtime_ns, sha256, head
    FROM staged CROSS JOIN folders ON folders.set_id = :id AND folders.path = staged.folder
    CROSS JOIN names ON names.name = staged.name
    """,
    """
    INSERT INTO entries (folder, name, part, disc, parts, size, mtime_ns, sha256)
    SELECT folder, name, part, disc, parts, size, mtime_ns, sha256 FROM placed ORDER BY 1, 2, 3, 4
    """,
    "INSERT OR IGNORE INTO uses SELECT name, folder FROM placed ORDER BY 1, 2",
    """
    INSERT OR IGNORE INTO hashes
    SELECT head, folder, name FROM placed WHERE head IS NOT NULL ORDER BY 1, 2, 3
    """,
    """
    UPDATE discs SET files = new.files, bytes = new.bytes, hashed = new.hashed FROM (
        SELECT disc, count(*) AS files, sum(size) AS bytes, count(sha256) AS hashed
        FROM placed GROUP BY disc
    ) AS new WHERE set_id = :id AND number = new.disc
    """,
    """
    UPDATE sets SET files = new.files, bytes = new.bytes FROM (
        SELECT count(*) FILTER (WHERE part = 1) AS files, coalesce(sum(size), 0) AS bytes
        FROM (SELECT DISTINCT folder, name, part, size FROM placed)
    ) AS new WHERE id = :id
    """,
    "DROP TABLE placed",
    "DROP TABLE staged",
)
_INDEX = """
INSERT INTO name_pieces (rowid, text) SELECT id, text FROM names;
INSERT INTO folder_pieces (rowid, text) SELECT id, text FROM folders;
DROP TABLE old_files
"""


def migrate(db: sqlite3.Connection) -> None:
    """Make version 4 of version 3, within a transaction of the caller's."""
    db.create_function("v4_folded", 1, _folded, deterministic=True)
    db.create_function("v4_bytes", 1, _bytes, deterministic=True)
    db.create_function("v4_head", 1, _head, deterministic=True)
    for statement in _TABLES.split(";\n"):
        db.execute(statement)
    for (set_id,) in db.execute("SELECT id FROM sets ORDER BY id").fetchall():
        for statement in _FILE_SET:
            db.execute(statement, {"id": set_id})
    for statement in _INDEX.split(";\n"):
        db.execute(statement)
    _count_pieces(db, "name", "SELECT text FROM names")
    _count_pieces(db, "folder", "SELECT text FROM folders")


def _count_pieces(db: sqlite3.Connection, kind: str, texts: str) -> None:
    counts: Counter[str] = Counter()
    for (text,) in db.execute(texts):
        counts.update(map("".join, zip(text, text[1:], text[2:], strict=False)))
    db.executemany(
        "INSERT INTO pieces VALUES (?, ?, ?)",
        ((kind, piece, count) for piece, count in sorted(counts.items())),
    )


def _folded(name: str) -> str | None:
    """The name as it is compared, None where that is what SQLite's `lower` makes of it."""
    return None if name.isascii() else normalize("NFC", normalize("NFD", name).casefold())


def _bytes(sha256: str | None) -> bytes | None:
    return bytes.fromhex(sha256) if sha256 else None


def _head(sha256: str | None) -> int | None:
    """The first 12 digits of a hash."""
    return int(sha256[:12], 16) if sha256 else None
