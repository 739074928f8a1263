"""Makes the plan: what the discs hold, on how many and which, each measured to the sector."""

import re
import unicodedata
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from spanner.catalog.bag import texts
from spanner.errors import DoesNotFitError, UsageError
from spanner.imaging.authoring import ALIGNMENT, measure
from spanner.imaging.layout import lay_out
from spanner.media import Medium
from spanner.planning.contents import Contents, contents
from spanner.planning.costs import directories_cost, least_cost, needed_directories
from spanner.planning.packing import lower_bound
from spanner.planning.plan import FORMAT, Disc, Item, Plan, SetInfo
from spanner.planning.shares import Room, Share, choose
from spanner.sources.tree import Tree
from spanner.units import SECTOR, format_size, printable

_TITLE_LENGTH = 100
_VOLUME_ID_LENGTH = 30  # UDF keeps no more (ECMA-167 4/14.1: a dstring of 32 with code and length)
_SLACK = 16 * SECTOR  # texts on a disc may each end in a sector more than was measured
_ATTEMPTS = 20


@dataclass(frozen=True, slots=True)
class Wishes:
    """How the set is to be planned. `hashed`: items get a placeholder for their hash."""

    media: tuple[Medium, ...]
    strategy: str = "letters"
    split: bool = True
    replicate: tuple[str, ...] = ()
    hashed: bool = False
    title: str = ""


def make_plan(tree: Tree, wishes: Wishes, *, set_info: SetInfo | None = None) -> Plan:
    """Plan the set; with `set_info` for that very set instead of a new one.

    Raises:
        DoesNotFitError: a file, the catalog or the whole does not fit on the media.
        UsageError: there is nothing to archive.
    """
    if not tree.files and not tree.directories and not tree.symlinks:
        raise UsageError("the sources hold nothing that can be archived")
    names = ", ".join(printable(root.name) for root in tree.roots)
    new = SetInfo(
        str(uuid.uuid4()),
        _shortened(printable(wishes.title) or names),
        datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    )
    return _Planner(tree, wishes, set_info or new).plan()


class _Planner:
    """Bounds first, then packing, then exact sizes; again with what those showed."""

    def __init__(self, tree: Tree, wishes: Wishes, set_info: SetInfo) -> None:
        self._tree = tree
        self._wishes = wishes
        self._set = set_info
        self._largest = max(wishes.media, key=_usable)

    def plan(self) -> Plan:
        """Find it."""
        count, excess = 1, 0
        room = _usable(self._largest)
        for _ in range(_ATTEMPTS):
            stuff = self._contents(room)
            base = self._base(stuff, count) + excess
            directories = directories_cost(stuff.directories)
            actual = _usable(self._largest) - base - directories
            self._check_room(actual, base + directories)
            if any(unit.cost > actual for unit in stuff.units):
                room = min(actual, room - SECTOR)
                continue
            shares = self._choose(stuff, base, directories)
            if len(shares) > count:
                count = len(shares)
                continue
            plan = self._lay(stuff, shares)
            over = max(disc.image_sectors - disc.capacity_sectors for disc in plan.discs)
            if over <= 0:
                return plan
            excess += over * SECTOR
        raise DoesNotFitError("no plan was found that fits: choose larger discs")

    def _contents(self, room: int) -> Contents:
        wishes = self._wishes
        return contents(
            self._tree,
            room,
            split=wishes.split,
            replicate=wishes.replicate,
            hashed=wishes.hashed,
        )

    def _check_room(self, room: int, taken: int) -> None:
        if room <= 0:
            raise DoesNotFitError(
                f"{self._largest.name} holds {format_size(_usable(self._largest))}, the catalog "
                f"and folders of this set alone need {format_size(taken)}: choose larger discs"
            )

    def _base(self, stuff: Contents, count: int) -> int:
        """Bytes that every one of `count` discs takes at most before its own items and folders."""
        title = "W" * _TITLE_LENGTH
        others = [item for unit in stuff.units for item in unit.items]
        last = max(count, 2)
        shares = [(title, self._longest_medium(), stuff.everywhere)] * (last - 1)
        last_share = (title, self._longest_medium(), [*stuff.everywhere, *others])
        plan = self._draft(stuff, [*shares, last_share])
        return self._measure(plan, plan.discs[min(1, last - 2)]) * SECTOR + _SLACK

    def _bound(self, stuff: Contents) -> int:
        """Discs that no plan of these sources can do without."""
        items = [item for unit in stuff.units for item in unit.items]
        nothing = ("", self._largest, stuff.everywhere)
        plan = self._draft(stuff, [("", self._largest, items), nothing])
        part_lines = 512 * sum(len(item.links) + 1 for item in items if item.parts > 1)
        base = self._measure(plan, plan.discs[1]) * SECTOR - ALIGNMENT * SECTOR - part_lines
        room = _usable(self._largest) - max(base, 0)
        whole = [least_cost(item) for item in items if item.parts == 1]
        total = -(-sum(least_cost(item) for item in items) // room)
        return max(1, total, lower_bound(whole, room) if whole else 0)

    def _choose(self, stuff: Contents, base: int, directories: int) -> list[Share]:
        """Charge all directories to each disc; then, if that may save a disc, what one needs."""
        shares = self._divide(stuff, base + directories)
        if len(shares) == 1:
            return shares
        everywhere = needed_directories(stuff.everywhere)
        needs = [needed_directories(_items(stuff, share)) | everywhere for share in shares]
        empty = {each.path for each in stuff.directories}.difference(*needs)
        most = max(directories_cost(stuff.directories, need) for need in needs)
        less = most + directories_cost(stuff.directories, empty)
        if less < directories:
            other = self._divide(stuff, base + less)
            needs = [needed_directories(_items(stuff, share)) | everywhere for share in other]
            most = max(directories_cost(stuff.directories, need) for need in needs)
            if len(other) < len(shares) and most <= less:
                return other
        return shares

    def _divide(self, stuff: Contents, taken: int) -> list[Share]:
        rooms = [Room(medium, _usable(medium) - taken) for medium in self._wishes.media]
        return choose(stuff.units, self._wishes.strategy, rooms)

    def _lay(self, stuff: Contents, shares: Sequence[Share]) -> Plan:
        """The plan with these shares, measured."""
        count = len(shares)
        titles = [
            _shortened(share.title)
            or (f"Disc {number} of {count}" if count > 1 else self._set.title)
            for number, share in enumerate(shares, 1)
        ]
        plan = self._draft(
            stuff,
            [
                (title, share.medium, [*stuff.everywhere, *_items(stuff, share)])
                for title, share in zip(titles, shares, strict=True)
            ],
        )
        discs = tuple(
            msgspec.structs.replace(disc, image_sectors=self._measure(plan, disc))
            for disc in plan.discs
        )
        bound = min(self._bound(stuff), count)
        priced = any(medium.price is not None for medium in self._wishes.media)
        proven = bound == count and (len(self._wishes.media) == 1 or not priced)
        return msgspec.structs.replace(plan, discs=discs, lower_bound=bound, proven=proven)

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


def _items(stuff: Contents, share: Share) -> Iterator[Item]:
    return (item for index in share.units for item in stuff.units[index].items)


def _shortened(title: str) -> str:
    return title if len(title) <= _TITLE_LENGTH else title[: _TITLE_LENGTH - 1] + "…"
