"""What counts as archived: sets whose every disc was read back and not found bad since."""

from pathlib import Path

import pytest

from burners import silent
from spanner.catalog.escaping import unescape
from spanner.incremental import IncrementalOptions, compare
from spanner.library import BURNT, VERIFIED, image_key, open_library
from spanner.library.checks import FILE, VERIFY, CheckResult
from spanner.library.complete_sets import CompleteSets
from spanner.model.plan import Plan
from spanner.sources import walk
from support.states import BY_TIME, FULL, Backups, kept, placed
from support.trees import write


@pytest.fixture
def root(tmp_path: Path) -> str:
    root = str(tmp_path / "Song")
    write(root, "Song.ptx", b"session")
    for name in "abc":
        write(root, f"{name}.wav", name.encode() * 200_000)
    return root


@pytest.fixture
def backups(tmp_path: Path) -> Backups:
    (tmp_path / "sets").mkdir()
    return Backups(str(tmp_path / "sets"))


def counted(backups: Backups) -> list[str]:
    with open_library(backups.library) as library:
        return list(library.complete_sets.sets())


def test_newest_first(backups: Backups, root: str) -> None:
    first = backups.archive(root).plan.set
    write(root, "new.wav", b"new")
    second = backups.archive(root).plan.set
    assert second.created > first.created
    assert counted(backups) == [second.id, first.id]


def test_a_set_that_is_not_whole_yet_does_not_count(backups: Backups, root: str) -> None:
    plan = backups.archive(root).plan
    assert len(plan.discs) > 1
    with open_library(backups.library) as library:
        library.db.execute("DELETE FROM images WHERE disc = 2")
        library.db.commit()
    assert counted(backups) == []
    with open_library(backups.library) as library:
        key, belongs = image_key(plan.set.id, 2), (plan.set.id, 2)
        copy = library.copies.begin(key, belongs, "V", 1, "/dev/sr0", "cd-r")
        library.copies.settle(copy, BURNT, "a" * 64)
    assert counted(backups) == []
    with open_library(backups.library) as library:
        library.copies.settle(copy, VERIFIED)
    assert counted(backups) == [plan.set.id]


def test_a_set_with_a_disc_that_failed_its_last_check(backups: Backups, root: str) -> None:
    plan = backups.archive(root).plan
    for good in (True, False, True):
        with open_library(backups.library) as library:
            (place,) = library.db.execute("SELECT place FROM images WHERE disc = 2").fetchone()
            problems = () if good else ("a.wav: damaged",)
            result = CheckResult(
                set_id=plan.set.id,
                disc=2,
                place=unescape(place),
                kind=FILE,
                how=VERIFY,
                problems=problems,
                sha256="a" * 64,
            )
            assert library.checks.add(result)
        assert counted(backups) == ([plan.set.id] if good else [])


def test_what_a_set_without_a_library_record_holds_is_archived_again(
    backups: Backups, root: str
) -> None:
    """The chain leads to a set that is not there any more."""
    first = backups.archive(root).plan.set
    write(root, "d.wav", b"d")
    assert kept(backups.archive(root)) == ["Song/a.wav", "Song/b.wav", "Song/c.wav"]
    with open_library(backups.library) as library:
        library.db.execute("DELETE FROM sets WHERE id = ?", (first.id,))
        library.db.commit()
    write(root, "e.wav", b"e")
    made = backups.archive(root)
    assert kept(made) == ["Song/d.wav"]
    assert "Song/a.wav" in placed(made)


def test_other_sources_have_other_sets(backups: Backups, root: str, tmp_path: Path) -> None:
    song = backups.archive(root).plan
    write(str(tmp_path / "Other"), "a.wav", b"a" * 200_000)
    other = backups.archive(str(tmp_path / "Other"), how=FULL).plan
    with open_library(backups.library) as library:
        sets = library.complete_sets.sets()

        def newest(name: str) -> Plan | None:
            return library.complete_sets.newest(name, sets)

        assert newest("Song") == song
        assert newest("Other") == other
        assert newest("Son") is None


def test_contents_of_given_sizes(backups: Backups, root: str) -> None:
    made = backups.archive(root).plan
    with open_library(backups.library) as library:
        archived: CompleteSets = library.complete_sets
        for _ in range(2):
            found = list(archived.of_sizes({7, 8}, [made.set.id]))
            assert [(each.path, each.division) for each in found] == [("Song/Song.ptx", (7,))]
        assert list(archived.of_sizes({200_000}, [])) == []
        assert len(list(archived.of_sizes({200_000}, [made.set.id, "none"]))) == 3


def test_an_unknown_hash_is_equal_to_nothing(backups: Backups, root: str) -> None:
    backups.archive(root)
    with open_library(backups.library) as library:
        library.db.execute(
            "UPDATE entries SET sha256 = NULL"
            " WHERE name = (SELECT id FROM names WHERE name = 'a.wav')"
        )
        library.db.commit()
        write(root, "d.wav", b"d")
        for how in (
            IncrementalOptions(new_only=True, by_hash=True),
            IncrementalOptions(skip_archived=True),
        ):
            tree = compare(walk([root]), library.complete_sets, how, silent)
            assert [file.path for file in tree.base_files] == ["Song/b.wav", "Song/c.wav"]
        tree = compare(walk([root]), library.complete_sets, BY_TIME, silent)
        assert [file.parts[0].sha256 == "" for file in tree.base_files] == [True, False, False]
