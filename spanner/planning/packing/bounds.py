"""Bins that no packing can do without, found without a search. All exact, in integers."""

from collections.abc import Sequence

import numpy as np

_STEPS = 40
"""Rounding functions that are tried; more did not help on any set that was measured."""


def lower_bound(sizes: Sequence[int], capacity: int) -> int:
    """The largest of the volume, L2 (Martello and Toth, 1990), and rounding (Fekete, Schepers).

    Sizes are at most the capacity, and that at most 2^50.
    """
    ordered = -np.sort(-np.asarray(sizes, dtype=np.int64))
    ordered = ordered[ordered > 0]
    if not len(ordered):
        return min(1, len(sizes))
    return max(
        volume_bound(int(ordered.sum(dtype=object)), capacity),
        _threshold_bound(ordered, capacity),
        _rounding_bound(ordered, capacity),
    )


def volume_bound(total: int, capacity: int) -> int:
    """Bins that so much takes if it were liquid."""
    return -(-total // capacity)


def _threshold_bound(ordered: np.ndarray, capacity: int) -> int:
    """L2: for each threshold k, what cannot lie beside what is larger than capacity - k.

    Items over capacity - k need a bin each and share it with nothing of size k or more; items over
    half the capacity need a bin each; what the room beside these cannot take of the items from k
    to half the capacity needs further bins.
    """
    rising = ordered[::-1]
    prefix = np.concatenate(([0], np.cumsum(ordered)))
    count = len(ordered)

    def larger(limits: np.ndarray) -> np.ndarray:
        """How many items are larger than each limit."""
        return count - np.searchsorted(rising, limits, side="right")

    half = int(larger(np.array([capacity // 2]))[0])
    thresholds = np.unique(np.concatenate(([0], ordered[half:])))
    alone = np.minimum(larger(capacity - thresholds), half)
    small = np.maximum(larger(thresholds - 1), half)
    beside = (half - alone) * capacity - (prefix[half] - prefix[alone])
    over = prefix[small] - prefix[half] - beside
    return half + max(0, int((-(-over // capacity)).max()))


def _rounding_bound(ordered: np.ndarray, capacity: int) -> int:
    """Items rounded to multiples of capacity / k still fit k in a bin (Fekete, Schepers, 2001).

    x becomes floor((k + 1) x / C) / k, or stays where that is no rounding: a dual feasible
    function, so the sum of it is a bound.
    """
    best = 0
    values, counts = np.unique(ordered, return_counts=True)
    for k in range(1, _STEPS):
        scaled = (k + 1) * values
        whole = scaled // capacity
        exact = whole * capacity == scaled
        # In units of 1 / (k (k + 1)): a whole multiple m of C / (k + 1) stays m / (k + 1).
        total = int((counts * np.where(exact, whole * k, whole * (k + 1))).sum(dtype=object))
        best = max(best, volume_bound(total, k * (k + 1)))
    return best
