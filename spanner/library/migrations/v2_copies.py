"""Version 2: burnt copies.

Frozen: what an old library becomes must not change with the code of the present one.
"""

import sqlite3

_SQL = """
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
CREATE INDEX copies_by_disc ON copies (set_id, disc)
"""


def migrate(db: sqlite3.Connection) -> None:
    """Make version 2 of version 1, within a transaction of the caller's."""
    for statement in _SQL.split(";\n"):
        db.execute(statement)
