"""The status of sets that were written, burnt, damaged, moved and lost."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from burners import FolderDrive, silent
from spanner.assessing.counting import Rule
from spanner.assessing.set_status import SetStatus, Status, status
from spanner.burning.folder_job import FolderJob
from spanner.library import (
    BURNT,
    DISC,
    FILE,
    SPOILT,
    VERIFIED,
    VERIFY,
    CheckResult,
    Library,
    before,
    image_key,
    open_library,
)
from spanner.model.plan import SetInfo
from spanner.model.tree import UNREADABLE, ReferenceRecord
from spanner.model.units import parse_age
from spanner.reading.verify import verify
from support.discs import flip, place
from support.sets import MadeSet, make_set
from support.trees import write
from support.work import calls

SINCE = before(parse_age("1year"))


@pytest.fixture
def made(tmp_path: Path) -> MadeSet:
    """Two discs in images."""
    for name in "ab":
        write(str(tmp_path / "Song"), f"{name}.wav", os.urandom(300_000))
    return make_set(str(tmp_path / "Song"), str(tmp_path / "images"), "custom:1MB")


@pytest.fixture
def library(made: MadeSet, tmp_path: Path) -> Iterator[Library]:
    """A library that knows the set and its images."""
    assert len(made.plan.discs) == 2
    with open_library(str(tmp_path / "library.sqlite")) as opened:
        opened.add(made.plan)
        FolderJob(FolderDrive(str(tmp_path / "images")), opened, lambda _: False).run(made.plan)
        yield opened


def burn(library: Library, made: MadeSet, disc: int, where: str, medium: str = "dvd+r") -> int:
    written = made.written[disc - 1]
    belongs = (made.plan.set.id, disc)
    copy = library.copies.begin(
        image_key(*belongs), belongs, written.volume_id, written.sectors, "/dev/sr0", medium
    )
    library.copies.settle(copy, BURNT, written.sha256)
    library.copies.settle(copy, VERIFIED)
    if where:
        library.places.put(belongs, where)
    return copy


def check(library: Library, path: str) -> bool:
    """Verify an image and record it."""
    verdict = verify(path, silent)
    assert verdict.catalog
    problems = tuple(verdict.problems)
    library.checks.add(
        CheckResult(
            set_id=verdict.catalog.set.id,
            disc=verdict.catalog.number,
            place=path,
            kind=FILE,
            how=VERIFY,
            problems=problems,
            sha256=verdict.sha256,
        )
    )
    return not problems


def find(library: Library, rule: Rule | None = None) -> Status:
    return status(library, rule or Rule(), SINCE)


def only(library: Library, rule: Rule | None = None) -> SetStatus:
    (found,) = find(library, rule).sets
    return found


def test_images_alone(library: Library, made: MadeSet) -> None:
    found = only(library)
    assert (found.id, found.title, found.sessions) == (made.plan.set.id, "Song", ("Song",))
    assert (found.complete, found.copies, found.media, found.places) == (True, 1, 1, 1)
    assert not found.rule_met
    assert found.lacks == ("every disc: 1 of 3 copies, on 1 of 2 kinds of media, in 1 of 2 places",)
    assert found.last_checked > SINCE
    assert not find(library).well
    assert only(library, Rule(1, 1, 1)).rule_met
    assert find(library, Rule(1, 1, 1)).well


def test_the_rule_is_met(library: Library, made: MadeSet) -> None:
    for disc in (1, 2):
        burn(library, made, disc, "vault")
    burn(library, made, 1, "shelf")
    found = only(library)
    assert (found.copies, found.media, found.places) == (2, 2, 2)
    assert found.lacks == ("disc 2: 2 of 3 copies",)
    burn(library, made, 2, "shelf", "bd-r")
    assert only(library).rule_met
    assert only(library).copies == 3
    assert find(library).well


def test_a_copy_elsewhere_counts_once_it_was_verified(
    library: Library, made: MadeSet, tmp_path: Path
) -> None:
    (tmp_path / "usb").mkdir()
    for image in made.images:
        shutil.copy(image, tmp_path / "usb")
    assert only(library).copies == 1
    for name in os.listdir(tmp_path / "usb"):
        assert check(library, str(tmp_path / "usb" / name))
    found = only(library)
    assert (found.copies, found.media, found.places) == (2, 1, 1)
    library.places.keep_images(library.places.images(str(tmp_path / "usb")), "vault")
    shutil.rmtree(tmp_path / "usb")
    unplugged = find(library)
    assert unplugged.sets[0].copies == 2
    assert [each.counts for each in unplugged.not_seen] == [True, True]


def test_a_damaged_image_counts_no_more(library: Library, made: MadeSet) -> None:
    image = made.images[1]
    flip(image, place(image, "data/Song/b.wav"))
    os.utime(image, (1e9, 1e9))
    assert only(library).copies == 1, "nobody has looked yet"
    assert not check(library, image)
    found = find(library)
    assert (found.sets[0].copies, found.sets[0].complete) == (0, False)
    assert "disc 2: no verified copy" in found.sets[0].lacks
    assert [(each.disc, each.remark) for each in found.failing] == [(2, "data/Song/b.wav: damaged")]
    flip(image, place(image, "data/Song/b.wav"))
    assert check(library, image)
    found = find(library, Rule(1, 1, 1))
    assert found.well
    assert found.failing == ()


def test_a_failing_disc_makes_it_not_well(library: Library, made: MadeSet) -> None:
    burn(library, made, 1, "")
    library.checks.add(
        CheckResult(
            set_id=made.plan.set.id,
            disc=1,
            place="/dev/sr0",
            kind=DISC,
            how=VERIFY,
            problems=("scratched",),
        )
    )
    found = find(library, Rule(1, 1, 1))
    assert found.sets[0].well
    assert [(each.number, each.remark) for each in found.failing] == [(1, "scratched")]
    assert not found.well
    library.places.give_up((made.plan.set.id, 1))
    assert find(library, Rule(1, 1, 1)).well


def test_a_doubt_counts_one_less(library: Library, made: MadeSet) -> None:
    for _ in range(2):
        burn(library, made, 1, "")
        burn(library, made, 2, "")
    assert only(library).copies == 3
    library.checks.add(
        CheckResult(
            set_id=made.plan.set.id,
            disc=1,
            place="/dev/sr0",
            kind=DISC,
            how=VERIFY,
            problems=("scratched",),
        )
    )
    found = find(library)
    assert found.sets[0].copies == 2
    assert [(each.volume_id, each.remark) for each in found.doubtful] == [
        (made.written[0].volume_id, "scratched")
    ]
    assert not find(library, Rule(1, 1, 1)).well


def test_an_image_that_is_gone_counts_no_more(
    library: Library, made: MadeSet, tmp_path: Path
) -> None:
    os.rename(made.images[0], tmp_path / "moved.iso")
    found = find(library)
    assert found.sets[0].copies == 0
    assert [each.path for each in found.not_seen] == [made.images[0]]
    assert check(library, str(tmp_path / "moved.iso"))
    assert only(library).copies == 1


def test_what_was_spoilt_is_told_and_no_more(library: Library, made: MadeSet) -> None:
    copy = library.copies.begin("x", (made.plan.set.id, 1), "X", 1, "/dev/sr0", "cd-r")
    library.copies.settle(copy, SPOILT, remark="write error")
    found = find(library, Rule(1, 1, 1))
    assert [each.remark for each in found.spoilt] == ["write error"]
    assert found.well


def test_checks_that_are_due(library: Library, made: MadeSet) -> None:
    copy = burn(library, made, 2, "")
    with library.db as db:
        db.execute("UPDATE copies SET verified = '2020-02-02T00:00:00Z' WHERE id = ?", (copy,))
    found = find(library, Rule(1, 1, 1))
    assert [(each.disc, each.number) for each in found.due] == [(2, 1)]
    assert not found.well
    assert status(library, Rule(1, 1, 1), "2020-02-02T00:00:00Z").well
    library.checks.add(
        CheckResult(set_id=made.plan.set.id, disc=2, place="/dev/sr0", kind=DISC, how=VERIFY)
    )
    assert find(library, Rule(1, 1, 1)).well
    belongs = (made.plan.set.id, 1)
    copy = library.copies.begin(image_key(*belongs), belongs, "X", 1, "/dev/sr0", "cd-r")
    library.copies.settle(copy, BURNT, made.written[0].sha256)
    assert [each.verified for each in find(library).due] == [""], "it never was checked"
    assert only(library).copies == 1


def test_discs_that_are_not_written_yet(library: Library, made: MadeSet) -> None:
    info = SetInfo("later", "Later", "2099-01-01T00:00:00Z")
    library.add(msgspec.structs.replace(made.plan, set=info, strategy="order"))
    first, second = find(library, Rule(1, 1, 1)).sets
    assert first.complete
    assert (second.id, second.complete, second.copies) == ("later", False, 0)
    assert second.lacks == ("every disc: no verified copy",)
    assert second.last_checked == ""


@pytest.mark.parametrize("learnt", [False, True])
def test_what_was_missing_when_archived(library: Library, made: MadeSet, learnt: bool) -> None:
    needs = (
        ReferenceRecord(
            session="Song/Song.rpp", kind="audio", status="missing", recorded="/Volumes/AG/Lost.wav"
        ),
        ReferenceRecord(
            session="Song/Song.rpp", kind="audio", status="regenerable", recorded="fade"
        ),
        ReferenceRecord(
            session="Song/Song.cpr",
            kind="project",
            status=UNREADABLE,
            recorded="closed format",
            path="Song/Song.cpr",
        ),
    )
    library.add(
        msgspec.structs.replace(
            made.plan, set=SetInfo("needy", "Needy", "2099-01-01T00:00:00Z"), references=needs
        )
    )
    if learnt:  # as in a library of the version before
        with library.db as db:
            db.execute("DELETE FROM sessions")
    for disc in (1, 2):
        copy = library.copies.begin(f"needy/{disc}", ("needy", disc), "X", 1, "/dev/sr0", "cd-r")
        library.copies.settle(copy, VERIFIED, "a" * 64)
    found = status(library, Rule(1, 1, 1), SINCE, ["needy"])
    assert found.sets[0].lacks == (
        "1 medium that its sessions need was missing when it was archived",
    )
    assert found.sets[0].notes == (
        "1 session file could not be read: what else they need from elsewhere is not known",
    )
    assert not found.sets[0].complete
    assert not found.well
    assert status(library, Rule(1, 1, 1), SINCE, ["needy"], allow_missing=True).well


def test_twice_the_sets_are_twice_the_work(tmp_path: Path) -> None:
    """Each disc, copy and image is looked at once, by Python and by SQLite."""

    def work(count: int) -> tuple[int, int]:
        with open_library(str(tmp_path / f"{count}.sqlite")) as library:
            fill(library, count)
            steps = 0

            def step() -> None:
                nonlocal steps
                steps += 1

            library.db.set_progress_handler(step, 100)
            found: list[Status] = []
            made = calls(lambda: found.append(status(library, Rule(2, 2, 2), "2025")))
            library.db.set_progress_handler(None, 0)
        assert len(found[0].sets) == count
        assert found[0].well
        return made, steps

    few, many = work(20), work(40)
    assert many[0] < 2.1 * few[0]
    assert many[1] < 2.1 * few[1]
    assert many[0] < 100 * 40 * 100


def fill(library: Library, count: int) -> None:
    """So many sets of a hundred discs, each with a burnt copy and an image."""
    sets = [f"set {number:04}" for number in range(count)]
    discs = [(set_id, number) for set_id in sets for number in range(1, 101)]
    moment = "2026-01-01T00:00:00Z"
    with library.db as db:
        db.executemany(
            "INSERT INTO sets VALUES (?, ?, '', '', x'00', 0, 0)", zip(sets, sets, strict=True)
        )
        db.executemany("INSERT INTO sessions VALUES (?, 'Song', '/Song', 0, 0)", zip(sets))
        db.executemany("INSERT INTO discs VALUES (?, ?, 'X', '', 'dvd+r', 9, 0, 0, 0)", discs)
        db.executemany(
            "INSERT INTO copies (set_id, disc, image, volume_id, sectors, drive, medium, state,"
            " sha256, started, changed, remark, number, place, verified)"
            " VALUES (?, ?, '', 'X', 9, '', 'bd-r', 'verified', '', '', '', '', ?, ?, ?)",
            [(*disc, 1, "shelf", moment) for disc in discs],
        )
        db.executemany(
            "INSERT INTO images (set_id, disc, place, sha256, sectors, verified, kept)"
            " VALUES (?, ?, '/not/there/x.iso', '', 9, ?, 'office')",
            [(*disc, moment) for disc in discs],
        )
