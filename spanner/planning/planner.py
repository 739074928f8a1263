"""Makes the plan: what the discs hold, on how many and which, each measured to the sector."""

import re
import unicodedata
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import msgspec

from spanner.catalog.bag import texts
from spanner.errors import DoesNotFitError, UsageError
from spanner.imaging.authoring import ALIGNMENT, measure
from spanner.imaging.layout import Digests, lay_out, parents
from spanner.media import Medium
from spanner.planning.contents import Contents, contents, everywhere
from spanner.planning.costs import directory_charges, directory_cost, least_cost
from spanner.planning.packing import lower_bound
from spanner.planning.plan import FORMAT, Disc, Item, Plan, SetInfo
from spanner.planning.shares import Room, Score, Share, choose, score
from spanner.sources.tree import Tree
from spanner.units import SECTOR, format_size, printable, sectors

_TITLE_LENGTH = 100
_TYPICAL_TITLE = "W" * 40
_VOLUME_ID_LENGTH = 30  # UDF keeps no more (ECMA-167 4/14.1: a dstring of 32 with code and length)
_SLACK = 24 * SECTOR  # texts, tables and folders may each end in a sector more than was measured
_NUMBERS = 64  # digits of the files and bytes of a disc, wherever a catalog says them
_PART_LINES = 256  # what the catalog says of a part, beside six times its path


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


class _Planner:
    """Bounds first, then packing, then exact sizes."""

    def __init__(
        self, tree: Tree, wishes: Wishes, set_info: SetInfo, note: Callable[[str], None]
    ) -> None:
        self._tree = tree
        self._wishes = wishes
        self._set = set_info
        self._note = note
        in_stock = [medium for medium in wishes.media if medium.stock != 0] or wishes.media
        self._media = sorted(in_stock, key=lambda medium: -medium.sectors)
        self._everywhere = everywhere(tree.files, _usable(self._media[0]), wishes.replicate)

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
        room, excess = _usable(largest), 0
        while True:
            stuff = contents(
                self._tree,
                self._everywhere,
                room,
                split=self._wishes.split,
                hashed=self._wishes.hashed,
            )
            common = self._common(stuff)
            least = -(-sum(unit.cost for unit in stuff.units) // _usable(largest)) or 1
            guess = [Share((), self._longest_medium(), _TYPICAL_TITLE)] * least
            shares, left = self._divide(stuff, largest, common + _SLACK + excess, guess)
            if not shares:
                room = left
                continue
            bound = self._bound(stuff, common)
            plan = self._closer(stuff, largest, common, shares) if len(shares) > bound else None
            plan = plan or self._lay(stuff, shares)
            beyond = _beyond(plan)
            if beyond <= 0:
                return self._judged(plan, bound)
            excess += beyond * SECTOR

    def _closer(
        self, stuff: Contents, largest: Medium, common: int, shares: Sequence[Share]
    ) -> Plan | None:
        """A better plan than these shares make, with no slack, if it happens to fit."""
        with suppress(DoesNotFitError):
            least = common - (ALIGNMENT - 1) * SECTOR
            closer, _ = self._divide(stuff, largest, least, shares)
            if closer and self._score(closer) < self._score(shares):
                plan = self._lay(stuff, closer)
                if _beyond(plan) <= 0:
                    return plan
        return None

    def _score(self, shares: Sequence[Share]) -> Score:
        return score([share.medium for share in shares], self._wishes.media)

    def _common(self, stuff: Contents) -> int:
        """Bytes that a disc takes before its own items, with two untitled discs in its catalog.

        That is what the sectors hold that were measured; `_SLACK` beside it is at least enough.
        """
        others = [item for unit in stuff.units for item in unit.items]
        medium = self._longest_medium()
        shares = [("", medium, stuff.everywhere), ("", medium, [*stuff.everywhere, *others])]
        plan = self._draft(stuff, shares)
        return self._measure(plan, plan.discs[0]) * SECTOR

    def _frame(self, stuff: Contents, shares: Sequence[Share]) -> int:
        """Bytes that these discs take in each catalog beyond two untitled ones."""
        plan = self._skeleton(stuff, shares)
        two = self._skeleton(stuff, [Share((), self._longest_medium())] * 2)
        longest = max(plan.discs, key=lambda disc: len(disc.title.encode()))
        more = _length(plan, longest) - _length(two, two.discs[0])
        digits = len(str(len(shares))) - 1
        names = sum(1 + len(item.links) for unit in stuff.units for item in unit.items)
        return more + 2 * digits * names + _NUMBERS * len(shares)

    def _skeleton(self, stuff: Contents, shares: Sequence[Share]) -> Plan:
        """The discs with nothing but what is on each of them."""
        discs = [(share.title, share.medium, stuff.everywhere) for share in shares]
        return msgspec.structs.replace(self._draft(stuff, discs), directories=(), symlinks=())

    def _divide(
        self, stuff: Contents, largest: Medium, common: int, guess: Sequence[Share]
    ) -> tuple[list[Share], int]:
        """The shares, and the bytes that the largest disc has left for units.

        Where that is too little for one of the units, there are no shares. `guess`: how many discs
        there may be, and titles of about the length that theirs will have.
        """
        usable = _usable(largest)
        self._check_room(largest, common)
        present = parents(item.on_disc for item in stuff.everywhere) | {"data"}
        folders = [unit.folders for unit in stuff.units]
        count, frame = len(guess), self._frame(stuff, guess)
        while True:
            base = common + frame
            self._check_room(largest, base)
            reserve, charges = directory_charges(folders, present, count, (usable - base) // 2)
            costs = [unit.cost + charge for unit, charge in zip(stuff.units, charges, strict=True)]
            base += reserve
            if max(costs, default=0) > usable - base:
                return [], usable - base
            rooms = [Room(medium, _usable(medium) - base) for medium in self._wishes.media]
            shares = self._titled(choose(stuff.units, costs, self._wishes.strategy, rooms))
            count = len(shares)
            needed = self._frame(stuff, shares)
            if needed <= frame:
                return shares, usable - base
            frame = needed + SECTOR

    def _check_room(self, medium: Medium, taken: int) -> None:
        if taken >= _usable(medium):
            raise DoesNotFitError(
                f"{medium.name} holds {format_size(_usable(medium))}, what is on every disc of "
                f"this set (catalog, folders, session documents) needs {format_size(taken)}: "
                "choose larger discs"
            )

    def _titled(self, shares: Sequence[Share]) -> list[Share]:
        count = len(shares)
        if count == 1:
            return [replace(shares[0], title=self._set.title)]
        return [
            replace(share, title=_shortened(share.title) or f"Disc {number} of {count}")
            for number, share in enumerate(shares, 1)
        ]

    def _lay(self, stuff: Contents, shares: Sequence[Share]) -> Plan:
        """The plan with these shares, measured."""
        plan = self._draft(
            stuff,
            [
                (share.title, share.medium, [*stuff.everywhere, *_items(stuff, share)])
                for share in shares
            ],
        )
        discs = tuple(
            msgspec.structs.replace(disc, image_sectors=self._measure(plan, disc))
            for disc in plan.discs
        )
        return msgspec.structs.replace(plan, discs=discs)

    def _judged(self, plan: Plan, bound: int) -> Plan:
        """The plan with what is proven of it; the user is told what could not be done."""
        large = self._everywhere.large
        if large and len(plan.discs) > 1:
            names = ", ".join(map(printable, large))
            self._note(f"too large for every disc, and on one only: {names}")
        priced = any(medium.price is not None for medium in self._wishes.media)
        proven = bound == len(plan.discs) and (len(self._wishes.media) == 1 or not priced)
        return msgspec.structs.replace(plan, lower_bound=bound, proven=proven)

    def _bound(self, stuff: Contents, common: int) -> int:
        """Discs that no plan of these sources can do without."""
        items = [item for unit in stuff.units for item in unit.items]
        held = parents(place for item in (*items, *stuff.everywhere) for place in _places(item))
        places = (each.disc_path or f"data/{each.path}" for each in stuff.directories)
        # What may be on another disc, and what fewer parts would not say in the catalog.
        less = sum(directory_cost(place) for place in places if place not in held)
        less += sum(
            _PART_LINES + 12 * len(place.encode())
            for item in items
            if item.parts > 1
            for place in _places(item)
        )
        base = common - 2 * ALIGNMENT * SECTOR - less
        room = _usable(self._media[0]) - max(base, 0)
        parts = sum(sectors(item.size) for item in items if item.parts > 1) * SECTOR
        whole = [least_cost(item) for item in items if item.parts == 1]
        total = -(-(sum(whole) + parts) // room)
        return max(1, total, lower_bound(whole, room) if whole else 0)

    def _draft(self, stuff: Contents, shares: Sequence[tuple[str, Medium, Iterable[Item]]]) -> Plan:
        """A plan whose discs are not measured; each share is title, medium and items."""
        return Plan(
            FORMAT,
            self._set,
            self._wishes.strategy,
            self._tree.roots,
            tuple(
                Disc(
                    number,
                    volume_id(self._set.title, number, len(shares)),
                    title,
                    medium.name,
                    medium.sectors,
                    0,
                    tuple(items),
                )
                for number, (title, medium, items) in enumerate(shares, 1)
            ),
            stuff.directories,
            self._tree.symlinks,
            self._tree.left_out,
            1,
            False,
        )

    def _measure(self, plan: Plan, disc: Disc) -> int:
        return measure(lay_out(plan, disc, texts(plan, disc)))

    def _longest_medium(self) -> Medium:
        return max(self._wishes.media, key=lambda medium: len(medium.name))


def volume_id(title: str, number: int, count: int) -> str:
    """The disc's name: `TITLE_01OF05`, from A-Z, 0-9 and _."""
    width = max(2, len(str(count)))
    tail = f"_{number:0{width}}OF{count:0{width}}"
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().upper()
    head = re.sub(r"[^A-Z0-9]+", "_", plain).strip("_") or "SET"
    return head[: _VOLUME_ID_LENGTH - len(tail)].rstrip("_") + tail


def _usable(medium: Medium) -> int:
    """Bytes of the largest image that the medium takes."""
    return medium.sectors // ALIGNMENT * ALIGNMENT * SECTOR


def _beyond(plan: Plan) -> int:
    """By how many sectors an image is larger than its medium, if it is."""
    return max(disc.image_sectors - disc.capacity_sectors for disc in plan.discs)


def _length(plan: Plan, disc: Disc) -> int:
    """Bytes of all texts of the disc."""
    empty = Digests()
    return sum(len(piece) for _, text in texts(plan, disc) for piece in text(empty))


def _places(item: Item) -> Iterator[str]:
    yield item.on_disc
    for link in item.links:
        yield item.link_on_disc(link)


def _items(stuff: Contents, share: Share) -> Iterator[Item]:
    return (item for index in share.units for item in stuff.units[index].items)


def _shortened(title: str) -> str:
    return title if len(title) <= _TITLE_LENGTH else title[: _TITLE_LENGTH - 1] + "…"
