"""Divides a sequence into runs of neighbours, one a disc, so that few folders are divided.

First come the best discs, then the best places to cut for these, in whichever order they take the
units. After each choice of some of the discs the cut can only be in a window: all before it must
fit on them and all after it on the others. As no disc can be left out, the windows with one disc
more begin after this one ends; otherwise that disc could be.

Which folders a cut divides that no cut before it did depends on the last cut: as folders are
nested, their number is how many more cross this cut than the least that cross any place from the
last cut on. That tells the places of a window apart by a few levels only, so that going through
them all takes a time in proportion to the units, times the folders' depth.
"""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, islice
from math import isqrt
from operator import is_

import numpy as np
from numpy.typing import NDArray

from spanner.planning.choosing import cheapest, orders, windows
from spanner.planning.packing.problem import Kind

_DIVIDED = 2**31  # a divided folder weighs more than all that cross a cut
_PENALTIES = 16  # a crossed folder weighs more than a penalty
_NEVER = 2**62
_MOST_PLACES = 4_000_000  # in all windows, once for each disc between two
_MOST_PAIRS = 5_000_000  # of neighbouring cuts that are compared

_Ints = NDArray[np.int64]
_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Run:
    """Units `start` to `stop` - 1 on one disc of the kind with this index."""

    start: int
    stop: int
    kind: int


def contiguous(
    costs: Sequence[int],
    folders: Sequence[tuple[Hashable, ...]],
    kinds: Sequence[Kind],
    *,
    even: bool = True,
    penalties: Sequence[int] | None = None,
) -> list[Run]:
    """The best division of units, with these costs in bytes, into runs of at least one unit.

    `folders` are those that each unit lies in, outermost first; one that comes again after
    others is another one. What counts, in this order:

    1. the total cost of the discs, compared as tuples, then their number (of different discs
       that are equal in both, those found first are taken);
    2. how many folders are on more than one disc;
    3. how many folders cross each cut, all cuts together; then the `penalties` of the units that
       the cuts are before, each from 0 to 15;
    4. if `even`, the fullest disc, in parts of its capacity (a float, so that bytes are told apart
       up to 2**52); then the least sum of the loads' squares. If not `even`, the greatest sum.

    Where the discs can come in too many orders, they keep that in which they were found. Large
    loads are squared to a millionth of the fullest disc, and where there are more pairs of
    neighbouring cuts than can be compared, the sum is only nearly the best. `costs` add up to less
    than 2**62.

    Raises:
        DoesNotFitError: the stock does not suffice, or a unit fits no kind in stock.
    """
    ends = [0, *accumulate(costs)]
    discs = cheapest(ends, kinds)
    if len(discs) < 2:
        return [Run(0, len(costs), kind) for kind in discs]
    crossing = _crossing(folders)
    weights = crossing * _PENALTIES
    if penalties is not None:
        weights[:-1] += np.clip(np.array(penalties, dtype=np.int64), 0, _PENALTIES - 1)
    units = _Units(ends, np.array(ends, dtype=np.int64), crossing, weights)
    capacities = {kind: min(kinds[kind].capacity, ends[-1]) for kind in discs}
    before = _orders(ends, discs, capacities)
    field = _Field.of(units, before, capacities)
    if even:
        levelled = field.emptied({kind: kinds[kind].capacity for kind in discs})
        capacities = {kind: min(each, ends[-1]) for kind, each in levelled.items()}
        field = _Field.of(units, before, capacities)
    return field.runs(len(discs), max(capacities.values()), even=even)


@dataclass(frozen=True, slots=True)
class _Units:
    ends: list[int]
    sums: _Ints  # the same
    crossing: _Ints  # how many folders are on both sides of each place
    weights: _Ints  # what a cut there adds to the key


def _crossing(folders: Sequence[tuple[Hashable, ...]]) -> _Ints:
    """By place, from before the first unit to after the last: how many folders cross it."""
    units = len(folders)
    same = np.fromiter(map(is_, folders, islice(folders, 1, None)), np.bool_, units - 1)
    found = np.zeros(units + 1, dtype=np.int64)
    found[:units] = np.fromiter(map(len, folders), np.int64, units)
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
class _Step:
    """A disc between a cut in one window, `source`, and a cut in a later one."""

    source: int
    kind: int
    first: _Ints  # for each place in the later window, the first in the source that fits
    fitting: _Ints  # for each place in the source, how many in the later window fit
    added: _Ints  # what cutting there adds to the key, by the source's level and the place


@dataclass(frozen=True, slots=True)
class _Window:
    """Where the cut after some of the discs can be."""

    first: int
    sums: _Ints  # of all units before each place
    crossing: _Ints
    weights: _Ints
    starts: _Ints  # a level is where the least that cross any place from there on are as many
    levels: _Ints
    steps: list[_Step]

    @classmethod
    def between(cls, units: _Units, first: int, last: int) -> "_Window":
        crossing = units.crossing[first : last + 1]
        least = np.minimum.accumulate(crossing[::-1])[::-1]
        starts = np.flatnonzero(np.diff(least, prepend=-1))
        weights = units.weights[first : last + 1]
        sums = units.sums[first : last + 1]
        return cls(first, sums, crossing, weights, starts, least[starts], [])

    def blocks(self) -> Iterator[tuple[int, slice]]:
        """The levels' numbers and places."""
        stops = [*self.starts[1:].tolist(), len(self.sums)]
        yield from enumerate(map(slice, self.starts.tolist(), stops))


@dataclass(frozen=True, slots=True)
class _Cut:
    """A place in a window, and the kind of the disc before it."""

    window: int
    at: int
    kind: int


@dataclass(frozen=True, slots=True)
class _Field:
    """All windows, the last one the end; all divisions within them that are the best by the key.

    The key counts divided folders and crossed ones.
    """

    windows: list[_Window]
    keys: list[_Ints]  # by window and place: the least of all before, the place included
    kept: list[_Ints]  # the places in each window that the best divisions go through

    @classmethod
    def of(
        cls, units: _Units, before: list[list[tuple[int, int]]], capacities: dict[int, int]
    ) -> "_Field":
        found: list[_Window] = []
        for bounds, discs in zip(windows(units.ends, before, capacities), before, strict=True):
            window = _Window.between(units, *bounds)
            for source, kind in discs if window.sums.size else ():
                if found[source].sums.size:
                    step = _step(units, found, source, window, kind, capacities[kind])
                    window.steps.append(step)
            found.append(window)
        keys = _forward(found)
        rest = _backward(found)
        best = keys[-1][0]
        kept = [np.flatnonzero(key + after == best) for key, after in zip(keys, rest, strict=True)]
        return cls(found, keys, kept)

    def emptied(self, capacities: dict[int, int]) -> dict[int, int]:
        """The capacities lowered in proportion until the fullest disc is as empty as can be."""
        fullest = [np.zeros(1)]
        for index, window in enumerate(self.windows[1:], 1):
            best = np.full(len(self.kept[index]), np.inf)
            for step in window.steps:
                self._fill(index, step, float(capacities[step.kind]), fullest[step.source], best)
            fullest.append(best)
        level = float(fullest[-1][0])
        return {kind: _filled(level, capacity) for kind, capacity in capacities.items()}

    def _fill(
        self, index: int, step: _Step, capacity: float, before: _Floats, best: _Floats
    ) -> None:
        """Note where a step to the window makes the fullest disc emptier than known by `best`."""
        source, kept = self.windows[step.source], self.kept[step.source]
        keys = self.keys[step.source][kept]
        columns = self.kept[index]
        sums = self.windows[index].sums[columns]
        for level, block in source.blocks():
            start, stop = np.searchsorted(kept, (block.start, block.stop)).tolist()
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
            Run(start, stop, cut.kind)
            for start, stop, cut in zip([0, *stops[:-1]], stops, cuts, strict=True)
        ]

    def _picked(
        self, cuts: list[_Cut], stride: int, reach: int, *, everywhere: bool
    ) -> list[_Ints]:
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
        """One of the best divisions by the key."""
        cuts = []
        index, at = len(self.windows) - 1, np.zeros(1, dtype=np.int64)
        while index:
            for step in self.windows[index].steps:
                rows = self.kept[step.source]
                found = np.flatnonzero(self._ways(index, step, rows, at))
                if found.size:
                    break
            cuts.append(_Cut(index, int(at[0]), step.kind))
            index, at = step.source, rows[found[:1]]
        return cuts[::-1]

    def _ways(self, index: int, step: _Step, rows: _Ints, columns: _Ints) -> NDArray[np.bool_]:
        """Whether a disc from the source's places to the window's is in a best division by key."""
        starts = self.windows[step.source].starts
        levels = np.searchsorted(starts, rows, side="right") - 1
        keys = self.keys[step.source][rows][:, None] + step.added[levels[:, None], columns]
        fits = step.first[columns] <= rows[:, None]
        found: NDArray[np.bool_] = fits & (keys == self.keys[index][columns])
        return found

    def _squared(self, picked: list[_Ints], shift: int, *, even: bool) -> list[_Cut]:
        """The best division by the squares' sum among those by key that cut at picked places."""
        sign = 1 if even else -1
        totals = [np.zeros(1, dtype=np.int64)]
        ways: list[tuple[_Ints, _Ints]] = [(totals[0], totals[0])]
        for index, window in enumerate(self.windows[1:], 1):
            columns = picked[index]
            best = np.full(len(columns), _NEVER)
            steps, sources = np.zeros_like(best), np.zeros_like(best)
            sums = window.sums[columns] >> shift
            for number, step in enumerate(window.steps):
                rows = picked[step.source]
                if not rows.size or not columns.size:
                    continue
                loads = sums - (self.windows[step.source].sums[rows] >> shift)[:, None]
                before = totals[step.source][:, None]
                allowed = self._ways(index, step, rows, columns) & (before < _NEVER)
                found = np.where(allowed, before + sign * loads * loads, _NEVER)
                at = found.argmin(axis=0)
                least = found[at, np.arange(len(at))]
                better = least < best
                best[better], steps[better], sources[better] = least[better], number, at[better]
            totals.append(best)
            ways.append((steps, sources))
        return self._traced(picked, ways)

    def _traced(self, picked: list[_Ints], ways: list[tuple[_Ints, _Ints]]) -> list[_Cut]:
        cuts = []
        index, column = len(ways) - 1, 0
        while index:
            steps, sources = ways[index]
            step = self.windows[index].steps[steps[column]]
            cuts.append(_Cut(index, int(picked[index][column]), step.kind))
            index, column = step.source, int(sources[column])
        return cuts[::-1]


def _step(
    units: _Units, found: list[_Window], source: int, window: _Window, kind: int, capacity: int
) -> _Step:
    earlier = found[source]
    after = earlier.first + len(earlier.sums)
    # The least that cross any place after the source's window and before each of this one's.
    gap = units.crossing[after : window.first + len(window.sums) - 1]
    least = np.minimum.accumulate(np.append(_NEVER, gap))[window.first - after :]
    newly = window.crossing - np.minimum(earlier.levels[:, None], least)
    return _Step(
        source,
        kind,
        np.searchsorted(earlier.sums, window.sums - capacity),
        np.searchsorted(window.sums, earlier.sums + capacity, side="right"),
        window.weights + _DIVIDED * np.maximum(0, newly),
    )


def _forward(found: list[_Window]) -> list[_Ints]:
    """The least key of what comes before each place, the place included."""
    keys = [np.zeros(1, dtype=np.int64)]
    for window in found[1:]:
        best = np.full(len(window.sums), _NEVER)
        for step in window.steps:
            source = found[step.source]
            least = np.append(np.minimum.accumulate(keys[step.source][::-1])[::-1], _NEVER)
            # Places after the level's divide fewer folders: what they add is more than enough.
            for start, added in zip(source.starts.tolist(), step.added, strict=True):
                np.minimum(best, least[np.maximum(step.first, start)] + added, out=best)
        keys.append(best)
    return keys


def _backward(found: list[_Window]) -> list[_Ints]:
    """The least key of what comes after each place."""
    rest = [np.full(len(window.sums), _NEVER) for window in found]
    rest[-1][:] = 0
    for window, after in zip(reversed(found), reversed(rest), strict=True):
        for step in window.steps:
            before = rest[step.source]
            for level, block in found[step.source].blocks():
                least = np.minimum.accumulate(np.append(_NEVER, after + step.added[level]))
                np.minimum(before[block], least[step.fitting[block]], out=before[block])
    return rest


def _fullest(before: _Floats, starts: _Ints, stops: _Ints, capacity: float) -> _Floats:
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
