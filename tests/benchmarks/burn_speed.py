"""Times `spanner burn` beside the same program with a finished .iso, in one run; prints a ratio.

    SPANNER_RIG=DIR python tests/benchmarks/burn_speed.py [--rounds 5] [--rate KB/S]

Both record on the same emulated drive. Spanner makes the image while it is recorded, from the
sources through a pipe, hashes all of it and starts Python; it does not read back here, as the
program alone does not. Without --rate the drive writes as fast as the machine can; a real one does
not: a DVD at 16× takes 22,160 kB/s.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.rig import SECTOR, Rig, virtual_burner

MEGABYTE = 1_000_000
SPANNER = (sys.executable, "-m", "spanner")
PROGRAMS = {
    "dvd+r": (
        "growisofs",
        ("growisofs", "-dvd-compat", "-use-the-force-luke=notray", "-Z", "/dev/sr0=finished.iso"),
    ),
    "cd-r": ("cdrskin", ("cdrskin", "-v", "dev=/dev/sr0", "-sao", "finished.iso")),
}


def main() -> None:
    """Make a session and its image, time both, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--megabytes", type=int, default=600)
    parser.add_argument("--rate", type=int, default=0, help="the drive's speed in kB/s")
    parser.add_argument("--folder", help="where to work (default: a temporary folder)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        os.environ["SPANNER_LIBRARY"] = str(folder / "library.sqlite")
        session = folder / "session"
        session.mkdir()
        for number in range(options.megabytes // 10):
            (session / f"track {number:02}.wav").write_bytes(os.urandom(10 * MEGABYTE))
        with virtual_burner(folder, options=("--rate", str(options.rate))) as rig:
            for medium in PROGRAMS:
                compare(rig, medium, options.rounds)


def compare(rig: Rig, medium: str, rounds: int) -> None:
    """Burn the session by turns, made on the way and finished before."""
    program, peer = PROGRAMS[medium]
    must(rig, *SPANNER, "plan", "session", "--media", medium, "-o", "plan.json")
    must(rig, *SPANNER, "image", "plan.json", "--to", "images")
    (image,) = (rig.folder / "images").iterdir()
    image.rename(rig.folder / "finished.iso")
    size = (rig.folder / "finished.iso").stat().st_size
    seconds: tuple[list[float], list[float]] = [], []
    for number in range(rounds + 1):
        burnt = (*SPANNER, "burn", "plan.json", "--no-verify", "--copies", str(number + 1))
        ours = timed(rig, medium, size, *burnt, "--program", program)
        theirs = timed(rig, medium, size, *peer)
        if number:  # the first warms the caches
            seconds[0].append(ours)
            seconds[1].append(theirs)
    mine, other = map(statistics.median, seconds)
    print(
        f"{medium}, {size / MEGABYTE:.0f} MB, {rounds} rounds, medians: spanner burn {mine:.2f} s, "
        f"{program} from a finished .iso {other:.2f} s, ratio {mine / other:.3f}"
    )
    (rig.folder / "finished.iso").unlink()


def timed(rig: Rig, medium: str, size: int, *command: str) -> float:
    """Seconds that the command takes to burn a new disc."""
    disc = rig.insert(f"{medium}:{size // SECTOR + 1000}", name="disc.img")
    os.sync()
    start = time.perf_counter()
    must(rig, *command)
    taken = time.perf_counter() - start
    assert disc.stat().st_size >= size
    return taken


def must(rig: Rig, *command: str) -> None:
    """Run a command that may not fail."""
    done = rig.run(*command, timeout=3600)
    if done.returncode:
        sys.exit(f"{' '.join(command)}: {done.stderr}")


if __name__ == "__main__":
    main()
