"""Checks: all that were made of discs, images and folders, and what of these counts after them."""

import os
import sqlite3

import msgspec

from spanner.catalog.escaping import escape, unescape
from spanner.errors import UsageError
from spanner.library.copies import BURNING, BURNT, SPOILT, VERIFIED, Copies, Copy, image_key
from spanner.library.database import now
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
    """A check as it was recorded; `copy` is the id of a copy, None where it is not known."""

    checked: str
    kind: str
    how: str
    place: str
    good: bool
    bad: tuple[str, ...]
    copy: int | None


class Checks:
    """The checks in a library."""

    def __init__(self, db: sqlite3.Connection, copies: Copies) -> None:
        self._db = db
        self._copies = copies

    def add(self, finding: CheckResult) -> RecordedCheck | None:
        """Record a check and what counts after it; None where the disc is not in the library.

        A bad one ends that its copy counts, until a VERIFY finds it good. A good VERIFY of what
        the library did not know is a further copy, but discs alike are never counted twice.

        Raises:
            UsageError: there cannot be a copy of that number.
        """
        with self._db:
            if not self._knows(finding):
                return None
            if finding.kind == DISC:
                return self._disc(finding)
            real = os.path.realpath(finding.place)  # one file is one copy, whatever leads to it
            return self._image(msgspec.structs.replace(finding, place=real))

    def note(self, finding: CheckResult, copy: int) -> None:
        """Record the check of a copy, by its id, that was settled already."""
        with self._db:
            if self._knows(finding):
                self._insert(finding, copy=copy)

    def of(self, set_id: str, disc: int) -> list[Check]:
        """All checks of a disc, oldest first."""
        rows = self._db.execute(
            "SELECT checked, kind, how, place, good, bad, remark, copy FROM checks"
            " WHERE set_id = ? AND disc = ? ORDER BY checked, id",
            (set_id, disc),
        )
        return [
            Check(
                checked=checked,
                kind=kind,
                how=how,
                place=unescape(place),
                good=bool(good),
                bad=tuple((bad or remark).splitlines()),
                copy=copy,
            )
            for checked, kind, how, place, good, bad, remark, copy in rows
        ]

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

    def _knows(self, finding: CheckResult) -> bool:
        found = self._db.execute(
            "SELECT 1 FROM discs WHERE set_id = ? AND number = ?", (finding.set_id, finding.disc)
        )
        return found.fetchone() is not None

    def _disc(self, finding: CheckResult) -> RecordedCheck:
        copies = self._copies.of(image_key(finding.set_id, finding.disc))
        highest = max((copy.number for copy in copies), default=0)
        if finding.copy > highest + 1:
            raise UsageError(
                f"--copy {finding.copy}: the library knows of {highest} of that disc, "
                f"a further one is number {highest + 1}"
            )
        copy = _chosen(finding, copies)
        alike = sum(each.known for each in copies)
        new = copy is None and finding.good and _may_be_new(finding, alike)
        copy_id = copy.id if copy else self._new_copy(finding) if new else None
        if copy_id is None:
            self._insert(finding, kind=OTHER if finding.copy else DISC)
            return RecordedCheck(alike=alike)
        if not finding.good:
            self._copies.change(copy_id, SPOILT, remark=finding.remark)
        elif finding.how != RESTORE:
            self._copies.change(copy_id, VERIFIED, finding.sha256)
        elif copy and copy.state == VERIFIED:
            self._db.execute("UPDATE copies SET verified = ? WHERE id = ?", (now(), copy_id))
        self._insert(finding, copy=copy_id)
        row = self._db.execute("SELECT number FROM copies WHERE id = ?", (copy_id,)).fetchone()
        return RecordedCheck(row[0], alike, new)

    def _new_copy(self, finding: CheckResult) -> int:
        """A disc that was burnt elsewhere."""
        moment = now()
        done = self._db.execute(
            "INSERT INTO copies (set_id, disc, image, volume_id, sectors, drive, medium, state,"
            " sha256, started, changed, remark, number)"
            " SELECT set_id, number, ?, volume_id, coalesce(sectors, 0), ?, ?, ?, ?, ?, ?, '', ?"
            " FROM discs WHERE set_id = ? AND number = ?",
            (
                image_key(finding.set_id, finding.disc),
                escape(finding.place),
                finding.medium,
                BURNT,
                finding.sha256,
                moment,
                moment,
                finding.copy,
                finding.set_id,
                finding.disc,
            ),
        )
        assert done.lastrowid
        return done.lastrowid

    def _image(self, finding: CheckResult) -> RecordedCheck:
        row = self._db.execute(
            "SELECT id FROM images WHERE set_id = ? AND disc = ? AND place = ?",
            (finding.set_id, finding.disc, escape(finding.place)),
        ).fetchone()
        image: int | None = row[0] if row else None
        if not finding.good:
            self._db.execute(
                "UPDATE images SET state = 'failing', remark = ? WHERE id = ?",
                (finding.remark, image),
            )
        elif finding.how == RESTORE:
            self._db.execute(
                "UPDATE images SET verified = ? WHERE id = ? AND state = 'verified'",
                (now(), image),
            )
        elif finding.kind != OTHER:
            image = self._good_image(finding)
        self._insert(finding, image=image)
        return RecordedCheck(new=row is None and image is not None)

    def _good_image(self, finding: CheckResult) -> int:
        ((image,),) = self._db.execute(
            "INSERT INTO images (set_id, disc, place, sha256, sectors, verified, kind)"
            " SELECT set_id, number, ?, ?, coalesce(sectors, ?), ?, ? FROM discs"
            " WHERE set_id = ? AND number = ? ON CONFLICT DO UPDATE"
            " SET sha256 = excluded.sha256, verified = excluded.verified, kind = excluded.kind,"
            " state = 'verified', remark = '' RETURNING id",
            (
                escape(finding.place),
                finding.sha256,
                _sectors(finding.place),
                now(),
                finding.kind,
                finding.set_id,
                finding.disc,
            ),
        ).fetchall()
        return int(image)

    def _insert(
        self,
        finding: CheckResult,
        *,
        kind: str = "",
        copy: int | None = None,
        image: int | None = None,
    ) -> None:
        self._db.execute(
            "INSERT INTO checks (set_id, disc, place, checked, good, remark, kind, how, bad, copy,"
            " image) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                finding.set_id,
                finding.disc,
                escape(finding.place),
                now(),
                finding.good,
                finding.remark,
                kind or finding.kind,
                finding.how,
                "\n".join(finding.problems[:_KEPT]),
                copy,
                image,
            ),
        )


def _chosen(finding: CheckResult, copies: list[Copy]) -> Copy | None:
    """The copy that was checked, where that is sure, or where it makes none count twice."""
    if finding.copy:
        numbered = (copy for copy in copies if copy.number == finding.copy)
        return next((copy for copy in numbered if copy.state != BURNING), None)
    known = [copy for copy in copies if copy.known]
    if len(known) == 1:
        return known[0]
    if not finding.good or any(copy.state == VERIFIED for copy in known):
        return None
    candidates = known or [copy for copy in copies if copy.state == SPOILT]
    same = (copy for copy in candidates if copy.sha256 and copy.sha256 == finding.sha256)
    return next(same, None)


def _may_be_new(finding: CheckResult, alike: int) -> bool:
    """It was burnt elsewhere: no other disc is known, or the user says that it is a further one."""
    return finding.how == VERIFY and bool(finding.sha256) and (not alike or finding.copy > 0)


def _sectors(place: str) -> int:
    """Those of the image at a path; the sets of some were imported, which do not say how many."""
    try:
        return os.stat(place).st_size // SECTOR
    except OSError:
        return 0
