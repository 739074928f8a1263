"""Makes the index that searches begin with: the pieces of three letters of names and folders.

The pieces are counted by numpy, which takes its time to load: whoever only searches does without
this module.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable

import numpy as np

_BATCH = 20_000  # texts
_MANY = 100_000  # new texts
_MERGE = 4  # segments of an index that are made one, as usual
_ASCII = 128
_BITS = 21  # of a code point
_CHARACTER = (1 << _BITS) - 1


def index_names(db: sqlite3.Connection, last: int) -> None:
    """Index the names that have come after the one of this id."""
    _index(db, "name", "names WHERE id > ?", last)


def index_folders(db: sqlite3.Connection, set_id: str) -> None:
    """Index the folders of a set."""
    _index(db, "folder", "folders WHERE set_id = ?", set_id)


def _index(db: sqlite3.Connection, kind: str, new: str, value: object) -> None:
    """Index new texts by their pieces, and count these: a search begins with the rarest."""
    (count,) = db.execute(" ".join(("SELECT count(*) FROM", new)), (value,)).fetchone()
    # The index merges its segments as it grows; after so many at once that can wait.
    _configure(db, kind, "automerge", 0 if count > _MANY else _MERGE)
    db.execute(
        " ".join((f"INSERT INTO {kind}_pieces (rowid, text)", "SELECT id, text FROM", new)),
        (value,),
    )
    _configure(db, kind, "automerge", _MERGE)
    texts = db.execute(" ".join(("SELECT text FROM", new)), (value,))
    batches = iter(lambda: "".join(text for (text,) in texts.fetchmany(_BATCH)), "")
    db.executemany(
        "INSERT INTO pieces VALUES (?, ?, ?)"
        " ON CONFLICT DO UPDATE SET count = count + excluded.count",
        ((kind, piece, count) for piece, count in sorted(count_pieces(batches).items())),
    )


def _configure(db: sqlite3.Connection, kind: str, option: str, value: int) -> None:
    table = f"{kind}_pieces"
    db.execute(" ".join(("INSERT INTO", table, f"({table}, rank) VALUES (?, ?)")), (option, value))


def count_pieces(batches: Iterable[str]) -> Counter[str]:
    """How often each piece is in the texts, whose ends may lie anywhere in the batches."""
    found: Counter[str] = Counter()
    ascii_counts = np.zeros(_ASCII**3, np.int64)
    for text in batches:
        if len(text) < 3:
            continue
        if text.isascii():
            ascii_counts += _count_ascii(text)
        else:
            found.update(_count_any(text))
    for piece in np.flatnonzero(ascii_counts).tolist():
        letters = piece // _ASCII**2, piece // _ASCII % _ASCII, piece % _ASCII
        found["".join(map(chr, letters))] += int(ascii_counts[piece])
    return found


def _count_ascii(text: str) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    """One counter for each three letters that there could be."""
    letters = np.frombuffer(text.encode("ascii"), np.uint8).astype(np.int64)
    packed = (letters[:-2] * _ASCII + letters[1:-1]) * _ASCII + letters[2:]
    return np.bincount(packed, minlength=_ASCII**3)


def _count_any(text: str) -> dict[str, int]:
    points = np.frombuffer(text.encode("utf-32-le"), np.uint32).astype(np.uint64)
    bits = np.uint64(_BITS)
    packed = ((points[:-2] << bits | points[1:-1]) << bits) | points[2:]
    found, counts = np.unique(packed, return_counts=True)
    return {
        chr(piece >> 2 * _BITS) + chr(piece >> _BITS & _CHARACTER) + chr(piece & _CHARACTER): count
        for piece, count in zip(found.tolist(), counts.tolist(), strict=True)
    }
