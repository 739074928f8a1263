"""Ardour sessions: their sources, where these are looked for, and what is no sound session."""

import os
import random
from contextlib import suppress
from pathlib import Path

import pytest

from spanner.model.session import MediaReference, Session, SessionError
from spanner.sources.formats.ardour import is_ardour, read

SESSION = """<?xml version="1.0" encoding="UTF-8"?>
<Session version="7002" name="My/Song" sample-rate="48000" id-counter="812" name-counter="1">
  <ProgramVersion created-with="Ardour 6.9" modified-with="Ardour 7.3"/>
  <Path>/home/eva/My Song/:/media/fast/My Song</Path>
  <Config>
    <Option name="audio-search-path" value="/loops:/media/Old Song/interchange/Old/audiofiles"/>
    <Option name="midi-search-path" value=""/>
    <Option name="raid-path" value="/elsewhere"/>
  </Config>
  <Sources>
    <Source name="Vox-1%L.wav" type="audio" flags="Writable,CanRename" id="90" origin="/in/V.wav"
      channel="0" gain="1"/>
    <Source name="Stereo.wav" type="audio" flags="" id="91" channel="0"/>
    <Source name="Stereo.wav" type="audio" flags="" id="92" channel="1"/>
    <Source name="Keys-1.mid" type="midi" flags="Writable,CanRename,RemovableIfEmpty" id="93"/>
    <Source name="Keys-2.mid" type="midi" flags="Writable,RemovableIfEmpty,Empty" id="96"/>
    <Source name="Keys-3.mid" type="midi" flags="Empty" id="97"/>
    <Source name="/old/place/&#252;.wav" id="94"/>
    <Source name="compound" type="audio" id="95" playlist="200" original="90"/>
  </Sources>
  <Regions><Region name="x"><Source name="not.wav"/></Region></Regions>
  <Playlists><Source name="not.wav"/></Playlists>
  <Extra><Videotimeline Filename="reel.mov" LocalFile="1" OriginalVideoFile="/o.mov"/></Extra>
</Session>
"""

OLD = """<?xml version="1.0"?>
<Session version="2.0.0" name="Old" sample-rate="44100" end-is-free="no" event-counter="3">
  <Sources><Source name="a-0.wav" id="1" flags="Writable" timestamp="0"/></Sources>
</Session>"""


def write(folder: Path, data: bytes | str) -> str:
    os.makedirs(os.path.join(folder, "My Song"), exist_ok=True)
    path = os.path.join(folder, "My Song", "take.ardour")
    with open(path, "wb") as file:
        file.write(data if isinstance(data, bytes) else data.encode())
    return path


def read_text(folder: Path, data: bytes | str) -> Session:
    return read(write(folder, data))


def test_a_session(tmp_path: Path) -> None:
    found = read_text(tmp_path, SESSION)
    assert found == Session(
        application="Ardour",
        version="7.3",
        format="ardour",
        media=(
            MediaReference(
                kind="audio", name="Vox-1%L.wav", volume="", directory=(), recorded="Vox-1%L.wav"
            ),
            MediaReference(
                kind="audio", name="Stereo.wav", volume="", directory=(), recorded="Stereo.wav"
            ),
            MediaReference(
                kind="midi", name="Keys-1.mid", volume="", directory=(), recorded="Keys-1.mid"
            ),
            MediaReference(
                kind="audio",
                name="ü.wav",
                volume="/",
                directory=("old", "place"),
                recorded="/old/place/ü.wav",
            ),
            MediaReference(
                kind="video",
                name="reel.mov",
                volume="",
                directory=("videofiles",),
                recorded="videofiles/reel.mov",
            ),
        ),
        sample_rate=48000,
        search=found.search,
    )
    below = [
        "interchange/My_Song/audiofiles",
        "interchange/My_Song/midifiles",
        "interchange/My Song/audiofiles",
        "interchange/My Song/midifiles",
        "sounds",
    ]
    assert found.search == (
        *below,
        *(f"/home/eva/My Song/{one}" for one in below),
        *(f"/media/fast/My Song/{one}" for one in below),
        "/loops",
        "/media/Old Song/interchange/Old/audiofiles",
    )


def test_an_old_session(tmp_path: Path) -> None:
    found = read_text(tmp_path, OLD)
    assert (found.version, found.sample_rate) == ("2.0.0", 44100)
    assert [one.name for one in found.media] == ["a-0.wav"]
    assert "sounds" in found.search


def test_a_session_whose_folder_was_renamed(tmp_path: Path) -> None:
    interchange = tmp_path / "My Song" / "interchange"
    (interchange / "First Name").mkdir(parents=True)
    (interchange / "a file").touch()
    below = ["interchange/First Name/audiofiles", "interchange/First Name/midifiles"]
    assert read_text(tmp_path, OLD).search[4:6] == tuple(below)
    (interchange / "Another").mkdir()  # then Ardour does not know either
    assert not set(below) & set(read_text(tmp_path, OLD).search)


def test_mixbus_and_windows(tmp_path: Path) -> None:
    data = SESSION.replace("Ardour 7.3", "Mixbus 32C 8.1")
    data = data.replace("/loops:/media/", r"C:\Loops;D:\media" + "\\")
    found = read_text(tmp_path, data)
    assert (found.application, found.version) == ("Mixbus 32C", "8.1")
    assert found.search[-2:] == ("C:/Loops", "D:/media/Old Song/interchange/Old/audiofiles")


@pytest.mark.parametrize(
    ("attributes", "volume", "directory"),
    [
        ('Filename="/f/a.mov" LocalFile="0"', "/", ("f",)),
        ('Filename="/f/a.mov" LocalFile="1"', "/", ("f",)),
        (r'Filename="C:\f\a.mov" LocalFile="1"', "C:", ("f",)),
        ('Filename="a.mov" LocalFile="yes"', "", ("videofiles",)),
        ('Filename="a.mov"', "", ()),
    ],
)
def test_videos(tmp_path: Path, attributes: str, volume: str, directory: tuple[str, ...]) -> None:
    data = OLD.replace("</Session>", f"<Videotimeline {attributes}/></Session>")
    video = read_text(tmp_path, data).media[-1]
    assert video.kind == "video"
    assert (video.volume, video.directory, video.name) == (volume, directory, "a.mov")


def test_a_video_without_a_name(tmp_path: Path) -> None:
    data = OLD.replace("</Session>", '<Videotimeline Filename=""/></Session>')
    assert len(read_text(tmp_path, data).media) == 1


@pytest.mark.parametrize(
    ("data", "what"),
    [
        ("", "line 1: is not the XML"),
        ("<Sessions/>", "line 1: is no Ardour session but <Sessions>"),
        (SESSION.replace("48000", "x"), "line 2: Session: sample-rate 'x'"),
        (SESSION.replace("Stereo.wav", ""), "line 13, Source: the medium's place is empty"),
        (SESSION.replace("/loops", "http://x"), None),
        (SESSION.replace("/loops", "a" * 9000), "line 6: Option: a folder is too long"),
        (SESSION.replace("/loops", "/a:" * 9999), "line 6: Option: more folders"),
        (SESSION.replace("<Session ", "<!DOCTYPE s [<!ENTITY a 'b'>]><Session "), "line 2: decl"),
        (SESSION.replace("<Sources>", "<a>" * 10_000), "line 10: .*nested too deep"),
    ],
    ids=range(9),
)
def test_what_is_no_session(tmp_path: Path, data: str, what: str | None) -> None:
    if what is None:
        assert read_text(tmp_path, data).media
        return
    with pytest.raises(SessionError, match=what) as raised:
        read_text(tmp_path, data)
    assert "take.ardour: " in str(raised.value)


def test_it_is_known_by_its_content() -> None:
    assert is_ardour(SESSION.encode())
    assert is_ardour(OLD.encode()[:120])
    assert not is_ardour(b"<Session/>")
    assert not is_ardour(b"<Session version='1'/>")
    assert not is_ardour(b"<fcpxml version='1'/>")
    assert not is_ardour(b"")


def test_cut_anywhere(tmp_path: Path) -> None:
    data = SESSION.rstrip().encode()
    for length in range(len(data)):
        with pytest.raises(SessionError, match=r"take.ardour: line \d+"):
            read_text(tmp_path, data[:length])


def test_bytes_changed_at_random(tmp_path: Path) -> None:
    rng = random.Random(1)
    for _ in range(1000):
        data = bytearray(SESSION.encode())
        for _ in range(rng.randint(1, 3)):
            data[rng.randrange(len(data))] = rng.choice([rng.randrange(256), *b'<>"/:'])
        with suppress(SessionError):
            read_text(tmp_path, bytes(data))
