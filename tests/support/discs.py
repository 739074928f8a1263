"""Discs as folders and as images, damaged or edited, and the restore of them as any user."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any

from burners import silent
from spanner.model.units import SECTOR
from spanner.reading.iso import IsoImage
from spanner.restoring.report import RestoreReport
from spanner.restoring.restore import restore

NOBODY = 65534

Rows = list[list[str]]
"""files.tsv without its header: disc part of type offset size mtime mode sha256 path original
target."""

_AS_NOBODY = """
import os, sys
from burners import silent
from spanner.cli.output import print_json
from spanner.restoring.restore import restore
target, *images = sys.argv[1:]
if os.getuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
os.umask(0o077)
print_json(restore(images, target, silent))
"""

_SLOWLY = """
import sys, time
from contextlib import nullcontext
from spanner.restoring.restore import restore
class Slow:
    def task(self, *_):
        return nullcontext()
    def note(self, _):
        pass
    def advance(self, _):
        time.sleep(0.05)
target, *images = sys.argv[1:]
restore(images, target, Slow())
"""


def get_back(paths: Sequence[str], folder: object, **options: Any) -> RestoreReport:
    """Restore without showing progress."""
    return restore(paths, str(folder), silent, **options)


def start_slowly(paths: Sequence[str], folder: object) -> "subprocess.Popen[bytes]":
    """Start a restore that takes its time, in a process of its own."""
    return subprocess.Popen([sys.executable, "-c", _SLOWLY, str(folder), *paths])


def get_back_as_nobody(paths: Sequence[str], folder: str) -> Any:
    """Restore as a user who may only what permissions allow; the report as JSON.

    The folder's parent becomes accessible to that user, what is above it is not looked at.
    """
    parent, name = os.path.split(folder)
    os.chmod(parent, 0o755)
    os.makedirs(folder, exist_ok=True)
    if os.getuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
    near = [os.path.relpath(path, parent) for path in paths]
    done = subprocess.run(
        [sys.executable, "-c", _AS_NOBODY, name, *near],
        cwd=parent,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def copy_out(image: str, folder: object) -> str:
    """Copy all files of an image to a folder, as one copies a disc."""
    with IsoImage(image) as iso:
        for file in iso.files():
            path = os.path.join(str(folder), file.path)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as out:
                out.writelines(iso.chunks(file))
    return str(folder)


def place(image: str, path: str) -> int:
    """The file's first byte in the image."""
    with IsoImage(image) as iso:
        return iso.find(path).extents[0].sector * SECTOR


def flip(path: str, offset: int, mask: int = 1) -> None:
    """Change bits of one byte."""
    with open(path, "r+b") as file:
        file.seek(offset)
        byte = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([byte ^ mask]))


def add_disc_file(folder: str, path: str, data: bytes) -> str:
    """Put a file on a disc in a folder, whatever its path; returns its SHA-256."""
    place = os.path.join(folder, path)
    os.makedirs(os.path.dirname(place), exist_ok=True)
    with open(place, "wb") as file:
        file.write(data)
    return hashlib.sha256(data).hexdigest()


def edit_rows(folder: str, change: Callable[[Rows], None]) -> None:
    """Change the catalog of a disc in a folder so that its hashes still agree."""
    path = os.path.join(folder, "catalog/files.tsv")
    with open(path, "rb") as file:
        head, *lines = file.read().decode().split("\n")[:-1]
    rows = [line.split("\t") for line in lines]
    change(rows)
    text = "".join(line + "\n" for line in (head, *("\t".join(row) for row in rows)))
    edit_text(folder, "catalog/files.tsv", text.encode())


def edit_text(folder: str, path: str, data: bytes) -> None:
    """Replace a text of a disc in a folder, and its hash in the tag manifest."""
    digest = add_disc_file(folder, path, data)
    tags = os.path.join(folder, "tagmanifest-sha256.txt")
    with open(tags, encoding="utf-8") as file:
        lines = [line for line in file if line[66:] != f"{path}\n"]
    with open(tags, "w", encoding="utf-8") as file:
        file.writelines([*lines, f"{digest}  {path}\n"])
