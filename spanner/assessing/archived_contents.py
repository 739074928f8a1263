"""Looks contents up in the library's records: on how many verified copies each of them is."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from spanner.assessing.counting import Count
from spanner.library.staging import head
from spanner.model.plan import DiscKey
from spanner.sources.hashing import Division

Hashes = dict[Division, tuple[str, ...]]
"""The SHA-256 of a file's parts, whole and for each way to divide it (`sources.hashing`)."""


class ArchivedContents:
    """What the sets of a library hold, by content.

    Of some sets more is known: `paths`, escaped, are all that they have; `divisions`, by a file's
    size in bytes, how files of that size are divided over their discs.
    """

    def __init__(
        self, db: sqlite3.Connection, sets: Sequence[str], counts: Mapping[DiscKey, Count]
    ) -> None:
        self._db = db
        self._counts = counts
        self.paths: set[str] = set()
        self.divisions: dict[int, set[Division]] = defaultdict(set)
        # By set and path: part → its size, hash and the discs that it is on.
        self._divided: dict[tuple[str, str], dict[int, tuple[int, str, set[int]]]] = {}
        for set_id in sets:
            self._learn(set_id)

    def _learn(self, set_id: str) -> None:
        """Take the paths of a set, and its files in parts, which are looked up by all of these."""
        rows = self._db.execute(
            "SELECT path, disc, part, parts, size, sha256 FROM files WHERE set_id = ?", (set_id,)
        )
        divided: dict[str, dict[int, tuple[int, str, set[int]]]] = defaultdict(dict)
        complete: dict[str, int] = {}
        for path, disc, part, parts, size, sha256 in rows:
            self.paths.add(path)
            if parts > 1:
                complete[path] = parts
                known = divided[path].setdefault(part, (size, sha256 or "", set()))
                known[2].add(disc)
        for path, found in divided.items():
            if len(found) == complete[path]:
                self._divided[set_id, path] = found
                division = tuple(found[part][0] for part in sorted(found))
                self.divisions[sum(division)].add(division)

    def copies(self, found: Mapping[str, Hashes]) -> dict[str, int | None]:
        """The verified copies of each file's content by its path; None: it was never archived.

        A content that lies in several sets has the copies of all of them.
        """
        wholes = {path: _whole(hashes) for path, hashes in found.items()}
        whole = self._whole(set(wholes.values()))
        divided = self._by_parts()
        result: dict[str, int | None] = {}
        for path, hashes in found.items():
            by_set = dict(whole.get(wholes[path], {}))
            for parts in hashes.values():
                for set_id, number in divided.get(parts, {}).items():
                    by_set[set_id] = max(number, by_set.get(set_id, 0))
            result[path] = sum(by_set.values()) if by_set else None
        return result

    def _whole(self, hashes: Iterable[str]) -> dict[str, dict[str, int]]:
        """By hash and set: the copies of discs on which an undivided file is."""
        self._db.execute(
            "CREATE TEMP TABLE IF NOT EXISTS asked (sha256 TEXT PRIMARY KEY, head INTEGER)"
        )
        with self._db:
            self._db.execute("DELETE FROM asked")
            self._db.executemany(
                "INSERT INTO asked VALUES (?, ?)", ((each, head(each)) for each in hashes)
            )
        found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        rows = self._db.execute(
            "SELECT DISTINCT asked.sha256, folders.set_id, entries.disc FROM asked"
            " CROSS JOIN hashes USING (head) CROSS JOIN entries USING (folder, name)"
            " CROSS JOIN folders ON folders.id = entries.folder"
            " WHERE entries.parts = 1 AND lower(hex(entries.sha256)) = asked.sha256"
        )
        for sha256, set_id, disc in rows:
            found[sha256][set_id] += self._copies(set_id, disc)
        return found

    def _by_parts(self) -> dict[tuple[str, ...], dict[str, int]]:
        """By the hashes of all parts, and set: the copies of that part of which there are least."""
        found: dict[tuple[str, ...], dict[str, int]] = defaultdict(dict)
        for (set_id, _), parts in self._divided.items():
            ordered = [parts[number] for number in sorted(parts)]
            hashes = tuple(sha256 for _, sha256, _ in ordered)
            number = min(
                sum(self._copies(set_id, disc) for disc in discs) for _, _, discs in ordered
            )
            found[hashes][set_id] = max(number, found[hashes].get(set_id, 0))
        return found

    def _copies(self, set_id: str, disc: int) -> int:
        """The verified copies of a disc."""
        known = self._counts.get(DiscKey(set_id, disc))
        return known.copies if known else 0


def _whole(hashes: Hashes) -> str:
    """The hash of the whole file."""
    return next(parts[0] for parts in hashes.values() if len(parts) == 1)
