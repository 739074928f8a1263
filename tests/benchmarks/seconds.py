"""Times what no test times: planning, packing, status and hostile sessions; prints medians.

    python tests/benchmarks/seconds.py [--rounds 5] [NAME...]

The tests count the work of each of these (steps, looks at the clock, bytes read); here it is
seconds of processor time, which mean something on an idle machine alone.
"""

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))

import numpy as np

from spanner.assessing.counting import Rule
from spanner.assessing.set_status import status
from spanner.errors import SpannerError
from spanner.library import open_library
from spanner.model.media_types import parse_media
from spanner.planning import pack
from spanner.planning.planner import PlanOptions, make_plan
from spanner.sources.formats.detect import read_session
from support.sessions import tree_of

Step = Callable[[], object]


def plan(count: int, size: int, media: str, strategy: str) -> Step:
    """Planning so many files of one size."""
    tree = tree_of({f"S/Audio Files/{number:06}.wav": size for number in range(count)})
    options = PlanOptions(media=parse_media(media), pack=strategy)
    return lambda: make_plan(tree, options)


def packing(count: int, low: int, high: int, capacity: int, seconds: float) -> Step:
    """Packing so many items, of sizes between two, with so much time."""
    sizes = np.random.default_rng(1).integers(low, high, count).tolist()
    return lambda: pack(sizes, capacity, seconds)


def status_of_sets(sets: int, discs: int) -> Step:
    """The status of so many sets with so many discs each."""
    folder = tempfile.mkdtemp()

    def step() -> object:
        with open_library(os.path.join(folder, "library.sqlite")) as library:
            if not library.sets():
                names = [f"set {number:04}" for number in range(sets)]
                keys = [(name, number) for name in names for number in range(1, discs + 1)]
                with library.db as db:
                    db.executemany(
                        "INSERT INTO sets VALUES (?, ?, '', '', x'00', 0, 0)",
                        [(name, name) for name in names],
                    )
                    db.executemany(
                        "INSERT INTO discs VALUES (?, ?, 'X', '', 'dvd+r', 9, 0, 0, 0)", keys
                    )
            return status(library, Rule(2, 2, 2), "2025-01-01T00:00:00Z")

    step()
    return step


def hostile_session(content: bytes, name: str) -> Step:
    """Reading a session that is all noise of one kind."""
    path = os.path.join(tempfile.mkdtemp(), name)
    with open(path, "wb") as file:
        file.write(content)

    def step() -> None:
        with suppress(SpannerError):
            read_session(path)

    return step


CASES: dict[str, Callable[[], Step]] = {
    "plan 2,000 files, letters": lambda: plan(2_000, 1_000_000, "cd-r", "letters"),
    "plan 2,000 files, optimal": lambda: plan(2_000, 1_000_000, "cd-r", "optimal"),
    "plan 20,000 files, letters": lambda: plan(20_000, 2_000, "custom:40MB", "letters"),
    "pack 20,000 items in 0.5 s": lambda: packing(20_000, 1, 2_000_000_000, 25_025_314_816, 0.5),
    "pack 1,000,000 items": lambda: packing(1_000_000, 10_000, 20_000_000, 4_700_000_000, 2.0),
    "status of 1,000 sets of 100": lambda: status_of_sets(1_000, 100),
    "XML of 40 MB": lambda: hostile_session(b"<a>" * 13_000_000, "x.fcpxml"),
    "Reaper of 60 MB": lambda: hostile_session(b"<REAPER\n" + b"E 0 90\n" * 8_000_000, "x.rpp"),
}


def main() -> None:
    """Time the cases that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="Words of cases' names.")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    random.seed(1)
    for name, make in CASES.items():
        if arguments.names and not any(word in name for word in arguments.names):
            continue
        step = make()
        taken = []
        for _ in range(arguments.rounds):
            before = time.process_time()
            step()
            taken.append(time.process_time() - before)
        median, longest = statistics.median(taken), max(taken)
        print(f"{name:32} {median:8.3f} s, the longest {longest:.3f} s")


if __name__ == "__main__":
    main()
