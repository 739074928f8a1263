"""What is proven of a plan: how few discs any plan has, or what any costs."""

from collections.abc import Sequence
from dataclasses import dataclass

from spanner.model.media_types import Medium
from spanner.planning.assignment import DiscAssignment, DiscCapacity, kinds_of, price, score
from spanner.planning.measuring import LeastSizes, usable
from spanner.planning.packing import pack
from spanner.planning.packing.bounds import lower_bound
from spanner.planning.packing.covers import covers
from spanner.planning.packing.mixed import pack_kinds
from spanner.planning.packing.problem import Kind

_SECONDS = 10.0
_DIVES = 3


@dataclass(frozen=True, slots=True)
class Proof:
    """Bounds for all plans of the same wishes; prices where all media have one."""

    lower_bound: int
    proven: bool
    price: float | None = None
    price_bound: float | None = None


def prove(
    least: LeastSizes,
    blocks: Sequence[Sequence[int]],
    shares: Sequence[DiscAssignment],
    media: Sequence[Medium],
) -> Proof:
    """Compare the discs with bounds on what must be placed, blocks of units whole."""
    rooms = [
        DiscCapacity(medium, usable(medium) - least.taken) for medium in media if medium.stock != 0
    ]
    kinds = [kind for kind in kinds_of(rooms) if kind.capacity > 0]
    sizes = [sum(least.units[unit] for unit in block) for block in blocks]
    total = sum(sizes) + least.parts
    # What no disc takes whole can only be cut.
    largest = max(kind.capacity for kind in kinds)
    sizes = [size for size in sizes if size <= largest]
    discs = len(shares)
    fewest = _fewest(sizes, total, [Kind(kind.capacity, (1,), kind.stock) for kind in kinds], discs)
    if any(medium.price is None for medium in media):
        return Proof(fewest, fewest == discs)
    paid = score([share.medium for share in shares], media)[0]
    lowest = _lowest(sizes, total, kinds, paid)
    return Proof(fewest, lowest == paid, price(paid), price(lowest))


def _fewest(sizes: Sequence[int], total: int, kinds: Sequence[Kind], discs: int) -> int:
    """Discs that no plan can do without, at least 1; looks no further once it is so many."""
    largest = max(kind.capacity for kind in kinds)
    bound = max(1, _lowest_cover(total, kinds), lower_bound(sizes, largest))
    if bound < discs:
        bound = max(bound, pack(sizes, largest, _SECONDS, dives=_DIVES).lower_bound)
    return min(bound, discs)


def _lowest(sizes: Sequence[int], total: int, kinds: Sequence[Kind], paid: int) -> int:
    """What no plan costs less than; looks no further once that is what was paid."""
    bound = _lowest_cover(total, kinds)
    if bound < paid:
        bound = max(bound, pack_kinds(sizes, kinds, _SECONDS, dives=_DIVES).bound)
    return min(bound, paid)


def _lowest_cover(total: int, kinds: Sequence[Kind]) -> int:
    """The least cost of discs with room for so much."""
    return next((cost[0] for cost, _ in covers(total, kinds)), 0)
