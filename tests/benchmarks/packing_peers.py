"""The packers that are measured beside `spanner.planning.pack`, each as a function of a case."""

import argparse
import functools
import importlib.util
import itertools
import json
import math
import os
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from packing_cases import Case, volume_bound

from spanner.planning import pack


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
