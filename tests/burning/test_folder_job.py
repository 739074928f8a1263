"""The burn job: what is counted as written, what is tried again, what is refused."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from burners import BurnError, Burnt, FolderDrive, Image, Progress, TargetFullError
from spanner.burning.folder_job import FolderJob
from spanner.errors import DoesNotFitError, DriveError, UsageError, VerificationError
from spanner.library import Library, open_library
from spanner.model.media_types import parse_media
from spanner.model.plan import Plan
from spanner.planning.planner import PlanOptions, make_plan
from spanner.sources import walk
from support.trees import write


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """Three files over three discs."""
    root = str(tmp_path / "Song")
    for name in "abc":
        write(root, f"{name}.wav", os.urandom(300_000))
    return make_plan(walk([root]), PlanOptions(media=parse_media("custom:1200kB")))


@pytest.fixture
def library(tmp_path: Path, plan: Plan) -> Iterator[Library]:
    """A library that knows the plan."""
    with open_library(str(tmp_path / "library.sqlite")) as opened:
        opened.add(plan)
        yield opened


@pytest.fixture
def drive(tmp_path: Path) -> FolderDrive:
    """An empty folder."""
    return FolderDrive(str(tmp_path / "out"))


def job(drive: FolderDrive, library: Library, answer: bool = False) -> FolderJob:
    """A job whose questions all get one answer."""
    return FolderJob(drive, library, lambda _: answer)


class FlippingDrive(FolderDrive):
    """Writes a wrong byte on disc 2, as a dying drive does."""

    def burn(self, image: Image, progress: Progress) -> Burnt:
        burnt = super().burn(image, progress)
        if "_02OF" in burnt.place:
            with open(burnt.place, "r+b") as file:
                file.seek(700_000)
                file.write(b"\xff")
        return burnt


def test_all_discs_are_written_and_recorded(
    drive: FolderDrive, library: Library, plan: Plan
) -> None:
    written = job(drive, library).run(plan)
    assert [each.number for each in written] == [1, 2, 3]
    for each, record in zip(written, library.discs(plan.set.id), strict=True):
        assert (each.sha256, (each.file,)) == (record.sha256, record.places)
        assert os.path.getsize(each.file) == each.sectors * 2048


def test_what_was_not_written_right_is_not_counted(
    drive: FolderDrive, library: Library, plan: Plan
) -> None:
    with pytest.raises(VerificationError, match=r"02OF03\.iso: what was read back"):
        job(FlippingDrive(drive.folder), library).run(plan)
    assert sorted(os.listdir(drive.folder)) == ["SONG_01OF03.iso", "SONG_02OF03.iso.bad"]
    assert [bool(disc.places) for disc in library.discs(plan.set.id)] == [True, False, False]
    assert len(job(drive, library).run(plan)) == 3


def test_a_disc_that_was_named_but_not_recorded_counts_when_it_is_right(
    drive: FolderDrive, library: Library, plan: Plan, tmp_path: Path
) -> None:
    first = job(drive, library).run(plan)
    inodes = [os.stat(each.file).st_ino for each in first]
    with open_library(str(tmp_path / "new.sqlite")) as forgetful:
        forgetful.add(plan)
        assert job(drive, forgetful).run(plan) == first
        assert [disc.sha256 for disc in forgetful.discs(plan.set.id)] == [
            each.sha256 for each in first
        ]
    assert [os.stat(each.file).st_ino for each in first] == inodes


def test_what_is_in_the_way_is_not_replaced_unasked(
    drive: FolderDrive, library: Library, plan: Plan, tmp_path: Path
) -> None:
    os.makedirs(drive.folder)
    in_the_way = Path(drive.path(plan.discs[1].volume_id))
    in_the_way.write_bytes(b"someone's file")
    with pytest.raises(UsageError, match="exists and is not this disc"):
        job(drive, library).run(plan)
    assert in_the_way.read_bytes() == b"someone's file"
    assert os.listdir(drive.folder) == [in_the_way.name]
    job(drive, library, answer=True).run(plan)
    assert in_the_way.stat().st_size == plan.discs[1].image_sectors * 2048


def test_another_sets_image_is_in_the_way_too(
    drive: FolderDrive, library: Library, plan: Plan, tmp_path: Path
) -> None:
    other = make_plan(
        walk([str(tmp_path / "Song")]), PlanOptions(media=parse_media("custom:1200kB"))
    )
    library.add(other)
    job(drive, library).run(other)
    with pytest.raises(UsageError, match="exists and is not this disc"):
        job(drive, library).run(plan)


class RefusingDrive(FolderDrive):
    """Refuses in the ways that drives do."""

    def __init__(self, folder: str, error: BurnError) -> None:
        super().__init__(folder)
        self.error = error

    def burn(self, image: Image, progress: Progress) -> Burnt:
        raise self.error


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        (TargetFullError("no room"), DoesNotFitError, 3),
        (BurnError("the medium is not blank"), DriveError, 6),
    ],
)
def test_what_a_drive_refuses_has_its_exit_code(
    drive: FolderDrive,
    library: Library,
    plan: Plan,
    error: BurnError,
    kind: type[DoesNotFitError | DriveError],
    code: int,
) -> None:
    with pytest.raises(kind, match=re.escape(str(error))):
        job(RefusingDrive(drive.folder, error), library).run(plan)
    assert kind.exit_code == code
    assert library.sets()[0].written == 0


def test_room_is_checked_for_all_discs_before_the_first(
    drive: FolderDrive, library: Library, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def check(size: int) -> None:
        asked.append(size)
        raise TargetFullError("no room")

    monkeypatch.setattr(drive, "check_room", check)
    with pytest.raises(DoesNotFitError, match="no room"):
        job(drive, library).run(plan)
    assert asked == [sum(disc.image_sectors for disc in plan.discs) * 2048]
    assert not os.path.exists(drive.folder)


def test_a_plan_that_measures_otherwise_is_refused(
    drive: FolderDrive, library: Library, plan: Plan
) -> None:
    first = msgspec.structs.replace(plan.discs[0], image_sectors=plan.discs[0].image_sectors + 16)
    other = msgspec.structs.replace(plan, discs=(first, *plan.discs[1:]))
    with pytest.raises(UsageError, match="plan again"):
        job(drive, library).run(other)
    assert os.listdir(drive.folder) == []
