"""One content once: files whose content is known to be equal are stored as one, under all names."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from spanner.model.paths import parents
from spanner.model.tree import File
from spanner.planning.contents import is_document
from spanner.planning.costs import directory_cost, overhead

_SHARE = 8
"""Names of one content take at most 1/8 of a disc, lest they leave no room for the content."""


def merged(files: Iterable[File], capacity: int) -> tuple[File, ...]:
    """The files, those of equal size and SHA-256 as duplicates of the first of them.

    A session document comes first, for it decides where they go. AppleDouble files stay beside
    their files, and empty files have no content. `capacity` in bytes is that of the smallest disc.
    """
    files = tuple(files)
    alike: dict[tuple[int, str], list[File]] = {}
    for file in files:
        if can_be_duplicate(file.path) and file.size and file.sha256:
            alike.setdefault((file.size, file.sha256), []).append(file)
    made: dict[str, File | None] = {}  # path → what stands for it, None: it is a duplicate
    for group in alike.values():
        if len(group) > 1:
            for first, *others in _shared(group, capacity // _SHARE):
                made[first.path] = replace(first, duplicates=tuple(others))
                made |= dict.fromkeys(other.path for other in others)
    if not made:
        return files
    found = (made.get(file.path, file) for file in files)
    return tuple(file for file in found if file)


def can_be_duplicate(path: str) -> bool:
    """Whether what lies there may be stored with what is equal to it."""
    return not path.rpartition("/")[2].startswith("._")


def _shared(group: Sequence[File], limit: int) -> list[list[File]]:
    """Equal files, divided so that all names in one list take no more than the limit in bytes."""
    lists: list[list[File]] = []
    known: set[str] = set()
    taken = limit + 1
    for file in sorted(group, key=lambda file: not is_document(file)):
        more = _cost(file, known)
        if taken + more > limit:
            known = set()
            taken, more = 0, _cost(file, known)
            lists.append([])
        lists[-1].append(file)
        taken += more
    return lists


def _cost(file: File, known: set[str]) -> int:
    """Bytes that its names take at most; the folders that they lie in become known."""
    folders = parents(file.names) - known
    known |= folders
    return overhead([""], file.size) * len(file.names) + sum(map(directory_cost, folders))
