"""Makes the plan: what the discs hold, on how many and which, each measured to the sector."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import msgspec

from spanner.ecc.rs03 import planned
from spanner.errors import DoesNotFitError, UsageError
from spanner.imaging.authoring import ALIGNMENT
from spanner.model.media_types import Medium, reserving
from spanner.model.plan import Plan, SetInfo
from spanner.model.tree import Tree
from spanner.model.units import SECTOR
from spanner.planning.assignment import Strategy, score
from spanner.planning.contents import Contents, replicated_files
from spanner.planning.division import Divider, Division, shortened
from spanner.planning.duplicates import merged
from spanner.planning.groups import avoidable, pieces
from spanner.planning.measuring import DiscMeasurer, LeastSizes, usable
from spanner.planning.packing.problem import Cost
from spanner.planning.parity_discs import with_parities
from spanner.planning.proof import Proof, prove
from spanner.planning.supplies import divided_folders, supplies
from spanner.wording import printable

_SLACK = 24 * SECTOR
"""Texts, tables and folders may each end in a sector more than was measured: with this all fits."""
_NO_SLACK = -(ALIGNMENT - 1) * SECTOR
"""What was measured was rounded up: with this it may just fit."""


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
    options: PlanOptions,
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
    title = shortened(printable(options.title).strip() or names)
    new = SetInfo(str(uuid.uuid4()), title, _created(tree))
    notes: list[str] = []

    def plan(spare: int) -> Plan:
        notes.clear()
        return _Planner(tree, options, set_info or new, notes.append, spare).plan()

    offered = [replace(medium, ecc=options.ecc) for medium in options.media]
    made = with_parities(plan, offered, options.reserve, options.parity)
    for line in notes:
        note(line)
    return made


def _created(tree: Tree) -> str:
    """Now, but after the sets that it was compared with: a restore takes the newest."""
    moments = [datetime.fromisoformat(each.created) for each in tree.compared_sets]
    now = max([datetime.now(UTC), *(moment + timedelta(seconds=1) for moment in moments)])
    return now.strftime("%Y-%m-%dT%H:%M:%SZ")


class _Planner:
    """Bounds first, then packing, then exact sizes; `spare` sectors of each disc stay free."""

    def __init__(
        self,
        tree: Tree,
        options: PlanOptions,
        set_info: SetInfo,
        note: Callable[[str], None],
        spare: int,
    ) -> None:
        ecc = options.ecc
        if ecc and spare:  # of the medium goes what so much of the image takes
            spare = planned(spare, ecc).total
        media = reserving(options.media, options.reserve or "0")
        self._offered = tuple(replace(m, reserve=m.reserve + spare, ecc=ecc) for m in media)
        self._options = options
        self._strategy = Strategy(options.pack, options.keep, options.fill)
        self._note = note
        smallest = min(map(usable, self._offered))
        tree = replace(tree, files=merged(tree.files, smallest))
        self._measurer = DiscMeasurer(
            tree, self._offered, options.pack, set_info, options.parity, ecc
        )
        in_stock = [medium for medium in self._offered if medium.stock != 0] or self._offered
        self._media = sorted(in_stock, key=lambda medium: medium.reserve - medium.sectors)
        self._replicated = replicated_files(tree.files, usable(self._media[0]), options.replicate)
        self._divider = Divider(
            tree,
            self._replicated,
            self._strategy,
            self._measurer,
            offered=self._offered,
            in_stock=self._media,
            title=set_info.title,
            split=options.split,
            hashed=options.hash,
        )

    def plan(self) -> Plan:
        """The plan. Parts are cut to fill the largest medium; if its stock is short, the next.

        Raises:
            DoesNotFitError: what is wrong with the largest medium, where no medium does.
            UsageError: there is no such strategy.
        """
        problems = []
        for medium in self._media:
            try:
                return self._plan(medium)
            except DoesNotFitError as problem:
                problems.append(problem)
        raise problems[0]

    def _plan(self, largest: Medium) -> Plan:
        """The plan with as much slack as it takes, then a better one with less if there is one."""
        division = self._divider.divide(largest, _SLACK)
        slack = _SLACK
        while True:
            plan = self._measurer.measured(division.contents, division.discs)
            if self._excess(plan) <= 0:
                break
            slack += self._excess(plan)
            division = self._divider.divide(largest, slack)
        contents, common = self._divider.placed_at_first(largest)
        least = self._measurer.least(contents, common)
        proof = self._proof(least, contents, division)
        for tighter in self._tighter(plan, division, slack):
            if proof.proven and not self._avoidable(division):
                break
            best = self._rank(division)
            with suppress(DoesNotFitError):
                closer = self._divider.divide(largest, tighter)
                if self._rank(closer) < best:
                    closer_plan = self._measurer.measured(closer.contents, closer.discs)
                    if self._excess(closer_plan) <= 0:
                        plan, division = closer_plan, closer
                        proof = self._proof(least, contents, division)
        return self._judged(plan, division, proof)

    def _proof(self, least: LeastSizes, contents: Contents, division: Division) -> Proof:
        """What is proven; where files are cut otherwise than at first, of what is the same."""
        groups = division.groups
        if len(contents.pack_items) != len(division.contents.pack_items):
            groups = [(index,) for index in range(len(contents.pack_items))]
        return prove(least, groups, division.discs, self._media)

    def _tighter(self, plan: Plan, division: Division, slack: int) -> Iterator[int]:
        """Less and less to spare: what was measured, and what the dry run shows to be free."""
        yield _NO_SLACK
        spare = [
            used
            + sum(division.costs[index] for index in own.pack_items)
            - disc.volume_sectors * SECTOR
            for own, disc, used in zip(
                division.discs, plan.data_discs, self._taken(division), strict=True
            )
        ]
        for least in sorted({min(spare), sum(spare) // len(spare)}):
            if slack - least < _NO_SLACK:
                yield slack - least

    def _taken(self, division: Division) -> list[int]:
        """Bytes that were planned for each disc beside its pack items."""
        sizes = {capacity.medium.name: capacity.size for capacity in division.capacities}
        return [usable(disc.medium) - sizes[disc.medium.name] for disc in division.discs]

    def _rank(self, division: Division) -> tuple[Cost, tuple[int, int]]:
        """What is to be small: the cost, divided folders, discs to restore one folder."""
        media = [disc.medium for disc in division.discs]
        return score(media, self._media), pieces(division.paths)

    def _avoidable(self, division: Division) -> bool:
        """Whether a folder is divided that one disc would take."""
        paths = [pack_item.path for pack_item in division.contents.pack_items]
        largest = max(capacity.size for capacity in division.capacities)
        return bool(avoidable(division.paths, paths, division.costs, largest))

    def _excess(self, plan: Plan) -> int:
        """By how many bytes an image is larger than what may be used of its medium, if it is."""
        sizes = {medium.name: usable(medium) for medium in self._offered}
        return max(disc.volume_sectors * SECTOR - sizes[disc.medium] for disc in plan.data_discs)

    def _judged(self, plan: Plan, division: Division, proof: Proof) -> Plan:
        """The plan with what is proven of it; the user is told what could not be done."""
        large = self._replicated.large
        if large and len(plan.data_discs) > 1:
            names = ", ".join(map(printable, large))
            self._note(f"too large for every disc, and on one only: {names}")
        return msgspec.structs.replace(
            plan,
            keep=self._options.keep,
            fill=self._options.fill,
            reserve=self._options.reserve,
            lower_bound=proof.lower_bound,
            proven=proof.proven,
            price=proof.price,
            price_bound=proof.price_bound,
            media=supplies(division.assignment, self._strategy, division.capacities),
            divided=divided_folders(plan.discs),
            too_large=division.assignment.groups.too_large,
        )
