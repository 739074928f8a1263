"""Gives back the files of an archive that lies on a set of optical discs.

This needs Python 3.8 or newer (https://www.python.org) alone, on Linux, macOS or Windows. Insert as
many discs as there are drives, or copy them first (a split file needs its discs at a time), and run

    python3 restore.py --to DIR DISC...

DIR is the folder that gets the files, each DISC is where a disc is mounted or was copied to. Other
discs can follow in later runs. Where each of several sets has what was new then, name discs of all:
the newest set says what comes back. Every file is compared with its hash. `--only "*.wav"` gives
back a part, `--overwrite` replaces what differs, `--check` only checks. Without it: `README.txt`.

Exit codes: 0 done; 2 bad usage or no disc; 3 no room; 5 damaged; 7 not all came back; 130 Ctrl-C.
"""

from __future__ import annotations

import argparse
import errno
import fnmatch
import functools
import hashlib
import json
import os
import re
import shutil
import stat
import sys
from contextlib import suppress
from datetime import date
from typing import Any, BinaryIO, Callable, Counter, Dict, Iterator, List, NoReturn, Optional, Tuple

INFO, TAGS, MANIFEST = "bag-info.txt", "tagmanifest-sha256.txt", "manifest-sha256.txt"
SET, FILES, EARLIER = "catalog/set.json", "catalog/files.tsv", "catalog/earlier.tsv"
LABEL = 'disc {number} of {count}, {volume_id}, "{title}", {created:.10}'
PARTIAL, BLOCK = ".spanner-partial", 1 << 20
UNSAFE = r"(^|/)\.{0,2}(/|\Z)|\0" + (r"|[\\:]|[. ](/|\Z)" if os.name == "nt" else "")
ESCAPED = {b"x%02x" % byte: bytes([byte]) for byte in range(256)}
ESCAPED.update({b"\\": b"\\", b"t": b"\t", b"n": b"\n", b"r": b"\r"})
decode = functools.partial(str, encoding=sys.getfilesystemencoding(), errors="surrogateescape")


class DamagedError(ValueError):
    """A file on a disc is not what it was."""


class FileRow:
    """A set and a line of its files.tsv: a name of a file (or part), a folder or symbolic link."""

    def __init__(self, line: str) -> None:
        of_set, *numbers, self.kind, _, size, mtime, mode, self.sha256, x, y, z = line.split("\t")
        disc, self.part, self.of, self.size = (int(x.replace("-", "0")) for x in [*numbers, size])
        self.disc = (of_set if disc else "", disc)
        self.mode = int(mode.replace("-", "0"), 8) & 0o7777
        year, month, day, hour, minute, second, nano = map(int, re.split("[-T:.Z]", mtime)[:7])
        days = (date(year, month, day) - date(1970, 1, 1)).days
        self.mtime = ((days * 24 + hour) * 3600 + minute * 60 + second) * 10**9 + nano
        plain = (re.sub(rb"(?s)\\(x..|.?)", lambda m: ESCAPED[m[1]], x.encode()) for x in (x, y, z))
        self.path, self.original, self.target = map(decode, plain)


def say(text: str, error: bool = False) -> None:
    """Print one line, in characters that any terminal can show."""
    stream = sys.stderr if error else sys.stdout
    line = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    line = line.encode(stream.encoding, "backslashreplace").decode(stream.encoding)
    print(line, file=stream, flush=True)


def stop(code: int, reason: str) -> NoReturn:
    """End the run."""
    say(f"restore.py: {reason}", error=True)
    sys.exit(code)


def split(path: str) -> List[str]:
    """The names in a path. Raises ValueError if one could lead elsewhere."""
    if re.search(UNSAFE, path):
        raise ValueError("refused, the path is unsafe")
    return path.split("/")


class DiscFolder:
    """A disc, or the copy of one, in a folder."""

    def __init__(self, folder: str) -> None:
        self.folder, texts = folder, dict.fromkeys((INFO, TAGS, MANIFEST, SET, FILES, EARLIER), b"")
        for name in texts:
            with suppress(OSError), open(os.path.join(folder, name), "rb") as file:
                texts[name] = file.read()
        info = dict(re.findall(rb"(?m)^([\w-]+):[ \t]*(.*?)\s*$", texts[INFO]))
        count = re.fullmatch(rb"([0-9]+) of ([0-9]+)", info.get(b"Bag-Count", b""))
        self.set_id = decode(info.get(b"Bag-Group-Identifier", b""))
        if not count or not self.set_id:
            stop(2, f"{folder}: no disc of a set (it has no {INFO} that says so)")
        self.disc = self.set_id, int(count[1])
        line = re.compile(rb"(?m)^([0-9a-f]{64}) [ *](.+)$")
        self.hashes = {decode(m[2]): decode(m[1]) for m in line.finditer(texts[MANIFEST])}
        self.tags = {decode(m[2]): decode(m[1]) for m in line.finditer(texts[TAGS])}
        hashes = {name: hashlib.sha256(texts[name]).hexdigest() for name in texts}
        self.damaged = {name for name in texts if self.tags.get(name, hashes[name]) != hashes[name]}
        if texts[TAGS].count(b"\n") != len(self.tags) or {MANIFEST, SET, FILES} - set(self.tags):
            self.damaged.add(TAGS)
        self.rows: List[FileRow] = []
        self.labels: Dict[Tuple[str, int], str] = {self.disc: ""}  # of all earlier sets' discs too
        with suppress(ValueError, KeyError, TypeError):
            known = json.loads(texts[SET])
            for each in [{**known, "count": int(count[2])}, *known.get("earlier", ())]:
                for x in each["discs"]:
                    self.labels[each["id"], x["number"]] = LABEL.format(**{**each, **x})
            if known.get("earlier") and not texts[EARLIER]:
                self.damaged.add(EARLIER)
            if known["id"] == self.set_id and not {SET, FILES, EARLIER} & self.damaged:
                lines = [f"{self.set_id}\t{x}" for x in texts[FILES].decode().split("\n")[1:] if x]
                self.rows = [FileRow(x) for x in lines + texts[EARLIER].decode().split("\n")[1:-1]]
        if not self.rows:
            self.damaged.add("catalog")
        self.hashes.update((x.path, x.sha256) for x in self.rows if x.disc == self.disc)

    def read(self, path: str, expected: str) -> Iterator[bytes]:
        """The bytes of a file. Raises DamagedError, at the end too if its hash is wrong."""
        digest, place = hashlib.sha256(), self.folder
        try:
            for name in split(path):
                place = os.path.join(place, name)
                if stat.S_IFMT(os.lstat(place).st_mode) not in (stat.S_IFDIR, stat.S_IFREG):
                    raise ValueError("refused, a link or device")
            with open(place, "rb") as file:
                for block in iter(lambda: file.read(BLOCK), b""):
                    digest.update(block)
                    yield block
        except OSError as error:
            raise DamagedError(f"cannot be read: {error.strerror}") from error
        if digest.hexdigest() != expected:
            raise DamagedError("damaged" if expected.isalnum() else "of unknown hash")

    def check(self) -> int:
        """Compare every file with the manifests, say what is wrong, and return how many are."""
        problems = [f"{TAGS}: damaged"] if TAGS in self.damaged else []
        for path, expected in {**self.tags, **self.hashes}.items():
            try:
                sum(map(len, self.read(path, expected)))
            except ValueError as error:
                problems.append(f"{path}: {error}")
        for folder, _, names in os.walk(os.path.join(self.folder, "data")):
            at = os.path.relpath(folder, self.folder).replace(os.sep, "/")
            problems += [f"{at}/{x}: not listed" for x in names if f"{at}/{x}" not in self.hashes]
        for problem in problems:
            say(f"{self.folder}: {problem}", error=True)
        say(f"{self.folder}: disc {self.disc[1]}, {len(self.hashes)} files, {len(problems)} wrong")
        return len(problems)


class Restorer:
    """Gives files back from the discs at hand into a folder."""

    def __init__(
        self, root: str, discs: List[DiscFolder], catalog: DiscFolder, overwrite: bool
    ) -> None:
        self.root, self.discs, self.catalog, self.overwrite = root, discs, catalog, overwrite
        self.folders = {row.original: row for row in catalog.rows if row.kind == "dir"}
        self.touched: Dict[str, FileRow] = {}  # folders in the target whose mode and time are due
        self.good: Dict[Any, str] = {}  # files in the target that hard links can be made to
        self.counts, self.missing = Counter[object](), Counter[Tuple[str, int]]()

    def attempt(self, name: str, job: Callable[..., object], *arguments: Any) -> None:
        """Do one thing and count what became of it."""
        try:
            self.counts[job(*arguments)] += 1
        except (OSError, ValueError) as error:
            if getattr(error, "errno", 0) in (errno.ENOSPC, getattr(errno, "EDQUOT", -1)):
                stop(3, f"no room in {self.root}: make some, and run this again")
            self.counts.update(failed=1, damaged=isinstance(error, DamagedError))
            say(f"failed: {name}: {getattr(error, 'strerror', None) or error}", error=True)

    def folder(self, names: List[str]) -> str:
        """The folder in the target, made where it is not there, never reached through a link."""
        path = self.root
        for count, name in enumerate(names, 1):
            path = os.path.join(path, name)
            row = self.folders.get("/".join(names[:count]))
            if not os.path.lexists(path):
                os.mkdir(path, 0o700 if row else 0o777)
            if not stat.S_ISDIR(os.lstat(path).st_mode):
                raise ValueError(f"refused, {path} is no folder")
            if row:
                self.touched[path] = row
                if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
                    os.chmod(path, row.mode | 0o700)
        return path

    def settle(self, path: str, row: FileRow) -> None:
        """Set mode and time where they differ."""
        there, link = os.lstat(path), row.kind == "symlink"
        if not link and stat.S_IMODE(there.st_mode) != row.mode:
            with suppress(OSError):  # not all file systems have modes
                os.chmod(path, row.mode)
        if there.st_mtime_ns != row.mtime and (not link or os.utime in os.supports_follow_symlinks):
            os.utime(path, ns=(there.st_atime_ns, row.mtime), follow_symlinks=not link)

    def sources(self, copies: List[FileRow]) -> List[Tuple[DiscFolder, str, str]]:
        """Where a part lies on the discs at hand: the disc, the path, the hash."""
        pairs = ((disc, row) for row in copies for disc in self.discs if disc.disc == row.disc)
        return [(disc, row.path, disc.hashes.get(row.path, row.sha256)) for disc, row in pairs]

    def same(
        self, path: str, there: os.stat_result, row: FileRow, parts: List[List[FileRow]]
    ) -> bool:
        """The target has what is wanted. Where no hash is known, size and time are believed."""
        if row.kind == "symlink":
            return stat.S_ISLNK(there.st_mode) and os.readlink(path) == row.target
        if not stat.S_ISREG(there.st_mode) or there.st_size != sum(x[0].size for x in parts):
            return False
        with open(path, "rb") as file:
            for copies in parts:
                hashes = {row.sha256 for row in copies}.union(x[2] for x in self.sources(copies))
                believed = hashes == {"-"} and there.st_mtime_ns == row.mtime
                digest = hashlib.sha256()
                for start in range(0, copies[0].size, BLOCK):
                    digest.update(file.read(min(BLOCK, copies[0].size - start)))
                if not believed and digest.hexdigest() not in hashes:
                    return False
        return True

    def give(self, rows: List[FileRow]) -> str:
        """Give one name back: its rows are the copies of its parts. Returns what became of it."""
        row, names = rows[0], split(rows[0].original)
        if row.kind == "dir":
            return self.folder(names) and "folder"
        parts = [[x for x in rows if x.part == n + 1] for n in range(min(row.of, len(rows)))]
        sound = all(parts) and all(x.path.startswith("data/") for x in rows if x.disc[1])
        if not sound or len(parts) != row.of or bool(parts) == (row.kind == "symlink"):
            raise ValueError("refused, the catalog contradicts itself")
        lacking = {row.disc for copies in parts if not self.sources(copies) for row in copies}
        path = os.path.join(self.folder(names[:-1]), names[-1])
        there = os.lstat(path) if os.path.lexists(path) else None
        content = row.target if row.kind == "hardlink" else row.original, row.sha256, row.size
        if there and self.same(path, there, row, parts):
            self.settle(path, row)
        elif lacking:
            self.missing.update(lacking)
            if any(self.sources(copies) for copies in parts):
                numbers = ", ".join(str(number) for _, number in sorted(lacking))
                raise ValueError(f"incomplete without disc {numbers}")
            return "missing"
        elif there and (stat.S_ISDIR(there.st_mode) or not self.overwrite):
            age = "newer" if there.st_mtime_ns > row.mtime else "different"
            say(f"kept: {row.original}: a {age} file is there", error=True)
            return "kept"
        else:
            self.write(path, row, parts, self.good.get(content))
            there = None
        self.good.setdefault(content, path)
        return "already there" if there else "restored"

    def write(
        self, path: str, row: FileRow, parts: List[List[FileRow]], twin: Optional[str]
    ) -> None:
        """Write beside the path, as a link to the twin if there is one, and rename."""
        folder, name = os.path.split(path)
        short = os.fsencode(name)[: 254 - len(PARTIAL)].decode("utf-8", "ignore")
        partial = os.path.join(folder, decode(f".{short}{PARTIAL}".encode()))
        if os.path.lexists(partial):
            os.unlink(partial)
        try:
            if row.kind == "symlink":
                os.symlink(row.target, partial, os.path.isdir(os.path.join(folder, row.target)))
            elif twin:
                with suppress(OSError):
                    os.link(twin, partial)
            if not os.path.lexists(partial):
                with open(partial, "xb", opener=lambda x, flags: os.open(x, flags, 0o600)) as out:
                    for copies in parts:
                        self.copy(copies, out)
                    out.flush()
                    os.fsync(out.fileno())
            self.settle(partial, row)
            os.replace(partial, path)
        finally:
            with suppress(OSError):
                os.unlink(partial)

    def copy(self, copies: List[FileRow], out: BinaryIO) -> None:
        """Append a part from the first disc that has it undamaged."""
        start, problems = out.tell(), []
        for disc, path, expected in self.sources(copies):
            try:
                return out.writelines(disc.read(path, expected))
            except ValueError as error:
                say(f"warning: {disc.folder}: {path}: {error}", error=True)
                problems.append(error)
                out.truncate(out.seek(start))
        self.missing.update({row.disc for row in copies} - {disc.disc for disc in self.discs})
        raise max(problems, key=lambda error: isinstance(error, DamagedError))

    def run(self, rows: List[FileRow]) -> int:
        """Give all rows back and return the exit code."""
        given, at = {disc.disc for disc in self.discs}, ("", 0)
        new = (x for x in rows if not os.path.lexists(os.path.join(self.root, x.original)))
        need = {(x.original, x.part): x.size for x in new if x.kind == "file" and x.disc in given}
        if sum(need.values()) > shutil.disk_usage(self.root).free:
            stop(3, f"no room in {self.root} for {sum(need.values())} bytes")
        rows.sort(key=lambda x: (x.original.endswith(PARTIAL), x.disc not in given, x.disc, x.kind))
        names: Dict[str, List[FileRow]] = {}
        for row in rows:
            names.setdefault(row.original, []).append(row)
        for name, copies in names.items():
            if copies[0].disc in given - {at}:
                at = copies[0].disc
                say(f"{self.catalog.labels.get(at)}")
            self.attempt(name, self.give, copies)
        for path in sorted(self.touched, reverse=True):
            self.attempt(path, self.settle, path, self.touched[path])
        for disc, count in sorted(self.missing.items()):
            say(f"missing: {self.catalog.labels.get(disc)}: {count} files", error=True)
        results = ("restored", "already there", "kept", "failed")
        say(", ".join(f"{self.counts[result]} {result}" for result in results))
        partly = self.missing or self.counts["kept"] or self.counts["failed"]
        return 5 if self.counts["damaged"] else 7 if partly else 0


def main() -> int:
    """Do what the command line says and return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("discs", metavar="DISC", nargs="*", help="mounted discs or copies of them")
    parser.add_argument("--to", metavar="DIR", help="the folder that gets the files")
    parser.add_argument("--only", metavar="GLOB", action="append", help="only what matches")
    parser.add_argument("--overwrite", action="store_true", help="replace files that differ")
    parser.add_argument("--check", action="store_true", help="only check the discs")
    options = parser.parse_intermixed_args()
    if not options.to and not options.check:
        parser.error("say --to DIR, the folder that gets the files, or --check")
    folders = options.discs or [os.path.dirname(os.path.abspath(__file__))]
    discs = [DiscFolder(folder) for folder in {os.path.realpath(x): x for x in folders}.values()]
    if options.check:
        return 5 if sum(disc.check() for disc in discs) else 0
    for path in sorted(f"{disc.folder}: {name}" for disc in discs for name in disc.damaged):
        say(f"warning: {path} is damaged", error=True)
    catalog = max(discs, key=lambda x: (bool(x.rows), len(x.labels), TAGS not in x.damaged))
    if not {disc.set_id for disc in discs} <= {set_id for set_id, _ in catalog.labels}:
        stop(2, "different sets: " + ", ".join(f"{x.folder} is of {x.set_id}" for x in discs))
    if not catalog.rows:
        stop(5, "no disc has a sound catalog: copy the files below data/ on each disc by hand")
    only = re.compile("|".join(map(fnmatch.translate, options.only or ["*"]))).match
    rows = [x for x in catalog.rows if only(x.original) or only(os.path.basename(x.original))]
    if not rows:
        stop(2, "nothing in the set matches --only")
    os.makedirs(options.to, exist_ok=True)
    return Restorer(options.to, discs, catalog, options.overwrite).run(rows)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except OSError as error:
        stop(2, str(error))
    except KeyboardInterrupt:
        stop(130, "interrupted: run it again to go on")
