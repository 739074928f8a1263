"""Whole jobs, with the real programs on emulated drives: burnt, refused, spoilt, resumed."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.rig import Rig
from support.trees import write

Serve = Callable[..., Rig]
ROBOT = ("--media-change-after-eject", "--swap-after", "1")
WRITE_ERROR, CLOSE_ERROR, READ_ERROR = "03/0c/00", "03/73/03", "03/11/00"
pytestmark = pytest.mark.slow


@pytest.fixture
def session(tmp_path: Path) -> str:
    """Four files of 600 kB."""
    root = str(tmp_path / "Song")
    for name in "abcd":
        write(root, f"Audio Files/{name}.wav", os.urandom(600_000))
    return root


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


def test_two_discs_on_two_drives_come_back_from_the_drives(serve: Serve, session: str) -> None:
    rig = serve("dvd+r:4096", "1=bd-r:4096", drives=2)
    document, _ = burn(rig, make_plan(rig, session))
    assert {disc["drive"] for disc in document["discs"]} == {"/dev/sr0", "/dev/sr1"}
    for disc in document["discs"]:
        assert disc["verified"]
        assert rig.ask("state", disc["drive"][5:])["tray_open"]
        rig.ask("close", disc["drive"][5:])
    assert sorted(copies(rig)) == [(1, "verified"), (2, "verified")]
    assert_restored(rig, session, "/dev/sr1", "/dev/sr0")
    done = spanner(rig, "verify", "/dev/sr0", "/dev/sr1", "--json")
    assert done.returncode == 0, done.stdout
    hashes = {disc["volume_id"]: disc["sha256"] for disc in json.loads(done.stdout)["discs"]}
    assert hashes == {disc["volume_id"]: disc["sha256"] for disc in document["discs"]}


@pytest.mark.parametrize(
    ("disc", "media"),
    [
        ("cd-r:2000", "cd-r"),
        ("dvd-r:2000", "dvd-r"),
        ("dvd+r:2000", "dvd+r"),
        ("dvd+r-dl:2600", "dvd+r-dl"),
        ("dvd-r-dl:2600", "dvd-r-dl"),
        ("dvd-r-dl:4000", "dvd-r-dl"),  # half of it stays empty, which growisofs refuses
        ("bd-r:2000", "bd-r"),
        ("bd-re:2000", "bd-re"),
        ("dvd+rw:2000", "dvd+rw"),
    ],
)
def test_each_type_of_disc(serve: Serve, session: str, disc: str, media: str) -> None:
    rig = serve(disc)
    document, _ = burn(rig, make_plan(rig, session, media))
    (burnt,) = document["discs"]
    rig.ask("close")
    image = (rig.folder / "disc.img").read_bytes()
    assert len(image) >= burnt["sectors"] * 2048
    assert not image[burnt["sectors"] * 2048 :].strip(b"\0")
    assert_restored(rig, session, "/dev/sr0")


@pytest.mark.parametrize("program", ["growisofs", "cdrskin", "wodim"])
def test_each_program_that_is_asked_for(serve: Serve, session: str, program: str) -> None:
    rig = serve("dvd-r:2000")
    burn(rig, make_plan(rig, session, "dvd-r"), "--program", program, "--speed", "4")
    rig.ask("close")
    assert_restored(rig, session, "/dev/sr0")


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


def test_wrong_used_and_small_discs_are_refused_untouched(serve: Serve, session: str) -> None:
    rig = serve("dvd-r:4096", "bd-r:800", "bd-r:4096", options=ROBOT)
    plan = make_plan(rig, session, "bd-r")
    document, messages = burn(rig, plan, "--wait", "20")
    assert "is a DVD-R, wanted is a blank BD-R" in messages
    assert re.search("the BD-R in .* has 800 sectors free, [0-9,]+ are needed", messages)
    assert "insert a blank BD-R, disc 1 of 1, SONG_01OF01" in messages
    assert len(document["discs"]) == 1
    for name in ("disc.img", "disc.img.2"):
        assert (rig.folder / name).stat().st_size == 0
    used = (rig.folder / "disc.img.3").read_bytes()
    rig.insert("bd-r:4096:complete", name="disc.img.3")
    done = spanner(rig, "burn", plan, "--copies", "2", "--wait", "1")
    assert done.returncode == 6
    assert re.search(r"the BD-R in .* is not blank \(SONG_01OF01\)", done.stderr)
    assert (rig.folder / "disc.img.3").read_bytes() == used


def test_without_a_disc_it_waits_and_fails(serve: Serve, session: str) -> None:
    rig = serve("none")
    plan = make_plan(rig, session, "dvd+r")
    started = time.monotonic()
    done = spanner(rig, "burn", plan, "--wait", "3", "--json")
    assert 3 <= time.monotonic() - started < 12
    assert done.returncode == 6
    assert "insert a blank DVD+R, disc 1 of 1, SONG_01OF01" in done.stderr
    assert json.loads(done.stdout)["exit_code"] == 6


def test_a_disc_that_comes_is_seen(serve: Serve, session: str) -> None:
    rig = serve("none")
    plan = make_plan(rig, session, "dvd+r")
    with start(rig, "burn", plan, "--wait", "60") as job:
        wait_for(rig, "insert a blank DVD+R")
        rig.insert("dvd+r:4096")
        assert job.wait(60) == 0
    assert copies(rig) == [(1, "verified")]


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


def wait_for_data(rig: Rig, drive: str = "sr0", sectors: int = 100) -> None:
    deadline = time.monotonic() + 30
    while (rig.ask("state", drive)["recorded"] or 0) < sectors:
        assert time.monotonic() < deadline
        time.sleep(0.05)


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


def test_what_is_done_is_not_done_again_and_a_second_copy_is(serve: Serve, session: str) -> None:
    rig = serve("dvd+r:4096", "dvd+r:4096", options=ROBOT)
    plan = make_plan(rig, session, "dvd+r")
    first, _ = burn(rig, plan)
    again, _ = burn(rig, plan, "--wait", "1")
    assert again["discs"] == first["discs"]
    both, _ = burn(rig, plan, "--copies", "2", "--wait", "20")
    assert [(disc["copy"], disc["sha256"]) for disc in both["discs"]] == [
        (1, first["discs"][0]["sha256"]),
        (2, first["discs"][0]["sha256"]),
    ]


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


@pytest.mark.parametrize(("disc", "media"), [("cd-r:4096", "cd-r"), ("dvd-r:4096", "dvd-r")])
def test_a_test_run_writes_nothing_and_counts_nothing(
    serve: Serve, session: str, disc: str, media: str
) -> None:
    rig = serve(disc)
    document, _ = burn(rig, make_plan(rig, session, media), "--simulate")
    assert [(disc["simulated"], disc["verified"]) for disc in document["discs"]] == [(True, False)]
    assert copies(rig) == []
    assert rig.ask("state")["recorded"] == 0


def test_no_test_run_on_discs_that_would_be_burnt(serve: Serve, session: str) -> None:
    rig = serve("dvd+r:4096")
    done = spanner(rig, "burn", make_plan(rig, session, "dvd+r"), "--simulate")
    assert done.returncode == 6
    assert "leave out --simulate" in done.stderr
    done = spanner(rig, "burn", make_plan(rig, session), "--simulate", "--wait", "1")
    assert done.returncode == 6
    assert rig.ask("state")["recorded"] == 0


def test_not_checked_is_said_and_a_check_counts(serve: Serve, session: str) -> None:
    rig = serve("dvd+r:4096")
    plan = make_plan(rig, session, "dvd+r")
    document, _ = burn(rig, plan, "--no-verify")
    assert [disc["verified"] for disc in document["discs"]] == [False]
    assert copies(rig) == [(1, "burnt")]
    rig.ask("close")
    assert spanner(rig, "verify", "/dev/sr0").returncode == 0
    assert copies(rig) == [(1, "verified")]


def test_images_in_files(serve: Serve, session: str) -> None:
    rig = serve("dvd+r:4096", "1=dvd-r:4096", drives=2)
    done = spanner(rig, "archive", session, "--media", "custom:2300kB", "--to", "images")
    assert done.returncode == 0, done.stderr
    document, _ = burn(rig, "images")
    assert len(document["discs"]) == 2
    assert sorted(copies(rig)) == [(1, "verified"), (2, "verified")]
    for disc in document["discs"]:
        rig.ask("close", disc["drive"][5:])
        image = (rig.folder / "images" / f"{disc['volume_id']}.iso").read_bytes()
        name = "disc.img" if disc["drive"] == "/dev/sr0" else "disc.img.sr1"
        assert (rig.folder / name).read_bytes()[: len(image)] == image


def test_another_programs_image(serve: Serve, program: Callable[[str], str], session: str) -> None:
    rig = serve("dvd+r:4096")
    image = str(rig.folder / "other.iso")
    subprocess.run(
        [program("xorriso"), "-as", "mkisofs", "-quiet", "-V", "OTHER", "-o", image, session],
        check=True,
        capture_output=True,
    )
    rig.fault("read", READ_ERROR, 700)
    done = spanner(rig, "burn", image, "--wait", "1")
    assert done.returncode == 5
    assert re.search("OTHER failed in .*hit: .*[A-D].*WAV", done.stderr, re.IGNORECASE)
    rig.ask("clear")
    rig.insert("dvd+r:4096")
    document, _ = burn(rig, image)
    assert [disc["volume_id"] for disc in document["discs"]] == ["OTHER"]
    again, _ = burn(rig, image, "--wait", "1")
    assert again["discs"] == document["discs"]


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


def test_archive_burns_what_it_plans(serve: Serve, session: str) -> None:
    rig = serve("bd-r:4096")
    arguments = ("archive", session, "--media", "bd-r", "--drive", "/dev/sr0", "--json")
    done = spanner(rig, *arguments)
    assert done.returncode == 0, done.stderr
    first = json.loads(done.stdout)
    again = spanner(rig, *arguments)
    assert json.loads(again.stdout) == first
    rig.ask("close")
    assert_restored(rig, session, "/dev/sr0")


def test_drives_that_cannot_do_it_are_named_before_anything(serve: Serve, session: str) -> None:
    rig = serve("none")
    plan = make_plan(rig, session, "hd-dvd-r")
    done = spanner(rig, "burn", plan)
    assert done.returncode == 6
    done = spanner(rig, "burn", plan, "--drive", "/dev/sr0")
    assert done.returncode == 6
    assert (
        "needs a blank HD DVD-R, which VIRTUAL BD-RE BURNER (/dev/sr0) cannot burn" in done.stderr
    )
    done = spanner(rig, "burn", plan, "--drive", "/dev/sr9")
    assert done.returncode == 6
    assert "/dev/sr9" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [("--speed", "0"), ("--copies", "0"), ("--program", "nero"), ("--wait", "-1")],
)
def test_bad_options(session: str, tmp_path: Path, arguments: tuple[str, str]) -> None:
    rig = Rig(dict(os.environ), tmp_path)
    done = spanner(rig, "burn", make_plan(rig, session), *arguments)
    assert done.returncode == 2
    assert arguments[0] in done.stderr
