"""Version 4 of the tables: files can be searched, sets need no plan, discs know what is on them.

`name_pieces` and `folder_pieces` index the texts that `folding` describes, by pieces of three
letters; they keep neither the texts nor where in them the pieces are, which the search looks up.
"""

import sqlite3

from spanner.library.database import records
from spanner.library.filing import Filing
from spanner.library.staging import StagedFile, stage, unstage

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


def make_searchable(db: sqlite3.Connection) -> None:
    """Make the tables of version 4 from those of version 3, with what is in them."""
    for statement in _TABLES.split(";\n"):
        db.execute(statement)
    filing = Filing(db)
    for (set_id,) in db.execute("SELECT id FROM sets").fetchall():
        rows = db.execute(
            "SELECT path, disc, part, parts, size, mtime_ns, coalesce(sha256, '') AS sha256"
            " FROM old_files WHERE set_id = ?",
            (set_id,),
        )
        stage(db, records(StagedFile, rows))
        filing.file(set_id)
        unstage(db)
    db.execute("DROP TABLE old_files")
