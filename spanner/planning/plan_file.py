"""PLAN.json: a plan written, read back and checked."""

import json
import os
import re
from collections.abc import Iterator
from itertools import accumulate, chain
from typing import Any

import msgspec

from spanner.atomic import write_atomically
from spanner.ecc.rs03 import is_percent, planned
from spanner.errors import UsageError
from spanner.model.paths import is_bytes, is_safe
from spanner.model.plan import FORMAT, Disc, Item, Plan
from spanner.model.tree import Directory, LibrarySnapshot, Skipped, Symlink
from spanner.planning.plan_checks import SHA256, earlier_problems, is_place, is_source, is_time
from spanner.wording import printable

_VOLUME_ID = re.compile(r"[A-Z0-9_]{1,32}")
_SET_ID = re.compile(r"[A-Za-z0-9._-]{1,126}")  # what a UDF dstring of 128 takes


def encode(value: Any) -> bytes:
    r"""JSON of a struct, one line. Bytes that are no UTF-8 stand as lone surrogates (`\udcff`)."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        return json.dumps(msgspec.to_builtins(value), separators=(",", ":")).encode()


def decode(text: bytes) -> Plan:
    """The plan that `encode` made the text of, checked.

    Raises:
        UsageError: it is cut, no plan, or one that cannot be.
    """
    try:
        try:
            plan = msgspec.json.decode(text, type=Plan)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            if isinstance(error, msgspec.ValidationError) or b"\\ud" not in text.lower():
                raise
            plan = msgspec.convert(json.loads(text), Plan)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"this is no whole plan of spanner's: {error}") from None
    for problem in _problems(plan):
        raise UsageError(f"this plan cannot be: {problem}")
    return plan


def load(path: str) -> Plan:
    """Read PLAN.json.

    Raises:
        UsageError: there is none, or it is damaged.
    """
    try:
        with open(path, "rb") as file:
            text = file.read()
    except OSError as error:
        raise UsageError(f"cannot read the plan {printable(path)}: {error.strerror}") from None
    try:
        return decode(text)
    except UsageError as error:
        raise UsageError(f"{printable(path)}: {error}") from None


def is_plan(path: str) -> bool:
    """Whether it may be a plan: a JSON object, whatever its name.

    Raises:
        UsageError: it cannot be read.
    """
    try:
        with open(path, "rb") as file:
            return file.read(64).lstrip()[:1] == b"{"
    except IsADirectoryError:
        return False
    except OSError as error:
        raise UsageError(f"{printable(path)}: {error.strerror}") from error


def save(plan: Plan, path: str) -> None:
    """Write PLAN.json, whole or not at all."""
    write_atomically(path, [encode(plan), b"\n"])


def _problems(plan: Plan) -> Iterator[str]:
    yield from _set_problems(plan)
    yield from _source_problems(plan)
    names = {root.name for root in plan.sources}
    for disc in plan.discs:
        yield from _disc_problems(disc, names)
    yield from _ecc_problems(plan)
    yield from _part_problems(plan)
    yield from earlier_problems(plan, names)
    others: chain[Directory | Symlink | Skipped] = chain(
        plan.directories, plan.symlinks, plan.skipped
    )
    for other in others:
        if not is_source(other.path, names):
            yield f"the path {printable(other.path)} is impossible"
    for directory in plan.directories:
        if not is_place(directory.disc_path or f"data/{directory.path}"):
            yield f"the place on disc of {printable(directory.path)} is impossible"
    for need in plan.references:
        texts = (need.session, need.recorded, need.place)
        if (need.path and not is_source(need.path, names)) or not all(map(is_bytes, texts)):
            yield f"the place of {printable(need.recorded)} is impossible"
    for symlink in plan.symlinks:
        if not symlink.target or not is_bytes(symlink.target):
            yield f"the symbolic link {printable(symlink.path)} leads to an impossible path"


def _is_copy(library: LibrarySnapshot) -> bool:
    return (
        os.path.isabs(library.path)
        and is_bytes(library.path)
        and library.size >= 0
        and bool(library.sha256 and SHA256.fullmatch(library.sha256))
    )


def _set_problems(plan: Plan) -> Iterator[str]:
    if plan.format != FORMAT:
        yield f"its format is {printable(plan.format)}, not {FORMAT}"
    if not _SET_ID.fullmatch(plan.set.id):
        yield f"the set's id {printable(plan.set.id)} is impossible"
    if not is_time(plan.set.created):
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
    if plan.library and not _is_copy(plan.library):
        yield "the copy of the library is impossible"


def _source_problems(plan: Plan) -> Iterator[str]:
    names = [root.name for root in plan.sources]
    roots = (*plan.sources, *plan.outside)
    if not all(is_source(root.name, set(names)) for root in plan.outside):
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
    if not all(is_source(name.path, names) for name in found):
        yield f"the path {printable(item.path)} is impossible"
    if not all(is_place(name.on_disc) for name in found):
        yield f"the place on disc of {printable(item.path)} is impossible"
    if (
        min(item.size, item.offset) < 0
        or not 1 <= item.part <= item.parts
        or item.offset + item.size > item.whole_size
    ):
        yield f"the size or part of {printable(item.path)} is impossible"
    if not all(0 <= x.mode <= 0o7777 for x in found) or not SHA256.fullmatch(item.sha256):
        yield f"the mode or hash of {printable(item.path)} is impossible"


def _part_problems(plan: Plan) -> Iterator[str]:
    """Find the files in parts that do not make the whole file."""
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
