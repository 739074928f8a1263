"""Rebuilds lost discs of a set with parity: the images of those that are left make up for them.

It needs Python 3.8 or newer and nothing else. With the images of all discs that are left (.iso
files, or the devices of drives that the discs are in, /dev/sr0), one parity disc for each lost one
among them,

    python3 rebuild.py --to DIR IMAGE...

writes DIR/VOLUME_ID.iso for each lost disc, byte for byte as it was. A damaged image is best left
out: what cannot be read of an image is an error. The formula is in README.txt.

Exit codes: 0 done; 2 bad usage; 5 an image cannot be read; 7 too many discs are lost.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from contextlib import ExitStack
from typing import BinaryIO, NoReturn

SECTOR, BLOCK = 2048, 1 << 20


def stop(code: int, reason: str) -> NoReturn:
    """End the run."""
    print(f"rebuild.py: {reason}", file=sys.stderr)
    sys.exit(code)


def times(a: int, b: int) -> int:
    """The product in GF(256), modulo 0x11D."""
    total = 0
    while b:
        total ^= a if b & 1 else 0
        a, b = (a << 1) ^ (0x11D if a & 0x80 else 0), b >> 1
    return total


def power(a: int, exponent: int) -> int:
    """The power; a to the 254th is 1 / a."""
    return times(a, power(a, exponent - 1)) if exponent else 1


def factor(parity: int, image: int) -> int:
    """What an image's bytes are multiplied by in a parity; both are counted from 0."""
    if parity < 2:
        return power(2, image) if parity else 1
    return power(power(2, parity - 1) ^ power(power(2, image), 254), 254)


def solve(images: int, lost: list[int], rows: list[int]) -> list[dict[int, int]]:
    """For each lost image, what the rows that are there are multiplied by (Gauss and Jordan).

    Rows are images from 0 on, then parities from `images` on.
    """
    lines = []
    for i in [row for row in rows if row >= images][: len(lost)]:
        lines.append({**{j: factor(i - images, j) for j in range(images)}, i: 1})
    for at, image in enumerate(lost):
        pivot = next(i for i in range(at, len(lines)) if lines[i].get(image))
        lines[at], lines[pivot] = lines[pivot], lines[at]
        scale = power(lines[at][image], 254)
        lines[at] = {row: times(scale, x) for row, x in lines[at].items()}
        for i in set(range(len(lines))) - {at}:
            by, keys = lines[i][image], lines[i].keys() | lines[at].keys()
            lines[i] = {r: lines[i].get(r, 0) ^ times(by, lines[at].get(r, 0)) for r in keys}
    return [{row: x for row, x in line.items() if x and row not in lost} for line in lines]


def entries(image: BinaryIO, record: bytes) -> dict[str, tuple[bytes, int]]:
    """A directory of an ISO 9660 image (ECMA-119): each name's first record, and its size.

    A file of several records lies in one piece here, and has the sum of their sizes.
    """
    image.seek(int.from_bytes(record[2:6], "little") * SECTOR)
    table, at = image.read(int.from_bytes(record[10:14], "little")), 0
    found: dict[str, tuple[bytes, int]] = {}
    while at < len(table):
        length = table[at]
        entry = table[at : at + length]
        at += length or SECTOR - at % SECTOR  # records do not cross sectors
        if length:
            name = entry[33 : 33 + entry[32]].decode("ascii", "replace")
            first, size = found.get(name, (entry, 0))
            found[name] = first, size + int.from_bytes(entry[10:14], "little")
    return found


class Images:
    """The images that there are: rows 0, 1, ... are data, those from `count` on parities."""

    def __init__(self, files: list[BinaryIO]) -> None:
        self.rows: dict[int, tuple[BinaryIO, int, int]] = {}  # file, first byte, bytes
        self.discs: list[tuple[str, int]] = []  # volume ID and bytes of each data disc
        parities, named = {}, {}
        for file in files:
            file.seek(16 * SECTOR)
            descriptor = file.read(SECTOR)
            if descriptor[1:6] != b"CD001":
                stop(5, f"{file.name}: no image of a disc")
            named[descriptor[40:72].decode("ascii", "replace").rstrip("\0 ")] = file
            folder = entries(file, descriptor[156:190]).get("PARITY")
            for name, (record, size) in entries(file, folder[0]).items() if folder else ():
                start = int.from_bytes(record[2:6], "little") * SECTOR
                match = re.match(r"PARITY_([0-9]+)\.BIN", name)
                if match:
                    parities[int(match[1]) - 1] = file, start, size
                elif name.startswith("IMAGES.TSV"):
                    file.seek(start)
                    self.learn(file.read(size).decode("ascii"))
        self.count = len(self.discs)
        for row, (volume_id, size) in enumerate(self.discs):
            if volume_id in named:
                self.rows[row] = named[volume_id], 0, size
        self.rows.update({self.count + row: place for row, place in parities.items()})
        self.lost = [row for row in range(self.count) if row not in self.rows]

    def learn(self, text: str) -> None:
        """Take the list of images that a parity disc has."""
        lines = [line.split("\t") for line in text.splitlines()[1:]]
        discs = [(volume_id, int(sectors) * SECTOR) for _, volume_id, sectors in lines]
        if self.discs not in ([], discs):
            stop(2, "the parity discs are of different sets")
        self.discs = discs

    def read(self, row: int, at: int, size: int) -> bytes:
        """Bytes of a row; less or none behind its end."""
        file, start, length = self.rows[row]
        file.seek(start + at)
        wanted = max(0, min(size, length - at))
        data = file.read(wanted)
        if len(data) < wanted:
            stop(5, f"{file.name}: it ends at byte {start + at + len(data)}")
        return data

    def rebuild(self, folder: str) -> None:
        """Write the images of the lost discs."""
        tables = [bytes(times(x, byte) for byte in range(256)) for x in range(256)]
        for image, line in zip(self.lost, solve(self.count, self.lost, sorted(self.rows))):
            volume_id, size = self.discs[image]
            path = os.path.join(folder, f"{volume_id}.iso")
            with open(path + ".partial", "wb") as out:
                for at in range(0, size, BLOCK):
                    total = 0
                    for row, x in line.items():
                        block = self.read(row, at, BLOCK)
                        product = block.translate(tables[x]) if x > 1 else block
                        total ^= int.from_bytes(product, "little")
                    wanted = min(BLOCK, size - at)
                    out.write(total.to_bytes(BLOCK, "little")[:wanted])
                out.flush()
                os.fsync(out.fileno())
            os.replace(path + ".partial", path)
            print(f"rebuilt: {path}")


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("images", metavar="IMAGE", nargs="+", help=".iso files or devices")
    parser.add_argument("--to", metavar="DIR", required=True, help="the folder that gets images")
    options = parser.parse_args()
    with ExitStack() as stack:
        images = Images([stack.enter_context(open(path, "rb")) for path in options.images])
        if not images.discs:
            stop(2, "there is no parity disc among them: name one for each lost disc at least")
        spare = len(images.rows) - images.count + len(images.lost)
        names = ", ".join(images.discs[row][0] for row in images.lost)
        if len(images.lost) > spare:
            stop(7, f"{len(images.lost)} discs are not here ({names}), parity discs: {spare}")
        if not images.lost:
            print("no disc is lost")
        os.makedirs(options.to, exist_ok=True)
        images.rebuild(options.to)


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        stop(5, f"{error.filename or 'an image'}: {error.strerror}")
    except KeyboardInterrupt:
        stop(130, "interrupted")
