"""Jobs in trouble, on emulated drives: discs spoilt, drives lost, runs stopped and gone on with."""

import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from support.jobs import (
    CLOSE_ERROR,
    READ_ERROR,
    ROBOT,
    WRITE_ERROR,
    assert_restored,
    burn,
    copies,
    make_plan,
    spanner,
    start,
    wait_for,
    wait_for_data,
)
from support.rig import Rig
from support.trees import write

Serve = Callable[..., Rig]
pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (f"write:{WRITE_ERROR}:600:1", r"could not write at sector \d+"),
        (f"close:{CLOSE_ERROR}:0:1", "CLOSE TRACK failed"),
        (f"sync:{WRITE_ERROR}:-1:2", "FLUSH CACHE failed"),
        (f"read:{READ_ERROR}:600:1", r"sectors from 600 on cannot be read.*hit: data/Song/Audio"),
    ],
)
def test_a_spoilt_disc_is_noted_and_burnt_anew(
    serve: Serve, session: str, fault: str, reason: str
) -> None:
    discs = ["dvd+r:4096"] * 3
    rig = serve(*discs, options=(*ROBOT, "--fault", fault))
    document, messages = burn(rig, make_plan(rig, session), "--wait", "20")
    assert re.search(rf"disc 1 of 2, SONG_01OF02 failed in .*{reason}", messages)
    assert copies(rig) == [(1, "spoilt"), (1, "verified"), (2, "verified")]
    assert [disc["verified"] for disc in document["discs"]] == [True, True]


def test_a_drive_that_fails_twice_is_given_up(serve: Serve, session: str) -> None:
    rig = serve(*["dvd+r:4096"] * 3, options=(*ROBOT, "--fault", f"read:{READ_ERROR}:600"))
    done = spanner(rig, "burn", make_plan(rig, session), "--wait", "20")
    assert done.returncode == 5
    assert "is given up" in done.stderr
    assert re.search("spanner: disc 1 of 2, SONG_01OF02 failed .* cannot be read", done.stderr)
    assert copies(rig) == [(1, "spoilt"), (1, "spoilt")]


def test_the_other_drive_does_what_one_could_not(serve: Serve, session: str) -> None:
    rig = serve("dvd+r:4096", "1=dvd+r:4096", "1=dvd+r:4096", drives=2, options=ROBOT)
    rig.fault("write", WRITE_ERROR, 100)
    document, _ = burn(rig, make_plan(rig, session), "--wait", "20")
    assert [disc["drive"] for disc in document["discs"]] == ["/dev/sr1", "/dev/sr1"]
    assert sorted(state for _, state in copies(rig)) == ["spoilt", "verified", "verified"]


def test_a_drive_in_use_is_left_alone(serve: Serve, session: str) -> None:
    rig = serve("dvd+r:4096")
    plan = make_plan(rig, session, "dvd+r")
    hold = """
import fcntl, sys
drive = open("/dev/sr0", "r+b", 0)
fcntl.flock(drive, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""
    with subprocess.Popen(
        [sys.executable, "-c", hold], env=rig.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdin
        assert holder.stdout
        assert holder.stdout.readline()
        done = spanner(rig, "burn", plan, "--wait", "1")
        assert done.returncode == 6
        assert "is in use" in done.stderr
        holder.stdin.close()
    assert (rig.folder / "disc.img").stat().st_size == 0
    assert copies(rig) == []
    burn(rig, plan)


def test_the_disc_is_ejected_in_the_middle(serve: Serve, session: str) -> None:
    rig = serve("dvd+r:4096", options=("--rate", "500"))
    plan = make_plan(rig, session)
    with start(rig, "burn", plan, "--wait", "2") as job:
        wait_for_data(rig)
        rig.ask("eject")
        assert job.wait(60) == 6
    messages = (rig.folder / "messages").read_text("utf-8")
    assert re.search("SONG_01OF02 failed in .* could not write at sector", messages)
    assert copies(rig) == [(1, "spoilt")]


@pytest.mark.parametrize("kill", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupted_it_stops_the_program_and_frees_the_drive(
    serve: Serve, session: str, kill: signal.Signals
) -> None:
    rig = serve("dvd+r:4096", options=("--rate", "500"))
    plan = make_plan(rig, session)
    with start(rig, "burn", plan, "--wait", "60") as job:
        wait_for_data(rig)
        job.send_signal(kill)
        assert job.wait(30) == 130
    state = rig.ask("state")
    assert not state["locked"]
    assert copies(rig) == [(1, "spoilt")]


def test_killed_while_burning_it_goes_on_with_a_new_disc(serve: Serve, session: str) -> None:
    write(session, "e.wav", os.urandom(64_000_000))  # more than growisofs buffers
    discs = ["dvd+r:40000"] * 3
    rig = serve(*discs, options=(*ROBOT, "--rate", "30000"))
    plan = make_plan(rig, session, "dvd+r")
    with start(rig, "burn", plan) as job:
        wait_for_data(rig)
        job.kill()
    assert copies(rig) == [(1, "burning")]
    burn(rig, plan, "--wait", "30")
    assert copies(rig) == [(1, "spoilt"), (1, "verified")]


def test_what_the_program_still_finished_after_the_kill_counts(serve: Serve, session: str) -> None:
    rig = serve("dvd+r:4096", options=("--rate", "1000"))
    plan = make_plan(rig, session, "dvd+r")
    with start(rig, "burn", plan) as job:
        wait_for_data(rig)  # all is in growisofs's buffer by now
        job.kill()
    _, messages = burn(rig, plan, "--wait", "30")
    assert "burnt before: it is read back" in messages
    assert copies(rig) == [(1, "verified")]
    rig.ask("close")
    assert_restored(rig, session, "/dev/sr0")


def test_killed_while_reading_back_it_reads_back_and_burns_no_second(
    serve: Serve, session: str
) -> None:
    rig = serve("dvd+r:4096")
    plan = make_plan(rig, session, "dvd+r")
    with start(rig, "burn", plan) as job:
        deadline = time.monotonic() + 30
        while not library_says(rig, "burnt"):
            assert time.monotonic() < deadline
        job.kill()
    assert copies(rig) == [(1, "burnt")]
    rig.ask("close")
    _, messages = burn(rig, plan, "--wait", "20")
    assert "burnt before: it is read back" in messages
    assert copies(rig) == [(1, "verified")]


def library_says(rig: Rig, state: str) -> bool:
    try:
        return any(found == state for _, found in copies(rig))
    except sqlite3.OperationalError:
        return False


def test_a_changed_source_ends_the_job_and_is_named(serve: Serve, session: str) -> None:
    rig = serve("dvd+r:4096")
    plan = make_plan(rig, session, "dvd+r")
    with open(f"{session}/Audio Files/c.wav", "ab") as file:
        file.write(b"more")
    done = spanner(rig, "burn", plan)
    assert done.returncode == 4
    assert "c.wav" in done.stderr
    assert not rig.ask("state")["locked"]
    assert copies(rig) in ([], [(1, "spoilt")])


def test_two_jobs_do_not_burn_the_same_discs(serve: Serve, session: str) -> None:
    rig = serve("none")
    plan = make_plan(rig, session, "dvd+r")
    with start(rig, "burn", plan, "--wait", "60") as job:
        wait_for(rig, "insert a blank")
        done = spanner(rig, "burn", plan)
        assert done.returncode == 2
        assert "another spanner burns these discs" in done.stderr
        job.terminate()
        assert job.wait(20) == 130
