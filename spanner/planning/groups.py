"""Groups of pack items that stay together on one disc where it takes them: `--keep`."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from spanner.errors import UsageError
from spanner.wording import printable

Keep = Callable[[str], tuple[str, ...]]
"""The groups that a path is in, outermost first."""


@dataclass(frozen=True, slots=True)
class ItemGroup:
    """Pack items (indices) that are placed together, and the bytes that they take at most."""

    pack_items: tuple[int, ...]
    cost: int


@dataclass(frozen=True, slots=True)
class ItemGroups:
    """All pack items, each in one group; `too_large` are the keys of groups that were divided."""

    groups: tuple[ItemGroup, ...]
    too_large: tuple[str, ...]


def keeper(words: str) -> Keep:
    """What `--keep` means: none, folder, or a regular expression whose first group is the key.

    Raises:
        UsageError: it is no regular expression.
    """
    if words == "none":
        return lambda _: ()
    if words == "folder":
        return folders
    try:
        pattern = re.compile(words)
    except re.error as error:
        raise UsageError(f"--keep {printable(words)} is no regular expression: {error}") from None

    def keyed(path: str) -> tuple[str, ...]:
        match = pattern.search(path)
        key = match and (match[1] if pattern.groups else match[0])
        return (key,) if key else ()

    return keyed


def folders(path: str) -> tuple[str, ...]:
    """The folders that a path lies in, outermost first, each by its own path."""
    parts = path.split("/")[:-1]
    return tuple("/".join(parts[: depth + 1]) for depth in range(len(parts)) if parts[0])


def spread(discs: Iterable[Iterable[str]]) -> dict[str, set[int]]:
    """The discs (numbers from 1) that each folder is on, by the paths of what each disc holds."""
    found: dict[str, set[int]] = defaultdict(set)
    for number, paths in enumerate(discs, 1):
        places = {path.rpartition("/")[0] for path in paths}
        for folder in {folder for place in places for folder in folders(f"{place}/")}:
            found[folder].add(number)
    return found


def pieces(discs: Iterable[Iterable[str]]) -> tuple[int, int]:
    """How many folders are on several discs, and by how many discs more than one in all."""
    more = [len(numbers) - 1 for numbers in spread(discs).values()]
    return sum(map(bool, more)), sum(more)


def avoidable(
    discs: Iterable[Iterable[str]], paths: Sequence[str], costs: Sequence[int], capacity: int
) -> set[str]:
    """The folders on several discs that one disc of this capacity would take."""
    divided = {folder for folder, numbers in spread(discs).items() if len(numbers) > 1}
    return divided.difference(grouped(paths, costs, range(len(paths)), folders, capacity).too_large)


def grouped(
    paths: Sequence[str], costs: Sequence[int], order: Iterable[int], keep: Keep, capacity: int
) -> ItemGroups:
    """Put pack items together, in the order of their first ones, where `capacity` bytes take them.

    Pack items are given by their paths and costs in bytes. Of groups in groups the outermost that
    fits is kept.
    """
    keys = {index: keep(paths[index]) for index in order}
    totals: dict[tuple[str, ...], int] = {}
    for index, nested in keys.items():
        for depth in range(1, len(nested) + 1):
            key = nested[:depth]
            totals[key] = totals.get(key, 0) + costs[index]
    members: dict[tuple[object, ...], list[int]] = {}
    too_large: dict[str, None] = {}
    for index, nested in keys.items():
        fits = range(1, len(nested) + 1)
        depth = next((depth for depth in fits if totals[nested[:depth]] <= capacity), 0)
        for outer in nested[: depth - 1 if depth else len(nested)]:
            too_large[outer] = None
        members.setdefault(nested[:depth] if depth else (index,), []).append(index)
    return ItemGroups(
        tuple(
            ItemGroup(tuple(own), sum(costs[index] for index in own)) for own in members.values()
        ),
        tuple(too_large),
    )
