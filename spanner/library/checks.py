"""Checks: all that were made of discs, images and folders, and what of these counts after them."""

import os
import sqlite3
from typing import Any

import msgspec

from spanner.catalog.escaping import escape, unescape
from spanner.errors import UsageError
from spanner.library.copies import BURNING, BURNT, SPOILT, VERIFIED, Copies, Copy, image_key
from spanner.library.database import now, records
from spanner.model.units import SECTOR

DISC, FILE, FOLDER, OTHER = "disc", "file", "folder", "other"
WRITE, BURN, VERIFY, RESTORE = "write", "burn", "verify", "restore"
_KEPT = 1000  # problems of a check that are kept
_SHOWN = 3


class CheckResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a check of one disc found; without `problems` it is good.

    `place` is where it lay, an absolute path: a drive's for a DISC, a FILE's or a FOLDER's; an
    OTHER, such as a mounted image, is no copy of its own. `how`: WRITE and BURN read back what was
    made, VERIFY reads everything, RESTORE all files. `copy` is the number of the disc where it is
    known, else 0; `medium` the type of disc.
    """

    set_id: str
    disc: int
    place: str
    kind: str
    how: str
    problems: tuple[str, ...] = ()
    sha256: str = ""
    medium: str = ""
    copy: int = 0

    @property
    def good(self) -> bool:
        """Nothing was wrong."""
        return not self.problems

    @property
    def remark(self) -> str:
        """The first problems in one line."""
        return "; ".join(self.problems[:_SHOWN])


class RecordedCheck(msgspec.Struct, frozen=True):
    """What a check was recorded of: the copy of that number, or 0 and one of `alike` discs.

    `new`: the library did not know of that copy.
    """

    copy: int = 0
    alike: int = 0
    new: bool = False


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """A check as it was recorded, in a second of UTC.

    `bad` is what was wrong, a line each; `copy` the id of a copy, None where it is not known.
    """

    checked: str
    kind: str
    how: str
    place: str
    good: bool
    bad: tuple[str, ...]
    copy: int | None


class Checks:
    """The record of all checks in a library, and what they make of copies and images."""

    def __init__(self, db: sqlite3.Connection, copies: Copies) -> None:
        self._db = db
        self._copies = copies

    def add(self, result: CheckResult) -> RecordedCheck | None:
        """Record a check and what counts after it; None where the disc is not in the library.

        A bad one ends that its copy counts, until a VERIFY finds it good. A good VERIFY of what
        the library did not know is a further copy, but discs alike are never counted twice.

        Raises:
            UsageError: there cannot be a copy of that number.
        """
        with self._db:
            if not self._knows(result):
                return None
            if result.kind == DISC:
                return self._add_of_disc(result)
            real = os.path.realpath(result.place)  # one file is one copy, whatever leads to it
            return self._add_of_files(msgspec.structs.replace(result, place=real))

    def note(self, result: CheckResult, copy: int) -> None:
        """Record the check of a copy, by its id, that was settled already."""
        with self._db:
            if self._knows(result):
                self._insert(result, copy=copy)

    def of(self, set_id: str, disc: int) -> list[Check]:
        """All checks of a disc, oldest first."""
        rows = self._db.execute(
            "SELECT checked, kind, how, place, good, bad, remark, copy FROM checks"
            " WHERE set_id = ? AND disc = ? ORDER BY checked, id",
            (set_id, disc),
        )

        def check(place: str, good: int, bad: str, remark: str, **columns: Any) -> Check:
            problems = tuple((bad or remark).splitlines())
            return Check(place=unescape(place), good=bool(good), bad=problems, **columns)

        return list(records(check, rows))

    def differing(self, set_id: str, disc: int, hashes: dict[tuple[str, int], str]) -> list[str]:
        """Paths of the disc whose hashes (by path and part) are not those that are known."""
        rows = self._db.execute(
            "SELECT path, part, sha256 FROM files WHERE set_id = ? AND disc = ?", (set_id, disc)
        )
        wrong = []
        for escaped, part, known in rows:
            path = unescape(escaped)
            found = hashes.get((path, part))
            if found is None or known not in (None, found):
                wrong.append(path)
        return wrong

    def _knows(self, result: CheckResult) -> bool:
        """Whether the library has the disc that was checked."""
        found = self._db.execute(
            "SELECT 1 FROM discs WHERE set_id = ? AND number = ?", (result.set_id, result.disc)
        )
        return found.fetchone() is not None

    def _add_of_disc(self, result: CheckResult) -> RecordedCheck:
        """Record the check of a burnt disc, and what became of the copy that it was."""
        copies = self._copies.of(image_key(result.set_id, result.disc))
        highest = max((copy.number for copy in copies), default=0)
        if result.copy > highest + 1:
            raise UsageError(
                f"--copy {result.copy}: the library knows of {highest} of that disc, "
                f"a further one is number {highest + 1}"
            )
        copy = _chosen(result, copies)
        alike = sum(each.known for each in copies)
        new = copy is None and result.good and _may_be_new(result, alike)
        copy_id = copy.id if copy else self._new_copy(result) if new else None
        if copy_id is None:
            self._insert(result, kind=OTHER if result.copy else DISC)
            return RecordedCheck(alike=alike)
        if not result.good:
            self._copies.change(copy_id, SPOILT, remark=result.remark)
        elif result.how != RESTORE:
            self._copies.change(copy_id, VERIFIED, result.sha256)
        elif copy and copy.state == VERIFIED:
            self._db.execute("UPDATE copies SET verified = ? WHERE id = ?", (now(), copy_id))
        self._insert(result, copy=copy_id)
        row = self._db.execute("SELECT number FROM copies WHERE id = ?", (copy_id,)).fetchone()
        return RecordedCheck(row[0], alike, new)

    def _new_copy(self, result: CheckResult) -> int:
        """Record a disc that was burnt elsewhere; return the copy's id."""
        moment = now()
        done = self._db.execute(
            "INSERT INTO copies (set_id, disc, image, volume_id, sectors, drive, medium, state,"
            " sha256, started, changed, remark, number)"
            " SELECT set_id, number, ?, volume_id, coalesce(sectors, 0), ?, ?, ?, ?, ?, ?, '', ?"
            " FROM discs WHERE set_id = ? AND number = ?",
            (
                image_key(result.set_id, result.disc),
                escape(result.place),
                result.medium,
                BURNT,
                result.sha256,
                moment,
                moment,
                result.copy,
                result.set_id,
                result.disc,
            ),
        )
        assert done.lastrowid
        return done.lastrowid

    def _add_of_files(self, result: CheckResult) -> RecordedCheck:
        """Record the check of an image or a folder, and what that is worth now."""
        row = self._db.execute(
            "SELECT id FROM images WHERE set_id = ? AND disc = ? AND place = ?",
            (result.set_id, result.disc, escape(result.place)),
        ).fetchone()
        image: int | None = row[0] if row else None
        if not result.good:
            self._db.execute(
                "UPDATE images SET state = 'failing', remark = ? WHERE id = ?",
                (result.remark, image),
            )
        elif result.how == RESTORE:
            self._db.execute(
                "UPDATE images SET verified = ? WHERE id = ? AND state = 'verified'",
                (now(), image),
            )
        elif result.kind != OTHER:
            image = self._good_image(result)
        self._insert(result, image=image)
        return RecordedCheck(new=row is None and image is not None)

    def _good_image(self, result: CheckResult) -> int:
        """Record that an image or a folder is good, new or known; return its id."""
        ((image,),) = self._db.execute(
            "INSERT INTO images (set_id, disc, place, sha256, sectors, verified, kind)"
            " SELECT set_id, number, ?, ?, coalesce(sectors, ?), ?, ? FROM discs"
            " WHERE set_id = ? AND number = ? ON CONFLICT DO UPDATE"
            " SET sha256 = excluded.sha256, verified = excluded.verified, kind = excluded.kind,"
            " state = 'verified', remark = '' RETURNING id",
            (
                escape(result.place),
                result.sha256,
                _sectors(result.place),
                now(),
                result.kind,
                result.set_id,
                result.disc,
            ),
        ).fetchall()
        return int(image)

    def _insert(
        self,
        result: CheckResult,
        *,
        kind: str = "",
        copy: int | None = None,
        image: int | None = None,
    ) -> None:
        self._db.execute(
            "INSERT INTO checks (set_id, disc, place, checked, good, remark, kind, how, bad, copy,"
            " image) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                result.set_id,
                result.disc,
                escape(result.place),
                now(),
                result.good,
                result.remark,
                kind or result.kind,
                result.how,
                "\n".join(result.problems[:_KEPT]),
                copy,
                image,
            ),
        )


def _chosen(result: CheckResult, copies: list[Copy]) -> Copy | None:
    """The copy that was checked, where that is sure, or where it makes none count twice."""
    if result.copy:
        numbered = (copy for copy in copies if copy.number == result.copy)
        return next((copy for copy in numbered if copy.state != BURNING), None)
    known = [copy for copy in copies if copy.known]
    if len(known) == 1:
        return known[0]
    if not result.good or any(copy.state == VERIFIED for copy in known):
        return None
    candidates = known or [copy for copy in copies if copy.state == SPOILT]
    same = (copy for copy in candidates if copy.sha256 and copy.sha256 == result.sha256)
    return next(same, None)


def _may_be_new(result: CheckResult, alike: int) -> bool:
    """It was burnt elsewhere: no other disc is known, or the user says that it is a further one."""
    return result.how == VERIFY and bool(result.sha256) and (not alike or result.copy > 0)


def _sectors(place: str) -> int:
    """Sectors of the image at a path, for a disc of an imported set, of which they are not known.

    0 where there is none.
    """
    try:
        return os.stat(place).st_size // SECTOR
    except OSError:
        return 0
