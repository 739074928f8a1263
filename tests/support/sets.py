"""Sets of discs made in one call."""

import os
from dataclasses import dataclass

from burners import FolderDrive, silent
from spanner.burning.burn_result import BurnResult
from spanner.burning.folder_job import FolderJob
from spanner.library import open_library
from spanner.model.media_types import parse_media
from spanner.model.plan import Plan
from spanner.model.tree import Tree
from spanner.planning.planner import PlanOptions, make_plan
from spanner.sources import walk
from spanner.sources.hashing import with_hashes


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
    plan = make_plan(tree or walk([source]), wishes)
    if hashed:
        plan = with_hashes(plan, silent)
    with open_library(os.path.join(folder, "library.sqlite")) as library:
        job = FolderJob(FolderDrive(folder), library, lambda _: False)
        return MadeSet(plan, job.run(plan))
