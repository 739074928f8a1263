"""Divides a sequence into runs of neighbours, one a disc, so that few folders are divided.

First come the best discs, then the best places to cut for these, in whichever order they take the
items: by a dynamic program over the discs taken so far and the places of the last cut.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import isqrt

import numpy as np
from numpy.typing import NDArray

from spanner.planning.packing.problem import BinType
from spanner.planning.runs.disc_orders import orders, windows
from spanner.planning.runs.media_choice import cheapest
from spanner.planning.runs.windows import (
    NEVER,
    Ints,
    ItemSequence,
    Step,
    Window,
    backward,
    forward,
    step_between,
)

_MOST_PLACES = 4_000_000  # in all windows, once for each disc between two
_MOST_PAIRS = 5_000_000  # of neighbouring cuts that are compared

_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Run:
    """Items `start` to `stop` - 1 on one disc of the type with this index."""

    start: int
    stop: int
    bin_type: int


def contiguous(
    costs: Sequence[int],
    folders: Sequence[tuple[Hashable, ...]],
    bin_types: Sequence[BinType],
    *,
    even: bool = True,
    penalties: Sequence[int] | None = None,
) -> list[Run]:
    """The best division of items, with these costs in bytes, into runs of at least one.

    `folders` are those that each item lies in, outermost first; one that comes again after
    others is another one. What counts, in this order:

    1. the total cost of the discs, compared as tuples, then their number (of different discs
       that are equal in both, those found first are taken);
    2. how many folders are on more than one disc;
    3. how many folders cross each cut, all cuts together; then the `penalties` of the items that
       the cuts are before, each from 0 to 15;
    4. if `even`, the fullest disc, in parts of its capacity (a float, so that bytes are told apart
       up to 2**52); then the least sum of the loads' squares. If not `even`, the greatest sum.

    Where the discs can come in too many orders, they keep that in which they were found. Large
    loads are squared to a millionth of the fullest disc, and where there are more pairs of
    neighbouring cuts than can be compared, the sum is only nearly the best. `costs` add up to less
    than 2**62.

    Raises:
        DoesNotFitError: the stock does not suffice, or an item fits no type in stock.
    """
    ends = [0, *accumulate(costs)]
    discs = cheapest(ends, bin_types)
    if len(discs) < 2:
        return [Run(0, len(costs), bin_type) for bin_type in discs]
    sequence = ItemSequence.of(ends, folders, penalties)
    capacities = {bin_type: min(bin_types[bin_type].capacity, ends[-1]) for bin_type in discs}
    before = _orders(ends, discs, capacities)
    best = _BestCuts.of(sequence, before, capacities)
    if even:
        levelled = best.emptied({bin_type: bin_types[bin_type].capacity for bin_type in discs})
        capacities = {bin_type: min(each, ends[-1]) for bin_type, each in levelled.items()}
        best = _BestCuts.of(sequence, before, capacities)
    return best.runs(len(discs), max(capacities.values()), even=even)


def _orders(
    ends: list[int], discs: list[int], capacities: dict[int, int]
) -> list[list[tuple[int, int]]]:
    """All orders of the discs, unless there is too much to go through, or only the given one."""
    before = orders(discs)
    found = windows(ends, before, capacities)
    places = 0
    for (first, last), steps in zip(found, before, strict=True):
        for source, _ in steps:
            start, stop = found[source]
            if stop >= first:  # in another order a disc of what is nearly the best can be left out
                return orders(discs, most=0)
            places += max(0, last - first + 1) + max(0, stop - start + 1)
    return before if places <= _MOST_PLACES else orders(discs, most=0)


@dataclass(frozen=True, slots=True)
class _Cut:
    """A place in a window, and the type of the disc before it."""

    window: int
    at: int
    bin_type: int


@dataclass(frozen=True, slots=True)
class _BestCuts:
    """All windows, the last one the end; all divisions within them that are the best by the key.

    The key counts divided folders and crossed ones.
    """

    windows: list[Window]
    keys: list[Ints]  # by window and place: the least of all before, the place included
    kept: list[Ints]  # the places in each window that the best divisions go through

    @classmethod
    def of(
        cls, sequence: ItemSequence, before: list[list[tuple[int, int]]], capacities: dict[int, int]
    ) -> "_BestCuts":
        found: list[Window] = []
        for bounds, discs in zip(windows(sequence.ends, before, capacities), before, strict=True):
            window = Window.between(sequence, *bounds)
            for source, bin_type in discs if window.sums.size else ():
                if found[source].sums.size:
                    step = step_between(
                        sequence, found, source, window, bin_type, capacities[bin_type]
                    )
                    window.steps.append(step)
            found.append(window)
        keys = forward(found)
        rest = backward(found)
        best = keys[-1][0]
        kept = [np.flatnonzero(key + after == best) for key, after in zip(keys, rest, strict=True)]
        return cls(found, keys, kept)

    def emptied(self, capacities: dict[int, int]) -> dict[int, int]:
        """The capacities lowered in proportion until the fullest disc is as empty as can be."""
        fullest = [np.zeros(1)]
        for index, window in enumerate(self.windows[1:], 1):
            best = np.full(len(self.kept[index]), np.inf)
            for step in window.steps:
                self._fill(
                    index, step, float(capacities[step.bin_type]), fullest[step.source], best
                )
            fullest.append(best)
        level = float(fullest[-1][0])
        return {bin_type: _filled(level, capacity) for bin_type, capacity in capacities.items()}

    def _fill(
        self, index: int, step: Step, capacity: float, before: _Floats, best: _Floats
    ) -> None:
        """Note where a step to the window makes the fullest disc emptier than known by `best`."""
        source, kept = self.windows[step.source], self.kept[step.source]
        keys = self.keys[step.source][kept]
        columns = self.kept[index]
        sums = self.windows[index].sums[columns]
        for level, own in source.level_slices():
            start, stop = np.searchsorted(kept, (own.start, own.stop)).tolist()
            wanted = self.keys[index][columns] - step.added[level][columns]
            for key in np.unique(keys[start:stop]):
                places = np.flatnonzero(wanted == key)
                members = start + np.flatnonzero(keys[start:stop] == key)
                if places.size:
                    starts = source.sums[kept[members]]
                    found = _fullest(before[members], starts, sums[places], capacity)
                    best[places] = np.minimum(best[places], found)

    def runs(self, discs: int, fullest: int, *, even: bool) -> list[Run]:
        """The division whose loads' squares have the least sum, or the greatest if not `even`."""
        # With these bits left, the sum of as many squares as there are discs fits its type.
        shift = max(0, fullest.bit_length() - (61 - discs.bit_length()) // 2)
        pairs = [
            len(self.kept[step.source]) * len(kept)
            for window, kept in zip(self.windows, self.kept, strict=True)
            for step in window.steps
        ]
        widest = reach = max(map(len, self.kept))
        cuts = []
        if sum(pairs) > _MOST_PAIRS:
            cuts = self._any()
            reach = max(4, isqrt(_MOST_PAIRS // len(pairs)) // 2)
        # Few places far apart, then those around the best of them.
        stride = -(-widest // reach)
        picked = self._picked(cuts, stride, reach, everywhere=True)
        cuts = self._squared(picked, shift, even=even)
        while stride > 1:
            stride //= max(2, reach // 2)
            picked = self._picked(cuts, max(1, stride), reach, everywhere=False)
            cuts = self._squared(picked, shift, even=even)
        stops = [self.windows[cut.window].first + cut.at for cut in cuts]
        return [
            Run(start, stop, cut.bin_type)
            for start, stop, cut in zip([0, *stops[:-1]], stops, cuts, strict=True)
        ]

    def _picked(self, cuts: list[_Cut], stride: int, reach: int, *, everywhere: bool) -> list[Ints]:
        """Of the kept places as many as `reach` each way from the cuts, and the outermost."""
        at = {cut.window: cut.at for cut in cuts}
        picked = []
        for index, kept in enumerate(self.kept):
            if not kept.size or not (everywhere or index in at or index == 0):
                picked.append(kept[:0])
                continue
            middle = int(np.searchsorted(kept, at.get(index, 0)))
            near = middle + stride * np.arange(-reach, reach + 1)
            near = near[(near >= 0) & (near < len(kept))]
            picked.append(kept[np.unique(np.concatenate((near, (0, len(kept) - 1))))])
        return picked

    def _any(self) -> list[_Cut]:
        """The cuts of one of the best divisions by the key, traced back from the end."""
        cuts = []
        index, at = len(self.windows) - 1, np.zeros(1, dtype=np.int64)
        while index:
            for step in self.windows[index].steps:
                rows = self.kept[step.source]
                found = np.flatnonzero(self._ways(index, step, rows, at))
                if found.size:
                    break
            cuts.append(_Cut(index, int(at[0]), step.bin_type))
            index, at = step.source, rows[found[:1]]
        return cuts[::-1]

    def _ways(self, index: int, step: Step, rows: Ints, columns: Ints) -> NDArray[np.bool_]:
        """Whether a disc from the source's places to the window's is in a best division by key."""
        starts = self.windows[step.source].starts
        levels = np.searchsorted(starts, rows, side="right") - 1
        keys = self.keys[step.source][rows][:, None] + step.added[levels[:, None], columns]
        fits = step.first[columns] <= rows[:, None]
        found: NDArray[np.bool_] = fits & (keys == self.keys[index][columns])
        return found

    def _squared(self, picked: list[Ints], shift: int, *, even: bool) -> list[_Cut]:
        """The best division by the squares' sum among those by key that cut at picked places."""
        sign = 1 if even else -1
        totals = [np.zeros(1, dtype=np.int64)]
        ways: list[tuple[Ints, Ints]] = [(totals[0], totals[0])]
        for index, window in enumerate(self.windows[1:], 1):
            columns = picked[index]
            best = np.full(len(columns), NEVER)
            steps, sources = np.zeros_like(best), np.zeros_like(best)
            sums = window.sums[columns] >> shift
            for number, step in enumerate(window.steps):
                rows = picked[step.source]
                if not rows.size or not columns.size:
                    continue
                loads = sums - (self.windows[step.source].sums[rows] >> shift)[:, None]
                before = totals[step.source][:, None]
                allowed = self._ways(index, step, rows, columns) & (before < NEVER)
                found = np.where(allowed, before + sign * loads * loads, NEVER)
                at = found.argmin(axis=0)
                least = found[at, np.arange(len(at))]
                better = least < best
                best[better], steps[better], sources[better] = least[better], number, at[better]
            totals.append(best)
            ways.append((steps, sources))
        return self._traced(picked, ways)

    def _traced(self, picked: list[Ints], ways: list[tuple[Ints, Ints]]) -> list[_Cut]:
        cuts = []
        index, column = len(ways) - 1, 0
        while index:
            steps, sources = ways[index]
            step = self.windows[index].steps[steps[column]]
            cuts.append(_Cut(index, int(picked[index][column]), step.bin_type))
            index, column = step.source, int(sources[column])
        return cuts[::-1]


def _fullest(before: _Floats, starts: Ints, stops: Ints, capacity: float) -> _Floats:
    """For each stop the least that the fullest disc is filled by, from any start.

    A later start makes the last disc emptier. So what counts is the least by which the discs
    before any start from there on are filled: where that gets more than the last disc, or before.
    From starts so far off that they do not fit it is more than 1, so that others are better.
    """
    least = np.minimum.accumulate(before[::-1])[::-1]
    turn = np.searchsorted(least * capacity + (starts - starts[0]), stops - starts[0])
    at, back = np.minimum(turn, len(starts) - 1), np.maximum(turn - 1, 0)
    there = np.maximum(least[at], (stops - starts[at]) / capacity)
    earlier = np.maximum(least[back], (stops - starts[back]) / capacity)
    found: _Floats = np.minimum(there, earlier)
    return found


def _filled(level: float, capacity: int) -> int:
    """The largest load that fills a disc no more than to the level."""
    load = int(level * capacity) + 1
    while load / capacity > level:
        load -= 1
    return load
