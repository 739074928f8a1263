"""Augmented images: judged by dvdisaster, and damaged."""

import os
import random
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

from spanner.ecc.rs03 import HEADER, Rs03, parse_header
from spanner.model.units import SECTOR


def judge(path: str) -> str:
    """What dvdisaster says of an image, told how many sectors it has: it must find RS03."""
    size = os.path.getsize(path) // SECTOR
    done = subprocess.run(
        ["dvdisaster", "--debug", "-n", str(size), "-i", path, "-t"],
        capture_output=True,
        check=False,
    )
    return re.sub(rb"[^\n]*\x08", b"", done.stdout + done.stderr).decode()


def assert_good(path: str) -> None:
    """All is there and the parity is that of the data, by dvdisaster's word."""
    said = judge(path)
    assert "method           : RS03" in said, said
    assert "- good image/file  : all sectors present" in said, said
    assert "- Ecc block test   : pass" in said, said


def layout_in(path: str, data: int) -> Rs03 | None:
    """What the header behind `data` sectors of a file says."""
    with open(path, "rb") as file:
        file.seek(data * SECTOR)
        return parse_header(file.read(HEADER * SECTOR))


def spoil(path: str, sectors: Iterable[int], seed: int = 1) -> None:
    """Replace sectors of a file by noise."""
    noise = random.Random(seed)
    with open(path, "r+b") as file:
        for sector in sectors:
            file.seek(sector * SECTOR)
            file.write(noise.randbytes(SECTOR))


def scattered(layout: Rs03, share: float, seed: int = 1) -> list[int]:
    """So many of the sectors, anywhere."""
    return random.Random(seed).sample(range(layout.total), int(layout.total * share))


def column(layout: Rs03, offset: int, count: int) -> list[int]:
    """Sectors at one offset of the first `count` layers: of one codeword, if all is lost."""
    return [layer * layout.layer + offset for layer in range(count)]


def noise_image(path: Path, sectors: int, seed: int = 1) -> bytes:
    """A file of noise, which is no file system; its bytes."""
    data = random.Random(seed).randbytes(sectors * SECTOR)
    path.write_bytes(data)
    return data
