"""What there is of a disc: which files count, and which places are different ones."""

import os
import shutil
from pathlib import Path

import pytest

from spanner.assessing.copy_status import CopyStatus, CopyStatuses, family
from spanner.assessing.counting import count
from spanner.library import FILE, FOLDER, VERIFY, CheckResult, Library
from spanner.model.plan import Plan


@pytest.fixture
def image(known: Library, one_disc: Plan, tmp_path: Path) -> Path:
    """A file as large as the disc's image, checked."""
    path = tmp_path / "images/SONG_01OF01.iso"
    path.parent.mkdir()
    path.write_bytes(bytes(one_disc.discs[0].image_sectors * 2048))
    check(known, one_disc, path)
    return path


def check(library: Library, plan: Plan, path: Path, kind: str = FILE) -> None:
    assert library.checks.add(
        CheckResult(
            set_id=plan.set.id, disc=1, place=str(path), kind=kind, how=VERIFY, sha256="a" * 64
        )
    )


def only(library: Library) -> CopyStatus:
    (only_one,) = CopyStatuses(library.db).of()
    return only_one


def test_an_image_is_at_its_folder(known: Library, image: Path) -> None:
    found = only(known)
    assert (found.medium, found.number, found.path) == ("file", 0, str(image))
    assert (found.place, found.state, found.seen) == (str(image.parent), "good", True)
    assert found.counts


def test_a_folder_is_at_itself(known: Library, one_disc: Plan, tmp_path: Path) -> None:
    (tmp_path / "copied").mkdir()
    check(known, one_disc, tmp_path / "copied", FOLDER)
    found = only(known)
    assert (found.place, found.state) == (str(tmp_path / "copied"), "good")
    (tmp_path / "copied").rmdir()
    assert only(known).state == "not seen"


def test_an_image_that_is_gone_does_not_count(known: Library, image: Path) -> None:
    image.unlink()
    assert (only(known).state, only(known).seen) == ("not seen", False)
    shutil.rmtree(image.parent)
    assert only(known).state == "not seen"


def test_an_image_whose_drive_is_kept_elsewhere_counts(known: Library, image: Path) -> None:
    known.places.keep_images(known.places.images(str(image)), "Bank Vault")
    assert (only(known).place, only(known).seen, only(known).counts) == ("Bank Vault", True, True)
    image.unlink()
    assert (only(known).place, only(known).seen, only(known).counts) == ("Bank Vault", False, True)


def test_an_image_that_changed_does_not_count(known: Library, one_disc: Plan, image: Path) -> None:
    known.places.keep_images(known.places.images(str(image)), "Bank Vault")
    size = image.stat().st_size
    os.utime(image, (4e9, 4e9))
    assert only(known).state == "changed"
    os.utime(image, (1e9, 1e9))
    assert only(known).state == "good"
    os.truncate(image, size - 1)
    os.utime(image, (1e9, 1e9))
    assert only(known).state == "changed"
    check(known, one_disc, image)
    os.truncate(image, size)
    os.utime(image, (1e9, 1e9))
    assert only(known).state == "good"


def test_one_file_under_two_names_counts_once(
    known: Library, one_disc: Plan, image: Path, tmp_path: Path
) -> None:
    os.link(image, tmp_path / "link.iso")
    check(known, one_disc, tmp_path / "link.iso")
    assert [each.state for each in CopyStatuses(known.db).of()] == ["good", "double"]
    assert count(CopyStatuses(known.db).of()).copies == 1


def test_folders_of_one_drive_are_one_place(
    known: Library, one_disc: Plan, image: Path, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    shutil.copy(image, tmp_path / "other/x.iso")
    check(known, one_disc, tmp_path / "other/x.iso")
    found = count(CopyStatuses(known.db).of())
    assert (found.copies, found.media, found.places) == (2, 1, 1)
    known.places.keep_images(known.places.images(str(tmp_path / "other")), "vault")
    assert count(CopyStatuses(known.db).of()).places == 1, (
        "both are on the drive that is in the vault"
    )
    known.places.keep_images(known.places.images(str(image)), "VAULT")
    assert count(CopyStatuses(known.db).of()).places == 1
    known.places.keep_images(known.places.images(str(image)), "shelf")
    assert count(CopyStatuses(known.db).of()).places == 2


def test_only_the_sets_that_are_asked_for(known: Library, one_disc: Plan, image: Path) -> None:
    assert list(CopyStatuses(known.db).of([])) == []
    assert list(CopyStatuses(known.db).of(["other"])) == []
    assert len(list(CopyStatuses(known.db).of([one_disc.set.id, "other"]))) == 1


@pytest.mark.parametrize(
    ("medium", "kind"),
    [
        ("cd-rw", "cd"),
        ("dvd+r-dl", "dvd"),
        ("bd-r", "bd"),
        ("hd-dvd-r", "hd-dvd"),
        ("custom:1MB", ""),
        ("", ""),
    ],
)
def test_families(medium: str, kind: str) -> None:
    assert family(medium) == kind
