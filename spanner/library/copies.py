"""Copies: discs that were burnt, from the first sector sent to the verdict."""

import sqlite3

import msgspec

from spanner.library.times import now

BURNING, BURNT, VERIFIED, SPOILT = "burning", "burnt", "verified", "spoilt"


class Copy(msgspec.Struct, frozen=True):
    """One disc that was burnt, or tried to be.

    `state`: burning (perhaps broken off), burnt (but not read back), verified, spoilt. `image`
    identifies what was burnt; `set_id` and `disc` are None where it is of no set in the library.
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


def image_key(set_id: str, disc: int) -> str:
    """What identifies the image of a set's disc."""
    return f"{set_id}/{disc}"


class Copies:
    """The copies in a library."""

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
    ) -> int:
        """Record that a disc is about to be burnt; return the copy's id."""
        set_id, disc = belongs or (None, None)
        moment = now()
        row = (set_id, disc, image, volume_id, sectors, drive, medium, BURNING, "", moment, moment)
        with self._db:
            done = self._db.execute(
                "INSERT INTO copies (set_id, disc, image, volume_id, sectors, drive, medium, state,"
                " sha256, started, changed, remark) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '')",
                row,
            )
        assert done.lastrowid
        return done.lastrowid

    def settle(self, copy: int, state: str, sha256: str = "", remark: str = "") -> None:
        """Record what became of a copy; a hash that is known stays."""
        with self._db:
            self._db.execute(
                "UPDATE copies SET state = ?, sha256 = coalesce(nullif(?, ''), sha256),"
                " remark = ?, changed = ? WHERE id = ?",
                (state, sha256, remark, now(), copy),
            )

    def forget(self, copy: int) -> None:
        """Nothing was written after all."""
        with self._db:
            self._db.execute("DELETE FROM copies WHERE id = ?", (copy,))

    def of(self, image: str) -> list[Copy]:
        """All copies of an image, oldest first."""
        rows = self._db.execute(
            "SELECT id, set_id, disc, image, volume_id, sectors, drive, medium, state, sha256,"
            " started, changed, remark FROM copies WHERE image = ? ORDER BY id",
            (image,),
        )
        return [Copy(*row) for row in rows]

    def confirm(self, image: str, sha256: str) -> bool:
        """A check found a disc of the image good: the one that was not read back yet counts now.

        Not where another was: discs of one image cannot be told apart, and none counts twice.
        """
        copies = self.of(image)
        if any(copy.state == VERIFIED for copy in copies):
            return False
        for copy in copies:
            if copy.state in (BURNT, SPOILT) and copy.sha256 == sha256:
                self.settle(copy.id, VERIFIED)
                return True
        return False
