"""Media from outside sessions come back beside them, or to where they were if that is agreed to."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from spanner.errors import DoesNotFitError, UsageError
from spanner.model import mounts
from spanner.restoring import target_room
from spanner.sources.collect import CollectOptions, collect
from spanner.sources.formats.detect import read_session
from spanner.sources.resolver import MediaResolver
from support.discs import get_back
from support.projects import reaper
from support.sets import MadeSet, make_set
from support.trees import write


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return tmp_path / "Library"


@pytest.fixture
def made(tmp_path: Path, library: Path) -> MadeSet:
    """Two sessions that share a loop of a library, one of them with a file of its own."""
    loop = write(str(library), "Loops/Loop.wav", b"loop" * 1000, 0o640)
    shot = write(str(library), "Shot.wav", b"shot" * 1000)
    write(str(tmp_path / "Song"), "Audio Files/Kick.wav", b"kick")
    write(str(tmp_path / "Song"), "Song.rpp", reaper("Audio Files/Kick.wav", loop, shot))
    write(str(tmp_path / "Mix"), "Mix.rpp", reaper(loop))
    tree = collect([str(tmp_path / "Song"), str(tmp_path / "Mix")], CollectOptions())
    return make_set("", str(tmp_path / "discs"), tree=tree)


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.wav")}


def agree(asked: list[str]) -> object:
    def answer(folders: Sequence[str]) -> bool:
        asked.extend(folders)
        return True

    return answer


def test_beside_the_session_where_it_finds_them(
    made: MadeSet, tmp_path: Path, library: Path
) -> None:
    shutil.move(library, tmp_path / "gone")
    assert get_back(made.images, tmp_path / "out").exit_code == 0
    assert not library.exists()
    for name, count in (("Song", 3), ("Mix", 1)):
        file = str(tmp_path / "out" / name / f"{name}.rpp")
        found = MediaResolver().resolve(read_session(file), file)
        assert [each.status for each in found] == ["inside"] * count


def test_where_they_were(made: MadeSet, tmp_path: Path, library: Path) -> None:
    before = everything(library)
    shutil.rmtree(library)
    asked: list[str] = []
    report = get_back(made.images, tmp_path / "out", original_places=agree(asked))
    assert report.exit_code == 0
    assert asked == [str(library), str(library / "Loops")]
    assert everything(library) == before
    assert os.stat(library / "Loops/Loop.wav").st_mode & 0o777 == 0o640
    assert everything(tmp_path / "out") == {"Song/Audio Files/Kick.wav": b"kick"}
    assert not list((tmp_path / "out").rglob("External Media"))
    again = get_back(made.images, tmp_path / "out", original_places=agree([]))
    assert again.restored == []
    assert again.exit_code == 0


def test_nothing_is_done_unless_that_is_agreed_to(
    made: MadeSet, tmp_path: Path, library: Path
) -> None:
    shutil.rmtree(library)
    with pytest.raises(UsageError, match="nothing was restored"):
        get_back(made.images, tmp_path / "out", original_places=lambda _: False)
    assert not library.exists()
    assert not (tmp_path / "out").exists()


def test_what_is_newer_there_stays(made: MadeSet, tmp_path: Path, library: Path) -> None:
    write(str(library), "Shot.wav", b"newer", mtime_ns=1_800_000_000_000_000_000)
    report = get_back(made.images, tmp_path / "out", original_places=agree([]))
    assert (library / "Shot.wav").read_bytes() == b"newer"
    assert [os.path.basename(each.path) for each in report.kept_newer] == ["Shot.wav"]
    assert report.exit_code == 7


def test_folders_there_keep_their_modes(made: MadeSet, tmp_path: Path, library: Path) -> None:
    os.remove(library / "Shot.wav")
    os.chmod(library, 0o711)
    get_back(made.images, tmp_path / "out", original_places=agree([]))
    assert os.stat(library).st_mode & 0o777 == 0o711
    assert (library / "Shot.wav").exists()


def test_a_volume_that_is_not_mounted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    volumes = tmp_path / "mnt"
    monkeypatch.setattr(mounts, "MOUNT_POINTS", (f"{volumes}/*",))
    write(str(volumes / "AG"), "Take.wav", b"take")
    write(str(volumes / "B"), "Take.wav", b"other")
    project = reaper("/Volumes/AG/Take.wav", "/Volumes/B/Take.wav")
    write(str(tmp_path / "Song"), "Song.rpp", project)
    tree = collect([str(tmp_path / "Song")], CollectOptions())
    made = make_set("", str(tmp_path / "discs"), tree=tree)
    shutil.rmtree(volumes / "AG")
    os.remove(volumes / "B" / "Take.wav")
    report = get_back(made.images, tmp_path / "out", original_places=agree([]))
    assert report.exit_code == 0
    assert (tmp_path / "out/Song/External Media/AG/Take.wav").read_bytes() == b"take"
    assert (volumes / "B/Take.wav").read_bytes() == b"other"
    assert not (volumes / "AG").exists()
    assert not (tmp_path / "out/Song/External Media/B").exists()


def test_room_is_asked_of_each_file_system(
    made: MadeSet, tmp_path: Path, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(library)

    def room(folder: str) -> tuple[int, int]:
        return (1, 7999) if folder.startswith(str(library)) else (2, 1 << 40)

    monkeypatch.setattr(target_room, "room", room)
    with pytest.raises(DoesNotFitError, match=r"Library.* has 8 kB free, 8 kB are needed"):
        get_back(made.images, tmp_path / "out", original_places=agree([]))
