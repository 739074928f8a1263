"""Makes the plan: what the discs hold, on how many and which, each measured to the sector."""

import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache

import msgspec

from spanner.errors import DoesNotFitError, UsageError
from spanner.imaging.authoring import ALIGNMENT
from spanner.imaging.layout import parents
from spanner.media import Medium
from spanner.planning.contents import Contents, contents, everywhere
from spanner.planning.costs import directory_charges
from spanner.planning.drafts import Drafts, usable
from spanner.planning.plan import Plan, SetInfo
from spanner.planning.shares import Room, Share, choose, score
from spanner.sources.tree import Tree
from spanner.units import SECTOR, format_size, printable

_TITLE_LENGTH = 100
_TYPICAL_TITLE = "W" * 40
_SLACK = 24 * SECTOR
"""Texts, tables and folders may each end in a sector more than was measured: with this all fits."""
_NO_SLACK = -(ALIGNMENT - 1) * SECTOR
"""What was measured was rounded up: with this it may just fit."""
_FIRST_ROOM = 1 << 20
"""So much more than a disc has is tried first: a disc too small for any file is not its fault."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """How the set is to be planned. `hashed`: items get a placeholder for their hash."""

    media: tuple[Medium, ...]
    strategy: str = "letters"
    split: bool = True
    replicate: tuple[str, ...] = ()
    hashed: bool = False
    title: str = ""


def make_plan(
    tree: Tree,
    wishes: Wishes,
    *,
    set_info: SetInfo | None = None,
    note: Callable[[str], None] = lambda _: None,
) -> Plan:
    """Plan the set; with `set_info` for that very set instead of a new one.

    `note` is told what the user may want to know.

    Raises:
        DoesNotFitError: a file, the catalog or the whole does not fit on the media.
        UsageError: there is nothing to archive, or no such strategy.
    """
    if not tree.files and not tree.directories and not tree.symlinks:
        raise UsageError("the sources hold nothing that can be archived")
    names = ", ".join(printable(root.name) for root in tree.roots)
    new = SetInfo(
        str(uuid.uuid4()),
        _shortened(printable(wishes.title).strip() or names),
        datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    )
    return _Planner(tree, wishes, set_info or new, note).plan()


@dataclass(frozen=True, slots=True)
class _Division:
    """What is placed, and the discs' shares of it."""

    stuff: Contents
    shares: list[Share]


class _Planner:
    """Bounds first, then packing, then exact sizes."""

    def __init__(
        self, tree: Tree, wishes: Wishes, set_info: SetInfo, note: Callable[[str], None]
    ) -> None:
        self._tree = tree
        self._wishes = wishes
        self._title = set_info.title
        self._note = note
        self._drafts = Drafts(tree, wishes.media, wishes.strategy, set_info)
        in_stock = [medium for medium in wishes.media if medium.stock != 0] or wishes.media
        self._media = sorted(in_stock, key=lambda medium: -medium.sectors)
        self._everywhere = everywhere(tree.files, usable(self._media[0]), wishes.replicate)
        self._stuff = lru_cache(maxsize=4)(self._stuff_for)

    def plan(self) -> Plan:
        """Find it. Parts are cut to fill the largest medium; if its stock is short, the next."""
        problems = []
        for medium in self._media:
            try:
                return self._plan(medium)
            except DoesNotFitError as problem:
                problems.append(problem)
        raise problems[0]

    def _plan(self, largest: Medium) -> Plan:
        division = self._divided(largest, _SLACK)
        stuff, common = self._stuff(usable(largest) + _FIRST_ROOM)
        bound = self._drafts.bound(stuff, self._media[0], common)
        if len(division.shares) > bound:
            with suppress(DoesNotFitError):
                closer = self._divided(largest, _NO_SLACK)
                if self._score(closer) < self._score(division):
                    plan = self._drafts.measured(closer.stuff, closer.shares)
                    if _excess(plan) <= 0:
                        return self._judged(plan, bound)
        slack = _SLACK
        while True:
            plan = self._drafts.measured(division.stuff, division.shares)
            if _excess(plan) <= 0:
                return self._judged(plan, bound)
            slack += _excess(plan)
            division = self._divided(largest, slack)

    def _stuff_for(self, room: int) -> tuple[Contents, int]:
        """What is placed in units for this room, and the bytes that every disc has in common."""
        wishes = self._wishes
        stuff = contents(
            self._tree, self._everywhere, room, split=wishes.split, hashed=wishes.hashed
        )
        return stuff, self._drafts.common(stuff)

    def _divided(self, largest: Medium, slack: int) -> _Division:
        """The shares, with so many bytes to spare on every disc beside what is measured."""
        room = usable(largest) + _FIRST_ROOM
        while True:
            stuff, common = self._stuff(room)
            shares, left = self._shares(stuff, largest, common + slack)
            if shares:
                return _Division(stuff, shares)
            room = left

    def _shares(self, stuff: Contents, largest: Medium, common: int) -> tuple[list[Share], int]:
        """The shares, and the bytes that the largest disc has left for units.

        Where that is too little for one of the units, there are no shares.
        """
        capacity = usable(largest)
        self._check_room(largest, common)
        present = parents(item.on_disc for item in stuff.everywhere) | {"data"}
        folders = [unit.folders for unit in stuff.units]
        count = -(-sum(unit.cost for unit in stuff.units) // capacity) or 1
        more = self._drafts.more(stuff, [Share((), largest, _TYPICAL_TITLE)] * count)
        while True:
            base = common + more
            self._check_room(largest, base)
            reserve, charges = directory_charges(folders, present, count, (capacity - base) // 2)
            costs = [unit.cost + charge for unit, charge in zip(stuff.units, charges, strict=True)]
            base += reserve
            if max(costs, default=0) > capacity - base:
                return [], capacity - base
            rooms = [Room(medium, usable(medium) - base) for medium in self._wishes.media]
            shares = self._titled(choose(stuff.units, costs, self._wishes.strategy, rooms))
            needed = self._drafts.more(stuff, shares)
            if needed <= more:
                return shares, capacity - base
            count, more = len(shares), needed + SECTOR

    def _check_room(self, medium: Medium, taken: int) -> None:
        if taken >= usable(medium):
            raise DoesNotFitError(
                f"{medium.name} holds {format_size(usable(medium))}, what is on every disc of "
                f"this set (catalog, folders, session documents) needs {format_size(taken)}: "
                "choose larger discs"
            )

    def _titled(self, shares: Sequence[Share]) -> list[Share]:
        count = len(shares)
        if count == 1:
            return [replace(shares[0], title=self._title)]
        return [
            replace(share, title=_shortened(share.title) or f"Disc {number} of {count}")
            for number, share in enumerate(shares, 1)
        ]

    def _score(self, division: _Division) -> tuple[int, int, int]:
        return score([share.medium for share in division.shares], self._wishes.media)

    def _judged(self, plan: Plan, bound: int) -> Plan:
        """The plan with what is proven of it; the user is told what could not be done."""
        large = self._everywhere.large
        if large and len(plan.discs) > 1:
            names = ", ".join(map(printable, large))
            self._note(f"too large for every disc, and on one only: {names}")
        priced = all(medium.price is not None for medium in self._wishes.media)
        proven = bound == len(plan.discs) and (len(self._wishes.media) == 1 or not priced)
        return msgspec.structs.replace(plan, lower_bound=bound, proven=proven)


def _excess(plan: Plan) -> int:
    """By how many bytes an image is larger than its medium, if it is."""
    return max(disc.image_sectors - disc.capacity_sectors for disc in plan.discs) * SECTOR


def _shortened(title: str) -> str:
    return title if len(title) <= _TITLE_LENGTH else title[: _TITLE_LENGTH - 1] + "…"
