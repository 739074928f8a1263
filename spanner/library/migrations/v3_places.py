"""Version 3: numbers and places of copies, what each check was of, the sessions of each set.

Frozen: what an old library becomes must not change with the code of the present one.

Until then a check said where, not what it was of: the disc, when one copy alone could have been in
the drive; the image, when it lay there. Writing and burning become checks, and the last check of
each copy and image says what state that is in.
"""

import sqlite3

_SQL = """
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
) STRICT, WITHOUT ROWID
"""


def migrate(db: sqlite3.Connection) -> None:
    """Make version 3 of version 2, within a transaction of the caller's."""
    for statement in _SQL.split(";\n"):
        db.execute(statement)
