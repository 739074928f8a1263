"""What a plan may say: anybody can write one, and discs are made and files read by what it says."""

import os
import re
from collections.abc import Iterator
from datetime import datetime
from itertools import accumulate, chain

from spanner.ecc.rs03 import is_percent, planned
from spanner.imaging.names import is_plain
from spanner.model.base_set import BaseFile
from spanner.model.paths import is_bytes, is_safe
from spanner.model.plan import FORMAT, Disc, Item, Plan
from spanner.model.tree import Directory, LibrarySnapshot, Skipped, Symlink
from spanner.wording import printable

_SHA256 = re.compile(r"([0-9a-f]{64})?")
_VOLUME_ID = re.compile(r"[A-Z0-9_]{1,32}")
_SET_ID = re.compile(r"[A-Za-z0-9._-]{1,126}")  # what a UDF dstring of 128 takes


def problems(plan: Plan) -> Iterator[str]:
    """What is wrong with the plan, a clause for each problem: a sound plan has none."""
    yield from _set_problems(plan)
    yield from _source_problems(plan)
    names = {root.name for root in plan.sources}
    for disc in plan.discs:
        yield from _disc_problems(disc, names)
    yield from _ecc_problems(plan)
    yield from _part_problems(plan)
    yield from _base_problems(plan, names)
    yield from _tree_problems(plan, names)


def _set_problems(plan: Plan) -> Iterator[str]:
    if plan.format != FORMAT:
        yield f"its format is {printable(plan.format)}, not {FORMAT}"
    if not _SET_ID.fullmatch(plan.set.id):
        yield f"the set's id {printable(plan.set.id)} is impossible"
    if not _is_time(plan.set.created):
        yield f"{printable(plan.set.created)} is no time in UTC"
    if not plan.discs:
        yield "it has no disc"
    if [disc.number for disc in plan.discs] != list(range(1, len(plan.discs) + 1)):
        yield "its discs are not numbered 1, 2, 3 ..."
    parities = [disc.parity for disc in plan.discs]
    data = parities.count(0)
    if not data or parities != [0] * data + list(range(1, len(parities) - data + 1)):
        yield "its parity discs are not behind all others, numbered 1, 2, 3 ..."
    if len({disc.volume_id for disc in plan.discs}) < len(plan.discs):
        yield "two discs have one volume ID"
    if not (plan.set.title.isprintable() and plan.strategy.isprintable()):
        yield "its title or strategy cannot be printed"
    if plan.library and not _is_snapshot(plan.library):
        yield "the copy of the library is impossible"


def _source_problems(plan: Plan) -> Iterator[str]:
    names = [root.name for root in plan.sources]
    roots = (*plan.sources, *plan.outside)
    if not all(_is_source(root.name, set(names)) for root in plan.outside):
        yield "a folder outside the sources has an impossible name"
    if any(not is_safe(name) or "/" in name for name in names) or len(set(names)) < len(names):
        yield "a source has an impossible name"
    if any(not os.path.isabs(root.path) or not is_bytes(root.path) for root in roots):
        yield "a source's place is not absolute"


def _disc_problems(disc: Disc, names: set[str]) -> Iterator[str]:
    if not _VOLUME_ID.fullmatch(disc.volume_id):
        yield f"the volume ID {printable(disc.volume_id)} is impossible"
    if not 0 < disc.image_sectors <= disc.capacity_sectors:
        yield f"disc {disc.number} has {disc.image_sectors} of {disc.capacity_sectors} sectors"
    if not (disc.title.isprintable() and disc.medium.isprintable()):
        yield f"the title or medium of disc {disc.number} cannot be printed"
    for item in disc.items:
        yield from _item_problems(item, names)
    places = list(disc.places())
    if len(set(places)) < len(places):
        yield f"two files of disc {disc.number} lie at one place"


def _ecc_problems(plan: Plan) -> Iterator[str]:
    if plan.ecc and not is_percent(plan.ecc):
        yield f"error correction of {plan.ecc} % is impossible"
        return
    for disc in plan.discs:
        data = disc.volume_sectors
        expected = planned(data, plan.ecc).total if plan.ecc and data > 0 else data
        if data <= 0 or disc.image_sectors != expected:
            yield f"disc {disc.number} has {disc.ecc_sectors} sectors of error correction"


def _item_problems(item: Item, names: set[str]) -> Iterator[str]:
    found = list(item.names())
    if not all(_is_source(name.path, names) for name in found):
        yield f"the path {printable(item.path)} is impossible"
    if not all(_is_place(name.on_disc) for name in found):
        yield f"the place on disc of {printable(item.path)} is impossible"
    if (
        min(item.size, item.offset) < 0
        or not 1 <= item.part <= item.parts
        or item.offset + item.size > item.whole_size
    ):
        yield f"the size or part of {printable(item.path)} is impossible"
    if not all(0 <= x.mode <= 0o7777 for x in found) or not _SHA256.fullmatch(item.sha256):
        yield f"the mode or hash of {printable(item.path)} is impossible"


def _part_problems(plan: Plan) -> Iterator[str]:
    """The files in parts, on all discs together, whose parts do not make the whole file."""
    files: dict[str, dict[int, Item]] = {}
    for disc in plan.discs:
        for item in disc.items:
            if item.parts > 1:
                files.setdefault(item.path, {})[item.part] = item
    for path, parts in files.items():
        ordered = [parts[number] for number in sorted(parts)]
        *starts, end = accumulate((item.size for item in ordered), initial=0)
        if any(
            (item.offset, item.parts, item.whole_size) != (start, len(ordered), end)
            for item, start in zip(ordered, starts, strict=True)
        ):
            yield f"the parts of {printable(path)} do not make the file"


def _base_problems(plan: Plan, names: set[str]) -> Iterator[str]:
    """Problems of the base sets and their files, in a plan whose sources have these names."""
    sets = {each.id: each.created for each in plan.base_sets}
    for set_id, created in (
        *sets.items(),
        *((each.id, each.created) for each in plan.compared_sets),
    ):
        if not _is_time(created) or not set_id.isprintable():
            yield f"the earlier set {printable(set_id)} is impossible"
    discs = {(each.id, disc.number) for each in plan.base_sets for disc in each.discs}
    for file in plan.base_files:
        if not all(_is_source(path, names) for path in (file.path, *file.links)):
            yield f"the path {printable(file.path)} is impossible"
        if not all((file.set_id, part.disc) in discs for part in file.parts):
            yield f"{printable(file.path)} is on a disc of no earlier set"
        if not _is_whole(file) or not 0 <= file.mode <= 0o7777:
            yield f"the parts or the mode of {printable(file.path)} are impossible"


def _tree_problems(plan: Plan, names: set[str]) -> Iterator[str]:
    """Problems of what was found beside files: folders, links, what was skipped or referred to."""
    others: chain[Directory | Symlink | Skipped] = chain(
        plan.directories, plan.symlinks, plan.skipped
    )
    for other in others:
        if not _is_source(other.path, names):
            yield f"the path {printable(other.path)} is impossible"
    for directory in plan.directories:
        if not _is_place(directory.disc_path or f"data/{directory.path}"):
            yield f"the place on disc of {printable(directory.path)} is impossible"
    for reference in plan.references:
        texts = (reference.session, reference.recorded, reference.place)
        if (reference.path and not _is_source(reference.path, names)) or not all(
            map(is_bytes, texts)
        ):
            yield f"the place of {printable(reference.recorded)} is impossible"
    for symlink in plan.symlinks:
        if not symlink.target or not is_bytes(symlink.target):
            yield f"the symbolic link {printable(symlink.path)} leads to an impossible path"


def _is_source(path: str, names: set[str]) -> bool:
    """It may be the path of something in a source with one of the names."""
    return is_safe(path) and path.partition("/")[0] in names


def _is_place(path: str) -> bool:
    """It is below `data/`, and may stand in a manifest as it is."""
    return path.startswith("data/") and is_safe(path) and all(map(is_plain, path.split("/")))


def _is_time(text: str) -> bool:
    """It is a second in UTC, as sets have it."""
    try:
        return f"{datetime.fromisoformat(text):%Y-%m-%dT%H:%M:%SZ}" == text
    except ValueError:
        return False


def _is_whole(file: BaseFile) -> bool:
    """Its parts are all that it has, each at its place; one can be on several discs."""
    parts = {part.part: part for part in file.parts}
    if sorted(parts) != list(range(1, len(parts) + 1)) or not parts:
        return False
    *starts, end = accumulate((parts[x].size for x in sorted(parts)), initial=0)
    return end == file.size and all(
        (part.offset, part.size) == (starts[part.part - 1], parts[part.part].size)
        and part.size >= 0
        and _is_place(part.place)
        and _SHA256.fullmatch(part.sha256)
        for part in file.parts
    )


def _is_snapshot(library: LibrarySnapshot) -> bool:
    return (
        os.path.isabs(library.path)
        and is_bytes(library.path)
        and library.size >= 0
        and bool(library.sha256 and _SHA256.fullmatch(library.sha256))
    )
