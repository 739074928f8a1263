"""What burn jobs burn."""

import os
from pathlib import Path

import pytest

from support.trees import write


@pytest.fixture
def session(tmp_path: Path) -> str:
    """Four files of 600 kB."""
    root = str(tmp_path / "Song")
    for name in "abcd":
        write(root, f"Audio Files/{name}.wav", os.urandom(600_000))
    return root
