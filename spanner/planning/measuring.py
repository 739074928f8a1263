"""Plans before they are final: what every disc of one holds beside its own items, and measuring."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec

from spanner import assembly
from spanner.ecc.rs03 import planned, room
from spanner.imaging.authoring import ALIGNMENT
from spanner.model.media_types import Medium
from spanner.model.paths import parents
from spanner.model.plan import FORMAT, Disc, Item, Plan, SetInfo
from spanner.model.tree import Tree
from spanner.model.units import SECTOR, sectors
from spanner.planning.assignment import DiscAssignment
from spanner.planning.contents import Contents
from spanner.planning.costs import directory_cost, least_cost

_VOLUME_ID_LENGTH = 30  # UDF keeps no more (ECMA-167 4/14.1: a dstring of 32 with code and length)
_NUMBERS = 64  # digits of the files and bytes of a disc, wherever a catalog says them
_PART_LINES = 256  # what the catalog says of a part, beside twelve times its path


@dataclass(frozen=True, slots=True)
class LeastSizes:
    """Bytes that must be placed whatever the plan: of each unit's whole files, of all `parts`.

    Parts can be cut anywhere. `taken` is what each disc holds beside them at least.
    """

    units: tuple[int, ...]
    parts: int
    taken: int


class DiscMeasurer:
    """Makes the plans of one set."""

    def __init__(
        self,
        tree: Tree,
        media: Sequence[Medium],
        strategy: str,
        set_info: SetInfo,
        parities: int = 0,
        ecc: float = 0,
    ) -> None:
        self._tree = tree
        self._ecc = ecc
        self._strategy = strategy
        self._set = set_info
        self._parities = parities
        self._medium = max(media, key=lambda medium: len(medium.name))

    def measured(self, stuff: Contents, shares: Sequence[DiscAssignment]) -> Plan:
        """The plan with these shares, each disc's size exact."""
        plan = self._plan(stuff, shares)
        for discs in (plan.data_discs, plan.discs[len(shares) :]):  # parities are as long as data
            exact = {
                disc.number: self._sized(disc, assembly.measured(plan, disc)) for disc in discs
            }
            plan = msgspec.structs.replace(
                plan, discs=tuple(exact.get(disc.number, disc) for disc in plan.discs)
            )
        return plan

    def _sized(self, disc: Disc, sectors: int) -> Disc:
        """The disc with an image of so many sectors, and its error correction."""
        total = planned(sectors, self._ecc).total if self._ecc else sectors
        return msgspec.structs.replace(disc, image_sectors=total, ecc_sectors=total - sectors)

    def common(self, stuff: Contents) -> int:
        """Bytes of a disc that has no items of its own, in a set of two without titles."""
        everything = tuple(range(len(stuff.pack_items)))
        plan = self._plan(
            stuff, [DiscAssignment((), self._medium), DiscAssignment(everything, self._medium)]
        )
        return assembly.measured(plan, plan.discs[0]) * SECTOR

    def more(self, stuff: Contents, shares: Sequence[DiscAssignment]) -> int:
        """Bytes that these discs take in each catalog beyond the two of `common`, at most."""
        plan = self._without_items(stuff, shares)
        two = self._without_items(stuff, [DiscAssignment((), self._medium)] * 2)
        longest = max(plan.discs, key=lambda disc: len(disc.title.encode()))
        more = assembly.text_length(plan, longest) - assembly.text_length(two, two.discs[0])
        digits = len(str(len(shares))) - 1
        names = sum(item.count for item in _items(stuff))
        return more + 2 * digits * names + _NUMBERS * len(shares)

    def least(self, stuff: Contents, common: int) -> LeastSizes:
        """What the units take at least, and what is on every disc at least."""
        items = list(_items(stuff))
        held = parents(place for item in (*items, *stuff.replicated) for place in item.places())
        folders = (each.disc_path or f"data/{each.path}" for each in stuff.directories)
        # What may be on another disc, and what fewer parts would not say in the catalog.
        less = sum(directory_cost(place) for place in folders if place not in held)
        less += sum(
            _PART_LINES + 12 * len(place.encode())
            for item in items
            if item.parts > 1
            for place in item.places()
        )
        parts = sum(sectors(item.size) for item in items if item.parts > 1) * SECTOR
        whole = tuple(
            sum(least_cost(item) for item in unit.items if item.parts == 1)
            for unit in stuff.pack_items
        )
        return LeastSizes(whole, parts, max(0, common - 2 * ALIGNMENT * SECTOR - less))

    def _plan(self, stuff: Contents, shares: Sequence[DiscAssignment]) -> Plan:
        """The plan with these shares, its discs not measured."""
        count = len(shares) + self._parities
        discs = tuple(
            Disc(
                number=number,
                volume_id=volume_id(self._set.title, number, count),
                title=share.title,
                medium=share.medium.name,
                capacity_sectors=share.medium.sectors,
                image_sectors=0,
                items=(
                    *stuff.replicated,
                    *(item for index in share.pack_items for item in stuff.pack_items[index].items),
                ),
            )
            for number, share in enumerate(shares, 1)
        )
        largest = max((share.medium for share in shares), key=lambda medium: medium.sectors)
        parities = tuple(
            Disc(
                number=len(shares) + parity,
                volume_id=volume_id(self._set.title, len(shares) + parity, count),
                title=f"Parity {parity} of {self._parities}",
                medium=largest.name,
                capacity_sectors=largest.sectors,
                image_sectors=0,
                items=(),
                parity=parity,
            )
            for parity in range(1, self._parities + 1)
        )
        return Plan(
            format=FORMAT,
            set=self._set,
            strategy=self._strategy,
            sources=self._tree.roots,
            discs=discs + parities,
            directories=stuff.directories,
            symlinks=self._tree.symlinks,
            skipped=self._tree.skipped,
            lower_bound=1,
            proven=False,
            outside=self._tree.outside,
            references=self._tree.references,
            base_files=self._tree.base_files,
            base_sets=self._tree.base_sets,
            compared_sets=self._tree.compared_sets,
            library=self._tree.library,
            ecc=self._ecc,
        )

    def _without_items(self, stuff: Contents, shares: Sequence[DiscAssignment]) -> Plan:
        """The discs with nothing but what is on each of them."""
        plan = self._plan(
            stuff, [DiscAssignment((), share.medium, share.title) for share in shares]
        )
        return msgspec.structs.replace(plan, directories=(), symlinks=(), base_files=())


def usable(medium: Medium) -> int:
    """Bytes of the largest image that the medium takes, beside its error correction."""
    sectors = max(0, medium.sectors - medium.reserve) // ALIGNMENT * ALIGNMENT
    if medium.ecc:
        sectors = room(sectors, medium.ecc) // ALIGNMENT * ALIGNMENT
    return sectors * SECTOR


def volume_id(title: str, number: int, count: int) -> str:
    """The disc's name: `TITLE_01OF05`, from A-Z, 0-9 and _."""
    width = max(2, len(str(count)))
    tail = f"_{number:0{width}}OF{count:0{width}}"
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().upper()
    head = re.sub(r"[^A-Z0-9]+", "_", plain).strip("_") or "SET"
    return head[: _VOLUME_ID_LENGTH - len(tail)].rstrip("_") + tail


def _items(stuff: Contents) -> Iterator[Item]:
    return (item for unit in stuff.pack_items for item in unit.items)
