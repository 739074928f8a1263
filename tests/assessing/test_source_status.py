"""Whether a source may be deleted: only what verified discs hold, byte for byte, may go."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from burners import FolderDrive, silent
from spanner.assessing import source_status
from spanner.assessing.counting import Count
from spanner.assessing.source_status import SourceStatus, examine
from spanner.burning.folder_job import FolderJob
from spanner.errors import SourceError
from spanner.library import FILE, VERIFY, CheckResult, Library, open_library
from spanner.model.media_types import parse_media
from spanner.model.plan import Plan
from spanner.planning.planner import PlanOptions, make_plan
from spanner.sources.collect import CollectOptions, collect
from support.discs import flip
from support.projects import reaper
from support.trees import make_odd_tree, write


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_library(str(tmp_path / "library.sqlite")) as opened:
        yield opened


@pytest.fixture
def song(tmp_path: Path) -> str:
    """Two files, and one longer than a disc."""
    root = str(tmp_path / "Song")
    for name in "ab":
        write(root, f"Audio Files/{name}.wav", os.urandom(200_000))
    write(root, "long.wav", os.urandom(2_500_000))
    return root


def archive(
    library: Library, source: str, folder: object, media: str = "custom:1MB", **wishes: object
) -> Plan:
    """Write a source to images."""
    collecting = CollectOptions(**wishes)  # type: ignore[arg-type]
    plan = make_plan(collect([source], collecting, silent), PlanOptions(media=parse_media(media)))
    library.add(plan)
    FolderJob(FolderDrive(str(folder)), library, lambda _: False).run(plan)
    return plan


def ask(library: Library, source: str, wanted: int = 1, **wishes: object) -> SourceStatus:
    return examine(library, source, CollectOptions(**wishes), wanted, silent)  # type: ignore[arg-type]


def test_what_is_archived_may_go(library: Library, song: str, tmp_path: Path) -> None:
    plan = archive(library, song, tmp_path / "out")
    assert any(item.parts > 1 for disc in plan.discs for item in disc.items)
    found = ask(library, song)
    assert (found.safe, found.reasons) == (True, ())
    assert (found.files, found.bytes, found.copies) == (3, 2_900_000, 1)
    assert (found.path, found.sets) == (song, (plan.set.id,))
    assert ask(library, f"{song}/").safe


def test_too_few_copies(library: Library, song: str, tmp_path: Path) -> None:
    plan = archive(library, song, tmp_path / "out")
    found = ask(library, song, 2)
    assert found.reasons == ("3 files on fewer than 2 verified copies (least: 1)",)
    assert {each.path for each in found.scarce} == {
        "Song/Audio Files/a.wav",
        "Song/Audio Files/b.wav",
        "Song/long.wav",
    }
    images = sorted((tmp_path / "out").glob("*.iso"))
    for number, image in enumerate(images, 1):
        library.checks.add(
            CheckResult(
                set_id=plan.set.id,
                disc=number,
                place=str(shutil.copy(image, tmp_path)),
                kind=FILE,
                how=VERIFY,
            )
        )
        assert ask(library, song, 2).safe is (number == len(images))


def test_a_divided_file_needs_all_parts(library: Library, song: str, tmp_path: Path) -> None:
    plan = archive(library, song, tmp_path / "out")
    for disc, image in zip(plan.discs, sorted((tmp_path / "out").glob("*.iso")), strict=True):
        parts = [item.part for item in disc.items if item.path == "Song/long.wav"]
        aside = image.rename(tmp_path / "aside")
        lost = {each.path for each in ask(library, song).scarce}
        assert ("Song/long.wav" in lost) is bool(parts)
        aside.rename(image)
    assert ask(library, song).safe


def test_a_byte_that_changed(library: Library, song: str, tmp_path: Path) -> None:
    archive(library, song, tmp_path / "out")
    for name, offset in (("Audio Files/a.wav", 7), ("long.wav", 2_499_999), ("long.wav", 0)):
        path = os.path.join(song, name)
        info = os.stat(path)
        flip(path, offset)
        os.utime(path, ns=(info.st_atime_ns, info.st_mtime_ns))
        found = ask(library, song)
        assert found.changed == (f"Song/{name}",)
        assert found.reasons == ("1 file changed since archived",)
        assert not found.safe
        flip(path, offset)
    os.utime(os.path.join(song, "long.wav"))
    assert ask(library, song).safe, "its content is the same"


def test_what_is_new(library: Library, song: str, tmp_path: Path) -> None:
    archive(library, song, tmp_path / "out")
    write(song, "Audio Files/new.wav", b"new")
    os.symlink("long.wav", os.path.join(song, "link"))
    os.makedirs(os.path.join(song, "empty"))
    found = ask(library, song)
    assert found.new == ("Song/Audio Files/new.wav",)
    assert found.unarchived == ("Song/link", "Song/empty")
    assert found.reasons == ("1 file not archived", "2 links or empty folders not archived")
    os.unlink(os.path.join(song, "link"))
    os.rmdir(os.path.join(song, "empty"))
    shutil.copy(os.path.join(song, "Audio Files/a.wav"), os.path.join(song, "Audio Files/new.wav"))
    assert ask(library, song).safe, "its content is archived, under another name"


def test_what_was_never_archived(library: Library, song: str, tmp_path: Path) -> None:
    found = ask(library, song)
    assert (found.safe, len(found.new), found.sets) == (False, 3, ())
    assert found.reasons == ("3 files not archived",)
    os.makedirs(tmp_path / "nothing")
    assert ask(library, str(tmp_path / "nothing")).unarchived == ("nothing",)


def test_a_plan_that_was_not_written_is_no_archive(
    library: Library, song: str, tmp_path: Path
) -> None:
    plan = make_plan(
        collect([song], CollectOptions(), silent), PlanOptions(media=parse_media("custom:1MB"))
    )
    library.add(plan)
    found = ask(library, song)
    assert len(found.changed) == 3, "of what no disc was written no hash is known"
    assert not found.safe


def test_a_renamed_source_is_found_by_content(library: Library, tmp_path: Path) -> None:
    root = str(tmp_path / "Before")
    write(root, "a.wav", os.urandom(1000))
    plan = archive(library, root, tmp_path / "out")
    os.rename(root, tmp_path / "After")
    found = ask(library, str(tmp_path / "After"))
    assert (found.safe, found.sets) == (True, ())
    assert "no set has a source of this name" in found.notes[0]
    assert library.sets_of_source(root) == [plan.set.id]


def test_content_in_two_sets_counts_in_both(library: Library, song: str, tmp_path: Path) -> None:
    archive(library, song, tmp_path / "out")
    archive(library, song, tmp_path / "again", "custom:2MB")
    found = ask(library, song, 2)
    assert found.safe
    assert found.copies == 2
    assert len(found.sets) == 2


def test_odd_names_links_and_hard_links(library: Library, odd_tree: str, tmp_path: Path) -> None:
    archive(library, odd_tree, tmp_path / "out")
    assert ask(library, odd_tree).reasons == ()
    os.unlink(os.path.join(odd_tree, "dangling\n"))
    os.symlink("/somewhere else", os.path.join(odd_tree, "dangling\n"))
    assert len(ask(library, odd_tree).unarchived) == 1
    make_odd_tree(str(tmp_path / "same"))
    assert ask(library, str(tmp_path / "same")).new == ()


def test_media_from_elsewhere_belong_to_it(library: Library, tmp_path: Path) -> None:
    root = str(tmp_path / "Song")
    loop = write(str(tmp_path / "Library"), "Loop.wav", b"loop")
    write(root, "Song.rpp", reaper(loop))
    folder_only = archive(library, root, tmp_path / "out", folder_only=True)
    found = ask(library, root)
    assert not found.safe
    assert [path.rpartition("/")[2] for path in found.new] == ["Loop.wav"]
    assert ask(library, root, folder_only=True).safe
    whole = archive(library, root, tmp_path / "whole")
    assert set(ask(library, root).sets) == {folder_only.set.id, whole.set.id}
    assert ask(library, root).safe
    os.unlink(loop)
    assert ask(library, root).safe, "it is on the discs"


def test_missing_media(library: Library, tmp_path: Path) -> None:
    root = str(tmp_path / "Song")
    write(root, "Song.rpp", reaper("/Volumes/AG/Lost.wav"))
    archive(library, root, tmp_path / "out", allow_missing=True)
    found = ask(library, root)
    assert found.missing == ("/Volumes/AG/Lost.wav",)
    assert found.reasons == ("1 media that its sessions need are neither here nor archived",)
    allowed = ask(library, root, allow_missing=True)
    assert (allowed.safe, allowed.missing) == (True, found.missing)


def test_what_is_left_out_as_wished(library: Library, tmp_path: Path) -> None:
    root = str(tmp_path / "Song")
    write(root, "a.wav", b"a")
    write(root, "Song.rpp", reaper("a.wav"))
    write(root, "b.wav", b"b")
    archive(library, root, tmp_path / "out", used_only=True)
    assert ask(library, root).new == ("Song/b.wav",)
    found = ask(library, root, used_only=True)
    assert found.safe
    assert "1 pipes, devices or things left out as wished were not looked at" in found.notes


def test_a_file_that_changes_while_it_is_read(library: Library, song: str, tmp_path: Path) -> None:
    archive(library, song, tmp_path / "out")

    class Meddler:
        """Appends to a file when all is read."""

        task, note = silent.task, silent.note

        def advance(self, count: int) -> None:
            with open(os.path.join(song, "long.wav"), "ab") as file:
                file.write(b"x")

    found = examine(library, song, CollectOptions(), 1, Meddler())
    assert found.unread == ("Song/long.wav",)
    assert found.reasons == ("1 file could not be read, or changed meanwhile",)


def test_no_such_source(library: Library) -> None:
    with pytest.raises(SourceError):
        ask(library, "")


def test_discs_of_which_nothing_counts(
    library: Library, song: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = archive(library, song, tmp_path / "out")
    counts = {(plan.set.id, disc.number): Count(2, 1, 1) for disc in plan.discs}
    monkeypatch.setattr(source_status, "counts_of_all", lambda _: counts)
    assert examine(library, song, CollectOptions(), 2, silent).safe
    monkeypatch.setattr(source_status, "counts_of_all", lambda _: {})
    found = examine(library, song, CollectOptions(), 1, silent)
    assert (found.copies, len(found.scarce)) == (0, 3)
