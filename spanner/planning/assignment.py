"""What strategies are given and give: capacities and assignments of discs, and what those cost."""

from collections.abc import Sequence
from dataclasses import dataclass

from spanner.model.media_types import Medium
from spanner.planning.groups import ItemGroups
from spanner.planning.packing.problem import BinType, Cost

_PRICE_UNIT = 10**9


@dataclass(frozen=True, slots=True)
class Strategy:
    """How pack items are divided, in the words of `--pack`, `--keep` and `--fill`."""

    pack: str
    keep: str = "none"
    fill: str = "even"


@dataclass(frozen=True, slots=True)
class DiscCapacity:
    """A medium and the bytes that it has for pack items."""

    medium: Medium
    size: int


@dataclass(frozen=True, slots=True)
class DiscAssignment:
    """What one disc gets: pack items (indices); an empty title where nothing better can be said."""

    pack_items: tuple[int, ...]
    medium: Medium
    title: str = ""


@dataclass(frozen=True, slots=True)
class Assignment:
    """What each disc gets, and the groups that were kept whole or, too large, had to be divided."""

    discs: list[DiscAssignment]
    groups: ItemGroups


def score(chosen: Sequence[Medium], offered: Sequence[Medium]) -> Cost:
    """What is to be small: the price, if all media offered have one; discs; sectors."""
    priced = all(medium.price is not None for medium in offered)
    total = len(chosen), sum(medium.sectors for medium in chosen)
    return (sum(_exact(medium.price or 0) for medium in chosen), *total) if priced else total


def price(amount: int) -> float:
    """A price as people say it, from the whole number that a score has for it."""
    return amount / _PRICE_UNIT


def _exact(amount: float) -> int:
    return round(amount * _PRICE_UNIT)


def bin_types_of(capacities: Sequence[DiscCapacity]) -> list[BinType]:
    """The media as types of bins, which cost what a score counts."""
    offered = [each.medium for each in capacities]
    return [
        BinType(each.size, score([each.medium], offered), each.medium.stock) for each in capacities
    ]
