"""Fixtures for the tests of images."""

from pathlib import Path

import pytest

from support.trees import write

TIME = 1_600_000_000_123_456_789


@pytest.fixture
def session(tmp_path: Path) -> str:
    """A folder with a file of 12 MiB between two small ones."""
    root = str(tmp_path / "S")
    write(root, "a.wav", b"first", mtime_ns=TIME)
    write(root, "m.wav", bytes(range(256)) * (3 << 14), mtime_ns=TIME)
    write(root, "z.wav", b"last" * 1000, mtime_ns=TIME)
    return root
