"""The library: records sets by their plans, and the hashes and images that were made of them.

Paths are stored escaped (`catalog.escaping`), so that any bytes can be a name.
"""

import hashlib
import os
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import msgspec

from spanner.catalog.escaping import escape
from spanner.catalog.reader import DiscInfo
from spanner.errors import UsageError
from spanner.library import archived_sessions
from spanner.library.checks import FILE, WRITE, CheckResult, Checks
from spanner.library.complete_sets import CompleteSets
from spanner.library.connection import opened
from spanner.library.copies import Copies
from spanner.library.database import writing
from spanner.library.filing import Filing
from spanner.library.importing import Imports
from spanner.library.places import Places
from spanner.library.search.query import FileSearch
from spanner.library.set_names import find_set, find_sets
from spanner.library.staging import StagedFile
from spanner.library.summaries import (
    DiscRecord,
    SetSummary,
    disc_records,
    image_hash,
    set_summaries,
)
from spanner.model.plan import Plan
from spanner.planning.plan_file import decode, encode


class Library:
    """An open library: `path` is its file, `db` the database in it.

    It records sets and their hashes itself; what else there is has a part of its own: burnt
    `copies`, `checks`, `places`, `complete_sets`, `imports` from discs, the `search`.
    """

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
        """Whether the set is known and has that disc."""
        found = self.db.execute(
            "SELECT 1 FROM discs WHERE set_id = ? AND number = ?", (set_id, disc)
        )
        return found.fetchone() is not None

    def image_hash(self, set_id: str, disc: int) -> str:
        """SHA-256 that the disc's image must have, or empty before it was made."""
        return image_hash(self.db, set_id, disc)

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
        return set_summaries(self.db)

    def discs(self, set_id: str) -> list[DiscRecord]:
        """The discs of a set, in order."""
        return disc_records(self.db, self.copies, set_id)

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
        return find_set(self.db, words)

    def _has_plan(self, set_id: str, fingerprint: str) -> bool:
        """Whether the set is known with this plan.

        Raises:
            UsageError: it is known with another.
        """
        known = self.db.execute("SELECT fingerprint FROM sets WHERE id = ?", (set_id,)).fetchone()
        if known and known[0] not in (None, fingerprint):
            raise UsageError(f"the library has another plan for set {set_id}")
        return bool(known and known[0])


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
