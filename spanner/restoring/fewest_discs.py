"""How few discs are enough."""

from collections.abc import Sequence
from typing import TypeVar

from spanner.model.plan import DiscKey

_Disc = TypeVar("_Disc", int, DiscKey)


def fewest_discs(parts: Sequence[set[_Disc]]) -> list[_Disc]:
    """Discs, as few as can be told, on which each part lies at least once.

    What is on one disc only needs that one; of what is on several, the disc with most counts.
    """
    chosen = {next(iter(discs)) for discs in parts if len(discs) == 1}
    left = [discs for discs in parts if discs.isdisjoint(chosen)]
    while left:
        counts: dict[_Disc, int] = {}
        for discs in left:
            for disc in discs:
                counts[disc] = counts.get(disc, 0) + 1
        best = min(counts, key=lambda disc: (-counts[disc], disc))
        chosen.add(best)
        left = [discs for discs in left if best not in discs]
    return sorted(chosen)
