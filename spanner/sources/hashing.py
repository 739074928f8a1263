"""Reads every source of a plan once, beforehand, so that every disc can carry all hashes."""

import hashlib
import os

import msgspec

from burners.progress import Progress
from spanner.errors import SourceChangedError, SourceError
from spanner.planning.plan import Item, Plan
from spanner.sources.tree import origin
from spanner.units import printable

_CHUNK = 4 << 20


def with_hashes(plan: Plan, progress: Progress) -> Plan:
    """The plan with the SHA-256 of each item.

    Raises:
        SourceError: a source cannot be read, or is shorter than planned.
    """
    roots = plan.roots
    known: dict[tuple[str, int], str] = {}
    items = [item for disc in plan.discs for item in disc.items]
    with progress.task("hashing the sources", sum(item.size for item in items)):
        for item in items:
            key = (item.path, item.part)
            if key in known:
                progress.advance(item.size)
            else:
                known[key] = _hash(origin(roots, item.path), item, progress)
    discs = tuple(
        msgspec.structs.replace(
            disc,
            items=tuple(
                msgspec.structs.replace(item, sha256=known[item.path, item.part])
                for item in disc.items
            ),
        )
        for disc in plan.discs
    )
    return msgspec.structs.replace(plan, discs=discs)


def _hash(path: str, item: Item, progress: Progress) -> str:
    digest = hashlib.sha256()
    buffer = memoryview(bytearray(min(_CHUNK, max(item.size, 1))))
    left = item.size
    try:
        with open(path, "rb", buffering=0) as file:
            file.seek(item.offset)
            while left and (count := file.readinto(buffer[: min(left, len(buffer))])):
                digest.update(buffer[:count])
                progress.advance(count)
                left -= count
            unchanged = os.fstat(file.fileno())
    except OSError as error:
        raise SourceError(f"{printable(path)}: cannot be read ({error.strerror})") from error
    if left or (unchanged.st_size, unchanged.st_mtime_ns) != (item.whole_size, item.mtime_ns):
        raise SourceChangedError(path, "it changed since it was scanned")
    return digest.hexdigest()
