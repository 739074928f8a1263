"""Spanner run as a user runs it: a process each, without a terminal."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

Run = Callable[..., "subprocess.CompletedProcess[str]"]
"""Runs spanner with these arguments; `code=N` is the exit code that it must have."""


def runner(folder: Path) -> Run:
    """Runs spanner in the folder; its exit code must be right, and it must not fall over."""

    def run(*arguments: str, code: int = 0) -> "subprocess.CompletedProcess[str]":
        done = subprocess.run(
            [sys.executable, "-m", "spanner", *arguments],
            capture_output=True,
            text=True,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done

    return run


def document(done: "subprocess.CompletedProcess[str]") -> Any:
    """The one JSON document that was printed."""
    return json.loads(done.stdout)
