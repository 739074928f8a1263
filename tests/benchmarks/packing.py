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
import itertools
import os
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from packing_cases import SMALL, Case, read, realistic_cases, sample, volume_bound
from packing_peers import Peer, find_peers


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
