"""Assigns pack items to discs by one of the strategies, or says which discs are missing."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from spanner.errors import DoesNotFitError, UsageError
from spanner.model.media_types import Medium
from spanner.model.units import format_size
from spanner.planning.assignment import (
    Assignment,
    DiscAssignment,
    DiscCapacity,
    Strategy,
    bin_types_of,
    score,
)
from spanner.planning.contents import PackItem
from spanner.planning.groups import ItemGroups
from spanner.planning.strategies import STRATEGIES
from spanner.wording import printable

FILLS = ("even", "full")


def assign(
    pack_items: Sequence[PackItem],
    costs: Sequence[int],
    strategy: Strategy,
    capacities: Sequence[DiscCapacity],
) -> Assignment:
    """Divide the pack items, of these bytes each, over the media: at least one disc.

    Where all media have prices the cheapest discs are taken, else the fewest, then the smallest.

    Raises:
        DoesNotFitError: the stock does not suffice, or a pack item fits on no medium.
        UsageError: there is no such strategy, fill, or way to keep groups.
    """
    if strategy.pack not in STRATEGIES:
        known = ", ".join(STRATEGIES)
        raise UsageError(f"unknown --pack {printable(strategy.pack)}: say {known}")
    if strategy.fill not in FILLS:
        raise UsageError(f"unknown --fill {printable(strategy.fill)}: say {', '.join(FILLS)}")
    try:
        return _assigned(pack_items, costs, strategy, capacities)
    except DoesNotFitError:
        raise _shortage(pack_items, costs, strategy, capacities) from None


def media_for(
    groups: ItemGroups, strategy: Strategy, capacities: Sequence[DiscCapacity]
) -> list[Medium]:
    """The media that such groups need, without a word on which goes where.

    Raises:
        DoesNotFitError: the stock does not suffice.
    """
    costs = [group.cost for group in groups.groups]
    taken = STRATEGIES[strategy.pack].bins_needed(costs, bin_types_of(capacities))
    return [capacities[bin_type].medium for bin_type in taken]


def _assigned(
    pack_items: Sequence[PackItem],
    costs: Sequence[int],
    strategy: Strategy,
    capacities: Sequence[DiscCapacity],
) -> Assignment:
    """As the strategy has it, on the media that can be used; of nothing, one empty disc."""
    usable = [each for each in capacities if each.size > 0 and each.medium.stock != 0]
    if not usable or max(costs, default=0) > max(each.size for each in usable):
        raise DoesNotFitError("no disc is large enough")
    if pack_items:
        return STRATEGIES[strategy.pack].divide(pack_items, costs, strategy, usable)
    media = [each.medium for each in usable]
    least = min(media, key=lambda medium: score([medium], media))
    return Assignment([DiscAssignment((), least)], ItemGroups((), ()))


def _shortage(
    pack_items: Sequence[PackItem],
    costs: Sequence[int],
    strategy: Strategy,
    capacities: Sequence[DiscCapacity],
) -> DoesNotFitError:
    """What to say where the stock is too small: the fewest discs more that would do."""
    # What is in stock costs nothing here, what is not counts first.
    there = [_priced(each, 0.0, each.medium.stock) for each in capacities if each.medium.stock != 0]
    limited = [each for each in capacities if each.medium.stock is not None]
    more = [_priced(each, 1.0, None) for each in limited]
    found = _assigned(pack_items, costs, strategy, [*there, *more])
    needed = Counter(disc.medium.name for disc in found.discs)
    missing = Counter(disc.medium.name for disc in found.discs if disc.medium.price)
    stock = {each.medium.name: each.medium.stock or 0 for each in limited}
    names = [each.medium.name for each in capacities]
    count = needed.total()
    return DoesNotFitError(
        f"{format_size(sum(costs))} do not fit on {_listed(stock, names)}: "
        f"{'1 disc is' if count == 1 else f'{count} discs are'} needed, {_listed(needed, names)}, "
        f"which is {_listed(missing, names)} more"
    )


def _listed(counts: dict[str, int], names: Sequence[str]) -> str:
    return " and ".join(f"{counts[name]} {name}" for name in names if name in counts)


def _priced(capacity: DiscCapacity, amount: float, stock: int | None) -> DiscCapacity:
    return replace(capacity, medium=replace(capacity.medium, price=amount, stock=stock))
