"""Packs the same instances by `spanner.planning.pack` and by other packers, in one run.

    python tests/benchmarks/packing.py [--instances FILE.jsonl] [--seconds 2] [--sample N]

An instance is a line of JSON: {"set", "name", "capacity", "sizes", "optimum": number or null}.
Without a file the instances are made: sessions of recordings on DVD and Blu-ray.

The others are first fit decreasing, `binpacking` and `ortools` (PyPI), gaffitter and fpart
(Debian), and `packingsolver` (PyPI; `--python` names a Python that has it, if not this one). Every
packing is checked: each item in one bin, no bin too full. Programs are timed from their start to
their end, the rest without loading their modules.
"""

import argparse
import functools
import importlib
import importlib.util
import itertools
import json
import math
import os
import random
import shutil
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from spanner.planning import pack

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


@dataclass(frozen=True)
class Answer:
    """The sizes in each bin; the bound that a packer proved, if it proves any; its own seconds."""

    bins: list[list[int]]
    bound: int | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class Peer:
    """A packer under its name. `missing` says why it can't be run."""

    name: str
    solve: Callable[[Case], Answer]
    missing: str = ""
    proves: bool = False


@dataclass(frozen=True)
class Result:
    """What a packer made of a case: no bins where it failed."""

    bins: int | None
    bound: int
    seconds: float


def main() -> None:
    """Pack all cases with all packers by turns and print a table for each set."""
    options = parse()
    cases = read(options.instances) if options.instances else realistic_cases(1, 40)
    sets = list(dict.fromkeys(case.set for case in cases))
    peers = [
        peer for peer in find_peers(options) if not options.peers or peer.name in options.peers
    ]
    print(f"{options.seconds:g} seconds at most; {os.cpu_count()} processors")
    for peer in peers:
        if peer.missing:
            print(f"{peer.name}: not there ({peer.missing})")
    peers = [peer for peer in peers if not peer.missing]
    for peer in peers:
        run(peer, Case("warm", "warm", 100, SMALL))
    print(header(), flush=True)
    everything: dict[str, list[Result]] = {peer.name: [] for peer in peers}
    targets: list[tuple[int, int]] = []
    contradictions: list[str] = []
    for name in options.sets or sets:
        chosen = sample([case for case in cases if case.set == name], options.sample)
        results: dict[str, list[Result]] = {peer.name: [] for peer in peers}
        here = []
        for case in chosen:
            for peer in peers:
                results[peer.name].append(run(peer, case))
            latest = {peer: result[-1] for peer, result in results.items()}
            here.append(target(case, latest.values()))
            contradictions += contradicting(case, latest)
        show(name, results, here, peers)
        targets += here
        for peer in peers:
            everything[peer.name] += results[peer.name]
    if len(options.sets or sets) > 1:
        show("all", everything, targets, peers)
    for line in contradictions:
        print(f"CONTRADICTION: {line}")
    sys.exit(bool(contradictions))


def parse() -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--instances", help="a file of instances (default: realistic ones)")
    parser.add_argument("--seconds", type=float, default=2.0, help="for packers that take a limit")
    parser.add_argument("--limit", type=float, default=60.0, help="seconds for programs that don't")
    parser.add_argument("--sample", type=int, help="so many instances of each set")
    parser.add_argument("--sets", nargs="*", help="these sets only")
    parser.add_argument(
        "--peers", nargs="*", help="these packers only, by their names in the table"
    )
    parser.add_argument("--python", default=sys.executable, help="a Python that has packingsolver")
    return parser.parse_args()


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


# --- the packers ---------------------------------------------------------------------------------


def find_peers(options: argparse.Namespace) -> list[Peer]:
    """All packers, those that are not there too."""
    timed, limit = options.seconds, options.limit
    python = options.python
    return [
        Peer("spanner", functools.partial(spanner, seconds=timed), proves=True),
        Peer("first fit", first_fit),
        Peer("binpacking", by_binpacking, module_missing("binpacking")),
        Peer("gaffitter", functools.partial(gaffitter, limit=limit), program_missing("gaffitter")),
        Peer("fpart", functools.partial(fpart, limit=limit), program_missing("fpart")),
        Peer("cp-sat", functools.partial(cp_sat, seconds=timed), module_missing("ortools"), True),
        Peer(
            "packingsolver",
            functools.partial(packingsolver, seconds=timed, limit=limit, python=python),
            other_missing(python, "packingsolver"),
            proves=True,
        ),
    ]


def module_missing(name: str) -> str:
    """Why the module can't be used, or nothing."""
    return "" if importlib.util.find_spec(name) else f"no module {name}"


def program_missing(name: str) -> str:
    """Why the program can't be run, or nothing."""
    return "" if shutil.which(name) else f"no program {name}"


def other_missing(python: str, name: str) -> str:
    """Why the module can't be used from that Python, or nothing."""
    try:
        subprocess.run([python, "-c", f"import {name}"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        return f"no module {name} in {os.path.basename(python)}"
    return ""


def spanner(case: Case, seconds: float) -> Answer:
    """What this benchmark is about."""
    packing = pack(case.sizes, case.capacity, seconds=seconds)
    bins = [[case.sizes[item] for item in items] for items in packing.bins]
    return Answer(bins, packing.lower_bound)


def first_fit(case: Case) -> Answer:
    """First fit decreasing."""
    bins: list[list[int]] = []
    free: list[int] = []
    for size in sorted(case.sizes, reverse=True):
        place = next((number for number, room in enumerate(free) if room >= size), None)
        if place is None:
            bins.append([size])
            free.append(case.capacity - size)
        else:
            bins[place].append(size)
            free[place] -= size
    return Answer(bins)


def by_binpacking(case: Case) -> Answer:
    """The function that fills bins of a volume."""
    module: Any = importlib.import_module("binpacking")
    return Answer(module.to_constant_volume(list(case.sizes), case.capacity))


def gaffitter(case: Case, limit: float) -> Answer:
    """The genetic algorithm; it may stop where no fewer bins can be."""
    command = ["gaffitter", "-", "-t", str(case.capacity), "--di", "--ga-theo", "--hs", "--bs", "#"]
    output = fed(command, listed(case), limit)
    bins = [[case.sizes[int(item)] for item in part.split()] for part in output.split("#")]
    return Answer([sizes for sizes in bins if sizes])


def fpart(case: Case, limit: float) -> Answer:
    """Parts up to a size, from sizes without files."""
    output = fed(["fpart", "-a", "-s", str(case.capacity), "-i", "-"], listed(case), limit)
    lines = sorted(line.split("\t") for line in output.splitlines())
    parts = itertools.groupby(lines, key=lambda line: line[0])
    return Answer([[case.sizes[int(line[2])] for line in part] for _, part in parts])


def listed(case: Case) -> str:
    """The sizes and what they are called, as fpart and gaffitter read them."""
    return "".join(f"{size} {number}\n" for number, size in enumerate(case.sizes))


def fed(command: list[str], text: str, limit: float) -> str:
    """What the program says to this input."""
    return subprocess.run(
        command, input=text, capture_output=True, text=True, check=True, timeout=limit
    ).stdout


def cp_sat(case: Case, seconds: float) -> Answer:
    """How many of each size in each bin, on all processors; to build the model takes its time too.

    First fit decreasing is its hint, and its answer where it comes to no better one.
    """
    module: Any = importlib.import_module("ortools.sat.python.cp_model")
    end = time.perf_counter() + seconds
    start = first_fit(case).bins
    least = volume_bound(case)
    unit = math.gcd(*case.sizes)
    model = module.CpModel()
    used = [model.new_bool_var("") for _ in start]
    hints = [Counter(sizes) for sizes in start]
    counts: list[tuple[int, list[Any]]] = []
    for size, demand in sorted(Counter(case.sizes).items(), reverse=True):
        most = min(demand, case.capacity // size)
        row = [model.new_int_var(0, most, "") for _ in start]
        model.add(sum(row) == demand)
        for variable, hint in zip(row, hints, strict=True):
            model.add_hint(variable, hint[size])
        counts.append((size, row))
        if time.perf_counter() > end:
            return Answer(start, least)
    for number, variable in enumerate(used):
        load = sum(size // unit * row[number] for size, row in counts)
        model.add(load <= case.capacity // unit * variable)
        model.add_hint(variable, 1)
        if number:
            model.add_implication(variable, used[number - 1])
        if time.perf_counter() > end:
            return Answer(start, least)
    model.add(sum(used) >= least)
    model.minimize(sum(used))
    solver = module.CpSolver()
    solver.parameters.max_time_in_seconds = max(end - time.perf_counter(), 0.01)
    status = solver.solve(model)
    if status not in {module.OPTIMAL, module.FEASIBLE}:
        return Answer(start, least)
    bins = [
        [size for size, row in counts for _ in range(solver.value(row[number]))]
        for number in range(len(start))
    ]
    bins = [sizes for sizes in bins if sizes]
    if status == module.OPTIMAL:
        return Answer(bins, len(bins))
    return Answer(bins, max(least, math.ceil(solver.best_objective_bound - 1e-6)))


PACKINGSOLVER = """
import collections, json, sys, time
import packingsolver.onedimensional as solver
case = json.load(sys.stdin)
start = time.perf_counter()
demands = collections.Counter(case["sizes"])
builder = solver.InstanceBuilder()
builder.set_objective(solver.Objective.BinPacking)
builder.add_bin_type(case["capacity"], copies=len(case["sizes"]))
for size, demand in demands.items():
    builder.add_item_type(size, copies=demand)
parameters = solver.OptimizeParameters()
parameters.time_limit = case["seconds"]
parameters.verbosity_level = 0
parameters.messages_to_stdout = False
output = solver.optimize(builder.build(), parameters)
seconds = time.perf_counter() - start
sizes, found, bins = list(demands), output.solution, []
for number in range(found.number_of_different_bins()):
    part = found.bin(number)
    bins += [[sizes[item.item_type_id] for item in part.items]] * part.copies
json.dump([bins, output.bin_packing_bound, seconds], sys.stdout)
"""
"""What the other Python runs."""


def packingsolver(case: Case, seconds: float, limit: float, python: str) -> Answer:
    """The solver with its defaults, in a Python of its own; it times itself."""
    question = {"sizes": case.sizes, "capacity": case.capacity, "seconds": seconds}
    output = fed([python, "-c", PACKINGSOLVER], json.dumps(question), seconds + limit)
    bins, bound, took = json.loads(output)
    return Answer(bins, bound, took)


# --- running and telling -------------------------------------------------------------------------


def run(peer: Peer, case: Case) -> Result:
    """Pack a case and check what came out."""
    start = time.perf_counter()
    try:
        answer = peer.solve(case)
    except (subprocess.SubprocessError, ValueError, IndexError) as error:
        said = type(error).__name__
        if isinstance(error, subprocess.CalledProcessError):
            said = error.stderr.strip().rpartition("\n")[2] or said
        print(f"{peer.name}, {case.name}: {said}", file=sys.stderr)
        return Result(None, 0, time.perf_counter() - start)
    seconds = answer.seconds or time.perf_counter() - start
    if problem := wrong(case, answer.bins):
        print(f"{peer.name}, {case.name}: {problem}", file=sys.stderr)
        return Result(None, 0, seconds)
    return Result(len(answer.bins), answer.bound or 0, seconds)


def wrong(case: Case, bins: Sequence[Sequence[int]]) -> str:
    """What is wrong with the packing, or nothing."""
    if Counter(itertools.chain.from_iterable(bins)) != Counter(case.sizes):
        return "not the items of the case"
    if max(map(sum, bins), default=0) > case.capacity:
        return "a bin is too full"
    return ""


def volume_bound(case: Case) -> int:
    """As many bins as the sum of the sizes fills."""
    return -(-sum(case.sizes) // case.capacity)


def target(case: Case, results: Iterable[Result]) -> tuple[int, int]:
    """The best bound that is known, and the fewest bins that are."""
    results = list(results)
    bound = case.optimum or max(volume_bound(case), *(result.bound for result in results))
    counts = [result.bins for result in results if result.bins is not None]
    return bound, case.optimum or min(counts, default=bound)


def contradicting(case: Case, results: dict[str, Result]) -> list[str]:
    """What can't be true together: a bound above a packing, or a packing below the optimum."""
    counts = {peer: result.bins for peer, result in results.items() if result.bins is not None}
    if case.optimum is not None:
        counts["the optimum given"] = case.optimum
    fewest = min(counts, key=lambda peer: counts[peer], default=None)
    if fewest is None:
        return []
    lines = [
        f"{case.name}: {peer} proves {result.bound} bins, {fewest} has {counts[fewest]}"
        for peer, result in results.items()
        if result.bound > counts[fewest]
    ]
    if case.optimum is not None and counts[fewest] < case.optimum:
        lines.append(f"{case.name}: {fewest} has {counts[fewest]} bins, given are {case.optimum}")
    return lines


def header() -> str:
    """The heads of the columns. Sums are over what a packer answered."""
    heads = ("cases", "failed", "bins", "excess", "mean", "best", "proven", "median s", "max s")
    return f"{'set':<16}{'packer':<14}" + "".join(f"{head:>9}" for head in heads)


def show(
    name: str,
    results: dict[str, list[Result]],
    targets: list[tuple[int, int]],
    peers: list[Peer],
) -> None:
    """Print the lines of a set."""
    for peer in peers if targets else []:
        pairs = list(zip(results[peer.name], targets, strict=True))
        solved = [
            (result.bins, result.bound, *aims) for result, aims in pairs if result.bins is not None
        ]
        seconds = [result.seconds for result, _ in pairs]
        excess = sum(bins - bound for bins, _, bound, _ in solved)
        cells = [
            str(len(pairs)),
            str(len(pairs) - len(solved)),
            str(sum(bins for bins, *_ in solved)),
            str(excess),
            f"{excess / len(solved):.3f}" if solved else "-",
            str(sum(bins <= fewest for bins, _, _, fewest in solved)),
            str(sum(bins == proven for bins, proven, *_ in solved)) if peer.proves else "-",
            f"{statistics.median(seconds):.3f}",
            f"{max(seconds):.3f}",
        ]
        print(f"{name:<16}{peer.name:<14}" + "".join(f"{cell:>9}" for cell in cells), flush=True)


if __name__ == "__main__":
    main()
