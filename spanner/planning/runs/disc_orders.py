"""The orders in which chosen discs can be taken, and how far each reaches.

An order is told by choices of discs: the first is none of them, the last all, and before each came
those with one disc less, which is given with that disc's type.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from itertools import product
from math import prod


def orders(discs: Sequence[int], most: int = 2_000) -> list[list[tuple[int, int]]]:
    """All orders of discs of these types, or only the given one if there are too many choices."""
    counts = Counter(discs)
    if prod(each + 1 for each in counts.values()) > most:
        return [[], *([(index, bin_type)] for index, bin_type in enumerate(discs))]
    choices = list(product(*(range(each + 1) for each in counts.values())))
    number = {choice: index for index, choice in enumerate(choices)}
    return [
        [
            (number[(*choice[:axis], choice[axis] - 1, *choice[axis + 1 :])], bin_type)
            for axis, bin_type in enumerate(counts)
            if choice[axis]
        ]
        for choice in choices
    ]


def windows(
    ends: Sequence[int], before: list[list[tuple[int, int]]], capacities: dict[int, int]
) -> list[tuple[int, int]]:
    """After each choice of discs the first and the last place that the rest and they allow.

    Where the first comes after the last, there is none.
    """
    last = [0] * len(before)
    for index, steps in enumerate(before):
        for source, bin_type in steps:
            stop = bisect_right(ends, ends[last[source]] + capacities[bin_type]) - 1
            last[index] = max(last[index], stop)
    first = [len(ends) - 1] * len(before)
    for index in range(len(before) - 1, -1, -1):
        for source, bin_type in before[index]:
            start = bisect_left(ends, ends[first[index]] - capacities[bin_type])
            first[source] = min(first[source], start)
    return list(zip(first, last, strict=True))
