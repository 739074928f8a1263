"""Names in folders, compared as people mean them: in one Unicode form, whatever their case."""

import os
import unicodedata
from collections.abc import Iterator, Sequence


def folded(name: str) -> str:
    """What names that mean the same file have in common."""
    return unicodedata.normalize("NFC", name).casefold()


class Folders:
    """What folders hold; each is read once, however many sessions ask."""

    def __init__(self) -> None:
        self._listings: dict[str, dict[str, list[str]]] = {}
        self._trees: dict[str, dict[str, list[str]]] = {}

    def find(self, start: str, parts: Sequence[str]) -> str | None:
        """The file that `parts` lead to from a folder; ".." leads up; None: there is none."""
        if not parts:
            return start if os.path.isfile(start) else None
        part, rest = parts[0], parts[1:]
        if part in ("", "."):
            return self.find(start, rest)
        if part == "..":
            return self.find(os.path.dirname(start), rest)
        names = self._names(start).get(folded(part), [])
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

    def _names(self, folder: str) -> dict[str, list[str]]:
        """The entries of a folder by their folded names."""
        known = self._listings.get(folder)
        if known is None:
            known = self._listings[folder] = {}
            try:
                names = sorted(os.listdir(folder))
            except OSError:
                names = []
            for name in names:
                known.setdefault(folded(name), []).append(name)
        return known

    def _tree(self, root: str) -> dict[str, list[str]]:
        known = self._trees.get(root)
        if known is None:
            known = self._trees[root] = {}
            for folder, below, names in os.walk(root):
                below.sort()
                for name in sorted(names):
                    known.setdefault(folded(name), []).append(os.path.join(folder, name))
        return known
