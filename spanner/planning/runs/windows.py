"""Where a sequence can be cut after each choice of discs, and what cutting there costs.

After some of the discs the cut can only be in a window: all before it must fit on them and all
after it on the others. As no disc can be left out, the windows with one disc more begin after this
one ends; otherwise that disc could be.

Which folders a cut divides that no cut before it did depends on the last cut: as folders are
nested, their number is how many more cross this cut than the least that cross any place from the
last cut on. That tells the places of a window apart by a few levels only, so that going through
them all takes a time in proportion to the items, times the folders' depth.
"""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from operator import is_

import numpy as np
from numpy.typing import NDArray

PENALTIES = 16
"""A crossed folder weighs more than a penalty."""
NEVER = 2**62
_DIVIDED = 2**31  # a divided folder weighs more than all that cross a cut

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ItemSequence:
    """What is divided: running sums of the items' costs from 0 on, and the folders they lie in."""

    ends: list[int]
    sums: Ints  # the same
    crossing: Ints  # how many folders are on both sides of each place
    weights: Ints  # what a cut there adds to the key

    @classmethod
    def of(
        cls,
        ends: list[int],
        folders: Sequence[tuple[Hashable, ...]],
        penalties: Sequence[int] | None,
    ) -> "ItemSequence":
        """Items with these running sums of their costs, which lie in these folders."""
        crossing = _crossing(folders)
        weights = crossing * PENALTIES
        if penalties is not None:
            weights[:-1] += np.clip(np.array(penalties, dtype=np.int64), 0, PENALTIES - 1)
        return cls(ends, np.array(ends, dtype=np.int64), crossing, weights)


def _crossing(folders: Sequence[tuple[Hashable, ...]]) -> Ints:
    """By place, from before the first item to after the last: how many folders cross it."""
    items = len(folders)
    same = np.fromiter(map(is_, folders, islice(folders, 1, None)), np.bool_, items - 1)
    found = np.zeros(items + 1, dtype=np.int64)
    found[:items] = np.fromiter(map(len, folders), np.int64, items)
    found[0] = 0
    for place in (np.flatnonzero(~same) + 1).tolist():
        found[place] = _common(folders[place - 1], folders[place])
    return found


def _common(one: tuple[Hashable, ...], other: tuple[Hashable, ...]) -> int:
    """With how many same folders they begin."""
    if one == other:
        return len(one)
    pairs = enumerate(zip(one, other, strict=False))
    return next((depth for depth, (a, b) in pairs if a != b), min(len(one), len(other)))


@dataclass(frozen=True, slots=True)
class Step:
    """A disc between a cut in one window, `source`, and a cut in a later one."""

    source: int
    bin_type: int
    first: Ints  # for each place in the later window, the first in the source that fits
    fitting: Ints  # for each place in the source, how many in the later window fit
    added: Ints  # what cutting there adds to the key, by the source's level and the place


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Where the cut after some of the discs can be."""

    first: int
    sums: Ints  # of all items before each place
    crossing: Ints
    weights: Ints
    starts: Ints  # a level is where the least that cross any place from there on are as many
    levels: Ints
    steps: list[Step]

    @classmethod
    def between(cls, sequence: ItemSequence, first: int, last: int) -> "Window":
        """The window from one place to another, both in it; without steps to it yet."""
        crossing = sequence.crossing[first : last + 1]
        least = np.minimum.accumulate(crossing[::-1])[::-1]
        starts = np.flatnonzero(np.diff(least, prepend=-1))
        weights = sequence.weights[first : last + 1]
        sums = sequence.sums[first : last + 1]
        return cls(
            first=first,
            sums=sums,
            crossing=crossing,
            weights=weights,
            starts=starts,
            levels=least[starts],
            steps=[],
        )

    def level_slices(self) -> Iterator[tuple[int, slice]]:
        """Each level's number, and the places that are on it."""
        stops = [*self.starts[1:].tolist(), len(self.sums)]
        yield from enumerate(map(slice, self.starts.tolist(), stops))


def step_between(
    sequence: ItemSequence,
    found: list[Window],
    source: int,
    window: Window,
    bin_type: int,
    capacity: int,
) -> Step:
    """The disc of this type and capacity between the window `source` (a number) and a later one."""
    earlier = found[source]
    after = earlier.first + len(earlier.sums)
    # The least that cross any place after the source's window and before each of this one's.
    gap = sequence.crossing[after : window.first + len(window.sums) - 1]
    least = np.minimum.accumulate(np.append(NEVER, gap))[window.first - after :]
    newly = window.crossing - np.minimum(earlier.levels[:, None], least)
    return Step(
        source,
        bin_type,
        np.searchsorted(earlier.sums, window.sums - capacity),
        np.searchsorted(window.sums, earlier.sums + capacity, side="right"),
        window.weights + _DIVIDED * np.maximum(0, newly),
    )


def forward(found: list[Window]) -> list[Ints]:
    """The least key of what comes before each place, the place included."""
    keys = [np.zeros(1, dtype=np.int64)]
    for window in found[1:]:
        best = np.full(len(window.sums), NEVER)
        for step in window.steps:
            source = found[step.source]
            least = np.append(np.minimum.accumulate(keys[step.source][::-1])[::-1], NEVER)
            # Places after the level's divide fewer folders: what they add is more than enough.
            for start, added in zip(source.starts.tolist(), step.added, strict=True):
                np.minimum(best, least[np.maximum(step.first, start)] + added, out=best)
        keys.append(best)
    return keys


def backward(found: list[Window]) -> list[Ints]:
    """The least key of what comes after each place."""
    rest = [np.full(len(window.sums), NEVER) for window in found]
    rest[-1][:] = 0
    for window, after in zip(reversed(found), reversed(rest), strict=True):
        for step in window.steps:
            before = rest[step.source]
            for level, own in found[step.source].level_slices():
                least = np.minimum.accumulate(np.append(NEVER, after + step.added[level]))
                np.minimum(before[own], least[step.fitting[own]], out=before[own])
    return rest
