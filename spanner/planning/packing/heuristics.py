"""Fast packings that are often the best already: decreasing best fit, and next fit in order."""

from bisect import bisect_left, insort
from collections.abc import Sequence

import numpy as np

from spanner.errors import DoesNotFitError

_BLOCK = 1024


class _Rooms:
    """The bins with their free room, found by best fit; blocks keep inserting cheap."""

    def __init__(self) -> None:
        self._blocks: list[list[tuple[int, int]]] = []
        self._tops: list[tuple[int, int]] = []  # the last of each block

    def take(self, size: int) -> tuple[int, int] | None:
        """Remove the (room, bin) with the least room that takes `size`."""
        key = (size, -1)
        at = bisect_left(self._tops, key)
        if at == len(self._tops):
            return None
        block = self._blocks[at]
        found = block.pop(bisect_left(block, key))
        if not block:
            del self._blocks[at], self._tops[at]
        elif found == self._tops[at]:
            self._tops[at] = block[-1]
        return found

    def put(self, room: tuple[int, int]) -> None:
        """Add a (room, bin)."""
        at = min(bisect_left(self._tops, room), len(self._tops) - 1)
        if at < 0:
            self._blocks.append([room])
            self._tops.append(room)
            return
        block = self._blocks[at]
        insort(block, room)
        if len(block) > _BLOCK:
            half = block[_BLOCK // 2 :]
            del block[_BLOCK // 2 :]
            self._blocks.insert(at + 1, half)
            self._tops[at : at + 1] = [block[-1], half[-1]]
        else:
            self._tops[at] = block[-1]


def best_fit_decreasing(sizes: Sequence[int], capacities: Sequence[int]) -> list[list[int]]:
    """Largest item first, each into the fullest bin that takes it.

    Bins are opened in the order given.

    Raises:
        DoesNotFitError: the bins do not suffice.
    """
    return best_fit(sizes, decreasing(sizes), capacities)


def decreasing(sizes: Sequence[int]) -> list[int]:
    """Indices of the items, largest first, equal ones in their order."""
    found: list[int] = np.argsort(-np.asarray(sizes, dtype=np.int64), kind="stable").tolist()
    return found


def best_fit(
    sizes: Sequence[int], order: Sequence[int], capacities: Sequence[int]
) -> list[list[int]]:
    """The same with the items in this order."""
    bins: list[list[int]] = []
    rooms = _Rooms()
    for item in order:
        size = sizes[item]
        found = rooms.take(size)
        if found is None:
            found = _next_capacity(capacities, len(bins), size), len(bins)
            bins.append([])
        room, target = found
        bins[target].append(item)
        rooms.put((room - size, target))
    return [sorted(members) for members in bins]


def _next_capacity(capacities: Sequence[int], used: int, size: int) -> int:
    """The capacity of the bin after the `used` ones, which must take an item of this size."""
    if used >= len(capacities):
        raise DoesNotFitError(f"{used} discs are not enough")
    if size > capacities[used]:
        raise DoesNotFitError(f"an item of {size:,} does not fit into {capacities[used]:,}")
    return capacities[used]
