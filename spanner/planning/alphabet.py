"""Alphabetical order, and how its ranges are called: "Audio Files A–F".

Within a section (a source's top folder) pack items are sorted by their folded names: symbols,
digits, letters, whatever accents and case. Where as few discs do, they are divided between first
letters; else a letter is divided by the next one, "Audio Files A–Sk", "Audio Files Sl–Z".
"""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, groupby, pairwise

from spanner.planning.contents import PackItem
from spanner.wording import printable

SYMBOLS, DIGITS = "#", "0–9"
_LONGEST_LABEL = 24
_MOST_SECTIONS = 4


@dataclass(frozen=True, slots=True)
class Entry:
    """A pack item in the alphabet: its index, its section, its name below that, as it is sorted."""

    index: int
    section: str
    key: str
    below: str
    name: str


def arranged(pack_items: Sequence[PackItem]) -> list[Entry]:
    """All pack items in alphabetical order."""
    section_key = cache(_section_key)
    ordered = []
    for index, pack_item in enumerate(pack_items):
        section, below = _divided(pack_item.path)
        # A path's separators come before all that a name can hold: a folder stays together.
        key = folded(below).replace("/", "\0")
        entry = Entry(index, section, key, below, pack_item.name)
        ordered.append((section_key(section), _order(key), pack_item.path, index, entry))
    ordered.sort(key=lambda each: each[:4])
    return [each[4] for each in ordered]


def shared(entries: Sequence[Entry]) -> list[int]:
    """With how many letters each entry begins like the one before it; 0 if that begins otherwise.

    The fewer, the better a place to divide.
    """
    return [0, *(_shared(one, other) for one, other in pairwise(entries))][: len(entries)]


def titles(discs: Sequence[Sequence[Entry]]) -> list[str]:
    """Each disc's title: its sections, each with the range of letters if it is not all of it."""
    flat = [entry for members in discs for entry in members]
    begins = shared(flat)
    totals = Counter(entry.section for entry in flat)
    names = Counter(section.rpartition("/")[2] for section in totals)
    found = []
    start = 0
    for members in discs:
        stop = start + len(members)
        before, after = begins[start] if members else 0, begins[stop] if stop < len(flat) else 0
        found.append(_title(members, (before, after), totals, names))
        start = stop
    return found


def folded(text: str) -> str:
    """Lower case without accents: how names are compared here."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text)
    return "".join(c for c in plain if not unicodedata.combining(c)).casefold()


def _title(
    members: Sequence[Entry], cuts: tuple[int, int], totals: Counter[str], names: Counter[str]
) -> str:
    """`cuts`: how many letters its first entry shares with the one before, and the last behind."""
    parts = []
    sections = [list(group) for _, group in groupby(members, key=lambda entry: entry.section)]
    for number, own in enumerate(sections):
        section = own[0].section
        name = section.rpartition("/")[2]
        text = printable(name if names[name] == 1 else section)
        if len(own) < totals[section]:
            before = cuts[0] if number == 0 else 0
            after = cuts[1] if number == len(sections) - 1 else 0
            text += f" {_range(own[0], own[-1], before, after)}"
        parts.append(text)
    if len(parts) > _MOST_SECTIONS:
        return f"{parts[0]} – {parts[-1]} ({len(parts)} in all)"
    return ", ".join(parts)


def _range(first: Entry, last: Entry, before: int, after: int) -> str:
    """The first and the last label, each as long as it takes to tell it from its neighbour."""
    if _shared(first, last):  # "Sa–Sm", not "S–Sm"
        before = after = max(before, after)
    one, other = _label(first, before + 1), _label(last, after + 1)
    return one if one == other else f"{one}–{other}"


def _shared(one: Entry, other: Entry) -> int:
    if one.section != other.section or _first_label(one.key) != _first_label(other.key):
        return 0
    return max(1, _common(one.key, other.key))


def _common(one: str, other: str) -> int:
    """With how many same characters they begin."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((index for index, (a, b) in pairs if a != b), min(len(one), len(other)))


def _label(entry: Entry, depth: int) -> str:
    """As much of the name as folds to `depth` characters: "Sa"."""
    if depth == 1:
        return _first_label(entry.key)
    if depth > len(entry.key):  # of equal names, such as a file's parts
        return _abbreviated(entry.name)
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
