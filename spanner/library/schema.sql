-- The library's tables as they are in this version; a new library is made from this text.
-- A library of an earlier version gets them step by step: see the package `migrations`.
-- Paths and places are escaped (`catalog.escaping`); times are UTC, `2026-12-01T04:55:53Z`.

CREATE TABLE sets (                 -- all discs of one archive each
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    created TEXT NOT NULL,
    fingerprint TEXT,               -- of what the plan's discs hold; NULL: imported from discs
    plan BLOB,                      -- PLAN.json, zlib; NULL: imported from discs
    files INTEGER NOT NULL,         -- a file in parts is one, each of its names is one
    bytes INTEGER NOT NULL          -- of these
) STRICT;
CREATE INDEX sets_by_fingerprint ON sets (fingerprint);

CREATE TABLE discs (
    set_id TEXT NOT NULL REFERENCES sets ON DELETE CASCADE,
    number INTEGER NOT NULL,        -- in the set, from 1
    volume_id TEXT NOT NULL,
    title TEXT NOT NULL,
    medium TEXT NOT NULL,           -- the type that it was planned for
    sectors INTEGER,                -- of its image; NULL: imported, and the disc itself not seen
    files INTEGER NOT NULL,         -- parts and further names count
    bytes INTEGER NOT NULL,         -- of these
    hashed INTEGER NOT NULL,        -- those of the files whose hash is known
    PRIMARY KEY (set_id, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX discs_by_volume_id ON discs (volume_id);

CREATE TABLE sessions (             -- the sources of a set, read from its plan
    set_id TEXT NOT NULL REFERENCES sets ON DELETE CASCADE,
    name TEXT NOT NULL,             -- the first component of its paths
    path TEXT NOT NULL,             -- where it lay; empty where that is not known
    missing INTEGER NOT NULL,       -- media that were missing when it was archived
    unread INTEGER NOT NULL,        -- sessions in it that could not be read
    PRIMARY KEY (set_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE names (                -- of files; each once, however many files have it
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    folded TEXT,                    -- as it is compared; NULL where that is lower(name)
    text TEXT AS ('/' || coalesce(folded, lower(name)) || '//')
) STRICT;

CREATE TABLE folders (              -- of a set
    id INTEGER PRIMARY KEY,
    set_id TEXT NOT NULL REFERENCES sets ON DELETE CASCADE,
    path TEXT NOT NULL,             -- SESSION/.../; empty for what is in no folder
    folded TEXT,                    -- as it is compared; NULL where that is lower(path)
    text TEXT AS ('/' || coalesce(folded, lower(path)) || '/'),
    UNIQUE (set_id, path)
) STRICT;

CREATE TABLE entries (              -- files, or parts of files, on discs
    folder INTEGER NOT NULL REFERENCES folders ON DELETE CASCADE,
    name INTEGER NOT NULL,          -- of names
    part INTEGER NOT NULL,          -- from 1
    disc INTEGER NOT NULL,          -- its number in the folder's set
    parts INTEGER NOT NULL,         -- that the file is in; 1 where it is whole
    size INTEGER NOT NULL,          -- bytes of this part
    mtime_ns INTEGER NOT NULL,      -- nanoseconds since 1970
    sha256 BLOB,                    -- of this part, known once the disc was written or imported
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

CREATE VIEW files AS                -- the entries with their paths and hashes in words
SELECT folders.set_id, entries.disc, folders.path || names.name AS path, entries.part,
    entries.parts, entries.size, entries.mtime_ns, nullif(lower(hex(entries.sha256)), '') AS sha256
FROM folders JOIN entries ON entries.folder = folders.id JOIN names ON names.id = entries.name;

-- The columns `text` above by their pieces of three letters. The indexes keep neither the texts nor
-- where in them the pieces are, which the search looks up.
CREATE VIRTUAL TABLE name_pieces USING fts5 (
    text, content = '', detail = none, columnsize = 0, tokenize = 'trigram case_sensitive 1'
);
CREATE VIRTUAL TABLE folder_pieces USING fts5 (
    text, content = '', detail = none, columnsize = 0, tokenize = 'trigram case_sensitive 1'
);
INSERT INTO name_pieces (name_pieces, rank) VALUES ('hashsize', 16777216);
INSERT INTO folder_pieces (folder_pieces, rank) VALUES ('hashsize', 16777216);

CREATE TABLE pieces (               -- how often each was filed: a search begins with the rarest
    kind TEXT NOT NULL,             -- name or folder
    piece TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (kind, piece)
) STRICT, WITHOUT ROWID;

CREATE TABLE images (               -- of discs, in files, and folders that discs were copied to
    id INTEGER PRIMARY KEY,
    set_id TEXT NOT NULL,
    disc INTEGER NOT NULL,
    place TEXT NOT NULL,            -- the path
    sha256 TEXT NOT NULL,           -- of the image, empty for a folder
    sectors INTEGER NOT NULL,
    verified TEXT NOT NULL,         -- when it last was found good
    kind TEXT NOT NULL DEFAULT 'file' CHECK (kind IN ('file', 'folder')),
    state TEXT NOT NULL DEFAULT 'verified'  -- what the last check said
        CHECK (state IN ('verified', 'failing')),
    remark TEXT NOT NULL DEFAULT '',        -- what was wrong
    kept TEXT NOT NULL DEFAULT '',  -- where the drive is on which it lies, if that was said
    UNIQUE (set_id, disc, place),
    FOREIGN KEY (set_id, disc) REFERENCES discs ON DELETE CASCADE
) STRICT;

CREATE TABLE copies (               -- discs that were burnt, or tried to be
    id INTEGER PRIMARY KEY,
    set_id TEXT,                    -- NULL: an image of no set in this library
    disc INTEGER,
    image TEXT NOT NULL,            -- what identifies the image: SET/DISC for a set's
    volume_id TEXT NOT NULL,
    sectors INTEGER NOT NULL,
    drive TEXT NOT NULL,            -- the device's node
    medium TEXT NOT NULL,           -- the disc's type
    state TEXT NOT NULL CHECK (state IN ('burning', 'burnt', 'verified', 'spoilt')),
    sha256 TEXT NOT NULL,           -- of what was sent; empty before all was
    started TEXT NOT NULL,
    changed TEXT NOT NULL,          -- when the state was reached
    remark TEXT NOT NULL,           -- what was wrong
    number INTEGER NOT NULL DEFAULT 0,      -- that the user writes on it; 0: it never was good
    place TEXT NOT NULL DEFAULT '',         -- where it is kept, if that was said
    verified TEXT NOT NULL DEFAULT '',      -- when it last was found good
    lost TEXT NOT NULL DEFAULT '',          -- when it was given up
    FOREIGN KEY (set_id, disc) REFERENCES discs ON DELETE CASCADE
) STRICT;
CREATE INDEX copies_by_image ON copies (image);
CREATE INDEX copies_by_disc ON copies (set_id, disc);

CREATE TABLE checks (               -- all that were made, good and bad
    id INTEGER PRIMARY KEY,
    set_id TEXT NOT NULL,
    disc INTEGER NOT NULL,
    place TEXT NOT NULL,            -- where it lay: a drive's node, or a path
    checked TEXT NOT NULL,
    good INTEGER NOT NULL,
    remark TEXT NOT NULL,           -- the first things that were wrong, in one line
    kind TEXT NOT NULL DEFAULT 'file',      -- of the place: disc, file, folder or other
    how TEXT NOT NULL DEFAULT 'verify',     -- write, burn, verify or restore
    bad TEXT NOT NULL DEFAULT '',   -- all that was wrong, a line each
    copy INTEGER REFERENCES copies ON DELETE CASCADE,   -- NULL: which of several alike is not known
    image INTEGER REFERENCES images ON DELETE SET NULL, -- NULL: of a burnt disc, or it is gone
    FOREIGN KEY (set_id, disc) REFERENCES discs ON DELETE CASCADE
) STRICT;
CREATE INDEX checks_by_disc ON checks (set_id, disc);
CREATE INDEX checks_by_copy ON checks (copy);
CREATE INDEX checks_by_image ON checks (image);
CREATE INDEX checks_without_copy ON checks (id) WHERE kind = 'disc' AND copy IS NULL AND NOT good;
