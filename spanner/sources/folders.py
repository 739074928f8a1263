"""Names in folders, compared as people mean them: in one Unicode form, whatever their case."""

import glob
import os
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from spanner.model import mounts


def folded(name: str) -> str:
    """What names that mean the same file have in common."""
    return unicodedata.normalize("NFC", name).casefold()


def mounted_volumes() -> list[str]:
    """The folders, sorted, at which volumes can be mounted that are there now."""
    return sorted(place for pattern in mounts.MOUNT_POINTS for place in glob.glob(pattern))


@dataclass(frozen=True, slots=True)
class _Listing:
    """What one folder holds: files and folders by name, sorted, and all names by what they mean.

    Symbolic links count as files, so that no walk follows them.
    """

    files: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    meanings: dict[str, list[str]] = field(default_factory=dict)


class Folders:
    """What folders hold; each is read once, however many ask."""

    def __init__(self) -> None:
        self._listings: dict[str, _Listing] = {}
        self._trees: dict[str, dict[str, list[str]]] = {}
        self._real: dict[str, str] = {}

    def find(self, start: str, parts: Sequence[str]) -> str | None:
        """The file that `parts` lead to from a folder; ".." leads up; None: there is none."""
        if not parts:
            return start if os.path.isfile(start) else None
        part, rest = parts[0], parts[1:]
        if part in ("", "."):
            return self.find(start, rest)
        if part == "..":
            return self.find(os.path.dirname(start), rest)
        names = self._listing(start).meanings.get(folded(part), [])
        for name in sorted(names, key=lambda name: name != part):  # the exact one first
            found = self.find(os.path.join(start, name), rest)
            if found:
                return found
        return None

    def below(self, root: str, name: str) -> list[str]:
        """All files of that name anywhere below a folder."""
        return self._tree(root).get(folded(name), [])

    def files(self, root: str) -> Iterator[str]:
        """All files below a folder."""
        for paths in self._tree(root).values():
            yield from paths

    def real(self, path: str) -> str:
        """Where a file really is, symbolic links resolved."""
        if os.path.islink(path):
            return os.path.realpath(path)
        folder, name = os.path.split(path)
        if folder not in self._real:
            self._real[folder] = os.path.realpath(folder)
        return os.path.join(self._real[folder], name)

    def entries(self, root: str) -> Iterator[str]:
        """All files and folders below a folder."""
        for folder, listing in self._walk(root):
            for name in (*listing.files, *listing.folders):
                yield os.path.join(folder, name)

    def _listing(self, folder: str) -> _Listing:
        known = self._listings.get(folder)
        if known is None:
            known = self._listings[folder] = _read(folder)
        return known

    def _tree(self, root: str) -> dict[str, list[str]]:
        known = self._trees.get(root)
        if known is None:
            known = self._trees[root] = {}
            for folder, listing in self._walk(root):
                for name in listing.files:
                    known.setdefault(folded(name), []).append(os.path.join(folder, name))
        return known

    def _walk(self, root: str) -> Iterator[tuple[str, _Listing]]:
        """A folder and all below it, in the order of their names."""
        pending = [root]
        while pending:
            folder = pending.pop()
            listing = self._listing(folder)
            yield folder, listing
            pending += [os.path.join(folder, name) for name in reversed(listing.folders)]


def _read(folder: str) -> _Listing:
    """Read a folder; one that cannot be read holds nothing."""
    try:
        with os.scandir(folder) as entries:
            found = sorted((entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries)
    except OSError:
        return _Listing()
    meanings: dict[str, list[str]] = {}
    for name, _ in found:
        meanings.setdefault(folded(name), []).append(name)
    return _Listing(
        tuple(name for name, is_folder in found if not is_folder),
        tuple(name for name, is_folder in found if is_folder),
        meanings,
    )
