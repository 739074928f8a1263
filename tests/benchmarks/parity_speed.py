"""Times parity of images beside zfec (PyPI), in one run; prints medians and ratios.

    python tests/benchmarks/parity_speed.py [--images 8] [--megabytes 100] [--rounds 5]

Both read the same files and write their parities to files; zfec gets its blocks in the size that
suits it best. The rounds of both alternate, so that both meet the same machine. Seconds are those
of the clock, and of all processors together: spanner reads in a thread of its own.
"""

import argparse
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from multiprocessing import get_context

import zfec

from spanner.model.units import SECTOR
from spanner.parity.files import rebuild, write_parity
from spanner.parity.readers import Missing
from spanner.reading.rebuilt import SectorRun
from spanner.reading.sectors import FileSectors

MEGABYTE = 1_000_000
BLOCK = 64 << 10  # of 8 KiB to 1 MiB what zfec is fastest with

Job = Callable[[Sequence[str], Sequence[str]], None]


@dataclass(frozen=True)
class Run:
    """One run: seconds, seconds of processors, and megabytes of memory at most."""

    seconds: float
    processor: float
    memory: float


def main() -> None:
    """Make the images, time both by turns for each number of parities, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=8)
    parser.add_argument("--megabytes", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--parities", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--folder", help="where to work (default: a temporary folder)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        images = [os.path.join(folder, f"{number}.iso") for number in range(options.images)]
        for image in images:
            make(image, options.megabytes * MEGABYTE // SECTOR)
        size = sum(map(os.path.getsize, images)) / MEGABYTE
        print(
            f"{options.images} images of {options.megabytes} MB; {options.rounds} rounds, medians; "
            f"{os.cpu_count()} processors"
        )
        for count in options.parities:
            parities = [os.path.join(folder, f"{number}.parity") for number in range(count)]
            ours, peer = compare([(spanner, parities), (peer_zfec, parities)], images, options)
            (back,) = compare([(rebuild_lost, parities)], images, options)
            print(
                f"{count} parities: spanner {describe(ours, size)}; zfec {describe(peer, size)}; "
                f"ratio {ours.seconds / peer.seconds:.2f}; {count} images rebuilt in "
                f"{describe(back, size)}",
                flush=True,
            )


def make(path: str, sectors: int) -> None:
    """An image of random bytes."""
    with open(path, "wb") as file:
        file.writelines(
            os.urandom(min(512, sectors - first) * SECTOR) for first in range(0, sectors, 512)
        )


def compare(
    jobs: Sequence[tuple[Job, Sequence[str]]], images: Sequence[str], options: argparse.Namespace
) -> list[Run]:
    """Run all by turns, each time in a process of its own, and return the medians.

    spanner's parities are left, so that images can be rebuilt from them.
    """
    runs: list[list[Run]] = [[] for _ in jobs]
    for number in range(options.rounds + 1):
        for (job, parities), kept in reversed(list(zip(jobs, runs, strict=True))):
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
                run = process.submit(timed, job, images, parities).result()
            if number:  # the first warms the caches
                kept.append(run)
    return [
        Run(
            statistics.median(run.seconds for run in kept),
            statistics.median(run.processor for run in kept),
            max(run.memory for run in kept),
        )
        for kept in runs
    ]


def timed(job: Job, images: Sequence[str], parities: Sequence[str]) -> Run:
    """Run the job, without loading its modules; all that was written before is on disk first."""
    for path in parities:
        if job is not rebuild_lost and os.path.exists(path):
            os.unlink(path)
    os.sync()
    processor, start = time.process_time(), time.perf_counter()
    job(images, parities)
    seconds, processor = time.perf_counter() - start, time.process_time() - processor
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MEGABYTE
    return Run(seconds, processor, memory)


def spanner(images: Sequence[str], parities: Sequence[str]) -> None:
    """Parities by spanner."""
    with ExitStack() as stack:
        outputs = [stack.enter_context(open(path, "wb")) for path in parities]
        write_parity(readers(stack, images), outputs)


def peer_zfec(images: Sequence[str], parities: Sequence[str]) -> None:
    """Parities by zfec."""
    count = len(images)
    encoder = zfec.Encoder(count, count + len(parities))
    numbers = list(range(count, count + len(parities)))
    with ExitStack() as stack:
        inputs = [stack.enter_context(open(path, "rb", buffering=0)) for path in images]
        outputs = [stack.enter_context(open(path, "wb")) for path in parities]
        while (blocks := [file.read(BLOCK) for file in inputs]) and blocks[0]:
            for output, block in zip(outputs, encoder.encode(blocks, numbers), strict=True):
                output.write(block)


def rebuild_lost(images: Sequence[str], parities: Sequence[str]) -> None:
    """As many images as there are parities, from the others and the parities; compared."""
    lost = range(len(parities))
    with ExitStack() as stack:
        files = readers(stack, images)
        there = [
            Missing(file.name, file.sectors) if number in lost else file
            for number, file in enumerate(files)
        ]
        originals = [os.open(images[image], os.O_RDONLY) for image in lost]
        for originals_fd in originals:
            stack.callback(os.close, originals_fd)
        for piece in rebuild(there, readers(stack, parities), lost):
            if piece.first % 16384 == 0:  # a sample: comparing is no part of the work
                fd = originals[piece.image]
                assert os.pread(fd, len(piece.data), piece.first * SECTOR) == piece.data


def readers(stack: ExitStack, paths: Sequence[str]) -> list[SectorRun]:
    """The open files."""
    opened = [stack.enter_context(closing(FileSectors(path))) for path in paths]
    return [SectorRun(file, 0, file.count) for file in opened]


def describe(run: Run, size: float) -> str:
    """Its figures; `size` is that of all images in megabytes."""
    return (
        f"{run.seconds:.2f} s ({run.processor:.2f} s of processors), "
        f"{size / run.seconds:,.0f} MB/s, {run.memory:.0f} MB"
    )


if __name__ == "__main__":
    main()
