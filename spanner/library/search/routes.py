"""How a search begins: with the index of pieces, with a set, or with all there is.

Where a search begins decides how many rows it looks at. The tables are joined in the order in which
they are written.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from spanner.library.search.folding import pieces
from spanner.library.search.patterns import Condition, Place
from spanner.library.staging import head

_ENOUGH = 1000  # a piece as rare as that needs no others beside it
_MOST_AND = 4  # the rarest pieces: each further one costs more than it spares
_MOST_OR = 1000  # pieces that begin with one or two letters
_FILES_A_FOLDER = 20  # an estimate

_FOUND_BY_NAME = """
CROSS JOIN uses AS found ON found.name = names.id
CROSS JOIN folders ON folders.id = found.folder
"""
_FOUND_BY_FOLDER = """
CROSS JOIN entries AS found ON found.folder = folders.id
CROSS JOIN names ON names.id = found.name
"""
_FOUND_BY_HASH = """
hashes AS found CROSS JOIN folders ON folders.id = found.folder
CROSS JOIN names ON names.id = found.name
"""
_HAS_HASH = """
found.head BETWEEN ? AND ? AND EXISTS (
    SELECT 1 FROM entries WHERE entries.folder = found.folder AND entries.name = found.name
    AND lower(hex(entries.sha256)) GLOB ?
)
"""


@dataclass(frozen=True, slots=True)
class Route:
    """Tables, one of them named `found`, and their order; a condition on the first of them.

    `rows` are those to go through, about.
    """

    tables: str
    order: str
    condition: str = ""
    values: tuple[object, ...] = ()
    rows: float = 0


def best_route(db: sqlite3.Connection, place: Place, set_id: str | None) -> Route:
    """The shortest route to the files of a place, of a set or of all."""
    return min(_routes(db, place, set_id), key=lambda route: route.rows)


def route_by_hash(sha256: str) -> Route:
    """The route to the files whose SHA-256 begins with these digits, 8 or more."""
    digits = sha256.lower()
    return Route(
        _FOUND_BY_HASH,
        "found.head",
        _HAS_HASH,
        (head(digits), head(digits + "f" * 64), f"{digits}*"),
    )


def _routes(db: sqlite3.Connection, place: Place, set_id: str | None) -> Iterator[Route]:
    names = _match(db, "name", place.name)
    if names:
        match, rows = names
        yield Route(
            "name_pieces CROSS JOIN names ON names.id = name_pieces.rowid" + _FOUND_BY_NAME,
            "name_pieces.rowid DESC",
            "name_pieces MATCH ?",
            (match,),
            rows,
        )
    folders = _match(db, "folder", place.folder)
    if folders:
        match, rows = folders
        yield Route(
            "folder_pieces CROSS JOIN folders ON folders.id = folder_pieces.rowid"
            + _FOUND_BY_FOLDER,
            "folder_pieces.rowid DESC",
            "folder_pieces MATCH ?",
            (match,),
            rows * _FILES_A_FOLDER,
        )
    if set_id is not None:
        (files,) = db.execute(
            "SELECT total(files) FROM discs WHERE set_id = ?", (set_id,)
        ).fetchone()
        yield Route("folders" + _FOUND_BY_FOLDER, "folders.id", rows=files)
    if place.name.sql:
        (last,) = db.execute("SELECT coalesce(max(id), 0) FROM names").fetchone()
        yield Route("names" + _FOUND_BY_NAME, "names.id DESC", rows=last)
    (last,) = db.execute("SELECT coalesce(max(id), 0) FROM folders").fetchone()
    yield Route("folders" + _FOUND_BY_FOLDER, "folders.id DESC", rows=last * _FILES_A_FOLDER)


def _match(db: sqlite3.Connection, kind: str, condition: Condition) -> tuple[str, int] | None:
    """What to ask the index of pieces for, and how many rows it finds at most."""
    counts: dict[str, int] = {}
    for literal in condition.literals:
        for piece in pieces(literal):
            counts[piece] = _count(db, kind, piece)
    if counts:
        rarest = sorted(counts, key=counts.__getitem__)[:_MOST_AND]
        least = counts[rarest[0]]
        if least <= _ENOUGH:
            rarest = rarest[:1]
        return " AND ".join(map(_quoted, rarest)), least
    longest = max(condition.literals, key=len, default="")
    if not longest:
        return None
    found = db.execute(
        "SELECT piece, count FROM pieces WHERE kind = ? AND piece >= ? AND piece < ?",
        (kind, longest, longest + "\U0010ffff"),
    ).fetchmany(_MOST_OR + 1)
    if len(found) > _MOST_OR:
        return None
    # Where there is no such piece, nothing is found by asking for it.
    asked: Iterable[str] = (piece for piece, _ in found) if found else [longest.ljust(3)]
    return " OR ".join(map(_quoted, asked)), sum(count for _, count in found)


def _count(db: sqlite3.Connection, kind: str, piece: str) -> int:
    row = db.execute(
        "SELECT count FROM pieces WHERE kind = ? AND piece = ?", (kind, piece)
    ).fetchone()
    return int(row[0]) if row else 0


def _quoted(piece: str) -> str:
    return '"' + piece.replace('"', '""') + '"'
