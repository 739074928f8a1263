"""What a plan uses of each medium and what one disc more would save; which folders it divides."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from spanner.model.plan import Disc, DividedFolder, Saving, Supply
from spanner.planning.assignment import Assignment, DiscCapacity, Strategy, media_for, price, score
from spanner.planning.groups import spread


def supplies(
    found: Assignment, manner: Strategy, rooms: Sequence[DiscCapacity]
) -> tuple[Supply, ...]:
    """What is used of each medium, and what one more in stock would save where all are used."""
    used = Counter(share.medium.name for share in found.shares)
    return tuple(
        Supply(
            room.medium.name,
            room.medium.price,
            room.medium.stock,
            used[room.medium.name],
            _saving(found, manner, rooms, room) if _used_up(room, used) else None,
        )
        for room in rooms
    )


def divided_folders(discs: Sequence[Disc]) -> tuple[DividedFolder, ...]:
    """The folders with files on several discs, by their paths; files on every disc do not count."""
    found = spread([item.path for item in disc.items if not item.replicated] for disc in discs)
    return tuple(
        DividedFolder(path, tuple(sorted(numbers)))
        for path, numbers in sorted(found.items())
        if len(numbers) > 1
    )


def _used_up(room: DiscCapacity, used: Counter[str]) -> bool:
    return room.size > 0 and used[room.medium.name] == room.medium.stock


def _saving(
    found: Assignment, manner: Strategy, rooms: Sequence[DiscCapacity], own: DiscCapacity
) -> Saving | None:
    """What one disc more of the medium would save; None where it would not be used."""
    more = replace(own.medium, stock=(own.medium.stock or 0) + 1)
    offered = [replace(room, medium=more) if room is own else room for room in rooms]
    if not found.blocks.blocks:
        return None
    then = media_for(found.blocks, manner, offered)
    media = [room.medium for room in offered]
    now = [share.medium for share in found.shares]
    before, after = score(now, media), score(then, media)
    if after >= before:
        return None
    priced = all(medium.price is not None for medium in media)
    saved = price(before[0] - after[0]) if priced else 0.0
    return Saving(saved, len(now) - len(then))
