"""Copies: discs that were burnt, from the first sector sent to the last check."""

import sqlite3

import msgspec

from spanner.catalog.escaping import unescape
from spanner.library.database import now, records

BURNING, BURNT, VERIFIED, SPOILT = "burning", "burnt", "verified", "spoilt"


class Copy(msgspec.Struct, frozen=True, kw_only=True):
    """One disc that was burnt, or tried to be.

    `state`: burning (perhaps broken off), burnt (but not read back), verified, spoilt. `image`
    identifies what was burnt; `set_id` and `disc` are None where it is of no set in the library.
    `number` tells it from others of its image, 0 where it never was a good one; `place` is where
    it is kept, `verified` when it last was found good, `lost` when it was given up (UTC or empty).
    """

    id: int
    set_id: str | None
    disc: int | None
    image: str
    volume_id: str
    sectors: int
    drive: str
    medium: str
    state: str
    sha256: str
    started: str
    changed: str
    remark: str
    number: int
    place: str
    verified: str
    lost: str

    @property
    def known(self) -> bool:
        """It is a disc that somebody may have: not one that was thrown away or given up."""
        return self.number > 0 and self.state != BURNING and not self.lost

    @property
    def failing(self) -> bool:
        """It was good, and its last check found it bad."""
        return self.state == SPOILT and self.known


def image_key(set_id: str, disc: int) -> str:
    """What identifies the image of a set's disc."""
    return f"{set_id}/{disc}"


class Copies:
    """The record of the burnt copies in a library."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def begin(
        self,
        image: str,
        belongs: tuple[str, int] | None,
        volume_id: str,
        sectors: int,
        drive: str,
        medium: str,
        number: int = 0,
    ) -> int:
        """Record that a disc is about to be burnt; return the copy's id.

        `number` is what the disc is to be called; 0: the next, once it is burnt.
        """
        set_id, disc = belongs or (None, None)
        moment = now()
        row = (set_id, disc, image, volume_id, sectors, drive, medium, BURNING, "")
        with self._db:
            done = self._db.execute(
                "INSERT INTO copies (set_id, disc, image, volume_id, sectors, drive, medium, state,"
                " sha256, started, changed, number, remark)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '')",
                (*row, moment, moment, number),
            )
        assert done.lastrowid
        return done.lastrowid

    def settle(self, copy: int, state: str, sha256: str = "", remark: str = "") -> None:
        """Record the state that a copy is in now: one of those above; a known hash stays.

        One that is burnt or verified gets the next number of its image, if it has none; one that
        is spoilt and never was good loses its own.
        """
        with self._db:
            self.change(copy, state, sha256, remark)

    def change(self, copy: int, state: str, sha256: str = "", remark: str = "") -> None:
        """Like `settle`, within a transaction of the caller's."""
        self._db.execute(
            "UPDATE copies SET state = :state, sha256 = coalesce(nullif(:sha256, ''), sha256),"
            " remark = :remark, changed = :now,"
            " verified = CASE :state WHEN 'verified' THEN :now ELSE verified END,"
            " lost = CASE :state WHEN 'verified' THEN '' ELSE lost END,"
            " number = CASE WHEN :state = 'spoilt' AND verified = '' THEN 0"
            "  WHEN :state IN ('burnt', 'verified') AND number = 0 THEN"
            "  (SELECT max(number) + 1 FROM copies AS other WHERE other.image = copies.image)"
            "  ELSE number END WHERE id = :copy",
            {"state": state, "sha256": sha256, "remark": remark, "now": now(), "copy": copy},
        )

    def renumber(self, copy: int, number: int) -> None:
        """Change the number of a copy: a job goes on with it as the one of that number."""
        with self._db:
            self._db.execute("UPDATE copies SET number = ? WHERE id = ?", (number, copy))

    def forget(self, copy: int) -> None:
        """Remove a copy from the record: nothing was written after all."""
        with self._db:
            self._db.execute("DELETE FROM copies WHERE id = ?", (copy,))

    def of(self, image: str) -> list[Copy]:
        """All copies of an image, oldest first."""
        rows = self._db.execute(
            "SELECT id, set_id, disc, image, volume_id, sectors, drive, medium, state, sha256,"
            " started, changed, remark, number, place, verified, lost"
            " FROM copies WHERE image = ? ORDER BY id",
            (image,),
        )
        copies = records(Copy, rows)
        return [msgspec.structs.replace(copy, place=unescape(copy.place)) for copy in copies]
