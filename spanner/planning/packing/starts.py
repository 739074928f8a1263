"""Packings to start from: bins filled to the brim, in the order of sizes and in shuffled ones."""

from collections.abc import Sequence

import numpy as np

from spanner.planning.packing.clock import Clock
from spanner.planning.packing.filling import fill
from spanner.planning.packing.incumbent import Incumbent
from spanner.planning.packing.problem import BinType, Filled
from spanner.planning.packing.scaling import distinct, items_of

_WORK = 0.25
"""About so many seconds go into filling; rounds are counted, not timed, to be repeatable."""
_MOST_ROUNDS = 30
_SEEDS = 4
_LONG = 30.0  # seconds that nothing here takes


def fill_one_by_one(sizes: Sequence[int], capacity: int, count: int) -> list[list[int]] | None:
    """The items (indices) in at most so many bins, each as full as can be, the first ones first.

    None where they do not suffice.
    """
    instance = distinct(sizes, [BinType(capacity, (1,))])
    capacities = [instance.bin_types[0].capacity] * count
    bins = fill(instance.sizes.tolist(), instance.counts.tolist(), capacities, Clock(_LONG))
    if bins is None:
        return None
    rows = [np.bincount(own, minlength=len(instance.sizes)) for own in bins]
    return items_of(instance, [Filled(0, row) for row in rows])


def fill_shuffled(
    incumbent: Incumbent, order: Sequence[int], clock: Clock, seed: int
) -> list[list[Filled]]:
    """Fill bins of these types, opened in this order; returns some packings, good or not."""
    sizes = incumbent.sizes
    random = np.random.default_rng(seed)
    count = len(sizes.counts)
    capacities = [sizes.bin_types[bin_type].capacity for bin_type in order]
    shuffled = np.arange(count)
    packings: list[list[Filled]] = []
    for number in range(_rounds(count, len(order), max(capacities, default=0))):
        if incumbent.settled or clock.over():
            break
        bins = fill(
            sizes.sizes[shuffled].tolist(), sizes.counts[shuffled].tolist(), capacities, clock
        )
        if bins is not None:
            packing = [
                Filled(bin_type, np.bincount(shuffled[own], minlength=count))
                for bin_type, own in zip(order, bins, strict=False)
            ]
            incumbent.offer(packing)
            packings.append(packing)
        spread = 1 + count * 0.05 * (number % 4)
        shuffled = np.argsort(np.arange(count) + random.normal(0, spread, count), kind="stable")
    return packings[:_SEEDS]


def _rounds(sizes: int, bins: int, capacity: int) -> int:
    """So many rounds take about the work that is meant to go into them."""
    one = sizes * bins * (7e-8 + capacity * 7e-11)  # measured
    return max(1, min(_MOST_ROUNDS, int(_WORK / max(one, 1e-6))))
