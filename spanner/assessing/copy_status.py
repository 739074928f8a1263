"""The status of each copy of a disc: burnt, an image in a file, or a folder; which of these count.

A copy counts when it was verified and nothing speaks against it since.
"""

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
    """A disc that was found bad, of which several copies are known and nobody said which it was.

    `checked`: when (UTC); `remark`: what was wrong.
    """

    set_id: str
    disc: int
    volume_id: str
    checked: str
    remark: str


class CopyStatuses:
    """The status of all copies that a library knows of."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def of(self, sets: Collection[str] | None = None) -> Iterator[CopyStatus]:
        """The status of each copy of the discs of these sets, or of all sets.

        Burnt ones first, oldest first, but those that are being burnt; then images and folders, at
        which it looks where they lay. Copies of what is of no set in the library are left out.
        """
        wanted = msgspec.json.encode(list(sets)).decode() if sets is not None else None
        yield from self._burnt(wanted)
        yield from self._images(wanted)

    def doubtful(self, sets: Collection[str] | None = None) -> list[DoubtfulDisc]:
        """Discs of these sets, or of all, of which one copy is bad and it is not known which.

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
        """Whether what happened later explains that a check found one of the copies bad."""
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
                site=_named_site(place),
                state=_burnt_state(state, number, lost),
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
        files = _Files()
        images = [(row, files.at(unescape(row[3]))) for row in rows]
        # A place that was said of one file is that of its whole drive, while that can be seen.
        sites = {info.st_dev: _named_site(row[5]) for row, info in images if info and row[5]}
        for row, info in images:
            set_id, disc, volume_id, place, kind, kept, state, verified, remark, sectors = row
            path, said = unescape(place), unescape(kept)
            now = FAILING if state == "failing" else _image_state(info, kind, sectors, verified)
            if now == NOT_SEEN and said:
                now = GOOD
            if now == GOOD and info and files.again((set_id, disc), info):
                now = DOUBLE
            site = _named_site(kept)
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
                state=now,
                verified=verified,
                remark=remark,
                seen=info is not None,
            )


def family(medium: str) -> str:
    """The kind of media that a type of disc is: "dvd" for "dvd+r-dl"; empty for no disc's type."""
    return next((name for name in _FAMILIES if medium.startswith(name)), "")


def _named_site(place: str) -> str:
    """What tells places apart that the user named; empty for none."""
    return f"said {place.casefold()}" if place else ""


def _burnt_state(state: str, number: int, lost: str) -> str:
    """The state of a burnt copy, by what is recorded of it."""
    if lost:
        return LOST
    if state == SPOILT:
        return FAILING if number else THROWN_AWAY
    return {VERIFIED: GOOD, BURNT: UNCHECKED}[state]


def _image_state(info: os.stat_result | None, kind: str, sectors: int, verified: str) -> str:
    """The state of an image or folder whose last check was good, by what is at its path now."""
    if info is None:
        return NOT_SEEN
    if kind == "folder":
        return GOOD
    checked = datetime.strptime(verified, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()
    if info.st_size != sectors * SECTOR or info.st_mtime > checked + _SLACK:
        return CHANGED
    return GOOD


class _Files:
    """The files that are there; looks for each folder once: many may lie in one that is gone."""

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
