"""Divides units into discs' shares by one of the strategies, and picks the media."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from spanner.errors import DoesNotFitError, UsageError
from spanner.model.media_types import Medium
from spanner.model.units import format_size
from spanner.planning import letters
from spanner.planning.contents import PackItem
from spanner.planning.groups import ItemGroup, ItemGroups, blocks, folders, keeper
from spanner.planning.packing.mixed import pack_mixed
from spanner.planning.packing.problem import BinType, Cost
from spanner.planning.runs.contiguous import contiguous
from spanner.planning.runs.media_choice import cheapest
from spanner.planning.scattered import scattered
from spanner.wording import printable

FILLS = ("even", "full")
_SECONDS, _DIVES = 5.0, 1
_PRICE_UNIT = 10**9


@dataclass(frozen=True, slots=True)
class Strategy:
    """How units are divided: `strategy`, groups that are kept whole, `even` or `full` discs."""

    strategy: str
    keep: str = "none"
    fill: str = "even"


@dataclass(frozen=True, slots=True)
class DiscCapacity:
    """A medium and the bytes that it has for units."""

    medium: Medium
    size: int


@dataclass(frozen=True, slots=True)
class DiscAssignment:
    """What one disc gets: indices of units; an empty title where nothing better can be said."""

    units: tuple[int, ...]
    medium: Medium
    title: str = ""


@dataclass(frozen=True, slots=True)
class Assignment:
    """All discs' shares of the blocks; `blocks.too_large` are the groups that no disc takes."""

    shares: list[DiscAssignment]
    blocks: ItemGroups


_Divide = Callable[
    [Sequence[PackItem], Sequence[int], Strategy, Sequence[DiscCapacity]], Assignment
]


def choose(
    units: Sequence[PackItem], costs: Sequence[int], manner: Strategy, rooms: Sequence[DiscCapacity]
) -> Assignment:
    """Divide the units, of these bytes each, over the media: at least one disc.

    Where all media have prices the cheapest discs are taken, else the fewest, then the smallest.

    Raises:
        DoesNotFitError: the stock does not suffice, or a unit fits on no medium.
        UsageError: there is no such strategy, fill, or way to keep groups.
    """
    divide = STRATEGIES.get(manner.strategy)
    if divide is None:
        known = ", ".join(STRATEGIES)
        raise UsageError(f"unknown --pack {printable(manner.strategy)}: say {known}")
    if manner.fill not in FILLS:
        raise UsageError(f"unknown --fill {printable(manner.fill)}: say {', '.join(FILLS)}")
    try:
        return _divided(divide, units, costs, manner, rooms)
    except DoesNotFitError:
        raise _shortage(divide, units, costs, manner, rooms) from None


def score(chosen: Sequence[Medium], offered: Sequence[Medium]) -> Cost:
    """What is to be small: the price, if all media offered have one; discs; sectors."""
    priced = all(medium.price is not None for medium in offered)
    total = len(chosen), sum(medium.sectors for medium in chosen)
    return (sum(_exact(medium.price or 0) for medium in chosen), *total) if priced else total


def price(units: int) -> float:
    """A price as people say it, from the units that a score counts."""
    return units / _PRICE_UNIT


def _exact(amount: float) -> int:
    return round(amount * _PRICE_UNIT)


def bin_types_of(rooms: Sequence[DiscCapacity]) -> list[BinType]:
    """The media as types of bins, which cost what a score counts."""
    offered = [room.medium for room in rooms]
    return [BinType(room.size, score([room.medium], offered), room.medium.stock) for room in rooms]


def media_for(kept: ItemGroups, manner: Strategy, rooms: Sequence[DiscCapacity]) -> list[Medium]:
    """The media that such blocks need, without a word on which goes where.

    Raises:
        DoesNotFitError: the stock does not suffice.
    """
    costs, bin_types = [block.cost for block in kept.blocks], bin_types_of(rooms)
    if manner.strategy == "optimal":
        taken = pack_mixed(costs, bin_types, _SECONDS, dives=_DIVES).bin_types
    else:
        taken = cheapest([0, *accumulate(costs)], bin_types)
    return [rooms[bin_type].medium for bin_type in taken]


def _divided(
    divide: _Divide,
    units: Sequence[PackItem],
    costs: Sequence[int],
    manner: Strategy,
    rooms: Sequence[DiscCapacity],
) -> Assignment:
    usable = [room for room in rooms if room.size > 0 and room.medium.stock != 0]
    if not usable or max(costs, default=0) > max(room.size for room in usable):
        raise DoesNotFitError("no disc is large enough")
    if units:
        return divide(units, costs, manner, usable)
    media = [room.medium for room in usable]
    least = min(media, key=lambda medium: score([medium], media))
    return Assignment([DiscAssignment((), least)], ItemGroups((), ()))


def _shortage(
    divide: _Divide,
    units: Sequence[PackItem],
    costs: Sequence[int],
    manner: Strategy,
    rooms: Sequence[DiscCapacity],
) -> DoesNotFitError:
    """What to say where the stock is too small: the fewest discs more that would do."""
    # What is in stock costs nothing here, what is not counts first.
    there = [_priced(room, 0.0, room.medium.stock) for room in rooms if room.medium.stock != 0]
    more = [_priced(room, 1.0, None) for room in rooms if _limited(room)]
    found = _divided(divide, units, costs, manner, [*there, *more])
    needed = Counter(share.medium.name for share in found.shares)
    missing = Counter(share.medium.name for share in found.shares if share.medium.price)
    stock = {room.medium.name: room.medium.stock or 0 for room in rooms if _limited(room)}
    names = [room.medium.name for room in rooms]
    count = needed.total()
    return DoesNotFitError(
        f"{format_size(sum(costs))} do not fit on {_listed(stock, names)}: "
        f"{'1 disc is' if count == 1 else f'{count} discs are'} needed, {_listed(needed, names)}, "
        f"which is {_listed(missing, names)} more"
    )


def _listed(counts: dict[str, int], names: Sequence[str]) -> str:
    return " and ".join(f"{counts[name]} {name}" for name in names if name in counts)


def _priced(room: DiscCapacity, amount: float, stock: int | None) -> DiscCapacity:
    return replace(room, medium=replace(room.medium, price=amount, stock=stock))


def _limited(room: DiscCapacity) -> bool:
    return room.medium.stock is not None


def _by_letters(
    units: Sequence[PackItem], costs: Sequence[int], manner: Strategy, rooms: Sequence[DiscCapacity]
) -> Assignment:
    entries = letters.arranged(units)
    kept = _kept(units, costs, [entry.index for entry in entries], manner, rooms)
    by_index = {entry.index: entry for entry in entries}
    ordered = [[by_index[index] for index in block.units] for block in kept.blocks]
    # Between blocks as between their last and first units.
    flat = [entry for own in ordered for entry in own]
    begins = letters.shared(flat)
    starts, at = [], 0
    for own in ordered:
        starts.append(begins[at])
        at += len(own)
    discs = _contiguous(units, kept.blocks, manner, rooms, starts)
    members = [[entry for own in ordered[start:stop] for entry in own] for start, stop, _ in discs]
    titles = letters.titles(members)
    return Assignment(
        [
            DiscAssignment(tuple(entry.index for entry in own), room.medium, title)
            for own, (_, _, room), title in zip(members, discs, titles, strict=True)
        ],
        kept,
    )


def _by_order(
    units: Sequence[PackItem], costs: Sequence[int], manner: Strategy, rooms: Sequence[DiscCapacity]
) -> Assignment:
    kept = _kept(units, costs, range(len(units)), manner, rooms)
    shares = []
    for start, stop, room in _contiguous(units, kept.blocks, manner, rooms):
        own = tuple(index for block in kept.blocks[start:stop] for index in block.units)
        first, last = units[own[0]].name, units[own[-1]].name
        shares.append(
            DiscAssignment(own, room.medium, first if first == last else f"{first} – {last}")
        )
    return Assignment(shares, kept)


def _contiguous(
    units: Sequence[PackItem],
    kept: Sequence[ItemGroup],
    manner: Strategy,
    rooms: Sequence[DiscCapacity],
    penalties: Sequence[int] | None = None,
) -> list[tuple[int, int, DiscCapacity]]:
    """From which block to which on which medium, for each disc."""
    runs = contiguous(
        [block.cost for block in kept],
        folders_of(units, kept),
        bin_types_of(rooms),
        even=manner.fill == "even",
        penalties=penalties,
    )
    return [(run.start, run.stop, rooms[run.bin_type]) for run in runs]


def folders_of(units: Sequence[PackItem], kept: Sequence[ItemGroup]) -> list[tuple[str, ...]]:
    """The folders that each block lies in, outermost first; one tuple for all in one folder."""
    known: dict[str, tuple[str, ...]] = {}
    found = []
    for block in kept:
        path = units[block.units[0]].path
        folder = path.rpartition("/")[0]
        if folder not in known:
            known[folder] = folders(path)
        found.append(known[folder])
    return found


def _optimal(
    units: Sequence[PackItem], costs: Sequence[int], manner: Strategy, rooms: Sequence[DiscCapacity]
) -> Assignment:
    kept = _kept(units, costs, range(len(units)), manner, rooms)
    paths = [unit.path for unit in units]
    even = manner.fill == "even"
    found = scattered(paths, costs, kept.blocks, bin_types_of(rooms), even=even)
    shares = [DiscAssignment(tuple(own), rooms[bin_type].medium) for own, bin_type in found]
    return Assignment(shares, kept)


def _kept(
    units: Sequence[PackItem],
    costs: Sequence[int],
    order: Sequence[int],
    manner: Strategy,
    rooms: Sequence[DiscCapacity],
) -> ItemGroups:
    """The units in blocks that the largest disc takes."""
    largest = max(room.size for room in rooms)
    return blocks([unit.path for unit in units], costs, order, keeper(manner.keep), largest)


STRATEGIES: dict[str, _Divide] = {
    "letters": _by_letters,
    "order": _by_order,
    "optimal": _optimal,
}
