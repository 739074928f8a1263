"""Emulated drives, looked at by scripts that run where they are to be seen."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from support.rig import SECTOR, Rig

Serve = Callable[..., Rig]
NODE = "/dev/sr0"
HEAD = """
import dataclasses, fcntl, json, os, sys, time
import burners
from burners import mmc, tray
"""


def ask(rig: Rig, script: str) -> Any:
    """What a script with the drives prints, as JSON."""
    done = rig.run(sys.executable, "-c", HEAD + script)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def seen(rig: Rig, node: str = NODE) -> dict[str, Any]:
    """The drive at a node."""
    found: dict[str, Any] = ask(
        rig, f"print(json.dumps(dataclasses.asdict(burners.look({node!r})), default=sorted))"
    )
    return found


def medium(rig: Rig) -> dict[str, Any]:
    drive = seen(rig)
    assert drive["state"] == "loaded"
    found: dict[str, Any] = drive["medium"]
    return found


def commands(log: Path) -> list[str]:
    lines = (json.loads(line) for line in log.read_text().splitlines())
    return [line["command"] for line in lines if "command" in line]


def put(rig: Rig, disc: str, content: bytes = b"") -> None:
    (rig.folder / "next.img").write_bytes(content)
    rig.insert(disc)


def image(label: bytes = b"ALBUM_01OF02", sectors: int = 40) -> bytes:
    descriptor = (b"\x01CD001\x01\0" + b" " * 32 + label.ljust(32)).ljust(SECTOR, b"\0")
    return bytes(16 * SECTOR) + descriptor + b"x" * ((sectors - 17) * SECTOR)


@contextlib.contextmanager
def running(rig: Rig, script: str) -> Iterator["subprocess.Popen[str]"]:
    """A script that runs beside the test; it ends at the end of its input."""
    with subprocess.Popen(
        [sys.executable, "-c", HEAD + script],
        env=rig.env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            assert process.stdin
            process.stdin.close()
            process.wait(20)


def heard(process: "subprocess.Popen[str]") -> Any:
    assert process.stdout
    return json.loads(process.stdout.readline())
