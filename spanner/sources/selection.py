"""Leaves files out of a tree, each with the reason why."""

from collections.abc import Callable
from dataclasses import replace

from spanner.model.paths import parents
from spanner.model.tree import File, Skipped, Tree


def without(tree: Tree, why: Callable[[str], str], *, bare: bool = False) -> Tree:
    """The tree without the names for which `why` gives a reason; they are in its `skipped`.

    A file goes once none of its names is left, a folder once all that it held has gone. `bare`:
    symbolic links and all folders that hold no file go too.
    """
    files: list[File] = []
    skipped: list[Skipped] = []
    for file in tree.files:
        reasons = {name: why(name) for name in (file.path, *file.links)}
        kept = [name for name, reason in reasons.items() if not reason]
        skipped += [Skipped(name, reason) for name, reason in reasons.items() if reason]
        if len(kept) == len(reasons):
            files.append(file)
        elif kept:
            files.append(replace(file, path=kept[0], links=tuple(kept[1:])))
    symlinks = () if bare else tree.symlinks
    if bare:
        skipped += [Skipped(link.path, "a symbolic link") for link in tree.symlinks]
    needed = parents(name for file in files for name in (file.path, *file.links))
    needed |= parents(link.path for link in symlinks)
    emptied = parents(each.path for each in skipped) - needed
    return replace(
        tree,
        files=tuple(files),
        symlinks=symlinks,
        directories=tuple(
            each
            for each in tree.directories
            if each.path in needed or "/" not in each.path or not (bare or each.path in emptied)
        ),
        skipped=(*tree.skipped, *skipped),
    )
