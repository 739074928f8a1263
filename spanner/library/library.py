"""Sets, their files and discs, the images made of them, and the checks.

Paths are stored escaped (`catalog.escaping`), so that any bytes can be a name.
"""

import hashlib
import sqlite3
import zlib
from collections.abc import Collection, Iterable, Iterator

import msgspec

from burners.progress import Progress
from spanner.catalog.escaping import escape, unescape
from spanner.errors import UsageError
from spanner.library import deletable, sessions, status
from spanner.library.archived import Archived
from spanner.library.checks import FILE, WRITE, Checks, Finding
from spanner.library.copies import Copies, Copy, image_key
from spanner.library.counting import Rule
from spanner.library.holdings import Holdings
from spanner.library.places import Places
from spanner.planning.plan import Plan
from spanner.planning.plan_file import decode, encode
from spanner.sources.collect import Collecting
from spanner.units import printable

_LATEST = (1 << 63) - 1  # nanoseconds that SQLite can hold: the year 2262


class SetSummary(msgspec.Struct, frozen=True):
    """One set: how many discs it has, and how many of them were written and read back."""

    id: str
    title: str
    created: str
    discs: int
    written: int
    files: int
    bytes: int


class DiscRecord(msgspec.Struct, frozen=True):
    """One disc of a set, where its images are and what was burnt of it.

    `last_check` is when and how, or empty.
    """

    number: int
    volume_id: str
    title: str
    medium: str
    sectors: int
    files: int
    bytes: int
    sha256: str
    places: tuple[str, ...]
    copies: tuple[Copy, ...]
    last_check: str


class Library:
    """The open library."""

    def __init__(self, db: sqlite3.Connection, path: str) -> None:
        self.path = path
        self.copies = Copies(db)
        self.checks = Checks(db, self.copies)
        self.holdings = Holdings(db)
        self.places = Places(db, self.copies)
        self.archived = Archived(db)
        self._db = db

    def copy_to(self, other: sqlite3.Connection) -> None:
        """Copy all of it, as it is at one moment, into another database."""
        self._db.backup(other)

    def adopt(self, plan: Plan) -> Plan:
        """The plan of the set that has these very discs already, or this plan, recorded now."""
        fingerprint = _fingerprint(plan)
        known = self._db.execute(
            "SELECT plan FROM sets WHERE fingerprint = ? ORDER BY created LIMIT 1", (fingerprint,)
        ).fetchone()
        if known:
            return decode(zlib.decompress(known[0]))
        self.add(plan)
        return plan

    def add(self, plan: Plan) -> None:
        """Record a set; nothing happens where it is known.

        Raises:
            UsageError: another plan has its id.
        """
        known = self._db.execute(
            "SELECT fingerprint FROM sets WHERE id = ?", (plan.set.id,)
        ).fetchone()
        fingerprint = _fingerprint(plan)
        if known:
            if known[0] != fingerprint:
                raise UsageError(f"the library has another plan for set {plan.set.id}")
            return
        with self._db:
            self._db.execute(
                "INSERT INTO sets VALUES (?, ?, ?, ?, ?)",
                (
                    plan.set.id,
                    plan.set.title,
                    plan.set.created,
                    fingerprint,
                    zlib.compress(encode(plan), 1),
                ),
            )
            sessions.remember(self._db, plan)
            for disc in plan.discs:
                self._db.execute(
                    "INSERT INTO discs VALUES (?, ?, ?, ?, ?, ?)",
                    (
                        plan.set.id,
                        disc.number,
                        disc.volume_id,
                        disc.title,
                        disc.medium,
                        disc.image_sectors,
                    ),
                )
                self._db.executemany(
                    "INSERT INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        (
                            plan.set.id,
                            disc.number,
                            escape(name.path),
                            item.part,
                            item.parts,
                            item.size,
                            max(-_LATEST, min(name.mtime_ns, _LATEST)),
                            item.sha256 or None,
                        )
                        for item in disc.items
                        for name in item.names()
                    ),
                )

    def has_disc(self, set_id: str, disc: int) -> bool:
        """The set is known and has that disc."""
        found = self._db.execute(
            "SELECT 1 FROM discs WHERE set_id = ? AND number = ?", (set_id, disc)
        )
        return found.fetchone() is not None

    def image_hash(self, set_id: str, disc: int) -> str:
        """SHA-256 that the disc's image must have, or nothing before it was made."""
        row = self._db.execute(
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
        self.checks.add(Finding(set_id, disc, place, FILE, WRITE, sha256=sha256))

    def add_hashes(self, set_id: str, disc: int, hashes: Iterable[tuple[str, int, str]]) -> None:
        """Record what was hashed while the disc was written: path, part, SHA-256."""
        with self._db:
            self._db.executemany(
                "UPDATE files SET sha256 = ?"
                " WHERE set_id = ? AND disc = ? AND path = ? AND part = ?",
                ((digest, set_id, disc, escape(path), part) for path, part, digest in hashes),
            )

    def sets(self) -> list[SetSummary]:
        """All sets, oldest first."""
        rows = self._db.execute(
            "SELECT id, title, created,"
            " (SELECT count(*) FROM discs WHERE set_id = sets.id),"
            " (SELECT count(*) FROM (SELECT disc FROM images WHERE set_id = sets.id"
            "  AND state = 'verified' UNION"
            "  SELECT disc FROM copies WHERE set_id = sets.id AND state = 'verified')),"
            " (SELECT count(DISTINCT path) FROM files WHERE set_id = sets.id),"
            " (SELECT coalesce(sum(size), 0) FROM"
            "  (SELECT DISTINCT path, part, size FROM files WHERE set_id = sets.id))"
            " FROM sets ORDER BY created, id"
        )
        return [SetSummary(*row) for row in rows]

    def discs(self, set_id: str) -> list[DiscRecord]:
        """The discs of a set."""
        rows = self._db.execute(
            "SELECT number, volume_id, title, medium, sectors,"
            " (SELECT count(*) FROM files WHERE set_id = discs.set_id AND disc = number),"
            " (SELECT coalesce(sum(size), 0) FROM files"
            "  WHERE set_id = discs.set_id AND disc = number)"
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
                sha256=self.image_hash(set_id, number),
                places=tuple(self._places(set_id, number)),
                copies=tuple(self.copies.of(image_key(set_id, number))),
                last_check=self._last_check(set_id, number),
            )
            for number, volume_id, title, medium, sectors, files, size in rows
        ]

    def status(
        self,
        rule: Rule,
        since: str,
        sets: Collection[str] | None = None,
        *,
        allow_missing: bool = False,
    ) -> status.Status:
        """The status of these sets, or of all: `library.status`."""
        return status.status(self._db, rule, since, sets, allow_missing=allow_missing)

    def examine(
        self, source: str, wishes: Collecting, wanted: int, progress: Progress
    ) -> deletable.SourceStatus:
        """Whether a source may be deleted: `library.deletable`.

        Raises:
            UsageError, SourceError: as `collect`.
        """
        counts = status.counts_of_all(self._db)
        return deletable.examine(self._db, source, wishes, wanted, counts, progress)

    def sets_of_source(self, path: str) -> list[str]:
        """The ids of the sets that have a source from this path, or of its name."""
        return deletable.sets_of_source(self._db, path)

    def find_sets(self, words: Iterable[str]) -> list[str]:
        """The ids of all sets that the words name: ids, beginnings of them, titles, sessions.

        Raises:
            UsageError: words name none.
        """
        return status.find_sets(self._db, words)

    def find_set(self, words: str) -> SetSummary:
        """The set that an id, the beginning of one, or a title names.

        Raises:
            UsageError: none, or several.
        """
        found = [
            each
            for each in self.sets()
            if each.id.startswith(words.lower()) or each.title.casefold() == words.casefold()
        ]
        if not found:
            raise UsageError(f"no set {printable(words)!r} in the library: see `spanner list`")
        if len(found) > 1:
            ids = ", ".join(each.id[:8] for each in found)
            raise UsageError(f"{printable(words)!r} names {len(found)} sets, say which: {ids}")
        return found[0]

    def _places(self, set_id: str, disc: int) -> Iterator[str]:
        rows = self._db.execute(
            "SELECT place FROM images WHERE set_id = ? AND disc = ? ORDER BY id", (set_id, disc)
        )
        return (unescape(place) for (place,) in rows)

    def _last_check(self, set_id: str, disc: int) -> str:
        row = self._db.execute(
            "SELECT checked, good, remark FROM checks WHERE set_id = ? AND disc = ? "
            "ORDER BY id DESC LIMIT 1",
            (set_id, disc),
        ).fetchone()
        return f"{row[0]}: {'good' if row[1] else row[2]}" if row else ""


def _fingerprint(plan: Plan) -> str:
    """A hash of what the discs hold; the same for each plan of the same sources."""
    discs = plan.discs
    if plan.library:  # which is another each time, and as large as it is
        discs = tuple(msgspec.structs.replace(disc, image_sectors=0) for disc in discs)
    held = (plan.sources, discs, plan.directories, plan.symlinks, plan.left_out)
    needs = (plan.outside, plan.needs) if plan.needs else ()
    # Of two equal steps, to and fro, each has its own time: its state is the newest then.
    earlier = (plan.earlier, plan.since) if plan.earlier or plan.since else ()
    library = ("library",) if plan.library else ()
    described = (plan.set.title, plan.strategy, *held, *needs, *earlier, *library)
    return hashlib.sha256(encode(described)).hexdigest()
