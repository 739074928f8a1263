"""What there is of each disc: burnt copies, images in files, folders, and which of these count."""

import os
import sqlite3
from collections.abc import Collection, Iterator
from datetime import UTC, datetime

import msgspec

from spanner.catalog.escaping import unescape
from spanner.library.copies import BURNT, SPOILT, VERIFIED
from spanner.model.units import SECTOR

GOOD, UNCHECKED, FAILING, THROWN_AWAY, LOST = "good", "unchecked", "failing", "spoilt", "lost"
NOT_SEEN, CHANGED, DOUBLE = "not seen", "changed", "double"
_FILES = "file"
_SLACK = 2.0  # seconds by which file systems round times, and the library does
_FAMILIES = ("hd-dvd", "cd", "dvd", "bd")


class CopyStatus(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One copy of a disc.

    `medium`: cd, dvd, hd-dvd, bd, optical where it is not known, or file. `number` is a burnt
    disc's, 0 for what lies in files: at `path`. `place` is where the user says that it is, or the
    folder, empty for a disc of which that is not known. `site` tells places apart: folders on one
    file system are one. `verified`: when it was last found good (UTC, or empty). `seen`: False for
    files that are not there now.

    Only what is `good` counts: it was read back or checked, its last check was good and, in a
    file, it is there, as large as it was and not changed since. Files that are not there count
    only where the user said at which place they are kept.
    """

    set_id: str
    disc: int
    volume_id: str
    medium: str
    number: int
    path: str
    place: str
    site: str
    state: str
    verified: str
    remark: str = ""
    seen: bool = True

    @property
    def counts(self) -> bool:
        """It is a verified copy."""
        return self.state == GOOD


class DoubtfulDisc(msgspec.Struct, frozen=True):
    """A disc was found bad of which several are known, and nobody said which it was."""

    set_id: str
    disc: int
    volume_id: str
    checked: str
    remark: str


class CopyStatuses:
    """All copies of all discs in a library."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def of(self, sets: Collection[str] | None = None) -> Iterator[CopyStatus]:
        """The copies of the discs of these sets, or of all; looks at the files."""
        wanted = msgspec.json.encode(list(sets)).decode() if sets is not None else None
        yield from self._burnt(wanted)
        yield from self._images(wanted)

    def doubts(self, sets: Collection[str] | None = None) -> list[DoubtfulDisc]:
        """Discs of which one copy failed a check, not known which, and that is not settled.

        It is settled when one of the copies was found bad since, or all were found good.
        """
        rows = self._db.execute(
            "SELECT max(checks.id), checks.set_id, disc, volume_id, checked, remark"
            " FROM checks JOIN discs ON discs.set_id = checks.set_id AND number = disc"
            " WHERE kind = 'disc' AND copy IS NULL AND NOT good GROUP BY checks.set_id, disc"
        ).fetchall()
        return [
            DoubtfulDisc(set_id, disc, volume_id, checked, remark)
            for check, set_id, disc, volume_id, checked, remark in rows
            if (sets is None or set_id in sets) and not self._settled(check, set_id, disc)
        ]

    def _settled(self, check: int, set_id: str, disc: int) -> bool:
        """Whether later checks of the copies explain that one of them was found bad."""
        copies = self._db.execute(
            "SELECT id, state FROM copies WHERE set_id = ? AND disc = ? AND number > 0"
            " AND state IN ('burnt', 'verified', 'spoilt') AND lost = ''",
            (set_id, disc),
        ).fetchall()
        good = 0
        for copy, state in copies:
            last = self._db.execute(
                "SELECT good, id FROM checks WHERE copy = ? AND id > ? ORDER BY id DESC LIMIT 1",
                (copy, check),
            ).fetchone()
            if state == SPOILT and last:
                return True
            good += bool(last and last[0])
        lost = self._db.execute(
            "SELECT 1 FROM copies WHERE set_id = ? AND disc = ?"
            " AND lost >= (SELECT checked FROM checks WHERE id = ?)",
            (set_id, disc, check),
        ).fetchone()
        return lost is not None or good == len(copies)

    def _burnt(self, sets: str | None) -> Iterator[CopyStatus]:
        rows = self._db.execute(
            "SELECT set_id, disc, volume_id, medium, number, place, state, verified, lost, remark"
            " FROM copies WHERE state <> 'burning' AND set_id IS NOT NULL"
            " AND (:sets IS NULL OR set_id IN (SELECT value FROM json_each(:sets)))"
            " ORDER BY id",
            {"sets": sets},
        )
        families: dict[str, str] = {}
        for set_id, disc, volume_id, kind, number, place, state, verified, lost, remark in rows:
            medium = families.get(kind)
            if medium is None:
                medium = families[kind] = family(kind)
            yield CopyStatus(
                set_id=set_id,
                disc=disc,
                volume_id=volume_id,
                medium=medium or self._planned(set_id, disc),
                number=number,
                path="",
                place=unescape(place),
                site=_said(place),
                state=_judged(state, number, lost),
                verified=verified,
                remark=remark,
            )

    def _planned(self, set_id: str, disc: int) -> str:
        """The kind of media that a disc was planned for, where no drive said what it is on."""
        row = self._db.execute(
            "SELECT medium FROM discs WHERE set_id = ? AND number = ?", (set_id, disc)
        ).fetchone()
        return family(row[0]) or "optical"

    def _images(self, sets: str | None) -> Iterator[CopyStatus]:
        rows = self._db.execute(
            "SELECT images.set_id, disc, volume_id, place, kind, kept, state, verified, remark,"
            " images.sectors FROM images"
            " JOIN discs ON discs.set_id = images.set_id AND discs.number = disc"
            " WHERE :sets IS NULL OR images.set_id IN (SELECT value FROM json_each(:sets))"
            " ORDER BY images.id",
            {"sets": sets},
        )
        look = _Look()
        images = [(row, look.at(unescape(row[3]))) for row in rows]
        # A place that was said of one file is that of its whole drive, while that can be seen.
        sites = {info.st_dev: _said(row[5]) for row, info in images if info and row[5]}
        for row, info in images:
            set_id, disc, volume_id, place, kind, kept, state, verified, remark, sectors = row
            path, said = unescape(place), unescape(kept)
            judged = FAILING if state == "failing" else _looked_at(info, kind, sectors, verified)
            if judged == NOT_SEEN and said:
                judged = GOOD
            if judged == GOOD and info and look.again((set_id, disc), info):
                judged = DOUBLE
            site = _said(kept)
            if info and not site:
                site = sites.get(info.st_dev, f"device {info.st_dev}")
            yield CopyStatus(
                set_id=set_id,
                disc=disc,
                volume_id=volume_id,
                medium=_FILES,
                number=0,
                path=path,
                place=said or (path if kind == "folder" else os.path.dirname(path)),
                site=site,
                state=judged,
                verified=verified,
                remark=remark,
                seen=info is not None,
            )


def family(medium: str) -> str:
    """The kind of media that a type of disc is: "dvd" for "dvd+r-dl"; empty for no disc's type."""
    return next((name for name in _FAMILIES if medium.startswith(name)), "")


def _said(place: str) -> str:
    """What tells places apart that the user named; empty for none."""
    return f"said {place.casefold()}" if place else ""


def _judged(state: str, number: int, lost: str) -> str:
    """What a burnt copy counts as."""
    if lost:
        return LOST
    if state == SPOILT:
        return FAILING if number else THROWN_AWAY
    return {VERIFIED: GOOD, BURNT: UNCHECKED}[state]


def _looked_at(info: os.stat_result | None, kind: str, sectors: int, verified: str) -> str:
    """What an image counts as whose last check was good, by what is at its path now."""
    if info is None:
        return NOT_SEEN
    if kind == "folder":
        return GOOD
    checked = datetime.strptime(verified, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()
    if info.st_size != sectors * SECTOR or info.st_mtime > checked + _SLACK:
        return CHANGED
    return GOOD


class _Look:
    """Looks at files, at each folder once: many may lie in one that is not there."""

    def __init__(self) -> None:
        self._folders: dict[str, bool] = {}
        self._seen: set[tuple[str, int, int, int]] = set()

    def at(self, path: str) -> os.stat_result | None:
        """What is at the path, if anything can be seen there."""
        folder = os.path.dirname(path)
        there = self._folders.get(folder)
        if there is None:
            there = self._folders[folder] = os.path.isdir(folder)
        try:
            return os.stat(path) if there else None
        except (OSError, ValueError):
            return None

    def again(self, disc: tuple[str, int], info: os.stat_result) -> bool:
        """The same file was seen under another path, as a copy of the same disc."""
        key = (*disc, info.st_dev, info.st_ino)
        if key in self._seen:
            return True
        self._seen.add(key)
        return False
