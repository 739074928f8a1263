"""What a plan uses of each medium and what one disc more would save; which folders it divides."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from spanner.model.plan import Disc, DividedFolder, Saving, Supply
from spanner.planning.assigning import media_for
from spanner.planning.assignment import Assignment, DiscCapacity, Strategy, price, score
from spanner.planning.groups import spread


def supplies(
    assignment: Assignment, strategy: Strategy, capacities: Sequence[DiscCapacity]
) -> tuple[Supply, ...]:
    """What is used of each medium, and what one more in stock would save where all are used."""
    used = Counter(disc.medium.name for disc in assignment.discs)
    found = []
    for capacity in capacities:
        medium = capacity.medium
        used_up = capacity.size > 0 and used[medium.name] == medium.stock
        saving = _saving(assignment, strategy, capacities, capacity) if used_up else None
        found.append(Supply(medium.name, medium.price, medium.stock, used[medium.name], saving))
    return tuple(found)


def divided_folders(discs: Sequence[Disc]) -> tuple[DividedFolder, ...]:
    """The folders with files on several discs, by their paths; files on every disc do not count."""
    found = spread([item.path for item in disc.items if not item.replicated] for disc in discs)
    return tuple(
        DividedFolder(path, tuple(sorted(numbers)))
        for path, numbers in sorted(found.items())
        if len(numbers) > 1
    )


def _saving(
    assignment: Assignment,
    strategy: Strategy,
    capacities: Sequence[DiscCapacity],
    used_up: DiscCapacity,
) -> Saving | None:
    """What one disc more of the medium would save; None where it would not be used."""
    if not assignment.groups.groups:
        return None
    more = replace(used_up.medium, stock=(used_up.medium.stock or 0) + 1)
    offered = [replace(each, medium=more) if each is used_up else each for each in capacities]
    media = [each.medium for each in offered]
    now = [disc.medium for disc in assignment.discs]
    then = media_for(assignment.groups, strategy, offered)
    before, after = score(now, media), score(then, media)
    if after >= before:
        return None
    priced = all(medium.price is not None for medium in media)
    saved = price(before[0] - after[0]) if priced else 0.0
    return Saving(saved, len(now) - len(then))
