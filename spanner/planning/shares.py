"""Divides units into discs' shares by one of the strategies, and picks the media."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat

from spanner.errors import DoesNotFitError, UsageError
from spanner.media import Medium
from spanner.planning import letters
from spanner.planning.contents import Unit
from spanner.planning.packing import balanced, best_fit_decreasing, next_fit, pack
from spanner.units import format_size, printable


@dataclass(frozen=True, slots=True)
class Room:
    """A medium and the bytes that it has for items."""

    medium: Medium
    size: int


@dataclass(frozen=True, slots=True)
class Share:
    """What one disc gets: indices of units; an empty title where nothing better can be said."""

    units: tuple[int, ...]
    medium: Medium
    title: str


_Divided = list[tuple[list[int], str]]  # each disc's units and title


def choose(units: Sequence[Unit], strategy: str, rooms: Sequence[Room]) -> list[Share]:
    """The best division over the media: cheapest where all have prices, else with fewest discs.

    Raises:
        DoesNotFitError: the stock does not suffice, or a unit fits on no medium.
        UsageError: there is no such strategy.
    """
    divide = STRATEGIES.get(strategy)
    if divide is None:
        raise UsageError(f"unknown --pack {strategy!r}: say {', '.join(STRATEGIES)}")
    best: tuple[tuple[float, ...], list[Share]] | None = None
    for draw in _draws(rooms, max(1, len(units))):
        try:
            divided = divide(units, [room.size for room in draw])
        except DoesNotFitError:
            continue
        shares = _with_media(units, divided, draw, rooms)
        score = _score(shares)
        if best is None or score < best[0]:
            best = score, shares
    if best is None:
        raise _not_enough(units, divide, rooms)
    return best[1]


def _by_letters(units: Sequence[Unit], sizes: Sequence[int]) -> _Divided:
    largest = max((unit.cost for unit in units), default=0)
    usable = min((size for size in sizes if size >= largest), default=max(sizes))
    runs = letters.runs(units, usable)
    divided = []
    for members in _contiguous([run.cost for run in runs], sizes):
        own = [runs[index] for index in members]
        divided.append(([unit for run in own for unit in run.units], letters.title(own, runs)))
    return divided


def _by_order(units: Sequence[Unit], sizes: Sequence[int]) -> _Divided:
    divided = []
    for members in _contiguous([unit.cost for unit in units], sizes):
        first, last = (
            printable(units[index].path.rpartition("/")[2]) for index in (members[0], members[-1])
        )
        divided.append((members, first if first == last else f"{first} – {last}"))
    return divided


def _optimal(units: Sequence[Unit], sizes: Sequence[int]) -> _Divided:
    costs = [unit.cost for unit in units]
    uniform = len(set(sizes)) == 1
    bins = pack(costs, sizes[0]).bins if uniform else best_fit_decreasing(costs, sizes)
    if len(bins) > len(sizes):
        raise DoesNotFitError(f"{len(sizes)} discs are not enough")
    return [(members, "") for members in bins]


STRATEGIES: dict[str, Callable[[Sequence[Unit], Sequence[int]], _Divided]] = {
    "letters": _by_letters,
    "order": _by_order,
    "optimal": _optimal,
}


def _contiguous(costs: Sequence[int], sizes: Sequence[int]) -> list[list[int]]:
    """Runs of neighbours, as few as can be; over discs of one size as even as can be."""
    bins = next_fit(costs, sizes)
    return balanced(costs, sizes[0]) if len(set(sizes)) == 1 else bins


def _draws(rooms: Sequence[Room], most: int) -> Iterator[list[Room]]:
    """Sequences of discs to try: each medium alone, then all, larger first and cheaper first."""
    for room in rooms:
        if room.medium.stock != 0:
            yield _stocked(room, most)
    if len(rooms) > 1:
        by_size = sorted(rooms, key=lambda room: -room.size)
        yield [disc for room in by_size for disc in _stocked(room, most)]
        if all(room.medium.price is not None for room in rooms):
            by_price = sorted(rooms, key=_price_per_byte)
            yield [disc for room in by_price for disc in _stocked(room, most)]


def _stocked(room: Room, most: int) -> list[Room]:
    stock = room.medium.stock
    return list(repeat(room, most if stock is None else min(stock, most)))


def _price_per_byte(room: Room) -> float:
    return (room.medium.price or 0.0) / max(room.size, 1)


def _with_media(
    units: Sequence[Unit], divided: _Divided, draw: Sequence[Room], rooms: Sequence[Room]
) -> list[Share]:
    """Give each share the cheapest medium that takes it, the largest share first.

    What takes a share takes every smaller one, so no share is left without.
    """
    costs = [sum(units[index].cost for index in members) for members, _ in divided]
    stock = {room.medium.name: room.medium.stock for room in rooms}
    chosen: dict[int, Medium] = {}
    for number in sorted(range(len(divided)), key=lambda number: -costs[number]):
        takes = [
            room.medium
            for room in rooms
            if room.size >= costs[number] and stock[room.medium.name] != 0
        ]
        medium = min(takes, key=_preference, default=draw[number].medium)
        left = stock[medium.name]
        stock[medium.name] = None if left is None else left - 1
        chosen[number] = medium
    return [
        Share(tuple(members), chosen[number], title)
        for number, (members, title) in enumerate(divided)
    ]


def _preference(medium: Medium) -> tuple[float, int]:
    return medium.price or 0.0, medium.sectors


def _score(shares: Sequence[Share]) -> tuple[float, ...]:
    prices = [share.medium.price for share in shares]
    cost = sum(price for price in prices if price is not None) if None not in prices else 0.0
    return cost, len(shares), sum(share.medium.sectors for share in shares)


def _not_enough(
    units: Sequence[Unit],
    divide: Callable[[Sequence[Unit], Sequence[int]], _Divided],
    rooms: Sequence[Room],
) -> DoesNotFitError:
    largest = max(rooms, key=lambda room: room.size)
    total = format_size(sum(unit.cost for unit in units))
    stock = ", ".join(
        f"{room.medium.stock} {room.medium.name}" for room in rooms if room.medium.stock is not None
    )
    try:
        needed = len(divide(units, [largest.size] * max(1, len(units))))
    except DoesNotFitError:
        return DoesNotFitError(f"{total} do not fit on {stock}")
    name = largest.medium.name
    return DoesNotFitError(
        f"{total} do not fit on {stock}: with {name} alone, {needed} discs are needed"
    )
