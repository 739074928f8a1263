"""Burn jobs run by the command line on emulated drives, and what the library says of them."""

import json
import sqlite3
import subprocess
import sys
import time
from typing import Any

from support.rig import Rig

WRITE_ERROR, CLOSE_ERROR, READ_ERROR = "03/0c/00", "03/73/03", "03/11/00"
ROBOT = ("--media-change-after-eject", "--swap-after", "1")
"""Whenever a tray was open for a second, the next disc is put in."""


def spanner(rig: Rig, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return rig.run(sys.executable, "-m", "spanner", *arguments)


def make_plan(rig: Rig, session: str, media: str = "custom:2300kB") -> str:
    """The plan's file; by the medium it has two discs."""
    done = spanner(rig, "plan", session, "--media", media, "-o", "plan.json")
    assert done.returncode == 0, done.stderr
    return "plan.json"


def burn(rig: Rig, *arguments: str) -> tuple[dict[str, Any], str]:
    """A job that must succeed: its JSON and its messages."""
    done = spanner(rig, "burn", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document, done.stderr


def copies(rig: Rig) -> list[tuple[int, str]]:
    """All copies in the library: disc and state."""
    with sqlite3.connect(rig.env["SPANNER_LIBRARY"]) as db:
        rows = db.execute("SELECT disc, state FROM copies ORDER BY id").fetchall()
    db.close()
    return rows


def assert_restored(rig: Rig, session: str, *sources: str) -> None:
    done = spanner(rig, "restore", *sources, "--to", "back")
    assert done.returncode == 0, done.stderr
    subprocess.run(["diff", "-r", session, f"{rig.folder}/back/Song"], check=True)


def start(rig: Rig, *arguments: str) -> "subprocess.Popen[bytes]":
    """A job in the background; its messages go to a file."""
    with open(rig.folder / "messages", "wb") as file:
        return subprocess.Popen(
            [sys.executable, "-m", "spanner", *arguments],
            env=rig.env,
            cwd=rig.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=file,
        )


def wait_for(rig: Rig, words: str, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while words not in (rig.folder / "messages").read_text("utf-8"):
        assert time.monotonic() < deadline, (rig.folder / "messages").read_text("utf-8")
        time.sleep(0.05)


def wait_for_data(rig: Rig, drive: str = "sr0", sectors: int = 100) -> None:
    deadline = time.monotonic() + 30
    while (rig.ask("state", drive)["recorded"] or 0) < sectors:
        assert time.monotonic() < deadline
        time.sleep(0.05)
