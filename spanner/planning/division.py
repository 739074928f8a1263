"""Divides what is placed over discs that each hold a catalog of it all, which titles lengthen."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from spanner.errors import DoesNotFitError
from spanner.model.media_types import Medium, known_media
from spanner.model.paths import parents
from spanner.model.tree import Tree
from spanner.model.units import SECTOR, format_size
from spanner.planning.assigning import assign
from spanner.planning.assignment import (
    Assignment,
    DiscAssignment,
    DiscCapacity,
    Strategy,
    bin_types_of,
)
from spanner.planning.contents import Contents, PackItem, ReplicatedFiles, place_files
from spanner.planning.costs import directory_charges
from spanner.planning.measuring import DiscMeasurer, usable
from spanner.planning.packing.covers import covers
from spanner.wording import printable

_NO_LIMIT = 1 << 62
_TITLE_LENGTH = 100
_TYPICAL_TITLE = "W" * 40
_FIRST_MORE = 1 << 20
"""Bytes more than a disc has that parts may fill at first: a small disc is no file's fault."""


@dataclass(frozen=True, slots=True)
class Division:
    """What is placed, what each disc gets of it, and by which costs and capacities in bytes."""

    contents: Contents
    costs: list[int]
    capacities: list[DiscCapacity]
    assignment: Assignment

    @property
    def discs(self) -> list[DiscAssignment]:
        """What each disc gets."""
        return self.assignment.discs

    @property
    def groups(self) -> list[tuple[int, ...]]:
        """The pack items (indices) in each group that is kept whole."""
        return [group.pack_items for group in self.assignment.groups.groups]

    @property
    def paths(self) -> list[list[str]]:
        """The paths on each disc."""
        pack_items = self.contents.pack_items
        return [[pack_items[index].path for index in disc.pack_items] for disc in self.discs]


class Divider:
    """Makes divisions of one tree by one strategy; `in_stock` are those offered that there are."""

    def __init__(
        self,
        tree: Tree,
        replicated: ReplicatedFiles,
        strategy: Strategy,
        measurer: DiscMeasurer,
        *,
        offered: Sequence[Medium],
        in_stock: Sequence[Medium],
        title: str,
        split: bool,
        hashed: bool,
    ) -> None:
        self._tree = tree
        self._replicated = replicated
        self._strategy = strategy
        self._measurer = measurer
        self._offered = offered
        self._in_stock = in_stock
        self._title = title
        self._split = split
        self._hashed = hashed
        self._placed = lru_cache(maxsize=4)(self._placed_for)

    def placed_at_first(self, largest: Medium) -> tuple[Contents, int]:
        """What is placed while parts are cut for a little more than the largest disc has.

        With the bytes that every disc has in common.
        """
        return self._placed(usable(largest) + _FIRST_MORE)

    def divide(self, largest: Medium, slack: int) -> Division:
        """Divide, with so many bytes to spare on every disc beside what is measured.

        Raises:
            DoesNotFitError: a file, the catalog or the whole does not fit on the media.
            UsageError: there is no such strategy.
        """
        capacity = usable(largest) + _FIRST_MORE
        while True:
            contents, common = self._placed(capacity)
            division, left = self._division(contents, largest, common + slack)
            if division:
                return division
            capacity = left

    def _placed_for(self, capacity: int) -> tuple[Contents, int]:
        """What is placed if this is the capacity, and the bytes that every disc has in common."""
        contents = place_files(
            self._tree,
            self._replicated,
            capacity if self._split else _NO_LIMIT,
            split=self._split,
            hashed=self._hashed,
        )
        return contents, self._measurer.common(contents)

    def _division(
        self, contents: Contents, largest: Medium, common: int
    ) -> tuple[Division | None, int]:
        """The division, and the bytes that the largest disc has left for pack items.

        Where that is too little for one of the pack items, there is no division.
        """
        total = usable(largest)
        self._check_catalog(largest, common)
        pack_items = contents.pack_items
        present = parents(item.on_disc for item in contents.replicated) | {"data"}
        folders = [each.folders for each in pack_items]
        count = self._about(sum(each.cost for each in pack_items), common)
        more = self._measurer.more(contents, [DiscAssignment((), largest, _TYPICAL_TITLE)] * count)
        while True:
            base = common + more
            self._check_catalog(largest, base)
            reserve, charges = directory_charges(folders, present, count, (total - base) // 2)
            costs = [each.cost + charge for each, charge in zip(pack_items, charges, strict=True)]
            base += reserve
            if max(costs, default=0) > total - base:
                if not self._split:
                    raise _too_large(pack_items, costs, base, largest)
                return None, total - base
            capacities = [DiscCapacity(medium, usable(medium) - base) for medium in self._offered]
            assignment = assign(pack_items, costs, self._strategy, capacities)
            discs = self._titled(assignment.discs)
            needed = self._measurer.more(contents, discs)
            if needed <= more:
                assignment = replace(assignment, discs=discs)
                return Division(contents, costs, capacities, assignment), total - base
            count, more = len(discs), needed + SECTOR

    def _about(self, total: int, taken: int) -> int:
        """About how many discs there will be: as many as so much takes if it were liquid."""
        capacities = [DiscCapacity(medium, usable(medium) - taken) for medium in self._in_stock]
        bin_types = [each for each in bin_types_of(capacities) if each.capacity > 0]
        return max(1, next((sum(counts) for _, counts in covers(total, bin_types)), 1))

    def _check_catalog(self, medium: Medium, taken: int) -> None:
        if taken >= usable(medium):
            raise DoesNotFitError(
                f"{medium.name} holds {format_size(usable(medium))}, what is on every disc of "
                f"this set (catalog, folders, session documents) needs {format_size(taken)}: "
                "choose larger discs"
            )

    def _titled(self, discs: Sequence[DiscAssignment]) -> list[DiscAssignment]:
        count = len(discs)
        if count == 1:
            return [replace(discs[0], title=self._title)]
        return [
            replace(disc, title=shortened(disc.title) or f"Disc {number} of {count}")
            for number, disc in enumerate(discs, 1)
        ]


def shortened(title: str) -> str:
    """The title, cut where it is too long for a disc."""
    return title if len(title) <= _TITLE_LENGTH else title[: _TITLE_LENGTH - 1] + "…"


def _too_large(
    pack_items: Sequence[PackItem], costs: Sequence[int], base: int, largest: Medium
) -> DoesNotFitError:
    """Name all files that no disc takes, and the smallest medium that would take each."""
    capacity = usable(largest) - base
    known = sorted(known_media(largest.ecc), key=lambda medium: medium.sectors)
    lines = []
    for pack_item, cost in zip(pack_items, costs, strict=True):
        if cost > capacity:
            fits = (medium.name for medium in known if usable(medium) >= base + cost)
            size = format_size(pack_item.items[0].size)
            taker = next(fits, None)
            would = f"{taker} would take it" if taker else "no medium would take it"
            lines.append(f"{printable(pack_item.path)} ({size}): {would}")
    several = f"{len(lines)} files do" if len(lines) > 1 else "1 file does"
    return DoesNotFitError(
        f"{several} not fit on a disc, which has room for {format_size(max(capacity, 0))}; choose "
        "larger discs, or allow parts (--split):" + "".join(f"\n  {line}" for line in lines)
    )
