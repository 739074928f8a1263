"""Programs run against emulated drives: the virtual burner, where it is to be found.

SPANNER_RIG names its folder, else it is looked for beside the project. It mocks /dev/sr0, /dev/sr1,
... for the processes that get its environment; what the disc of a drive holds lies in a file.
"""

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).resolve().parents[2]
RIG = Path(os.environ.get("SPANNER_RIG") or PROJECT.parent / "shared" / "rig")
SECTOR = 2048


def need_rig() -> None:
    """Skip the test, or in CI fail it, where there is no virtual burner or no program to burn."""
    missing = [] if (RIG / "virtual_burner.py").is_file() else [f"the virtual burner in {RIG}"]
    missing += [name for name in ("growisofs", "wodim", "cdrskin") if not shutil.which(name)]
    if missing:
        message = f"BURNING IS NOT TESTED: no {', no '.join(missing)} (SPANNER_RIG says where)"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)


@dataclass(frozen=True, slots=True)
class Rig:
    """Drives that are there for processes with this environment."""

    env: dict[str, str]
    folder: Path

    def ask(self, do: str, drive: str = "sr0", **details: object) -> dict[str, Any]:
        """Look at a drive, change its disc, plant a fault; the drive's state after it."""
        with socket.socket(socket.AF_UNIX) as link:
            link.connect(self.env["VIRTUAL_BURNER"])
            with link.makefile("rw") as stream:
                stream.write(json.dumps({"do": do, "drive": drive, **details}) + "\n")
                stream.flush()
                answer: dict[str, Any] = json.loads(stream.readline())
        assert "error" not in answer, answer
        return answer

    def insert(self, disc: str, drive: str = "sr0", name: str = "next.img") -> Path:
        """Put a disc in, such as "bd-r:5000"; the file that has what is on it."""
        path = self.folder / name
        self.ask("insert", drive, disc=disc, backing=str(path))
        return path

    def fault(self, op: str, sense: str, lba: int | None = None, drive: str = "sr0") -> None:
        """Plant a fault: "write", "read", "close", ... answer with that sense."""
        self.ask("fault", drive, fault={"op": op, "sense": sense, "lba": lba})

    def run(self, *arguments: str, timeout: float = 120) -> "subprocess.CompletedProcess[str]":
        """Run a program that sees the drives, without a terminal."""
        return subprocess.run(
            arguments,
            env=self.env,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )


@contextmanager
def virtual_burner(
    folder: Path, discs: Sequence[str] = (), drives: int = 1, options: Sequence[str] = ()
) -> Iterator[Rig]:
    """Serve drives with these discs ("dvd+r:4096", "1=bd-r:5000" in the second drive).

    The first drive's discs lie in disc.img, disc.img.2, ..., the second's in disc.img.sr1, ...
    """
    need_rig()
    arguments = [
        *("/usr/bin/python3", str(RIG / "virtual_burner.py"), "--serve"),
        *("--drives", str(drives), "--backing", str(folder / "disc.img")),
        *(word for disc in discs for word in ("--disc", disc)),
        *options,
    ]
    with subprocess.Popen(
        arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdin
        assert server.stdout
        try:
            rig = Rig({**os.environ, **json.loads(server.stdout.readline())}, folder)
            _wait_for_socket(rig.env["VIRTUAL_BURNER"])
            yield rig
        finally:
            server.stdin.close()
            server.wait(30)


def _wait_for_socket(path: str) -> None:
    """Its control socket listens a moment after it has said where it is."""
    deadline = time.monotonic() + 10
    while True:
        with socket.socket(socket.AF_UNIX) as link:
            try:
                link.connect(path)
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.02)
            else:
                return
