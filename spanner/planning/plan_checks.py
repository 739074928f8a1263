"""Checks what a plan says of earlier sets, and what a plan's paths may be."""

import re
from collections.abc import Iterator
from datetime import datetime
from itertools import accumulate

from spanner.imaging.names import is_plain
from spanner.model.base_set import BaseFile
from spanner.model.paths import is_safe
from spanner.model.plan import Plan
from spanner.wording import printable

SHA256 = re.compile(r"([0-9a-f]{64})?")


def is_source(path: str, names: set[str]) -> bool:
    """It may be the path of something in a source with one of the names."""
    return is_safe(path) and path.partition("/")[0] in names


def is_place(path: str) -> bool:
    """It is below `data/`, and may stand in a manifest as it is."""
    return path.startswith("data/") and is_safe(path) and all(map(is_plain, path.split("/")))


def is_time(text: str) -> bool:
    """It is a second in UTC, as sets have it."""
    try:
        return f"{datetime.fromisoformat(text):%Y-%m-%dT%H:%M:%SZ}" == text
    except ValueError:
        return False


def earlier_problems(plan: Plan, names: set[str]) -> Iterator[str]:
    """What cannot be of the earlier files and sets of a plan whose sources have these names."""
    sets = {each.id: each.created for each in plan.base_sets}
    for set_id, created in (
        *sets.items(),
        *((each.id, each.created) for each in plan.compared_sets),
    ):
        if not is_time(created) or not set_id.isprintable():
            yield f"the earlier set {printable(set_id)} is impossible"
    discs = {(each.id, disc.number) for each in plan.base_sets for disc in each.discs}
    for file in plan.base_files:
        if not all(is_source(path, names) for path in (file.path, *file.links)):
            yield f"the path {printable(file.path)} is impossible"
        if not all((file.set_id, part.disc) in discs for part in file.parts):
            yield f"{printable(file.path)} is on a disc of no earlier set"
        if not _is_whole(file) or not 0 <= file.mode <= 0o7777:
            yield f"the parts or the mode of {printable(file.path)} are impossible"


def _is_whole(file: BaseFile) -> bool:
    """Its parts are all that it has, each at its place; one can be on several discs."""
    parts = {part.part: part for part in file.parts}
    if sorted(parts) != list(range(1, len(parts) + 1)) or not parts:
        return False
    *starts, end = accumulate((parts[x].size for x in sorted(parts)), initial=0)
    return end == file.size and all(
        (part.offset, part.size) == (starts[part.part - 1], parts[part.part].size)
        and part.size >= 0
        and is_place(part.place)
        and SHA256.fullmatch(part.sha256)
        for part in file.parts
    )
