"""Times `spanner image` beside xorriso on the same trees, in one run; prints medians and ratios.

    python tests/benchmarks/image_speed.py [--rounds 5] [--folder DIR]

`spanner image` does more in its time: it reads every image back and compares it, and writes a
catalog and a second file system. The rounds of both alternate, so that both meet the same machine.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Run:
    """One run of a program: seconds, and megabytes of memory at most."""

    seconds: float
    memory: float


def main() -> None:
    """Make the trees, time both programs, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", help="where to work (default: a temporary folder)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        os.environ["SPANNER_LIBRARY"] = os.path.join(folder, "library.sqlite")
        print(f"{options.rounds} rounds, medians; {os.cpu_count()} processors")
        for name, make in (
            ("100 files of 10 MB", make_large),
            ("20,000 files of 2 kB", make_small),
        ):
            tree = os.path.join(folder, "tree")
            make(tree)
            compare(name, tree, folder, options.rounds)
            shutil.rmtree(tree)


def make_large(tree: str) -> None:
    """1 GB in files of 10 MB."""
    os.mkdir(tree)
    for number in range(100):
        with open(os.path.join(tree, f"track {number:03}.wav"), "wb") as file:
            file.write(os.urandom(10 * MEGABYTE))


def make_small(tree: str) -> None:
    """40 MB in files of 2 kB, 500 a folder."""
    for number in range(20_000):
        folder = os.path.join(tree, f"folder {number // 500:02}")
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, f"clip {number:05}.wav"), "wb") as file:
            file.write(os.urandom(2000))


def compare(name: str, tree: str, folder: str, rounds: int) -> None:
    """Run both by turns and print what came out."""
    plan, images = os.path.join(folder, "plan.json"), os.path.join(folder, "images")
    peer_image = os.path.join(folder, "peer.iso")
    spanner = [sys.executable, "-m", "spanner"]
    subprocess.run(
        [*spanner, "plan", tree, "--media", "dvd+r", "-o", plan], check=True, capture_output=True
    )
    ours = [*spanner, "image", plan, "--to", images]
    peer = ["xorriso", "-md5", "on", "-as", "mkisofs", "-R", "-iso-level", "3", "-quiet"]
    peer += ["-o", peer_image, tree]
    runs: tuple[list[Run], list[Run]] = [], []
    for number in range(rounds + 1):
        pair = (
            timed(ours, lambda: shutil.rmtree(images, ignore_errors=True)),
            timed(peer, lambda: remove(peer_image)),
        )
        if number:  # the first warms the caches
            for kept, run in zip(runs, pair, strict=True):
                kept.append(run)
    seconds = [statistics.median(run.seconds for run in kept) for kept in runs]
    memory = [max(run.memory for run in kept) for kept in runs]
    print(
        f"{name}: spanner image {seconds[0]:.2f} s, {memory[0]:.0f} MB; "
        f"xorriso {seconds[1]:.2f} s, {memory[1]:.0f} MB; ratio {seconds[0] / seconds[1]:.2f}"
    )
    shutil.rmtree(images)
    remove(peer_image)


def timed(command: list[str], before: Callable[[], None]) -> Run:
    """Run the command, its output away; all that was written before is on disk first."""
    before()
    os.sync()
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Run(seconds, usage.ru_maxrss * 1024 / MEGABYTE)


def remove(path: str) -> None:
    """Remove the file if it is there."""
    if os.path.exists(path):
        os.unlink(path)


if __name__ == "__main__":
    main()
