"""Makes libraries by the code that made them when each version of the tables was the newest.

    python tests/library/recorded/record.py [VERSION ...]

writes vN.sql, the library as SQL, and vN.json, what that code itself said of it, for each version
(or for those that are named). Each library grows under two commits, the first and the last of its
version, so that its plans are of both kinds. Needs the project's history and nothing else; ids and
times are new each time.
"""

import contextlib
import gzip
import io
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
import time
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[2]
COMMITS = {
    1: ("6061c89", "94867b0"),
    2: ("9e4c1c0", "e561752"),
    3: ("605368d", "1da6817"),
    4: ("6c26001", "7764227"),
}
WORK = "/tmp/recorded library"  # its paths are in the libraries; nothing must be there later
LIBRARY, IMAGES = f"{WORK}/library.sqlite", f"{WORK}/images"
LATEST = 99_999_999_999 * 10**9  # a time that SQLite cannot hold
SONG = {
    "Song.ptx": 3_000,
    "Audio Files/Kick_01.wav": 300_000,
    "Audio Files/Long Take.wav": 3_000_000,
    "Audio Files/Caf\u00e9.wav": 90_000,
    "Audio Files/Cafe\u0301.wav": 80_000,
    "Audio Files/\u00c9TUDE Stra\u00dfe \u03a9 \u7d42.WAV": 70_000,
    "Audio Files/\udcff\udcfe take.wav": 60_000,
    "Audio Files/two\nlines %0A [x].wav": 50_000,
}
OTHER = {"Voice/Kick_01.wav": 40_000, "Voice/new \udce9.wav": 30_000, "Other.txt": 10}
PLANNED = {"Mix \u00bd.wav": 20_000, "empty.wav": 0}
PATTERNS = (
    "kick",
    "CAFE\u0301",
    "stra\u00dfe",
    "\udcff",
    "audio files/",
    "*.WAV",
    "two",
    "nothing",
)


def main() -> None:
    for version in [int(word) for word in sys.argv[1:]] or COMMITS:
        shutil.rmtree(WORK, ignore_errors=True)
        make_sources()
        for step, commit in enumerate(COMMITS[version]):
            with tempfile.TemporaryDirectory() as checkout:
                archive = subprocess.run(
                    ["git", "-C", PROJECT, "archive", f"--prefix={commit}/", commit],
                    check=True,
                    stdout=subprocess.PIPE,
                ).stdout
                with tarfile.open(fileobj=io.BytesIO(archive)) as files:
                    files.extractall(checkout, filter="data")
                subprocess.run(
                    [sys.executable, __file__, "--step", str(version), str(step)],
                    check=True,
                    env=os.environ | {"PYTHONPATH": f"{checkout}/{commit}"},
                )
        shutil.rmtree(WORK)


def make_sources() -> None:
    for name, files in (("Song", SONG), ("Other", OTHER), ("Planned", PLANNED)):
        for path, size in files.items():
            place = f"{WORK}/{name}/{path}"
            os.makedirs(os.path.dirname(place), exist_ok=True)
            with open(place, "wb") as file:
                file.write(random.Random(os.fsencode(path)).randbytes(size))
            os.utime(place, ns=(10**18, 10**18 + size))
    os.link(f"{WORK}/Song/Audio Files/Kick_01.wav", f"{WORK}/Song/Kick again.wav")
    os.symlink("Audio Files/Kick_01.wav", f"{WORK}/Song/latest.wav")
    os.mkdir(f"{WORK}/Song/Empty")
    os.utime(f"{WORK}/Other/Other.txt", ns=(LATEST, LATEST))


def spanner(*arguments: str) -> None:
    """Run a command; some find damage, which is meant."""
    command = [sys.executable, "-m", "spanner", *arguments, "--library", LIBRARY]
    done = subprocess.run(command, check=False, cwd=WORK, capture_output=True, text=True)
    assert done.returncode in (0, 5), f"{arguments}: {done.stderr}{done.stdout}"


def first_step() -> None:
    """A set in images, each checked; one of them damaged since."""
    media = ("--media", "custom:2MB")
    spanner("archive", f"{WORK}/Song", *media, "--to", IMAGES, "--replicate", "*.ptx")
    damage(f"{IMAGES}/{images()[1]}")
    wait()
    for image in images()[:2]:
        spanner("verify", f"images/{image}")


def second_step(version: int) -> None:
    """A set whose plan has its hashes, one not written yet, burnt copies, imported sets."""
    spanner("archive", f"{WORK}/Other", "--media", "dvd-r", "--to", IMAGES, "--hash")
    if version == 4:
        import_a_set()
    plan_a_set()
    if version >= 2:
        burn(version)
    if version >= 3:
        keep_and_check()


def wait() -> None:
    """Checks are later than what they are of; the library knows no parts of seconds."""
    time.sleep(2)


def images() -> list[str]:
    return sorted(os.listdir(IMAGES))


def damage(path: str) -> None:
    with open(path, "r+b") as file:
        file.seek(-300_000, os.SEEK_END)
        for _ in range(100):
            file.write(bytes(16))
            file.seek(2_000, os.SEEK_CUR)


def import_a_set() -> None:
    there = f"{WORK}/elsewhere.sqlite"
    command = [sys.executable, "-m", "spanner", "archive", f"{WORK}/Song", "--media", "cd-r"]
    options = ["--to", f"{WORK}/elsewhere", "--library", there, "--title", "Imported \u00e9"]
    subprocess.run([*command, *options], check=True, capture_output=True)
    (image,) = os.listdir(f"{WORK}/elsewhere")
    spanner("import", f"{WORK}/elsewhere/{image}")


def plan_a_set() -> None:
    planner, sources = code("planning.planner"), code("sources")
    wishes = planner.Wishes(code("media").parse_media("bd-r"))
    with code("library").open_library(LIBRARY) as library:
        library.adopt(planner.make_plan(sources.scan([f"{WORK}/Planned"]), wishes))


def burn(version: int) -> None:
    """Copies in all states, of a set and of none."""
    old = code("library")
    with old.open_library(LIBRARY) as library:
        song = library.find_set("Song").id

        def begin(disc: int, drive: str = "/dev/sr0") -> int:
            record = library.discs(song)[disc - 1]
            return library.copies.begin(
                old.image_key(song, disc),
                (song, disc),
                record.volume_id,
                record.sectors,
                drive,
                "bd-r",
            )

        def settle(copy: int, *states: str, remark: str = "") -> None:
            for state in states:
                library.copies.settle(copy, state, "ab" * 32, remark)

        settle(begin(1), old.SPOILT, remark="write error")
        settle(begin(1), old.BURNT, old.VERIFIED)
        settle(begin(1), old.BURNT)
        settle(begin(2), old.BURNT, old.VERIFIED)
        settle(begin(2), old.BURNT, old.SPOILT, remark="not what was sent")
        settle(begin(3), old.BURNT, old.VERIFIED)
        begin(3, "/dev/sr1")
        wait()
        none = library.copies.begin("/x.iso 4096 1", None, "X", 2, "/dev/sr1", "dvd+r-dl")
        settle(none, old.BURNT, old.VERIFIED)
        if version == 2:
            library.add_check(song, 2, "/dev/sr0", False, "a.wav: damaged")
            library.add_check(song, 1, "/dev/sr1", False, "sector 16: unreadable")
            library.add_check(song, 3, "/dev/sr0", True, "")


def keep_and_check() -> None:
    """Places, lost and failing discs, checks of all kinds."""
    old = code("library")
    with old.open_library(LIBRARY) as library:
        song, other = library.find_set("Song").id, library.find_set("Other").id

        def check(
            *problems: str, disc: int, kind: str = old.DISC, how: str = old.VERIFY, **more: Any
        ) -> None:
            values = {"set_id": song, "place": "/dev/sr0", "medium": "bd-r", "sha256": "ab" * 32}
            assert library.checks.add(
                old.Finding(disc=disc, kind=kind, how=how, problems=problems, **(values | more))
            )

        for copy in library.copies.of(old.image_key(song, 1)):
            if copy.state == "verified":
                where = song, 1, "/dev/sr0", old.DISC, old.BURN
                library.checks.note(old.Finding(*where, sha256="ab" * 32), copy.id)
        library.places.put((song, 1), "shelf")
        library.places.put((song, 1), "Bank \udcff\u00e9", 2)
        library.places.give_up((song, 3))
        check("a.wav: damaged", "b.wav: damaged", disc=2, copy=1)
        check("sector 16: unreadable", disc=1)  # which of the two, nobody knows
        check(disc=1, how=old.RESTORE, copy=1)
        check(disc=1, set_id=other, place="/dev/sr2", medium="cd-r")  # burnt elsewhere
        check(disc=3, kind=old.FOLDER, place=f"{WORK}/copied \udcff")
        check("c.wav: missing", disc=3, kind=old.OTHER, place="/media/disc")
        library.places.keep_images(library.places.images(f"{IMAGES}/{images()[-1]}"), "vault")


def code(name: str) -> ModuleType:
    """A module of the commit's own code."""
    return import_module(f"spanner.{name}")


def said(version: int) -> dict[str, Any]:
    """What the code itself says of the library, by its own words; the images are gone."""
    shutil.rmtree(IMAGES)
    opened = code("library").open_library(LIBRARY)
    with opened as library, contextlib.closing(sqlite3.connect(LIBRARY)) as db:
        sets = library.sets()
        found: dict[str, Any] = {
            "sets": sets,
            "discs": {each.id: library.discs(each.id) for each in sets},
            "files": db.execute(
                "SELECT set_id, disc, path, part, parts, size, mtime_ns, sha256 FROM files"
                " ORDER BY set_id, disc, path, part"
            ).fetchall(),
            "checks": db.execute(
                "SELECT set_id, disc, place, checked, good, remark FROM checks ORDER BY id"
            ).fetchall(),
        }
        keys = [(each.id, disc.number) for each in sets for disc in found["discs"][each.id]]
        if version >= 2:
            found["copies"] = copies_of(library, keys)
        if version >= 3:
            found |= said_of_status(library, keys, db)
        if version >= 4:
            found["found"] = {pattern: find(library, pattern) for pattern in PATTERNS}
    return found


def copies_of(library: Any, keys: list[tuple[str, int]]) -> dict[str, Any]:
    images = [code("library").image_key(*key) for key in keys] + ["/x.iso 4096 1"]
    return {image: library.copies.of(image) for image in images}


def said_of_status(
    library: Any, keys: list[tuple[str, int]], db: sqlite3.Connection
) -> dict[str, Any]:
    return {
        "checks_of": {f"{set_id}/{disc}": library.checks.of(set_id, disc) for set_id, disc in keys},
        "copy_statuses": list(code("library.holdings").Holdings(db).of()),
        "status": library.status(code("library").Rule(), "9999"),
        "sessions": {name: library.find_sets([name]) for name in ("Song", "OTHER")},
    }


def find(library: Any, pattern: str) -> list[tuple[str, str]]:
    query = code("library.search").Query(pattern)
    return [(file.set_id, file.path) for file in library.search.find(query).files]


def write(version: int) -> None:
    document = msgspec.to_builtins(said(version))
    (HERE / f"v{version}.json").write_text(json.dumps(document, indent=1) + "\n")
    with contextlib.closing(sqlite3.connect(LIBRARY)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (version,)
        if version < 4:
            lines = [*db.iterdump(), f"PRAGMA user_version = {version};"]
            (HERE / f"v{version}.sql").write_text("\n".join(lines) + "\n")
            return
        db.execute("PRAGMA journal_mode = DELETE")
    packed = gzip.compress(Path(LIBRARY).read_bytes(), mtime=0)
    (HERE / f"v{version}.sqlite.gz").write_bytes(packed)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--step"]:
        number, step = map(int, sys.argv[2:])
        if step:
            second_step(number)
            write(number)
        else:
            first_step()
    else:
        main()
