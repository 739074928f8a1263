"""Discs as folders, written by hand as the catalog's format says, and the script for them."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import spanner
from spanner.catalog.escaping import escape

SCRIPT = Path(spanner.__file__).parent / "catalog" / "restore_script.py"
TIME, TIME_NS = "2001-02-03T04:05:06.123456789Z", 981_173_106_123_456_789
OLD, OLD_NS = "1965-01-02T03:04:05.000000007Z", -157_668_954_999_999_993
HEADER = "disc part of type offset size mtime mode sha256 path original target"
WHOLE: dict[str, bytes | str | None] = {
    "S": None,
    "S/Audio Files": None,
    "S/Audio Files/d.wav": b"d",
    "S/a.wav": b"a" * 3000,
    "S/b.wav": b"",
    "S/c.wav": b"c" * (1 << 20) + b"end",
}
"""What comes back from `three_discs`."""


def sha256(data: bytes) -> str:
    """The hash in the form that catalogs have."""
    return hashlib.sha256(data).hexdigest()


class Archive:
    """A set of discs: say what is on it, then write it."""

    def __init__(self, root: Path, count: int = 3, set_id: str = "set-1") -> None:
        self.discs = [root / f"{set_id}-{number}" for number in range(1, count + 1)]
        self.set_id = set_id
        self.title = "Title"
        self.all_hashes = False
        self.rows: list[list[str]] = []
        self.data: dict[tuple[int, str], bytes] = {}
        self.folder("S")

    def folder(self, name: str, mode: str = "0755", mtime: str = TIME) -> None:
        """Add a folder."""
        path = f"data/{len(self.rows)}"
        self.rows.append(
            ["-", "-", "-", "dir", "-", "-", mtime, mode, "-", path, escape(name), "-"]
        )

    def symlink(self, name: str, target: str) -> None:
        """Add a symbolic link."""
        row = ["-", "-", "-", "symlink", "-", "-", TIME, "-", "-", "-", escape(name)]
        self.rows.append([*row, escape(target)])

    def file(
        self,
        disc: int,
        name: str,
        data: bytes,
        *,
        path: str = "",
        part: tuple[int, int, int] = (1, 1, 0),
        mode: str = "0644",
        mtime: str = TIME,
        first: str = "",
    ) -> None:
        """Add a file or a part (number, of, offset); with `first`, as another name of that file."""
        path = path or f"data/{name}"
        kind, target = ("hardlink", escape(first)) if first else ("file", "-")
        row = [disc, *part[:2], kind, part[2], len(data), mtime, mode, sha256(data), path]
        self.rows.append([*map(str, row), escape(name), target])
        self.data[disc, path] = data

    def write(self) -> "Archive":
        """Write all discs."""
        for number, disc in enumerate(self.discs, 1):
            self.write_disc(number, disc)
        return self

    def write_disc(self, number: int, disc: Path) -> None:
        """Write one disc into a folder."""
        lines = [HEADER.replace(" ", "\t")]
        for row in self.rows:
            known = self.all_hashes or row[0] == str(number)
            lines.append("\t".join(row if known else [*row[:8], "-", *row[9:]]))
        payload = {path: data for (at, path), data in self.data.items() if at == number}
        discs = [
            {"number": n, "volume_id": f"VOL_{n}", "title": f"{self.title} {n}", "medium": "dvd-r"}
            for n in range(1, len(self.discs) + 1)
        ]
        known_set = {"format": "spanner-set", "version": 1, "id": self.set_id, "discs": discs}
        known_set |= {"created": TIME}
        texts = {
            "README.txt": "Read me",
            "bag-info.txt": f"Bag-Count: {number} of {len(discs)}\nBag-Group-Identifier: "
            f"{self.set_id}\nExternal-Identifier: VOL_{number}\n",
            "catalog/set.json": json.dumps(known_set),
            "catalog/files.tsv": "\n".join(lines) + "\n",
            "manifest-sha256.txt": "".join(f"{sha256(payload[x])}  {x}\n" for x in payload),
            "restore.py": SCRIPT.read_text(),
        }
        tags = "".join(f"{sha256(text.encode())}  {name}\n" for name, text in texts.items())
        texts["tagmanifest-sha256.txt"] = tags
        for name, data in {**payload, **{x: texts[x].encode() for x in texts}}.items():
            place = disc / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)


def three_discs(root: Path) -> Archive:
    """Two files on the first disc, one on the second, a file in a folder on the third."""
    made = Archive(root)
    made.folder("S/Audio Files", "0750", OLD)
    made.file(1, "S/a.wav", b"a" * 3000, mode="0640")
    made.file(1, "S/b.wav", b"")
    made.file(2, "S/c.wav", b"c" * (1 << 20) + b"end", mtime=OLD)
    made.file(3, "S/Audio Files/d.wav", b"d", mode="04755")
    return made.write()


def restore(
    *arguments: str | Path,
    python: str = sys.executable,
    script: Path = SCRIPT,
    before: Sequence[str] = (),
    **environment: str,
) -> "subprocess.CompletedProcess[str]":
    """Run the restorer, by the program `before`; a Python warning is a failure of it."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    return subprocess.run(
        [*before, python, "-B", "-W", "error", script, *arguments],
        check=False,
        capture_output=True,
        encoding="utf-8",
        env={**kept, **environment},
        timeout=60,
    )


def tree(folder: Path) -> dict[str, bytes | str | None]:
    """All below the folder: links with their targets, folders as None, files with their bytes."""
    found: dict[str, bytes | str | None] = {}
    for path in folder.rglob("*"):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = str(path.readlink())
        else:
            found[name] = None if path.is_dir() else path.read_bytes()
    return found


def summary(done: "subprocess.CompletedProcess[str]") -> str:
    """The last line of a run."""
    return done.stdout.splitlines()[-1]
