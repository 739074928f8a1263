"""Whole jobs, with the real programs on emulated drives: what is burnt and what is refused."""

import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from support.jobs import (
    READ_ERROR,
    ROBOT,
    assert_restored,
    burn,
    copies,
    make_plan,
    spanner,
    start,
    wait_for,
)
from support.rig import Rig

Serve = Callable[..., Rig]
pytestmark = pytest.mark.slow


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
    done = spanner(rig, "burn", plan, "--wait", "3", "--json")
    assert done.returncode == 6
    assert "no disc came within 3 s" in done.stderr
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
