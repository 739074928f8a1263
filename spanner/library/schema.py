"""The library's tables, and how a library of an earlier version gets those of this one."""

import sqlite3
from collections.abc import Callable

from spanner.errors import UsageError
from spanner.library.searchable import make_searchable

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
_PLACES = """
ALTER TABLE copies ADD COLUMN number INTEGER NOT NULL DEFAULT 0;
ALTER TABLE copies ADD COLUMN place TEXT NOT NULL DEFAULT '';
ALTER TABLE copies ADD COLUMN verified TEXT NOT NULL DEFAULT '';
ALTER TABLE copies ADD COLUMN lost TEXT NOT NULL DEFAULT '';
UPDATE copies SET verified = changed WHERE state = 'verified';
UPDATE copies SET number = (
    SELECT count(*) FROM copies AS earlier WHERE earlier.image = copies.image
    AND earlier.id <= copies.id AND earlier.state IN ('burnt', 'verified')
) WHERE state IN ('burnt', 'verified');
ALTER TABLE images ADD COLUMN kind TEXT NOT NULL DEFAULT 'file' CHECK (kind IN ('file', 'folder'));
ALTER TABLE images ADD COLUMN state TEXT NOT NULL DEFAULT 'verified'
    CHECK (state IN ('verified', 'failing'));
ALTER TABLE images ADD COLUMN remark TEXT NOT NULL DEFAULT '';
ALTER TABLE images ADD COLUMN kept TEXT NOT NULL DEFAULT '';
ALTER TABLE checks ADD COLUMN kind TEXT NOT NULL DEFAULT 'file';
ALTER TABLE checks ADD COLUMN how TEXT NOT NULL DEFAULT 'verify';
ALTER TABLE checks ADD COLUMN bad TEXT NOT NULL DEFAULT '';
ALTER TABLE checks ADD COLUMN copy INTEGER REFERENCES copies ON DELETE CASCADE;
ALTER TABLE checks ADD COLUMN image INTEGER REFERENCES images ON DELETE SET NULL;
CREATE INDEX checks_by_disc ON checks (set_id, disc);
CREATE INDEX checks_by_copy ON checks (copy);
CREATE INDEX checks_by_image ON checks (image);
CREATE INDEX checks_without_copy ON checks (id) WHERE kind = 'disc' AND copy IS NULL AND NOT good;
CREATE INDEX discs_by_volume_id ON discs (volume_id);
UPDATE checks SET kind = 'disc' WHERE place LIKE '/dev/%';
UPDATE checks SET copy = (
    SELECT min(id) FROM copies WHERE copies.set_id = checks.set_id AND copies.disc = checks.disc
    AND copies.number > 0 HAVING count(*) = 1
) WHERE kind = 'disc';
UPDATE checks SET image = (
    SELECT id FROM images WHERE images.set_id = checks.set_id AND images.disc = checks.disc
    AND (images.place = checks.place
         OR substr(images.place, -length(checks.place) - 1) = '/' || checks.place)
) WHERE kind = 'file';
INSERT INTO checks (set_id, disc, place, checked, good, remark, kind, how, copy)
    SELECT set_id, disc, drive, verified, 1, '', 'disc', 'burn', id FROM copies
    WHERE state = 'verified' AND set_id IS NOT NULL;
INSERT INTO checks (set_id, disc, place, checked, good, remark, how, image)
    SELECT set_id, disc, place, verified, 1, '', 'write', id FROM images;
UPDATE images SET state = 'failing', remark = last.remark FROM (
    SELECT image, remark, good, max(checked) FROM checks WHERE image IS NOT NULL GROUP BY image
) AS last WHERE last.image = images.id AND NOT last.good;
UPDATE images SET verified = last.checked FROM (
    SELECT image, max(checked) AS checked FROM checks WHERE good GROUP BY image
) AS last WHERE last.image = images.id;
UPDATE copies SET state = 'spoilt', remark = last.remark, changed = last.checked FROM (
    SELECT copy, remark, good, max(checked) AS checked FROM checks
    WHERE copy IS NOT NULL GROUP BY copy
) AS last WHERE last.copy = copies.id AND NOT last.good AND state = 'verified';
UPDATE copies SET verified = last.checked FROM (
    SELECT copy, max(checked) AS checked FROM checks WHERE good GROUP BY copy
) AS last WHERE last.copy = copies.id;
CREATE TABLE sessions (             -- the sources of a set, read from its plan
    set_id TEXT NOT NULL REFERENCES sets ON DELETE CASCADE,
    name TEXT NOT NULL,             -- escaped, the first component of its paths
    path TEXT NOT NULL,             -- escaped, where it lay
    missing INTEGER NOT NULL,       -- media that were missing when it was archived
    unread INTEGER NOT NULL,        -- sessions in it that could not be read
    PRIMARY KEY (set_id, name)
) STRICT, WITHOUT ROWID;
"""
"""Numbers and places of copies, and what each check was of.

`copies.number` is what a user writes on the disc, 0 where it never was good; `place` is where the
disc is kept, `verified` when it last was found good, `lost` when it was given up. `images` are
files, or folders that a disc was copied to; `state` is what the last check said, `kept` where the
drive is on which they lie, if that was said. `checks.kind` is disc, file, folder or other, `how`
is write, burn, verify or restore, `bad` all that was found, a line each; `copy` is NULL where it
is not known which of several discs alike was checked.
"""
_STEPS: tuple[str | Callable[[sqlite3.Connection], None], ...] = (
    _FIRST,
    _COPIES,
    _PLACES,
    make_searchable,
)
"""What makes each version of the one before; the first of an empty file."""


def prepare(db: sqlite3.Connection, name: str) -> None:
    """Make the tables that are not there. Foreign keys must be off: tables are replaced.

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
        if callable(step):
            step(db)
            continue
        for statement in step.split(";"):
            db.execute(statement)
    db.execute(f"PRAGMA user_version = {latest}")
    db.commit()


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])
