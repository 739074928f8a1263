"""Sets, their files and discs, the images made of them, and the checks.

Paths are stored escaped (`catalog.escaping`), so that any bytes can be a name.
"""

import hashlib
import os
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import msgspec

from spanner.catalog.escaping import escape, unescape
from spanner.catalog.reader import DiscInfo
from spanner.errors import UsageError
from spanner.library import archived_sessions
from spanner.library.checks import FILE, WRITE, CheckResult, Checks
from spanner.library.complete_sets import CompleteSets
from spanner.library.connection import opened
from spanner.library.copies import Copies, Copy, image_key
from spanner.library.database import records, writing
from spanner.library.filing import Filing
from spanner.library.importing import Imports
from spanner.library.places import Places
from spanner.library.search.query import FileSearch
from spanner.library.set_names import find_sets
from spanner.library.staging import StagedFile
from spanner.model.plan import Plan
from spanner.planning.plan_file import decode, encode
from spanner.wording import printable


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


class Library:
    """The open library."""

    def __init__(self, db: sqlite3.Connection, path: str) -> None:
        self.db = db
        self.path = path
        self.copies = Copies(db)
        self.checks = Checks(db, self.copies)
        self.places = Places(db, self.copies)
        self.complete_sets = CompleteSets(db)
        self.filing = Filing(db)
        self.imports = Imports(db, self.filing)
        self.search = FileSearch(db)

    def copy_to(self, other: sqlite3.Connection) -> None:
        """Copy all of it, as it is at one moment, into another database."""
        self.db.backup(other)

    def adopt(self, plan: Plan) -> Plan:
        """The plan of the set that has these very discs already, or this plan, recorded now."""
        fingerprint = _fingerprint(plan)
        known = self.db.execute(
            "SELECT plan FROM sets WHERE fingerprint = ? ORDER BY created LIMIT 1", (fingerprint,)
        ).fetchone()
        if known:
            return decode(zlib.decompress(known[0]))
        self.add(plan)
        return plan

    def add(self, plan: Plan) -> None:
        """Record a set; nothing happens where it is known, but that an imported one gets its plan.

        Raises:
            UsageError: another plan has its id.
        """
        fingerprint = _fingerprint(plan)
        if self._has_plan(plan.set.id, fingerprint):
            return
        packed = zlib.compress(encode(plan), 1)
        discs = [
            DiscInfo(
                number=disc.number,
                volume_id=disc.volume_id,
                title=disc.title,
                medium=disc.medium,
                files=disc.payload[0],
                bytes=disc.payload[1],
            )
            for disc in plan.discs
        ]
        with self.filing.staged(_rows(plan)), writing(self.db):
            if self._has_plan(plan.set.id, fingerprint):  # by another process, meanwhile
                return
            self.filing.record(plan.set, discs)
            self.db.execute(
                "UPDATE sets SET fingerprint = ?, plan = ? WHERE id = ?",
                (fingerprint, packed, plan.set.id),
            )
            archived_sessions.remember(self.db, plan)
            for disc in plan.discs:
                self.filing.set_sectors(plan.set.id, disc.number, disc.image_sectors)

    def forget(self, set_id: str) -> None:
        """Remove a set and all that is known of its discs."""
        with writing(self.db):
            self.filing.forget(set_id)

    def has_disc(self, set_id: str, disc: int) -> bool:
        """The set is known and has that disc."""
        found = self.db.execute(
            "SELECT 1 FROM discs WHERE set_id = ? AND number = ?", (set_id, disc)
        )
        return found.fetchone() is not None

    def image_hash(self, set_id: str, disc: int) -> str:
        """SHA-256 that the disc's image must have, or nothing before it was made."""
        row = self.db.execute(
            "SELECT sha256 FROM images WHERE set_id = :set AND disc = :disc"
            " AND kind = 'file' UNION ALL "
            "SELECT sha256 FROM copies WHERE set_id = :set AND disc = :disc"
            " AND (state IN ('burnt', 'verified') OR verified <> '') LIMIT 1",
            {"set": set_id, "disc": disc},
        ).fetchone()
        return row[0] if row else ""

    def add_image(
        self,
        set_id: str,
        disc: int,
        place: str,
        sha256: str,
        hashes: Iterable[tuple[str, int, str]],
    ) -> None:
        """Record an image that was read back; `hashes`: path, part, SHA-256."""
        self.add_hashes(set_id, disc, hashes)
        self.checks.add(
            CheckResult(set_id=set_id, disc=disc, place=place, kind=FILE, how=WRITE, sha256=sha256)
        )

    def add_hashes(self, set_id: str, disc: int, hashes: Iterable[tuple[str, int, str]]) -> None:
        """Record what was hashed while the disc was written: path, part, SHA-256."""
        with self.db:
            self.filing.learn(set_id, disc, hashes)

    def sets(self) -> list[SetSummary]:
        """All sets, oldest first."""
        rows = self.db.execute(
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
        return [
            msgspec.structs.replace(each, hashed=bool(each.hashed), imported=bool(each.imported))
            for each in records(SetSummary, rows)
        ]

    def discs(self, set_id: str) -> list[DiscRecord]:
        """The discs of a set."""
        rows = self.db.execute(
            "SELECT number, volume_id, title, medium, sectors, files, bytes, hashed"
            " FROM discs WHERE set_id = ? ORDER BY number",
            (set_id,),
        ).fetchall()
        return [
            DiscRecord(
                number=number,
                volume_id=volume_id,
                title=title,
                medium=medium,
                sectors=sectors,
                files=files,
                bytes=size,
                hashed=hashed,
                sha256=self.image_hash(set_id, number),
                places=tuple(self._places(set_id, number)),
                copies=tuple(self.copies.of(image_key(set_id, number))),
                last_check=self._last_check(set_id, number),
            )
            for number, volume_id, title, medium, sectors, files, size, hashed in rows
        ]

    def sets_of_source(self, path: str) -> list[str]:
        """The ids of the sets that have a source from this path, or of its name."""
        real = os.path.realpath(path)
        known = archived_sessions.sessions(self.db)
        return archived_sessions.of_source(known, real, os.path.basename(real))

    def find_sets(self, words: Iterable[str]) -> list[str]:
        """The ids of all sets that the words name: ids, beginnings of them, titles, sessions.

        Raises:
            UsageError: words name none.
        """
        return find_sets(self.db, words)

    def find_set(self, words: str) -> SetSummary:
        """The set that an id, the beginning of one, or a title names.

        Raises:
            UsageError: none, or several.
        """
        sets = self.sets()
        found = [each for each in sets if each.id == words] or [
            each
            for each in sets
            if each.id.startswith(words.lower()) or each.title.casefold() == words.casefold()
        ]
        if not found:
            raise UsageError(f"no set {printable(words)!r} in the library: see `spanner list`")
        if len(found) > 1:
            ids = ", ".join(each.id[:8] for each in found)
            raise UsageError(f"{printable(words)!r} names {len(found)} sets, say which: {ids}")
        return found[0]

    def _has_plan(self, set_id: str, fingerprint: str) -> bool:
        """Whether the set is known with this plan.

        Raises:
            UsageError: it is known with another.
        """
        known = self.db.execute("SELECT fingerprint FROM sets WHERE id = ?", (set_id,)).fetchone()
        if known and known[0] not in (None, fingerprint):
            raise UsageError(f"the library has another plan for set {set_id}")
        return bool(known and known[0])

    def _places(self, set_id: str, disc: int) -> Iterator[str]:
        rows = self.db.execute(
            "SELECT place FROM images WHERE set_id = ? AND disc = ? ORDER BY id", (set_id, disc)
        )
        return (unescape(place) for (place,) in rows)

    def _last_check(self, set_id: str, disc: int) -> str:
        row = self.db.execute(
            "SELECT checked, good, remark FROM checks WHERE set_id = ? AND disc = ? "
            "ORDER BY id DESC LIMIT 1",
            (set_id, disc),
        ).fetchone()
        return f"{row[0]}: {'good' if row[1] else row[2]}" if row else ""


@contextmanager
def open_library(path: str) -> Iterator[Library]:
    """Open the library, made where there is none. One thread at a time may use it.

    Raises:
        UsageError: the file is no library, or of a later version.
        SpannerError: it cannot be used.
    """
    with opened(path) as db:
        yield Library(db, path)


def _rows(plan: Plan) -> Iterator[StagedFile]:
    for disc in plan.discs:
        for item in disc.items:
            for name in item.names():
                yield StagedFile(
                    path=escape(name.path),
                    disc=disc.number,
                    part=item.part,
                    parts=item.parts,
                    size=item.size,
                    mtime_ns=name.mtime_ns,
                    sha256=item.sha256,
                )


def _fingerprint(plan: Plan) -> str:
    """A hash of what the discs hold; the same for each plan of the same sources."""
    discs = plan.discs
    if plan.library:  # which is another each time, and as large as it is
        discs = tuple(msgspec.structs.replace(disc, image_sectors=0) for disc in discs)
    held = (plan.sources, discs, plan.directories, plan.symlinks, plan.skipped)
    needs = (plan.outside, plan.references) if plan.references else ()
    # Of two equal steps, to and fro, each has its own time: its state is the newest then.
    earlier = (plan.base_files, plan.compared_sets) if plan.base_files or plan.compared_sets else ()
    library = ("library",) if plan.library else ()
    described = (plan.set.title, plan.strategy, *held, *needs, *earlier, *library)
    return hashlib.sha256(encode(described)).hexdigest()
