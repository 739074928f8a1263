"""Fixtures for all tests."""

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import settings

from support.rig import Rig, virtual_burner
from support.trees import make_odd_tree

# How long an example takes depends on what else the machine does: no test fails for that.
settings.register_profile("dev", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "dev")

OUTSIDE = {"program", "run", "serve"}
"""Fixtures that start programs: what uses them is no matter of milliseconds."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as slow what starts programs, so that `tests/run --fast` leaves it out."""
    for item in items:
        if OUTSIDE.intersection(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(autouse=True)
def _own_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test touches the library of whoever runs it."""
    monkeypatch.setenv("SPANNER_LIBRARY", str(tmp_path / "library.sqlite"))


@pytest.fixture
def odd_tree(tmp_path: Path) -> str:
    """A session with everything odd in it."""
    root = str(tmp_path / "Ödd $(x)")
    make_odd_tree(root)
    return root


@pytest.fixture
def program() -> Callable[[str], str]:
    """Finds a program; where it is missing the test is skipped, in CI it fails."""

    def find(name: str) -> str:
        path = shutil.which(name)
        if path is None:
            message = f"{name} is not installed: tests/run installs it"
            if os.environ.get("CI"):
                pytest.fail(message)
            pytest.skip(message)
        return path

    return find


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Rig]]:
    """Starts emulated drives with discs in them, as `virtual_burner` does, until the test ends."""
    with ExitStack() as stack:

        def start(*discs: str, drives: int = 1, options: Sequence[str] = ()) -> Rig:
            return stack.enter_context(virtual_burner(tmp_path, discs, drives, options))

        yield start
