"""What is packed: instances of a file, or sessions of recordings on DVD and Blu-ray."""

import json
import random
from dataclasses import dataclass

SECTOR = 2048
MEDIA = {"dvd-r": 2_298_496, "dvd+r dl": 4_173_824, "bd-r": 12_219_392}
"""Sectors of the media that the realistic cases fill."""

SMALL = (40, 30, 30, 39, 28, 33)
"""First fit decreasing packs these in three bins of 100, though two do."""


@dataclass(frozen=True)
class Case:
    """What is to be packed, and in how many bins at least, where that is known."""

    set: str
    name: str
    capacity: int
    sizes: tuple[int, ...]
    optimum: int | None = None


def read(path: str) -> list[Case]:
    """The instances of a file."""
    with open(path, encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    return [
        Case(row["set"], row["name"], row["capacity"], tuple(row["sizes"]), row.get("optimum"))
        for row in rows
    ]


def sample(cases: list[Case], count: int | None) -> list[Case]:
    """So many cases, evenly from first to last, or all."""
    if count is None or count >= len(cases):
        return cases
    return [cases[number * len(cases) // count] for number in range(count)]


# --- what discs are filled with ------------------------------------------------------------------
def realistic_cases(seed: int, count: int) -> list[Case]:
    """Sessions on discs, so many cases for each medium, sizes in bytes of whole sectors.

    The n-th case of each set is the same session: its takes whole, its files loose, or its takes
    among fades, videos and mixes.
    """
    kinds = {"takes": takes, "loose": loose, "mixed": mixed}
    cases = []
    for medium, sectors in MEDIA.items():
        for place, (kind, make) in enumerate(kinds.items()):
            for number in range((count - place + len(kinds) - 1) // len(kinds)):
                chance = random.Random(f"{seed} {number}")
                sizes = make(chance, sectors * SECTOR)
                name = f"{kind} {medium}"
                cases.append(Case(name, f"{name} {number:02}", sectors * SECTOR, tuple(sizes)))
    return cases


def takes(chance: random.Random, capacity: int) -> list[int]:
    """A session of takes, each kept whole."""
    return [files * size for files, size in recorded(chance)]


def loose(chance: random.Random, capacity: int) -> list[int]:
    """The files of a session, each for itself."""
    return [size for files, size in recorded(chance) for _ in range(files)]


def mixed(chance: random.Random, capacity: int) -> list[int]:
    """Whole takes, small fades, videos smaller than the medium, and mixes in stereo."""
    sizes = takes(chance, capacity)
    fades = range(chance.randint(200, 800))
    sizes += [in_sectors(int(10_000 * 200 ** chance.random())) for _ in fades]
    largest = min(20_000_000_000, capacity)
    videos = range(chance.randint(2, 12))
    sizes += [in_sectors(chance.randint(1_000_000_000, largest)) for _ in videos]
    sizes += [wave(chance.uniform(120, 720), 2) for _ in range(chance.randint(5, 40))]
    return sizes


def recorded(chance: random.Random) -> list[tuple[int, int]]:
    """The takes of a session: how many files, and the size of each."""
    return [
        (chance.randint(4, 32), wave(chance.uniform(120, 720), 1))
        for _ in range(chance.randint(20, 200))
    ]


def wave(seconds: float, channels: int) -> int:
    """The size of a WAV file of 48 kHz and 24 bit."""
    return in_sectors(44 + int(seconds * 48_000) * 3 * channels)


def in_sectors(size: int) -> int:
    """The size, rounded up to whole sectors."""
    return -(-size // SECTOR) * SECTOR


def volume_bound(case: Case) -> int:
    """As many bins as the sum of the sizes fills."""
    return -(-sum(case.sizes) // case.capacity)
