"""Media are found where they were, where their volume is now, beside the session, by their id."""

import glob
import os
import struct
import unicodedata
from pathlib import Path

import pytest
from msgspec.structs import replace

from spanner.model import mounts
from spanner.model.session import MediaReference, Session
from spanner.model.tree import EMBEDDED, INSIDE, MISSING, OUTSIDE, REGENERABLE
from spanner.sources.folders import Folders, mounted_volumes
from spanner.sources.resolver import MediaResolver, ResolvedReference, is_backup
from spanner.sources.session_scan import scan_sessions, session_files
from spanner.sources.sound import Sound, examine
from support.projects import reaper
from support.trees import write

ID = "00112233445566778899aabb"


def wav(frames: int = 10, unique_id: str = "", form: bytes = b"RIFF") -> bytes:
    """A mono sound of 16 bits."""
    data = bytes(frames * 2)
    size = 0xFFFFFFFF if form != b"RIFF" else len(data)
    ds64 = struct.pack("<4sIQQQI", b"ds64", 28, 0, len(data), frames, 0) * (form != b"RIFF")
    fmt = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 48000, 96000, 2, 16)
    umid = b"umid" + struct.pack("<I", 24) + bytes(4) + bytes.fromhex(unique_id) + bytes(8)
    chunks = ds64 + fmt + struct.pack("<4sI", b"data", size) + data + umid * bool(unique_id)
    return form + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def reference(name: str, *directory: str, volume: str = "/", **more: object) -> MediaReference:
    recorded = "/".join([*directory, name])
    return MediaReference(
        kind="audio", name=name, volume=volume, directory=directory, recorded=recorded, **more
    )  # type: ignore[arg-type]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A session's folder with one sound where Pro Tools puts it."""
    write(str(tmp_path / "Song"), "Audio Files/Kick.wav", wav())
    write(str(tmp_path / "Song"), "Song.ptx", b"session")
    return tmp_path / "Song"


def find(home: Path, wanted: MediaReference, *search: str, **more: object) -> ResolvedReference:
    session = Session(application="Pro Tools", version="12", format="ptx", media=(wanted,), **more)  # type: ignore[arg-type]
    (found,) = MediaResolver(search).resolve(session, str(home / "Song.ptx"))
    return found


def parts(path: Path) -> tuple[str, ...]:
    return path.parts[1:]


def test_the_recorded_place_comes_first(home: Path, tmp_path: Path) -> None:
    write(str(tmp_path / "Other"), "Kick.wav", wav())
    found = find(home, reference("Kick.wav", *parts(tmp_path / "Other")))
    assert (found.status, found.found_by) == (OUTSIDE, "recorded place")
    assert found.path == str(tmp_path / "Other" / "Kick.wav")
    found = find(home, reference("Kick.wav", *parts(home / "Audio Files")))
    assert (found.status, found.path) == (INSIDE, str(home / "Audio Files" / "Kick.wav"))


def test_a_moved_session_has_its_media_beside_it(home: Path) -> None:
    write(str(home), "Audio Files/Takes/Kick.wav", wav())
    found = find(home, reference("Kick.wav", "Old", "Song", "Audio Files", volume="/Volumes/AG"))
    assert (found.status, found.found_by) == (INSIDE, "beside the session")
    assert found.path == str(home / "Audio Files" / "Kick.wav")
    found = find(home, reference("Kick.wav", "Old", "Audio Files", "Takes", volume="C:"))
    assert found.path == str(home / "Audio Files" / "Takes" / "Kick.wav")


def test_the_folders_of_pro_tools_come_before_others(home: Path) -> None:
    write(str(home), "A Bounce/Kick.wav", wav())
    found = find(home, reference("Kick.wav", "Elsewhere", volume="/Volumes/AG"))
    assert found.path == str(home / "Audio Files" / "Kick.wav")


def test_a_volume_that_is_mounted_elsewhere(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mounts, "MOUNT_POINTS", (f"{tmp_path}/mounts/*",))
    write(str(tmp_path / "mounts" / "ag"), "Lib/Snare.wav", wav())
    found = find(home, reference("Snare.wav", "Lib", volume="/Volumes/AG"))
    assert (found.status, found.found_by) == (OUTSIDE, "volume, mounted elsewhere")
    assert find(home, reference("Snare.wav", "Lib", volume="/Volumes/B")).status == MISSING


def test_volumes_are_looked_for_wherever_they_can_be_mounted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    there = {"/media/*": ["/media/AG"], "/media/*/*": ["/media/eva/B"], "/mnt/*": ["/mnt/c"]}
    monkeypatch.setattr(glob, "glob", lambda pattern: there.get(pattern, []))
    assert mounted_volumes() == ["/media/AG", "/media/eva/B", "/mnt/c"]


def test_names_are_compared_as_people_mean_them(home: Path) -> None:
    name = unicodedata.normalize("NFD", "Größe é.wav")
    write(str(home), f"audio files/{name}", wav())
    wanted = unicodedata.normalize("NFC", "GRÖSSE É.WAV")
    found = find(home, reference(wanted, "Audio Files", volume=""))
    assert (found.status, found.path) == (INSIDE, str(home / "audio files" / name))


def test_relative_places_may_lead_up_and_are_then_outside(home: Path, tmp_path: Path) -> None:
    write(str(tmp_path), "Shared/Loop.wav", wav())
    found = find(home, reference("Loop.wav", "..", "Shared", volume=""))
    assert (found.status, found.path) == (OUTSIDE, str(tmp_path / "Shared" / "Loop.wav"))


def test_search_folders_of_the_session(home: Path, tmp_path: Path) -> None:
    write(str(tmp_path / "rec"), "Take.wav", wav())
    found = find(home, reference("Take.wav", volume=""), search=(str(tmp_path / "rec"),))
    assert (found.status, found.found_by) == (OUTSIDE, "search folder")


def test_search_roots_need_the_same_length(home: Path, tmp_path: Path) -> None:
    root = tmp_path / "Drive"
    write(str(root), "x/Tom.wav", wav(5))
    write(str(root), "y/Tom.wav", wav(7))
    wanted = reference("Tom.wav", "x", volume="C:", frames=7)
    assert find(home, wanted).status == MISSING
    found = find(home, wanted, str(root))
    assert (found.status, found.path) == (OUTSIDE, str(root / "y" / "Tom.wav"))
    assert find(home, reference("Tom.wav", volume="C:", frames=8), str(root)).status == MISSING
    by_size = reference("Tom.wav", volume="C:", size=len(wav(5)))
    assert find(home, by_size, str(root)).path == str(root / "x" / "Tom.wav")


def test_a_damaged_name_is_found_by_its_id(home: Path) -> None:
    write(str(home), "Audio Files/Gr#U00f6sse.wav", wav(unique_id=ID))
    found = find(home, reference("Größe.wav", "Audio Files", volume="C:", unique_id=ID))
    assert (found.status, found.found_by) == (INSIDE, "unique id")
    other = reference("Größe.wav", "Audio Files", volume="C:", unique_id="ff" * 12)
    assert find(home, other).status == MISSING


def test_what_is_embedded_or_can_be_made_again(home: Path) -> None:
    assert find(home, reference("x.wav", volume="", embedded=True)).status == EMBEDDED
    fade = MediaReference(
        kind="fade", name="f.wav", volume="/", directory=("Fade Files",), recorded="f.wav"
    )
    assert find(home, fade).status == REGENERABLE


def test_what_no_session_uses_is_listed(home: Path) -> None:
    write(str(home), "Audio Files/Old.wav", wav())
    write(str(home), "Notes/mix.txt", b"text")
    session = Session(
        application="",
        version="",
        format="ptx",
        media=(reference("Kick.wav", "Audio Files", volume=""),),
    )
    resolver = MediaResolver()
    found = resolver.resolve(session, str(home / "Song.ptx"))
    assert resolver.unused(str(home / "Song.ptx"), found) == [str(home / "Audio Files/Old.wav")]


def test_folders_are_read_once_for_many_sessions(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = Folders()
    resolver = MediaResolver([str(tmp_path), str(home)], folders)
    listed: list[str] = []
    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", lambda top: listed.append(str(top)) or scandir(top))
    files = []
    for number in range(50):
        project = reaper("Audio Files/Kick.wav", "/Volumes/X/Lost.wav", f"Loops/{number}.wav")
        files.append(write(str(home / "Versions" / str(number % 5)), f"{number}.rpp", project))
    write(str(home), "Session File Backups/Song.rpp", reaper("Audio Files/Kick.wav"))
    found = session_files(folders.entries(str(home)))
    assert len(list(scan_sessions(found, resolver))) == 52  # and Song.ptx
    assert str(home / "Audio Files") in listed
    assert len(listed) == len(set(listed))


def test_a_backup_belongs_to_the_folder_above(home: Path) -> None:
    write(str(home), "Session File Backups/Song.bak.001.ptx", b"session")
    session = Session(
        application="",
        version="",
        format="ptx",
        media=(reference("Kick.wav", "Lost", volume="/Volumes/X"),),
    )
    file = str(home / "Session File Backups/Song.bak.001.ptx")
    (found,) = MediaResolver().resolve(session, file)
    assert (found.status, found.path) == (INSIDE, str(home / "Audio Files/Kick.wav"))
    assert is_backup(file)
    assert not is_backup(str(home / "Song.ptx"))


def test_of_files_with_one_name_that_with_the_id_then_that_with_the_length(home: Path) -> None:
    write(str(home), "B/Kick.wav", wav(20))
    write(str(home), "C/Kick.wav", wav(20, ID))
    wanted = reference("Kick.wav", "Audio Files", volume="/Volumes/X", frames=20)
    assert find(home, wanted).path == str(home / "B" / "Kick.wav")
    wanted = replace(wanted, unique_id=ID, frames=10)
    assert find(home, wanted).path == str(home / "C" / "Kick.wav")


def test_a_link_that_leads_out_does_not_make_a_medium_inside(home: Path, tmp_path: Path) -> None:
    write(str(tmp_path / "Other"), "Snare.wav", wav())
    os.symlink(tmp_path / "Other", home / "Linked")
    found = find(home, reference("Snare.wav", "Linked", volume=""))
    assert (found.status, found.path) == (OUTSIDE, str(home / "Linked" / "Snare.wav"))


@pytest.mark.parametrize("form", [b"RIFF", b"RF64", b"BW64"])
def test_what_a_sound_says(tmp_path: Path, form: bytes) -> None:
    write(str(tmp_path), "a.wav", wav(33, ID, form))
    assert examine(str(tmp_path / "a.wav")) == Sound(33, ID)


def test_what_is_no_sound_says_nothing(tmp_path: Path) -> None:
    data = wav(33, ID)
    for size in range(len(data)):
        write(str(tmp_path), "a.wav", data[:size])
        assert isinstance(examine(str(tmp_path / "a.wav")), Sound)
    write(str(tmp_path), "a.wav", b"FORM....AIFF")
    assert examine(str(tmp_path / "a.wav")) == Sound()
    assert examine(str(tmp_path / "missing")) == Sound()
    assert examine(str(tmp_path)) == Sound()
