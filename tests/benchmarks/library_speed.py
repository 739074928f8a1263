"""Times the library with 10,000,000 files in 1,000 sets: `find`, and the import of a large set.

    python tests/benchmarks/library_speed.py [--files N] [--imported N] [--rounds 5] [--folder DIR]

The sets come into the library from catalogs as discs have them; the last, of 1,000,000 files, by
`spanner import` from a copied disc, which is timed as a process. Searches run in a process of their
own; each kind of pattern has its median and its slowest. Memory is the most that a process had.
"""

import argparse
import hashlib
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

from spanner.catalog import bag, tables
from spanner.catalog.reader import DiscCatalog, read_catalog
from spanner.library import FileQuery, open_library
from spanner.reading.discs import FolderDisc

MEGABYTE = 1_000_000
SETS = 1000
DISCS = 5
INSTRUMENTS = [
    "Kick In",
    "Kick Out",
    "Snare Top",
    "Snare Btm",
    "Hat",
    "Tom 1",
    "Tom 2",
    "Floor Tom",
    "OH L",
    "OH R",
    "Room",
    "Mono Room",
    "Bass DI",
    "Bass Amp",
    "Gtr Lead",
    "Gtr Rhythm",
    "Ac Gtr",
    "Piano L",
    "Piano R",
    "Rhodes",
    "Hammond",
    "Strings",
    "Violin",
    "Viola",
    "Cello",
    "Horns",
    "Trumpet",
    "Sax",
    "Lead Vox",
    "Lead Dbl",
    "BVox Hi",
    "BVox Lo",
    "Choir",
    "Shaker",
    "Tamb",
    "Clap",
    "Loop",
    "FX",
    "Foley",
    "Boom",
    "Lav",
    "ADR",
    "Atmos",
    "Wild",
    "Narration",
    "Click",
    "Guide",
    "Print",
    "Mix",
    "Stem",
]
WORDS = [
    "amber",
    "anchor",
    "april",
    "aurora",
    "autumn",
    "basement",
    "beacon",
    "birch",
    "blue",
    "border",
    "bridge",
    "broken",
    "burning",
    "cabin",
    "canyon",
    "carbon",
    "cedar",
    "cinder",
    "city",
    "cloud",
    "copper",
    "coral",
    "crystal",
    "dawn",
    "delta",
    "desert",
    "diamond",
    "dust",
    "echo",
    "ember",
    "empty",
    "evening",
    "falling",
    "fever",
    "field",
    "fire",
    "forest",
    "frozen",
    "garden",
    "ghost",
    "glass",
    "golden",
    "harbor",
    "heart",
    "hollow",
    "honey",
    "horizon",
    "hour",
    "indigo",
    "iron",
    "island",
    "ivory",
    "jungle",
    "june",
    "lantern",
    "light",
    "lonely",
    "lost",
    "lunar",
    "maple",
    "marble",
    "midnight",
    "mirror",
    "morning",
    "motion",
    "mountain",
    "neon",
    "night",
    "north",
    "ocean",
    "october",
    "orchid",
    "paper",
    "pearl",
    "phantom",
    "pilot",
    "pine",
    "prairie",
    "quiet",
    "radio",
    "rain",
    "raven",
    "red",
    "river",
    "road",
    "rose",
    "rust",
    "saffron",
    "salt",
    "shadow",
    "shore",
    "signal",
    "silent",
    "silver",
    "sky",
    "slow",
    "smoke",
    "snow",
    "solar",
    "south",
    "sparrow",
    "static",
    "steel",
    "stone",
    "storm",
    "summer",
    "sunday",
    "thunder",
    "tide",
    "timber",
    "tower",
    "train",
    "velvet",
    "violet",
    "water",
    "west",
    "wild",
    "willow",
    "wind",
    "winter",
    "wire",
    "wolf",
    "wonder",
    "yellow",
    "zenith",
    "zephyr",
]
KINDS = {
    "common part": ["kick", "wav", "vox", "snare top", ".wav", "gtr"],
    "rare part": ["zephyr_kick in_07", "velvet wolf_adr", "trumpet_12-99", "rust_cello_03-4"],
    "in no name": ["zzz", "kickstarter", "snare vox", "wav kick", "xylophone_01"],
    "3 letters": ["adr", "lav", "12-", "sax", "qqq"],
    "2 letters": ["ki", "-9", "di", "zz", "qx", "w1"],
    "1 letter": ["k", "7", "z", "~"],
    "long": ["midnight horizon_lead vox_03-17.wav", "silver river_gtr rhythm_11-02.wav"],
    "glob": ["*kick*07*.wav", "*_adr_0?-1[0-4].wav", "zenith*cello*", "*.qqq", "??.wav"],
    "path part": ["audio files/kick", "velvet wolf/audio", "bounced files/", "fade files/zephyr"],
}


def main() -> None:
    """Fill a library, import a set, search, print; each a process, whose memory is its own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=10_000_000, help="in all")
    parser.add_argument("--imported", type=int, default=1_000_000, help="of these, in the last set")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", help="where to work (default: a temporary folder)")
    parser.add_argument("--step", nargs="*", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        step, path, number = options.step
        {"fill": fill, "write": write_last, "search": search}[step](path, int(number))
        return
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        library = os.path.join(folder, "library.sqlite")
        disc = os.path.join(folder, "disc")
        before = options.files - options.imported
        run_step("fill", library, before)
        run_step("write", disc, options.imported)
        catalog = os.path.getsize(os.path.join(disc, bag.FILES)) / MEGABYTE
        seconds, memory = timed(["-m", "spanner", "import", disc, "--library", library])
        print(
            f"import of {options.imported:,} files ({catalog:.0f} MB of catalog) into a library of "
            f"{before:,}: {seconds:.1f} s, {memory:.0f} MB of memory"
        )
        print(f"library: {os.path.getsize(library) / MEGABYTE:,.0f} MB", flush=True)
        run_step("search", library, options.rounds)
        seconds, memory = timed(["-m", "spanner", "find", "kick", "--library", library])
        print(f"`spanner find kick` with the start of Python: {seconds:.2f} s, {memory:.0f} MB")


def run_step(step: str, path: str, number: int) -> None:
    """Run a function of this program in a process of its own."""
    command = [sys.executable, __file__, "--step", step, path, str(number)]
    subprocess.run(command, check=True)


def fill(library: str, files: int) -> None:
    """Put all sets but the last into the library."""
    start = time.perf_counter()
    with open_library(library) as opened, tempfile.TemporaryDirectory() as disc:
        for number in range(SETS - 1):
            count = files * (number + 1) // (SETS - 1) - files * number // (SETS - 1)
            write_disc(disc, number, count)
            opened.imports.add(catalog_of(disc), None)
    print(f"{files:,} files of {SETS - 1} sets added in {time.perf_counter() - start:.0f} s")


def write_last(folder: str, files: int) -> None:
    """Write the catalog of the last set."""
    write_disc(folder, SETS - 1, files)


def write_disc(folder: str, number: int, files: int) -> None:
    """Write the catalog of a set's first disc, as one finds it on the disc."""
    totals = {disc: [0, 0] for disc in range(1, DISCS + 1)}
    os.makedirs(os.path.join(folder, "catalog"), exist_ok=True)
    with open(os.path.join(folder, bag.FILES), "w", encoding="utf-8") as file:
        file.write(f"{tables.FILES_HEADER}\n")
        for row in make_rows(number, files):
            file.write(tables.line(row, row.sha256))
            totals[row.disc][0] += 1
            totals[row.disc][1] += row.size
    set_id = f"{number:08}-0000-4000-8000-000000000000"
    document = {
        "format": bag.SET_FORMAT,
        "version": bag.SET_VERSION,
        "id": set_id,
        "title": f"Set {number}",
        "created": f"{2010 + number * 16 // SETS}-01-01T00:00:00Z",
        "tool": "benchmark",
        "sources": [],
        "discs": [
            {
                "number": disc,
                "volume_id": f"SET_{number:04}_{disc:02}OF{DISCS:02}",
                "title": f"Part {disc}",
                "medium": "bd-r",
                "files": count,
                "bytes": size,
            }
            for disc, (count, size) in totals.items()
        ],
    }
    info = f"Bag-Count: 1 of {DISCS}\nBag-Group-Identifier: {set_id}\n"
    for path, text in ((bag.BAG_INFO, info), (bag.SET, json.dumps(document))):
        with open(os.path.join(folder, path), "w", encoding="utf-8") as file:
            file.write(text)
    with open(os.path.join(folder, bag.TAG_MANIFEST), "w", encoding="utf-8") as tags:
        for path in (bag.BAG_INFO, bag.SET, bag.FILES):
            with open(os.path.join(folder, path), "rb") as written:
                digest = hashlib.file_digest(written, "sha256").hexdigest()
            tags.write(f"{digest}  {path}\n")


def make_rows(number: int, count: int) -> Iterator[tables.CatalogRow]:
    """Files of sessions: takes of tracks, most names new, some those of other sets."""
    chance = random.Random(number)
    song = ""
    for index in range(count):
        if index % 400 == 0:
            song = f"{chance.choice(WORDS)} {chance.choice(WORDS)}".title()
            if index % 2000 == 0:
                song += f" {chance.randrange(1000)}"
        folder = ("Audio Files", "Audio Files", "Bounced Files", "Fade Files")[index % 400 // 100]
        track = chance.choice(INSTRUMENTS)
        take = f"{chance.randint(1, 24):02}-{chance.randint(1, 99):02}"
        name = f"{song}_{track}_{take}.wav" if chance.random() < 0.7 else f"{track}.{take}.wav"
        path = f"Set {number}/{song} {index // 400}/{folder}/{name[:-4]}_{index % 400:03}.wav"
        disc = 1 + index * DISCS // count
        yield tables.CatalogRow(
            kind="file",
            disc=disc,
            part=1,
            parts=1,
            offset=0,
            size=chance.randint(10_000, 90_000_000),
            mtime_ns=(1_262_304_000 + chance.randrange(500_000_000)) * 10**9,
            mode=0o644,
            sha256=chance.randbytes(32).hex(),
            path=f"data/{path}",
            original=path,
            target="",
        )


def catalog_of(folder: str) -> DiscCatalog:
    """What the disc in the folder says."""
    disc = FolderDisc(folder)
    return read_catalog(disc.read, disc.name)


def search(library: str, rounds: int) -> None:
    """Time all patterns, and some hashes, and print."""
    medians = []
    with open_library(library) as opened:
        hashes = [row.sha256[:digits] for row in make_rows(3, 9) for digits in (10, 64)]
        for kind, patterns in (KINDS | {"hash": hashes}).items():
            times = []
            for _ in range(rounds):
                for pattern in patterns:
                    start = time.perf_counter()
                    opened.search.find(FileQuery(pattern=pattern))
                    times.append((time.perf_counter() - start) * 1000)
            medians.append(statistics.median(times))
            print(f"find, {kind}: median {medians[-1]:.1f} ms, slowest {max(times):.1f} ms")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MEGABYTE
    print(f"find, all kinds: median {statistics.median(medians):.1f} ms; {memory:.0f} MB of memory")


def timed(arguments: list[str]) -> tuple[float, float]:
    """Run Python with the arguments: seconds, and megabytes of memory at most."""
    start = time.perf_counter()
    with subprocess.Popen([sys.executable, *arguments], stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, arguments)
    return seconds, usage.ru_maxrss * 1024 / MEGABYTE


if __name__ == "__main__":
    main()
