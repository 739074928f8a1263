"""Fixtures for tests of the commands."""

from pathlib import Path

import pytest

from support.commands import Run, runner


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run spanner in the test's folder."""
    return runner(tmp_path)
