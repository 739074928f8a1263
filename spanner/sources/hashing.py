"""Reads sources before anything is written: for their content's SHA-256."""

import hashlib
import os
from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from burners.progress import Progress
from spanner.errors import SourceChangedError, SourceError
from spanner.model.plan import UNKNOWN_HASH, Item, Plan
from spanner.model.tree import File, origin
from spanner.wording import printable

_CHUNK = 4 << 20

Division = tuple[int, ...]
"""The sizes of a file's parts, in bytes; of a whole file (size,)."""


def hash_files(
    files: Iterable[File],
    places: Mapping[str, str],
    divisions: Mapping[int, Collection[Division]],
    progress: Progress,
) -> dict[str, dict[Division, tuple[str, ...]]]:
    """The SHA-256 of each file's parts by its path, for each way to divide it; each is read once.

    `places` as for `origin`; `divisions` by the file's size: what is wanted beside the whole.

    Raises:
        SourceError: a source cannot be read, or is not what was scanned.
    """
    files = list(files)
    found = {}
    with progress.task("comparing contents", sum(file.size for file in files)):
        for file in files:
            place = origin(places, file.path)
            found[file.path] = hash_file(file, place, divisions.get(file.size, ()), progress)
    return found


def hash_file(
    file: File, place: str, divisions: Collection[Division], progress: Progress
) -> dict[Division, tuple[str, ...]]:
    """The SHA-256 of the file's parts, whole and for each way to divide it; it is read once.

    Raises:
        SourceError: it cannot be read, or is not what was scanned.
    """
    wanted = sorted({(file.size,), *divisions})
    hashes = _SourceHasher(place, file.size, file.mtime_ns).hash(0, wanted, progress)
    return dict(zip(wanted, hashes, strict=True))


def with_hashes(plan: Plan, progress: Progress, *, every: bool = True) -> Plan:
    """The plan with the SHA-256 of each item; if not `every`, of those that must have one.

    What is known already is not read again.

    Raises:
        SourceError: a source cannot be read, or is shorter than planned.
    """
    roots = plan.roots
    items = {
        (item.path, item.part): item
        for disc in plan.discs
        for item in disc.items
        if item.sha256 == UNKNOWN_HASH or (every and not item.sha256)
    }
    if not items:
        return plan
    known: dict[tuple[str, int], str] = {}
    with progress.task("hashing the sources", sum(item.size for item in items.values())):
        for key, item in items.items():
            known[key] = _hash(origin(roots, item.path), item, progress)
    discs = tuple(
        msgspec.structs.replace(
            disc,
            items=tuple(
                msgspec.structs.replace(item, sha256=known.get((item.path, item.part), item.sha256))
                for item in disc.items
            ),
        )
        for disc in plan.discs
    )
    return msgspec.structs.replace(plan, discs=discs)


def _hash(path: str, item: Item, progress: Progress) -> str:
    hasher = _SourceHasher(path, item.whole_size, item.mtime_ns)
    return hasher.hash(item.offset, [(item.size,)], progress)[0][0]


class _SourceHasher:
    """Hashes one source's content; the source must have this size and time when it was read."""

    def __init__(self, path: str, size: int, mtime_ns: int) -> None:
        self._path = path
        self._expected = size, mtime_ns

    def hash(
        self, offset: int, divisions: Sequence[Division], progress: Progress
    ) -> list[tuple[str, ...]]:
        """The SHA-256 of the parts from the offset on, for each division of the same bytes."""
        parts = [_PartHashes(division) for division in divisions]
        left = sum(divisions[0])
        buffer = memoryview(bytearray(min(_CHUNK, max(left, 1))))
        try:
            with open(self._path, "rb", buffering=0) as file:
                file.seek(offset)
                while left and (count := file.readinto(buffer[: min(left, len(buffer))])):
                    for each in parts:
                        each.update(buffer[:count])
                    progress.advance(count)
                    left -= count
                info = os.fstat(file.fileno())
        except OSError as error:
            raise SourceError(
                f"{printable(self._path)}: cannot be read ({error.strerror})"
            ) from error
        if left or (info.st_size, info.st_mtime_ns) != self._expected:
            raise SourceChangedError(self._path, "it changed since it was scanned")
        return [each.digests() for each in parts]


class _PartHashes:
    """Hashes the parts of a file, whose bytes come in any pieces."""

    def __init__(self, sizes: Division) -> None:
        self._sizes = sizes
        self._done: list[str] = []
        self._digest = hashlib.sha256()
        self._left = sizes[0]

    def update(self, data: memoryview) -> None:
        while len(data) > self._left:
            self._digest.update(data[: self._left])
            data = data[self._left :]
            self._done.append(self._digest.hexdigest())
            self._digest = hashlib.sha256()
            self._left = self._sizes[len(self._done)]
        self._digest.update(data)
        self._left -= len(data)

    def digests(self) -> tuple[str, ...]:
        return (*self._done, self._digest.hexdigest())
