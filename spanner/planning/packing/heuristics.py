"""Fast packings that are often the best already: best fit, largest items first or in any order."""

from bisect import bisect_left, insort
from collections.abc import Sequence

import numpy as np

from spanner.errors import DoesNotFitError

_CHUNK = 1024


class _OpenBins:
    """The bins with their free room, found by best fit; chunks keep inserting cheap."""

    def __init__(self) -> None:
        self._chunks: list[list[tuple[int, int]]] = []
        self._tops: list[tuple[int, int]] = []  # the last of each chunk

    def take(self, size: int) -> tuple[int, int] | None:
        """Remove the (room, bin) with the least room that takes `size`."""
        key = (size, -1)
        at = bisect_left(self._tops, key)
        if at == len(self._tops):
            return None
        chunk = self._chunks[at]
        found = chunk.pop(bisect_left(chunk, key))
        if not chunk:
            del self._chunks[at], self._tops[at]
        elif found == self._tops[at]:
            self._tops[at] = chunk[-1]
        return found

    def put(self, room: tuple[int, int]) -> None:
        """Add a (room, bin)."""
        at = min(bisect_left(self._tops, room), len(self._tops) - 1)
        if at < 0:
            self._chunks.append([room])
            self._tops.append(room)
            return
        chunk = self._chunks[at]
        insort(chunk, room)
        if len(chunk) > _CHUNK:
            half = chunk[_CHUNK // 2 :]
            del chunk[_CHUNK // 2 :]
            self._chunks.insert(at + 1, half)
            self._tops[at : at + 1] = [chunk[-1], half[-1]]
        else:
            self._tops[at] = chunk[-1]


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
    """The items in this order, each into the fullest bin that takes it.

    Bins are opened in the order given.

    Raises:
        DoesNotFitError: the bins do not suffice.
    """
    bins: list[list[int]] = []
    rooms = _OpenBins()
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
