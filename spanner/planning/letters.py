"""Alphabetical ranges: each disc gets a run of first letters of each folder, "Audio Files A–F".

Within a section (a source's top folder) units are sorted by their folded names: symbols, digits,
letters, whatever accents and case. Units with one first letter stay together while a disc takes
them; more than that are divided by the next letter, "Sa–Sm".
"""

import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, groupby

from spanner.planning.contents import Unit
from spanner.units import printable

SYMBOLS, DIGITS = "#", "0–9"
_LONGEST_LABEL = 24
_MOST_SECTIONS = 4


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
    below: str
    name: str
    cost: int


def runs(units: Sequence[Unit], costs: Sequence[int], capacity: int) -> list[Run]:
    """All units, in alphabetical order, in runs that each fit the capacity (as each unit must)."""
    section_key = cache(_section_key)
    ordered = []
    for index, unit in enumerate(units):
        section, below = _divided(unit.path)
        # A path's separators come before all that a name can hold: a folder stays together.
        key = folded(below).replace("/", "\0")
        entry = _Entry(index, key, below, unit.name, costs[index])
        ordered.append((section_key(section), _order(key), unit.path, index, section, entry))
    ordered.sort(key=lambda each: each[:4])
    found: list[Run] = []
    for section, members in groupby(ordered, key=lambda each: each[4]):
        entries = [each[5] for each in members]
        for label, same in groupby(entries, key=lambda entry: _first_label(entry.key)):
            found.extend(_divide(section, label, list(same), capacity))
    return found


def titles(discs: Sequence[Sequence[Run]]) -> list[str]:
    """Each disc's title: its sections, each with the range of letters if it is not all of it."""
    totals = Counter(run.section for members in discs for run in members)
    names = Counter(section.rpartition("/")[2] for section in totals)
    return [_title(members, totals, names) for members in discs]


def folded(text: str) -> str:
    """Lower case without accents: how names are compared here."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text)
    return "".join(c for c in plain if not unicodedata.combining(c)).casefold()


def _title(members: Sequence[Run], totals: Counter[str], names: Counter[str]) -> str:
    parts = []
    for section, group in groupby(members, key=lambda run: run.section):
        own = list(group)
        name = section.rpartition("/")[2]
        text = printable(name if names[name] == 1 else section)
        if len(own) < totals[section]:
            first, last = own[0].label, own[-1].label
            text += f" {first}" if first == last else f" {first}–{last}"
        parts.append(text)
    if len(parts) > _MOST_SECTIONS:
        return f"{parts[0]} – {parts[-1]} ({len(parts)} in all)"
    return ", ".join(parts)


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
        if len(groups) > 1:
            waiting.extend((_label(same[0], depth), same) for same in reversed(groups))
        else:  # equal names, such as a file's parts
            waiting.extend((_abbreviated(entry.name), [entry]) for entry in reversed(entries))


def _common(one: str, other: str) -> int:
    """With how many same characters they begin."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((index for index, (a, b) in pairs if a != b), min(len(one), len(other)))


def _label(entry: _Entry, depth: int) -> str:
    """As much of the name as folds to `depth` characters: "Sa"."""
    lengths = accumulate(len(folded(c)) for c in entry.below)
    length = next((index for index, reached in enumerate(lengths, 1) if reached >= depth), None)
    text = printable(entry.below[:length]).strip() or SYMBOLS
    return _abbreviated(text[:1].upper() + text[1:].lower())


def _abbreviated(text: str) -> str:
    if len(text) <= _LONGEST_LABEL:
        return text
    half = _LONGEST_LABEL // 2
    return f"{text[: half - 1]}…{text[-half:]}"


def _first_label(key: str) -> str:
    first = key[:1]
    if first.isalpha():
        return first.upper()
    return DIGITS if first.isdecimal() else SYMBOLS


def _divided(path: str) -> tuple[str, str]:
    """The section that the path is in, and its path there.

    A section is a source's top folder, or a source for what lies beside those.
    """
    source, _, inner = path.partition("/")
    folder, slash, below = inner.partition("/")
    if slash:
        return f"{source}/{folder}", below
    return source, inner or source


def _section_key(section: str) -> tuple[tuple[int, str], tuple[int, str], str]:
    """What sections are sorted by: each source with its folders."""
    source, _, folder = section.partition("/")
    return _order(folded(source)), _order(folded(folder)), section


def _order(key: str) -> tuple[int, str]:
    """Symbols, digits, letters."""
    first = key[:1]
    return 2 if first.isalpha() else 1 if first.isdecimal() else 0, key
