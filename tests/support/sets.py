"""Sets of discs made in one call."""

import os
from dataclasses import dataclass

from burners import silent
from spanner.archiving import carry_out, plan_tree
from spanner.burning.burn_result import BurnResult
from spanner.library import open_library
from spanner.model.media_types import parse_media
from spanner.model.plan import Plan
from spanner.model.tree import Tree
from spanner.planning.planner import PlanOptions
from spanner.sources import walk


@dataclass(frozen=True)
class MadeSet:
    """A plan and its images."""

    plan: Plan
    written: list[BurnResult]

    @property
    def images(self) -> list[str]:
        """The image files, in the discs' order."""
        return [each.file for each in self.written]


def make_set(
    source: str,
    folder: str,
    media: str = "custom:1MB",
    strategy: str = "letters",
    *,
    split: bool = True,
    replicate: tuple[str, ...] = (),
    hashed: bool = False,
    title: str = "",
    tree: Tree | None = None,
    parities: int = 0,
    ecc: float = 0,
) -> MadeSet:
    """Archive the source, or this tree, into images in the folder."""
    wishes = PlanOptions(
        media=parse_media(media),
        pack=strategy,
        split=split,
        replicate=replicate,
        hash=hashed,
        title=title,
        parity=parities,
        ecc=ecc,
    )
    plan = plan_tree(tree or walk([source]), wishes, silent)
    with open_library(os.path.join(folder, "library.sqlite")) as library:
        done = carry_out(plan, library, silent, to=folder)
    return MadeSet(done.plan, done.discs)
