"""Divides units into discs' shares by one of the strategies, and picks the media."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from itertools import accumulate
from typing import TypeVar

from spanner.errors import DoesNotFitError, UsageError
from spanner.media import Medium
from spanner.planning import letters
from spanner.planning.contents import Unit
from spanner.planning.packing import balanced, best_fit_decreasing, pack
from spanner.units import format_size, printable


@dataclass(frozen=True, slots=True)
class Room:
    """A medium and the bytes that it has for units."""

    medium: Medium
    size: int


@dataclass(frozen=True, slots=True)
class Share:
    """What one disc gets: indices of units; an empty title where nothing better can be said."""

    units: tuple[int, ...]
    medium: Medium
    title: str = ""


_Divide = Callable[[Sequence[Unit], Sequence[int], Sequence[Room]], list[Share]]
Score = tuple[int, int, int]
_T = TypeVar("_T")


def choose(
    units: Sequence[Unit], costs: Sequence[int], strategy: str, rooms: Sequence[Room]
) -> list[Share]:
    """Divide the units, of these bytes each, over the media: at least one disc.

    Where all media have prices the cheapest discs are taken, else the fewest, then the smallest.

    Raises:
        DoesNotFitError: the stock does not suffice, or a unit fits on no medium.
        UsageError: there is no such strategy.
    """
    divide = STRATEGIES.get(strategy)
    if divide is None:
        raise UsageError(f"unknown --pack {printable(strategy)}: say {', '.join(STRATEGIES)}")
    try:
        return _divided(divide, units, costs, rooms)
    except DoesNotFitError:
        unlimited = [Room(replace(room.medium, stock=None), room.size) for room in rooms]
        needed = Counter(share.medium.name for share in _divided(divide, units, costs, unlimited))
        stock = {room.medium.name: room.medium.stock or 0 for room in rooms if _limited(room)}
        count = needed.total()
        discs = "1 disc is" if count == 1 else f"{count} discs are"
        names = [room.medium.name for room in rooms]
        which = {name: needed[name] for name in names if needed[name]}
        raise DoesNotFitError(
            f"{format_size(sum(costs))} do not fit on {_listed(stock)}: {discs} needed, "
            f"{_listed(which)}"
        ) from None


def _divided(
    divide: _Divide, units: Sequence[Unit], costs: Sequence[int], rooms: Sequence[Room]
) -> list[Share]:
    usable = [room for room in rooms if room.size > 0 and room.medium.stock != 0]
    if not usable or max(costs, default=0) > max(room.size for room in usable):
        raise DoesNotFitError("no disc is large enough")
    if units:
        return divide(units, costs, usable)
    media = [room.medium for room in usable]
    return [Share((), min(media, key=lambda medium: score([medium], media)))]


def _listed(counts: dict[str, int]) -> str:
    return " and ".join(f"{count} {name}" for name, count in counts.items())


def _by_letters(units: Sequence[Unit], costs: Sequence[int], rooms: Sequence[Room]) -> list[Share]:
    """Letters are divided to fit one of the media, whichever makes the best discs."""
    found = []
    largest = max(costs)
    for size in sorted({room.size for room in rooms if room.size >= largest}, reverse=True):
        runs = letters.runs(units, costs, size)
        with suppress(DoesNotFitError):
            discs = _contiguous([run.cost for run in runs], rooms)
            found.append((runs, discs))
    runs, discs = _best(found, rooms, lambda each: [medium for _, medium in each[1]])
    members = [runs[own.start : own.stop] for own, _ in discs]
    return [
        Share(tuple(unit for run in own for unit in run.units), medium, title)
        for own, (_, medium), title in zip(members, discs, letters.titles(members), strict=True)
    ]


def _by_order(units: Sequence[Unit], costs: Sequence[int], rooms: Sequence[Room]) -> list[Share]:
    shares = []
    for members, medium in _contiguous(costs, rooms):
        first, last = units[members[0]].name, units[members[-1]].name
        title = first if first == last else f"{first} – {last}"
        shares.append(Share(tuple(members), medium, title))
    return shares


def _optimal(_: Sequence[Unit], costs: Sequence[int], rooms: Sequence[Room]) -> list[Share]:
    """The best of a few packings; over several media that is no proof of the best there is."""
    found = []
    for bins in _packings(costs, rooms):
        with suppress(DoesNotFitError):
            media = _media_for([sum(costs[index] for index in members) for members in bins], rooms)
            found.append([Share(tuple(own), each) for own, each in zip(bins, media, strict=True)])
    return _best(found, rooms, lambda shares: [share.medium for share in shares])


STRATEGIES: dict[str, _Divide] = {
    "letters": _by_letters,
    "order": _by_order,
    "optimal": _optimal,
}


def _packings(costs: Sequence[int], rooms: Sequence[Room]) -> Iterator[list[list[int]]]:
    """For each medium alone, for several the larger or the cheaper first, and neighbours."""
    largest = max(costs)
    for room in rooms:
        if room.size >= largest:
            yield pack(costs, room.size).bins
    if len(rooms) > 1:
        for ordered in (
            sorted(rooms, key=lambda room: -room.size),
            sorted(rooms, key=lambda room: (room.medium.price or 0.0) / room.size),
        ):
            discs = [room.size for room in ordered for _ in range(_stock(room, len(costs)))]
            with suppress(DoesNotFitError):
                yield best_fit_decreasing(costs, discs)
    given = list(range(len(costs)))
    for indices in (given, sorted(given, key=lambda index: -costs[index])):
        with suppress(DoesNotFitError):
            runs = _contiguous([costs[index] for index in indices], rooms)
            yield [sorted(indices[own.start : own.stop]) for own, _ in runs]


def _contiguous(costs: Sequence[int], rooms: Sequence[Room]) -> list[tuple[range, Medium]]:
    """Runs of neighbours on the best discs; where these are of one size, as even as can be.

    Raises:
        DoesNotFitError: the stock does not suffice.
    """
    discs = _reached(costs, rooms)
    if len({room.size for _, room in discs}) > 1:
        return [(own, room.medium) for own, room in discs]
    bins = balanced(costs, discs[0][1].size)
    return [
        (range(own[0], own[-1] + 1), room.medium)
        for own, (_, room) in zip(bins, discs, strict=True)
    ]


def _reached(costs: Sequence[int], rooms: Sequence[Room]) -> list[tuple[range, Room]]:
    """The best discs that take all, each filled as far as it goes: a search by rising score.

    Of two ways that took the same of limited stocks, the one that comes later and no further is
    given up.
    """
    ends = [0, *accumulate(costs)]
    furthest: dict[tuple[int, ...], int] = {}
    nothing = (0,) * len(rooms)
    scores = _scores(rooms)
    waiting: list[tuple[Score, int, tuple[int, ...], tuple[tuple[int, int], ...]]]
    # Score, minus where it ends, stock taken, discs with minus their ends: large discs come first.
    waiting = [((0, 0, 0), 0, nothing, ())]
    while waiting:
        reached, end, taken, discs = heappop(waiting)
        if -end == len(costs):
            starts = (0, *(stop for stop, _ in discs))
            return [
                (range(-start, -stop), rooms[index])
                for start, (stop, index) in zip(starts, discs, strict=False)
            ]
        if furthest.get(taken, -1) >= -end:
            continue
        furthest[taken] = -end
        for index, room in enumerate(rooms):
            stop = bisect_right(ends, ends[-end] + room.size) - 1
            if stop == -end or taken[index] == _stock(room, len(costs)):
                continue
            more = taken if room.medium.stock is None else _with_one_more(taken, index)
            added = scores[index]
            total = reached[0] + added[0], reached[1] + added[1], reached[2] + added[2]
            heappush(waiting, (total, -stop, more, (*discs, (-stop, index))))
    raise DoesNotFitError("the discs are not enough")


def _with_one_more(taken: tuple[int, ...], index: int) -> tuple[int, ...]:
    return (*taken[:index], taken[index] + 1, *taken[index + 1 :])


def _media_for(costs: Sequence[int], rooms: Sequence[Room]) -> list[Medium]:
    """For discs with these costs the best medium that takes each, the fullest disc first.

    What takes a disc's share takes every smaller one, so that is the best for all together.

    Raises:
        DoesNotFitError: the stock does not suffice.
    """
    left = [_stock(room, len(costs)) for room in rooms]
    scores = _scores(rooms)
    media: dict[int, Medium] = {}
    for number in sorted(range(len(costs)), key=lambda number: -costs[number]):
        takes = [
            index for index, room in enumerate(rooms) if room.size >= costs[number] and left[index]
        ]
        if not takes:
            raise DoesNotFitError("the discs are not enough")
        index = min(takes, key=scores.__getitem__)
        left[index] -= 1
        media[number] = rooms[index].medium
    return [media[number] for number in range(len(costs))]


def _limited(room: Room) -> bool:
    return room.medium.stock is not None


def _stock(room: Room, most: int) -> int:
    stock = room.medium.stock
    return most if stock is None else min(stock, most)


def _best(
    found: Sequence[_T], rooms: Sequence[Room], media: Callable[[_T], Sequence[Medium]]
) -> _T:
    if not found:
        raise DoesNotFitError("the discs are not enough")
    offered = [room.medium for room in rooms]
    return min(found, key=lambda each: score(media(each), offered))


def _scores(rooms: Sequence[Room]) -> list[Score]:
    offered = [room.medium for room in rooms]
    return [score([medium], offered) for medium in offered]


def score(chosen: Sequence[Medium], offered: Iterable[Medium]) -> Score:
    """What is to be small: the price, if all media offered have one; discs; sectors."""
    price = 0
    if all(medium.price is not None for medium in offered):
        price = sum(round((medium.price or 0) * 10**9) for medium in chosen)
    return price, len(chosen), sum(medium.sectors for medium in chosen)
