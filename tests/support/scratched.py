"""Images with sectors that cannot be read, as a drive's scratched discs have."""

import os
from collections.abc import Collection, Mapping, Sequence

import pytest

from spanner.model.units import SECTOR


def scratch(monkeypatch: pytest.MonkeyPatch, bad: Mapping[str, Collection[int]]) -> None:
    """From now on these sectors of these files cannot be read."""
    inodes = {(os.stat(path).st_dev, os.stat(path).st_ino): set(bad[path]) for path in bad}
    preadv = os.preadv

    def fail(fd: int, buffers: Sequence[memoryview], offset: int) -> int:
        info = os.fstat(fd)
        size = sum(map(len, buffers))
        sectors = range(offset // SECTOR, -(-(offset + size) // SECTOR))
        if not inodes.get((info.st_dev, info.st_ino), set()).isdisjoint(sectors):
            raise OSError(5, "Input/output error")
        return preadv(fd, list(buffers), offset)

    monkeypatch.setattr(os, "preadv", fail)
