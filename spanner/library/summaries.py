"""What there is to say of each set, and of each disc of a set."""

import sqlite3
from typing import Any

import msgspec

from spanner.catalog.escaping import unescape
from spanner.library.copies import Copies, Copy, image_key
from spanner.library.database import records


class SetSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One set: how many discs it has, and how many of them were written and read back.

    `hashed`: the hashes of all files are known. `imported`: known from its discs, without a plan.
    """

    id: str
    title: str
    created: str
    discs: int
    written: int
    files: int
    bytes: int
    hashed: bool
    imported: bool


class DiscRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One disc of a set, where its images are and what was burnt of it.

    `sectors` is None where the set was imported and this disc not seen. `hashed`: how many of the
    files have a known hash. `last_check` is when and how, or empty.
    """

    number: int
    volume_id: str
    title: str
    medium: str
    sectors: int | None
    files: int
    bytes: int
    hashed: int
    sha256: str
    places: tuple[str, ...]
    copies: tuple[Copy, ...]
    last_check: str


def set_summaries(db: sqlite3.Connection) -> list[SetSummary]:
    """Summaries of all sets, oldest first."""
    rows = db.execute(
        "SELECT id, title, created,"
        " (SELECT count(*) FROM discs WHERE set_id = sets.id) AS discs,"
        " (SELECT count(*) FROM (SELECT disc FROM images WHERE set_id = sets.id"
        "  AND state = 'verified' UNION"
        "  SELECT disc FROM copies WHERE set_id = sets.id AND state = 'verified')) AS written,"
        " files, bytes,"
        " (SELECT total(files) = total(hashed) FROM discs WHERE set_id = sets.id) AS hashed,"
        " plan IS NULL AS imported"
        " FROM sets ORDER BY created, id"
    )

    def summary(hashed: int, imported: int, **columns: Any) -> SetSummary:
        return SetSummary(hashed=bool(hashed), imported=bool(imported), **columns)

    return list(records(summary, rows))


def disc_records(db: sqlite3.Connection, copies: Copies, set_id: str) -> list[DiscRecord]:
    """The discs of a set, in order."""
    rows = db.execute(
        "SELECT number, volume_id, title, medium, sectors, files, bytes, hashed"
        " FROM discs WHERE set_id = ? ORDER BY number",
        (set_id,),
    )

    def record(number: int, **columns: Any) -> DiscRecord:
        return DiscRecord(
            number=number,
            sha256=image_hash(db, set_id, number),
            places=_places(db, set_id, number),
            copies=tuple(copies.of(image_key(set_id, number))),
            last_check=_last_check(db, set_id, number),
            **columns,
        )

    return list(records(record, rows))


def image_hash(db: sqlite3.Connection, set_id: str, disc: int) -> str:
    """SHA-256 that the disc's image must have, or empty before it was made."""
    row = db.execute(
        "SELECT sha256 FROM images WHERE set_id = :set AND disc = :disc"
        " AND kind = 'file' UNION ALL "
        "SELECT sha256 FROM copies WHERE set_id = :set AND disc = :disc"
        " AND (state IN ('burnt', 'verified') OR verified <> '') LIMIT 1",
        {"set": set_id, "disc": disc},
    ).fetchone()
    return row[0] if row else ""


def _places(db: sqlite3.Connection, set_id: str, disc: int) -> tuple[str, ...]:
    """Where images of the disc are, or were."""
    rows = db.execute(
        "SELECT place FROM images WHERE set_id = ? AND disc = ? ORDER BY id", (set_id, disc)
    )
    return tuple(unescape(place) for (place,) in rows)


def _last_check(db: sqlite3.Connection, set_id: str, disc: int) -> str:
    """When the disc was last checked, wherever it lay, and what was found."""
    row = db.execute(
        "SELECT checked, good, remark FROM checks WHERE set_id = ? AND disc = ? "
        "ORDER BY checked DESC, id DESC LIMIT 1",
        (set_id, disc),
    ).fetchone()
    return f"{row[0]}: {'good' if row[1] else row[2]}" if row else ""
