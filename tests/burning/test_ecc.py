"""Jobs with error correction: resumed, checked, made in a scratch file for a drive."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from burners import FolderDrive, silent
from spanner.burning.folder_job import FolderJob
from spanner.ecc import dvdisaster
from spanner.ecc.rs03 import Rs03
from spanner.errors import SpannerError, UsageError
from spanner.library import open_library
from spanner.model.media_types import parse_media
from spanner.model.plan import Plan
from spanner.planning.plan_file import save
from spanner.planning.planner import PlanOptions, make_plan
from spanner.reading.verify import verify
from spanner.sources import walk
from support.ecc import assert_good, spoil
from support.jobs import assert_restored, copies, spanner
from support.rig import Rig


@pytest.fixture
def plan(session: str, program: Callable[[str], str]) -> Plan:
    program("dvdisaster")
    return make_plan(walk([session]), PlanOptions(media=parse_media("custom:3MB"), ecc=20))


def run(plan: Plan, folder: Path) -> list[str]:
    with open_library(str(folder / "library.sqlite")) as library:
        library.add(plan)
        job = FolderJob(FolderDrive(str(folder / "out")), library, lambda _: False)
        written = job.run(plan)
        assert all(each.verified for each in written)
        assert [disc.sha256 for disc in library.discs(plan.set.id)] == [
            each.sha256 for each in written
        ]
    return [each.file for each in written]


def test_made_twice_the_same_bytes(plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    for one, other in zip(run(plan, tmp_path / "a"), run(plan, tmp_path / "b"), strict=True):
        assert Path(one).read_bytes() == Path(other).read_bytes()
        assert_good(one)


def test_killed_at_any_point_it_goes_on(plan: Plan, tmp_path: Path) -> None:
    save(plan, str(tmp_path / "plan.json"))
    out = tmp_path / "out"
    command = [sys.executable, "-m", "spanner", "image", "plan.json", "--to", "out"]
    command += ["--library", "library.sqlite"]
    for delay in (0.6, 0.9, 1.2, 1.5):
        with subprocess.Popen(
            command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            time.sleep(delay)
            process.send_signal(signal.SIGKILL)
    files = run(plan, tmp_path)
    assert sorted(os.listdir(out)) == sorted(map(os.path.basename, files))
    for disc, file in zip(plan.discs, files, strict=True):
        assert os.path.getsize(file) == disc.image_sectors * 2048
        assert_good(file)


@pytest.mark.parametrize(
    ("sector", "words"), [(40, "changed the image itself"), (-1, "error correction is not right")]
)
def test_what_dvdisaster_does_is_checked(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sector: int, words: str
) -> None:
    augment = dvdisaster.augment

    def badly(path: str, layout: Rs03, *rest: Any) -> None:
        augment(path, layout, *rest)
        spoil(path, [sector % layout.total])

    monkeypatch.setattr(dvdisaster, "augment", badly)
    with pytest.raises(SpannerError, match=words):
        run(plan, tmp_path)
    assert os.listdir(tmp_path / "out") == []


def test_without_dvdisaster_nothing_is_begun(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="dvdisaster is not installed"):
        run(plan, tmp_path)
    assert not (tmp_path / "out").exists()


def test_a_wrong_parity_sector_is_found(plan: Plan, tmp_path: Path) -> None:
    file = run(plan, tmp_path)[0]
    spoil(file, [plan.discs[0].image_sectors - 1])
    assert verify(file, silent).problems == ["the error correction: damaged"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("disc", "media"), [("dvd+r:4080", "dvd+r"), ("bd-r:4080", "bd-r"), ("cd-r:4080", "cd-r")]
)
def test_burnt_straight_to_a_drive(
    serve: Callable[..., Rig], session: str, program: Callable[[str], str], disc: str, media: str
) -> None:
    program("dvdisaster")
    rig = serve(disc)
    (rig.folder / "scratch").mkdir()
    done = spanner(
        rig,
        *("archive", session, "--media", media, "--ecc", "20"),
        *("--drive", "/dev/sr0", "--scratch", "scratch"),
    )
    assert done.returncode == 0, done.stderr
    assert copies(rig) == [(1, "verified")]
    assert os.listdir(rig.folder / "scratch") == []
    rig.ask("close")
    done = spanner(rig, "verify", "/dev/sr0")
    assert done.returncode == 0, done.stdout
    with open(rig.folder / "disc.img", "r+b") as file:
        file.seek(900 * 2048)
        file.write(os.urandom(100 * 2048))
    done = spanner(rig, "verify", "/dev/sr0", "--scratch", "scratch")
    assert done.returncode == 5
    assert "`spanner restore` gives all of it" in done.stdout
    assert_restored(rig, session, "/dev/sr0")


@pytest.mark.slow
def test_no_room_for_the_scratch_file(
    serve: Callable[..., Rig], session: str, program: Callable[[str], str]
) -> None:
    program("dvdisaster")
    rig = serve("dvd+r:4080")
    done = spanner(
        rig,
        *("archive", session, "--media", "dvd+r", "--ecc", "20"),
        *("--drive", "/dev/sr0", "--scratch", "missing"),
    )
    assert done.returncode == 6
    assert "cannot use the folder missing" in done.stderr
    assert (rig.folder / "disc.img").stat().st_size == 0
