"""Alphabetical ranges: each disc gets a run of first letters of each folder, "Audio Files A–F".

Within a section (a source's top folder) units are sorted by their folded names: symbols, digits,
letters, whatever accents and case. Units with one first letter stay together while a disc takes
them; more than that are divided by the next letter, "Sa–Sm".
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from spanner.planning.contents import Unit
from spanner.units import printable

SYMBOLS, DIGITS = "#", "0–9"
_LONGEST_LABEL = 16


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbours in the alphabet that go on one disc together: indices of units."""

    section: str
    label: str
    units: tuple[int, ...]
    cost: int


@dataclass(frozen=True, slots=True)
class _Entry:
    index: int
    key: str
    name: str
    cost: int


def runs(units: Sequence[Unit], capacity: int) -> list[Run]:
    """All units, in alphabetical order, in runs that each fit the capacity (as each unit must)."""
    found: list[Run] = []
    ordered = sorted(
        (folded(_section(unit.path)), _section(unit.path), _sort_key(unit.path), index)
        for index, unit in enumerate(units)
    )
    for section, members in groupby(ordered, key=lambda each: each[1]):
        entries = [
            _Entry(index, key, _below(units[index].path), units[index].cost)
            for _, _, (_, key, _), index in members
        ]
        for label, same in groupby(entries, key=lambda entry: _first_label(entry.key)):
            found.extend(_divide(section, label, list(same), capacity))
    return found


def title(members: Sequence[Run], every: Sequence[Run]) -> str:
    """A disc's title: each of its sections with the range of letters, if it is not all of it."""
    parts = []
    for section, group in groupby(members, key=lambda run: run.section):
        own = list(group)
        name = printable(section.rpartition("/")[2])
        whole = sum(run.section == section for run in every) == len(own)
        first, last = own[0].label, own[-1].label
        span = "" if whole else f" {first}" if first == last else f" {first}–{last}"
        parts.append(name + span)
    return ", ".join(parts)


def folded(text: str) -> str:
    """Lower case without accents: how names are compared here."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text)
    return "".join(c for c in plain if not unicodedata.combining(c)).casefold()


def _divide(section: str, label: str, entries: list[_Entry], capacity: int) -> Iterator[Run]:
    """One run, or several where that does not fit: by the first letter in which they differ."""
    waiting = [(label, entries)]
    while waiting:
        label, entries = waiting.pop()
        cost = sum(entry.cost for entry in entries)
        if cost <= capacity or len(entries) == 1:
            yield Run(section, label, tuple(entry.index for entry in entries), cost)
            continue
        depth = _common(entries[0].key, entries[-1].key) + 1
        groups = [list(same) for _, same in groupby(entries, key=lambda each: each.key[:depth])]
        if len(groups) == 1:  # equal names, such as a file's parts
            groups = [[entry] for entry in entries]
        waiting.extend((_label(same[0], depth), same) for same in reversed(groups))


def _common(one: str, other: str) -> int:
    """With how many same characters they begin."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((index for index, (a, b) in pairs if a != b), min(len(one), len(other)))


def _label(entry: _Entry, depth: int) -> str:
    text = printable(entry.name[: min(depth, _LONGEST_LABEL)]).strip() or SYMBOLS
    return text[:1].upper() + text[1:].lower()


def _first_label(key: str) -> str:
    first = key[:1]
    if first.isalpha():
        return first.upper()
    return DIGITS if first.isdecimal() else SYMBOLS


def _section(path: str) -> str:
    """The source and its top folder; for what lies beside the folders, the source."""
    return "/".join(path.split("/")[:2]) if path.count("/") > 1 else path.partition("/")[0]


def _below(path: str) -> str:
    below = path[len(_section(path)) + 1 :]
    return below or path


def _sort_key(path: str) -> tuple[int, str, str]:
    key = folded(_below(path))
    first = key[:1]
    kind = 2 if first.isalpha() else 1 if first.isdecimal() else 0
    return kind, key, path
