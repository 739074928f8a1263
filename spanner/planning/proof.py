"""What is proven of a plan: how few discs any plan has, or what any costs."""

from collections.abc import Sequence
from dataclasses import dataclass

from spanner.model.media_types import Medium
from spanner.planning.assignment import DiscAssignment, DiscCapacity, bin_types_of, price, score
from spanner.planning.measuring import LeastSizes, usable
from spanner.planning.packing import pack
from spanner.planning.packing.bounds import lower_bound
from spanner.planning.packing.covers import covers
from spanner.planning.packing.mixed import pack_mixed
from spanner.planning.packing.problem import BinType

_SECONDS = 10.0
_DIVES = 3


@dataclass(frozen=True, slots=True)
class Proof:
    """Bounds for all plans with the same options; prices where all media have one."""

    lower_bound: int
    proven: bool
    price: float | None = None
    price_bound: float | None = None


def prove(
    least: LeastSizes,
    groups: Sequence[Sequence[int]],
    assignments: Sequence[DiscAssignment],
    media: Sequence[Medium],
) -> Proof:
    """Compare the discs with bounds on what must be placed, groups of pack items whole."""
    capacities = [
        DiscCapacity(medium, usable(medium) - least.taken) for medium in media if medium.stock != 0
    ]
    bin_types = [bin_type for bin_type in bin_types_of(capacities) if bin_type.capacity > 0]
    sizes = [sum(least.units[pack_item] for pack_item in group) for group in groups]
    total = sum(sizes) + least.parts
    # What no disc takes whole can only be cut.
    largest = max(bin_type.capacity for bin_type in bin_types)
    sizes = [size for size in sizes if size <= largest]
    discs = len(assignments)
    fewest = _fewest(
        sizes,
        total,
        [BinType(bin_type.capacity, (1,), bin_type.stock) for bin_type in bin_types],
        discs,
    )
    if any(medium.price is None for medium in media):
        return Proof(fewest, fewest == discs)
    paid = score([assignment.medium for assignment in assignments], media)[0]
    lowest = _lowest(sizes, total, bin_types, paid)
    return Proof(fewest, lowest == paid, price(paid), price(lowest))


def _fewest(sizes: Sequence[int], total: int, bin_types: Sequence[BinType], discs: int) -> int:
    """Discs that no plan can do without, at least 1; looks no further once it is so many."""
    largest = max(bin_type.capacity for bin_type in bin_types)
    bound = max(1, _lowest_cover(total, bin_types), lower_bound(sizes, largest))
    if bound < discs:
        bound = max(bound, pack(sizes, largest, _SECONDS, dives=_DIVES).lower_bound)
    return min(bound, discs)


def _lowest(sizes: Sequence[int], total: int, bin_types: Sequence[BinType], paid: int) -> int:
    """What no plan costs less than; looks no further once that is what was paid."""
    bound = _lowest_cover(total, bin_types)
    if bound < paid:
        bound = max(bound, pack_mixed(sizes, bin_types, _SECONDS, dives=_DIVES).bound)
    return min(bound, paid)


def _lowest_cover(total: int, bin_types: Sequence[BinType]) -> int:
    """The least cost of discs with room for so much."""
    return next((cost[0] for cost, _ in covers(total, bin_types)), 0)
