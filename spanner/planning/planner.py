"""Makes the plan: what the discs hold, on how many and which, each measured to the sector."""

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import msgspec

from spanner.ecc.rs03 import planned
from spanner.errors import DoesNotFitError, UsageError
from spanner.imaging.authoring import ALIGNMENT
from spanner.model.media_types import Medium, known_media, reserving
from spanner.model.paths import parents
from spanner.model.plan import Plan, SetInfo
from spanner.model.tree import Tree
from spanner.model.units import SECTOR, format_size
from spanner.planning.assignment import (
    Assignment,
    DiscAssignment,
    DiscCapacity,
    Strategy,
    bin_types_of,
    choose,
    score,
)
from spanner.planning.contents import Contents, PackItem, contents, everywhere
from spanner.planning.costs import directory_charges
from spanner.planning.duplicates import merged
from spanner.planning.groups import avoidable, pieces
from spanner.planning.measuring import DiscMeasurer, LeastSizes, usable
from spanner.planning.packing.covers import covers
from spanner.planning.packing.problem import Cost
from spanner.planning.parity_discs import with_parities
from spanner.planning.proof import Proof, prove
from spanner.planning.supplies import divided_folders, supplies
from spanner.wording import printable

_NO_LIMIT = 1 << 62
_TITLE_LENGTH = 100
_TYPICAL_TITLE = "W" * 40
_SLACK = 24 * SECTOR
"""Texts, tables and folders may each end in a sector more than was measured: with this all fits."""
_NO_SLACK = -(ALIGNMENT - 1) * SECTOR
"""What was measured was rounded up: with this it may just fit."""
_FIRST_ROOM = 1 << 20
"""So much more than a disc has is tried first: a disc too small for any file is not its fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOptions:
    """How the set is to be planned. `hash`: items get a placeholder for their hash.

    `keep`: none, folder, or a regular expression; `fill`: even or full; `reserve` as it was said.
    `parity`: how many discs may be lost; `ecc`: percent of error correction in each image.
    """

    media: tuple[Medium, ...]
    pack: str = "letters"
    split: bool = True
    replicate: tuple[str, ...] = ()
    hash: bool = False
    title: str = ""
    keep: str = "none"
    fill: str = "even"
    reserve: str = ""
    parity: int = 0
    ecc: float = 0


def make_plan(
    tree: Tree,
    wishes: PlanOptions,
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
    if not (tree.files or tree.directories or tree.symlinks or tree.base_files):
        raise UsageError("the sources hold nothing that can be archived")
    names = ", ".join(printable(root.name) for root in tree.roots)
    title = _shortened(printable(wishes.title).strip() or names)
    new = SetInfo(str(uuid.uuid4()), title, _created(tree))
    notes: list[str] = []

    def plan(spare: int) -> Plan:
        notes.clear()
        return _Planner(tree, wishes, set_info or new, notes.append, spare).plan()

    offered = [replace(medium, ecc=wishes.ecc) for medium in wishes.media]
    made = with_parities(plan, offered, wishes.reserve, wishes.parity)
    for line in notes:
        note(line)
    return made


@dataclass(frozen=True, slots=True)
class _Division:
    """What is placed, the discs' shares of it, and by which costs and rooms."""

    stuff: Contents
    costs: list[int]
    rooms: list[DiscCapacity]
    found: Assignment

    @property
    def shares(self) -> list[DiscAssignment]:
        return self.found.shares

    @property
    def blocks(self) -> list[tuple[int, ...]]:
        return [block.units for block in self.found.blocks.blocks]

    @property
    def paths(self) -> list[list[str]]:
        """The paths on each disc."""
        units = self.stuff.units
        return [[units[unit].path for unit in share.units] for share in self.shares]


class _Planner:
    """Bounds first, then packing, then exact sizes."""

    def __init__(
        self,
        tree: Tree,
        wishes: PlanOptions,
        set_info: SetInfo,
        note: Callable[[str], None],
        spare: int,
    ) -> None:
        ecc = wishes.ecc
        if ecc and spare:  # of the medium goes what so much of the image takes
            spare = planned(spare, ecc).total
        media = reserving(wishes.media, wishes.reserve or "0")
        media = tuple(replace(m, reserve=m.reserve + spare, ecc=ecc) for m in media)
        self._wishes = replace(wishes, media=media)
        self._manner = Strategy(wishes.pack, wishes.keep, wishes.fill)
        self._title = set_info.title
        self._note = note
        self._offered = self._wishes.media
        smallest = min(map(usable, self._offered))
        self._tree = tree = replace(tree, files=merged(tree.files, smallest))
        self._drafts = DiscMeasurer(
            tree, self._offered, wishes.pack, set_info, wishes.parity, wishes.ecc
        )
        in_stock = [medium for medium in self._offered if medium.stock != 0] or self._offered
        self._media = sorted(in_stock, key=lambda medium: medium.reserve - medium.sectors)
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
        slack = _SLACK
        while True:
            plan = self._drafts.measured(division.stuff, division.shares)
            if self._excess(plan) <= 0:
                break
            slack += self._excess(plan)
            division = self._divided(largest, slack)
        stuff, common = self._stuff(usable(largest) + _FIRST_ROOM)
        least = self._drafts.least(stuff, common)
        proof = self._proof(least, stuff, division)
        for tighter in self._tighter(plan, division, slack):
            if proof.proven and not self._avoidable(division):
                break
            best = self._rank(division)
            with suppress(DoesNotFitError):
                closer = self._divided(largest, tighter)
                if self._rank(closer) < best:
                    closer_plan = self._drafts.measured(closer.stuff, closer.shares)
                    if self._excess(closer_plan) <= 0:
                        plan, division = closer_plan, closer
                        proof = self._proof(least, stuff, division)
        return self._judged(plan, division, proof)

    def _proof(self, least: LeastSizes, stuff: Contents, division: _Division) -> Proof:
        """What is proven; where files are cut otherwise than at first, of what is the same."""
        if len(stuff.units) != len(division.stuff.units):
            units = range(len(stuff.units))
            return prove(least, [(unit,) for unit in units], division.shares, self._media)
        return prove(least, division.blocks, division.shares, self._media)

    def _tighter(self, plan: Plan, division: _Division, slack: int) -> Iterator[int]:
        """Less and less to spare: what was measured, and what the dry run shows to be free."""
        yield _NO_SLACK
        spare = [
            used + sum(division.costs[unit] for unit in share.units) - disc.volume_sectors * SECTOR
            for share, disc, used in zip(
                division.shares, plan.data_discs, self._taken(division), strict=True
            )
        ]
        for least in sorted({min(spare), sum(spare) // len(spare)}):
            if slack - least < _NO_SLACK:
                yield slack - least

    def _taken(self, division: _Division) -> list[int]:
        """What was planned for each disc beside its units."""
        rooms = {room.medium.name: room.size for room in division.rooms}
        return [usable(share.medium) - rooms[share.medium.name] for share in division.shares]

    def _stuff_for(self, room: int) -> tuple[Contents, int]:
        """What is placed in units for this room, and the bytes that every disc has in common."""
        wishes = self._wishes
        stuff = contents(
            self._tree,
            self._everywhere,
            room if wishes.split else _NO_LIMIT,
            split=wishes.split,
            hashed=wishes.hash,
        )
        return stuff, self._drafts.common(stuff)

    def _divided(self, largest: Medium, slack: int) -> _Division:
        """The shares, with so many bytes to spare on every disc beside what is measured."""
        room = usable(largest) + _FIRST_ROOM
        while True:
            stuff, common = self._stuff(room)
            division, left = self._shares(stuff, largest, common + slack)
            if division:
                return division
            room = left

    def _shares(
        self, stuff: Contents, largest: Medium, common: int
    ) -> tuple[_Division | None, int]:
        """The shares, and the bytes that the largest disc has left for units.

        Where that is too little for one of the units, there are no shares.
        """
        capacity = usable(largest)
        self._check_room(largest, common)
        present = parents(item.on_disc for item in stuff.everywhere) | {"data"}
        folders = [unit.folders for unit in stuff.units]
        count = self._about(sum(unit.cost for unit in stuff.units), common)
        more = self._drafts.more(stuff, [DiscAssignment((), largest, _TYPICAL_TITLE)] * count)
        while True:
            base = common + more
            self._check_room(largest, base)
            reserve, charges = directory_charges(folders, present, count, (capacity - base) // 2)
            costs = [unit.cost + charge for unit, charge in zip(stuff.units, charges, strict=True)]
            base += reserve
            if max(costs, default=0) > capacity - base:
                if not self._wishes.split:
                    raise self._too_large(stuff.units, costs, base, largest)
                return None, capacity - base
            rooms = [DiscCapacity(medium, usable(medium) - base) for medium in self._offered]
            found = choose(stuff.units, costs, self._manner, rooms)
            shares = self._titled(found.shares)
            needed = self._drafts.more(stuff, shares)
            if needed <= more:
                division = _Division(stuff, costs, rooms, replace(found, shares=shares))
                return division, capacity - base
            count, more = len(shares), needed + SECTOR

    def _about(self, total: int, taken: int) -> int:
        """About how many discs there will be: as many as so much takes if it were liquid."""
        rooms = [DiscCapacity(medium, usable(medium) - taken) for medium in self._media]
        bin_types = [bin_type for bin_type in bin_types_of(rooms) if bin_type.capacity > 0]
        return max(1, next((sum(counts) for _, counts in covers(total, bin_types)), 1))

    def _too_large(
        self, units: Sequence[PackItem], costs: Sequence[int], base: int, largest: Medium
    ) -> DoesNotFitError:
        """Name all files that no disc takes, and the smallest medium that would take each."""
        room = usable(largest) - base
        known = sorted(known_media(self._wishes.ecc), key=lambda medium: medium.sectors)
        lines = []
        for unit, cost in zip(units, costs, strict=True):
            if cost > room:
                fits = (medium.name for medium in known if usable(medium) >= base + cost)
                size = format_size(unit.items[0].size)
                taker = next(fits, None)
                would = f"{taker} would take it" if taker else "no medium would take it"
                lines.append(f"{printable(unit.path)} ({size}): {would}")
        several = f"{len(lines)} files do" if len(lines) > 1 else "1 file does"
        return DoesNotFitError(
            f"{several} not fit on a disc, which has room for {format_size(max(room, 0))}; choose "
            "larger discs, or allow parts (--split):" + "".join(f"\n  {line}" for line in lines)
        )

    def _check_room(self, medium: Medium, taken: int) -> None:
        if taken >= usable(medium):
            raise DoesNotFitError(
                f"{medium.name} holds {format_size(usable(medium))}, what is on every disc of "
                f"this set (catalog, folders, session documents) needs {format_size(taken)}: "
                "choose larger discs"
            )

    def _titled(self, shares: Sequence[DiscAssignment]) -> list[DiscAssignment]:
        count = len(shares)
        if count == 1:
            return [replace(shares[0], title=self._title)]
        return [
            replace(share, title=_shortened(share.title) or f"Disc {number} of {count}")
            for number, share in enumerate(shares, 1)
        ]

    def _rank(self, division: _Division) -> tuple[Cost, tuple[int, int]]:
        """What is to be small: the cost, divided folders, discs to restore one folder."""
        media = [share.medium for share in division.shares]
        return score(media, self._media), pieces(division.paths)

    def _avoidable(self, division: _Division) -> bool:
        """A folder is divided that a disc would take."""
        paths = [unit.path for unit in division.stuff.units]
        room = max(room.size for room in division.rooms)
        return bool(avoidable(division.paths, paths, division.costs, room))

    def _excess(self, plan: Plan) -> int:
        """By how many bytes an image is larger than what may be used of its medium, if it is."""
        rooms = {medium.name: usable(medium) for medium in self._offered}
        return max(disc.volume_sectors * SECTOR - rooms[disc.medium] for disc in plan.data_discs)

    def _judged(self, plan: Plan, division: _Division, proof: Proof) -> Plan:
        """The plan with what is proven of it; the user is told what could not be done."""
        large = self._everywhere.large
        if large and len(plan.data_discs) > 1:
            names = ", ".join(map(printable, large))
            self._note(f"too large for every disc, and on one only: {names}")
        wishes = self._wishes
        return msgspec.structs.replace(
            plan,
            keep=wishes.keep,
            fill=wishes.fill,
            reserve=wishes.reserve,
            lower_bound=proof.lower_bound,
            proven=proof.proven,
            price=proof.price,
            price_bound=proof.price_bound,
            media=supplies(division.found, self._manner, division.rooms),
            divided=divided_folders(plan.discs),
            too_large=division.found.blocks.too_large,
        )


def _created(tree: Tree) -> str:
    """Now, but after the sets that it was compared with: a restore takes the newest."""
    moments = [datetime.fromisoformat(each.created) for each in tree.compared_sets]
    now = max([datetime.now(UTC), *(moment + timedelta(seconds=1) for moment in moments)])
    return now.strftime("%Y-%m-%dT%H:%M:%SZ")


def _shortened(title: str) -> str:
    return title if len(title) <= _TITLE_LENGTH else title[: _TITLE_LENGTH - 1] + "…"
