"""Checks: what each is kept as, what it makes of a copy, and what it cannot tell."""

import os
from pathlib import Path

import msgspec
import pytest

from spanner.assessing.copy_status import CopyStatuses
from spanner.errors import UsageError
from spanner.library import (
    BURN,
    BURNT,
    DISC,
    FILE,
    FOLDER,
    OTHER,
    RESTORE,
    SPOILT,
    VERIFIED,
    VERIFY,
    CheckResult,
    Library,
    RecordedCheck,
    image_key,
)
from spanner.model.plan import Plan

A, B = "a" * 64, "b" * 64


class Bench:
    """A library, and checks of the one disc in it."""

    def __init__(self, library: Library, plan: Plan) -> None:
        self.library = library
        self.set_id = plan.set.id
        self.key = image_key(plan.set.id, 1)

    def burn(self, state: str = VERIFIED, sha256: str = A) -> int:
        copy = self.library.copies.begin(
            self.key, (self.set_id, 1), "SONG_01OF01", 2000, "/dev/sr0", "dvd+r"
        )
        self.library.copies.settle(copy, BURNT, sha256)
        if state != BURNT:
            self.library.copies.settle(copy, state)
        return copy

    def check(
        self,
        *problems: str,
        copy: int = 0,
        kind: str = DISC,
        place: str = "/dev/sr0",
        how: str = VERIFY,
        sha256: str = A,
    ) -> RecordedCheck:
        sha256 = "" if problems else sha256
        recorded = self.library.checks.add(
            CheckResult(
                set_id=self.set_id,
                disc=1,
                place=place,
                kind=kind,
                how=how,
                problems=problems,
                sha256=sha256,
                medium="bd-r",
                copy=copy,
            )
        )
        assert recorded is not None
        return recorded

    @property
    def copies(self) -> list[tuple[int, str]]:
        return [(copy.number, copy.state) for copy in self.library.copies.of(self.key)]

    @property
    def states(self) -> dict[str, str]:
        """What the images count as."""
        return {
            each.path: each.state
            for each in CopyStatuses(self.library.db).of()
            if each.medium == "file"
        }

    @property
    def doubtful(self) -> int:
        return len(CopyStatuses(self.library.db).doubtful())


@pytest.fixture
def bench(known: Library, one_disc: Plan) -> Bench:
    return Bench(known, one_disc)


def test_checks_are_kept(bench: Bench) -> None:
    copy = bench.burn()
    problems = tuple(f"{number}.wav: damaged" for number in range(5))
    bench.check(*problems)
    bench.check()
    bad, good = bench.library.checks.of(bench.set_id, 1)
    assert (bad.good, bad.bad, bad.copy) == (False, problems, copy)
    assert (good.good, good.bad, good.copy) == (True, (), copy)
    assert (good.kind, good.how, good.place) == (DISC, VERIFY, "/dev/sr0")
    assert bench.library.discs(bench.set_id)[0].last_check.endswith("good")
    bench.check(*problems)
    last = bench.library.discs(bench.set_id)[0].last_check
    assert last.endswith("0.wav: damaged; 1.wav: damaged; 2.wav: damaged")


def test_a_disc_that_is_not_known_is_not_recorded(known: Library, one_disc: Plan) -> None:
    for kind in (DISC, FILE):
        assert (
            known.checks.add(
                CheckResult(set_id="unknown", disc=1, place="/a.iso", kind=kind, how=VERIFY)
            )
            is None
        )
        assert (
            known.checks.add(
                CheckResult(set_id=one_disc.set.id, disc=2, place="/a.iso", kind=kind, how=VERIFY)
            )
            is None
        )
    assert list(CopyStatuses(known.db).of()) == []


def test_a_failing_disc_counts_no_more_until_it_is_found_good(bench: Bench) -> None:
    bench.burn()
    assert bench.check("damaged") == RecordedCheck(copy=1, alike=1)
    assert bench.copies == [(1, SPOILT)]
    assert bench.library.sets()[0].written == 0
    assert bench.library.image_hash(bench.set_id, 1) == A, "what it must be again is known"
    assert bench.check() == RecordedCheck(copy=1, alike=1)
    assert bench.copies == [(1, VERIFIED)]


def test_a_check_confirms_one_copy_of_the_same_content(bench: Bench) -> None:
    bench.burn(BURNT)
    bench.burn(BURNT)
    assert bench.check(sha256=B).copy == 0
    assert bench.check().copy == 1
    assert bench.check() == RecordedCheck(alike=2), "the same disc may not count twice"
    assert bench.copies == [(1, VERIFIED), (2, BURNT)]
    assert bench.check(copy=2).copy == 2
    assert bench.copies == [(1, VERIFIED), (2, VERIFIED)]


def test_a_disc_that_another_drive_can_read_counts_after_all(bench: Bench) -> None:
    bench.burn(SPOILT)
    assert bench.copies == [(0, SPOILT)]
    assert bench.check() == RecordedCheck(copy=1)
    assert bench.copies == [(1, VERIFIED)]


def test_a_disc_from_elsewhere_is_a_copy(bench: Bench) -> None:
    assert bench.check() == RecordedCheck(copy=1, new=True)
    (copy,) = bench.library.copies.of(bench.key)
    assert (copy.state, copy.medium, copy.sha256, copy.sectors > 0) == (VERIFIED, "bd-r", A, True)
    assert bench.check() == RecordedCheck(copy=1, alike=1), "it may be the same disc again"
    assert bench.check(copy=2) == RecordedCheck(copy=2, alike=1, new=True)
    with pytest.raises(UsageError, match="knows of 2 of that disc, a further one is number 3"):
        bench.check(copy=4)
    assert bench.check("damaged", copy=3) == RecordedCheck(alike=2)
    assert bench.copies == [(1, VERIFIED), (2, VERIFIED)]
    assert bench.doubtful == 0, "it was none of those that are known"


@pytest.mark.parametrize("result", [{"sha256": ""}, {"how": RESTORE}, {"how": BURN}])
def test_what_was_not_read_whole_is_no_new_copy(bench: Bench, result: dict[str, str]) -> None:
    assert not bench.check(**result).new  # type: ignore[arg-type]
    assert bench.copies == []


def test_one_of_several_is_bad(bench: Bench) -> None:
    bench.burn()
    bench.burn()
    assert bench.check("damaged") == RecordedCheck(alike=2)
    assert bench.copies == [(1, VERIFIED), (2, VERIFIED)]
    assert bench.doubtful == 1
    bench.check()
    assert bench.doubtful == 1, "that may have been the other"
    bench.check(copy=1)
    assert bench.doubtful == 1
    bench.check(copy=2)
    assert bench.doubtful == 0, "both were found good since"
    bench.check("damaged")
    assert bench.doubtful == 1
    bench.check("damaged", copy=1)
    assert bench.doubtful == 0, "it was that one"
    bench.check(copy=1)
    bench.check("damaged")
    bench.library.places.give_up((bench.set_id, 1), 2)
    assert bench.doubtful == 0, "it was given up"


def test_a_lost_disc_that_is_found_counts_again(bench: Bench) -> None:
    bench.burn()
    lost = bench.library.places.give_up((bench.set_id, 1))
    assert (lost.state, bool(lost.lost), lost.known) == (SPOILT, True, False)
    assert [each.state for each in CopyStatuses(bench.library.db).of()] == ["lost"]
    assert bench.check() == RecordedCheck(copy=1)
    assert bench.copies == [(1, VERIFIED)]
    assert [each.state for each in CopyStatuses(bench.library.db).of()] == ["good"]


def test_an_image_elsewhere_is_a_copy(bench: Bench, tmp_path: Path) -> None:
    image, folder = str(tmp_path / "x.iso"), str(tmp_path / "mounted")
    assert bench.check(kind=FILE, place=image).new
    assert bench.check(kind=FOLDER, place=folder, sha256="").new
    assert not bench.check(kind=OTHER, place=str(tmp_path / "loop")).new
    assert not bench.check(kind=FILE, place=image).new
    assert set(bench.states) == {image, folder}
    assert bench.library.image_hash(bench.set_id, 1) == A
    assert bench.library.sets()[0].written == 1


def test_a_failing_image_counts_no_more_until_it_is_found_good(
    bench: Bench, tmp_path: Path
) -> None:
    image = str(tmp_path / "x.iso")
    sectors = bench.library.discs(bench.set_id)[0].sectors
    Path(image).write_bytes(bytes(sectors * 2048))
    assert not bench.check("damaged", kind=FILE, place=image).new
    assert bench.states == {}, "it never was good"
    bench.check(kind=FILE, place=image)
    assert bench.states == {image: "good"}
    bench.check("damaged", kind=FILE, place=image)
    assert bench.states == {image: "failing"}
    assert bench.library.sets()[0].written == 0
    bench.check(kind=FILE, place=image, how=RESTORE)
    assert bench.states == {image: "failing"}, "a restore reads files, not all sectors"
    os.symlink(tmp_path, tmp_path / "link")
    bench.check(kind=FILE, place=str(tmp_path / "link/x.iso"))
    assert bench.states == {image: "good"}, "it is the same file"


def test_a_restore_tells_when_a_copy_was_good(bench: Bench, tmp_path: Path) -> None:
    bench.burn()
    image = str(tmp_path / "x.iso")
    bench.check(kind=FILE, place=image)
    db = bench.library.db
    with db:
        db.execute("UPDATE copies SET verified = '2001-01-01T00:00:00Z'")
        db.execute("UPDATE images SET verified = '2001-01-01T00:00:00Z'")
    bench.check(how=RESTORE)
    bench.check(kind=FILE, place=image, how=RESTORE)
    assert all(each.verified > "2002" for each in CopyStatuses(bench.library.db).of())
    bench.check("damaged", how=RESTORE)
    bench.check(how=RESTORE)
    assert bench.copies == [(1, SPOILT)]


def test_a_burnt_copy_is_not_verified_by_a_restore(bench: Bench) -> None:
    bench.burn(BURNT)
    bench.check(how=RESTORE)
    assert bench.copies == [(1, BURNT)]
    bench.check(sha256="")
    assert bench.copies == [(1, VERIFIED)], "all its files were checked, as those of a folder"


def test_hashes_are_compared_with_those_that_are_known(known: Library, one_disc: Plan) -> None:
    set_id, path = one_disc.set.id, "Song/a.wav"
    assert known.checks.differing(set_id, 1, {(path, 1): A}) == []
    known.add_hashes(set_id, 1, [(path, 1, A)])
    assert known.checks.differing(set_id, 1, {(path, 1): A}) == []
    assert known.checks.differing(set_id, 1, {(path, 1): B}) == [path]
    assert known.checks.differing(set_id, 1, {}) == [path]


def test_results_can_hold_any_name(bench: Bench) -> None:
    place = "/x/\udcff\n.iso"
    bench.check(kind=FILE, place=place)
    assert bench.library.checks.of(bench.set_id, 1)[0].place == place
    assert set(bench.states) == {place}
    bench.check("\n", kind=FILE, place=place)
    assert msgspec.json.encode(bench.library.checks.of(bench.set_id, 1)[1].bad)
