"""DAWprojects: media inside and outside the container, and what is no sound one."""

import os
import random
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest

from spanner.model.session import MediaReference, Session, SessionError
from spanner.sources.formats.dawproject import is_dawproject, read

PROJECT = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Project version="1.0">
  <Application name="Bitwig Studio" version="5.0"/>
  <Structure>
    <Track contentType="audio" id="id1" name="Drums">
      <Channel role="regular"><Devices>
        <ClapPlugin name="Synth"><State path="plugins/1.clap-preset"/></ClapPlugin>
        <Vst3Plugin><State path="states/x.vstpreset" external="true"/></Vst3Plugin>
      </Devices></Channel>
    </Track>
  </Structure>
  <Arrangement><Lanes><Clips><Clip time="0"><Warps>
    <Audio channels="2" duration="2.0" sampleRate="48000">
      <File path="audio/a &amp; b.wav"/>
    </Audio></Warps></Clip>
    <Clip time="4"><Audio channels="1" duration="1" sampleRate="48000">
      <File path="audio/a &amp; b.wav" external="false"/></Audio></Clip>
    <Clip time="8"><Audio channels="1" duration="1" sampleRate="48000">
      <File path="../Loops/l" external="true"/></Audio></Clip>
    <Clip time="8"><Audio channels="1" duration="1" sampleRate="48000">
      <File path="C:\\Loops\\w.wav" external="true"/></Audio></Clip>
    <Clip time="8"><Audio channels="1" duration="1" sampleRate="48000">
      <File path="audio/missing.wav"/></Audio></Clip>
    <Clip time="9"><Video><File path="/films/f.mov" external="1"/></Video></Clip>
  </Clips></Lanes></Arrangement>
</Project>
"""
ENTRIES = {
    "metadata.xml": b"<MetaData/>",
    "project.xml": PROJECT.encode(),
    "audio/a & b.wav": b"RIFF" + bytes(40),
    "plugins/1.clap-preset": b"x",
}


def make(folder: Path, entries: dict[str, bytes]) -> str:
    path = os.path.join(folder, "song.dawproject")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return path


def made(folder: Path, entries: dict[str, bytes]) -> bytes:
    with open(make(folder, entries), "rb") as file:
        return file.read()


def test_a_project(tmp_path: Path) -> None:
    assert read(make(tmp_path, ENTRIES)) == Session(
        application="Bitwig Studio",
        version="5.0",
        format="dawproject",
        media=(
            MediaReference(
                kind="other",
                name="x.vstpreset",
                volume="",
                directory=("states",),
                recorded="states/x.vstpreset",
            ),
            MediaReference(
                kind="audio",
                name="a & b.wav",
                volume="",
                directory=("audio",),
                recorded="audio/a & b.wav",
                embedded=True,
                size=44,
            ),
            MediaReference(
                kind="audio", name="l", volume="", directory=("..", "Loops"), recorded="../Loops/l"
            ),
            MediaReference(
                kind="audio",
                name="w.wav",
                volume="C:",
                directory=("Loops",),
                recorded="C:\\Loops\\w.wav",
            ),
            MediaReference(
                kind="audio",
                name="missing.wav",
                volume="",
                directory=("audio",),
                recorded="audio/missing.wav",
                embedded=True,
            ),
            MediaReference(
                kind="video",
                name="f.mov",
                volume="/",
                directory=("films",),
                recorded="/films/f.mov",
            ),
        ),
        notes=("line 23, File: the container does not hold audio/missing.wav",),
    )


@pytest.mark.parametrize(
    ("entries", "what"),
    [
        ({}, "holds no project.xml"),
        ({"metadata.xml": b"<MetaData/>"}, "holds no project.xml"),
        ({"project.xml": b""}, "line 1: is not the XML"),
        ({"project.xml": b"<Song/>"}, "line 1: is no DAWproject but <Song>"),
        ({"project.xml": b"<Project><Audio><File/></Audio></Project>"}, "line 1: File without a"),
        ({"project.xml": b"<Project>\n<File path=''/></Project>"}, "line 2, File: .*is empty"),
        ({"project.xml": b"<!DOCTYPE a [<!ENTITY b 'c'>]><Project/>"}, "line 1: declares"),
        ({"project.xml": b"<Project>" * 9999}, "line 1: .*nested too deep"),
        ({"project.xml": b"<Project>" + bytes(20_000_000)}, "line 1: |unpacks to"),
        ({"project.xml": b"<Project>" + b" " * 20_000_000}, "unpacks to"),
    ],
    ids=range(10),
)
def test_what_is_no_project(tmp_path: Path, entries: dict[str, bytes], what: str) -> None:
    with pytest.raises(SessionError, match=f"song.dawproject: ({what})"):
        read(make(tmp_path, entries))


def test_it_is_known_by_its_content(tmp_path: Path) -> None:
    assert is_dawproject(made(tmp_path, ENTRIES))
    assert is_dawproject(made(tmp_path, {"a": b"PK\x03\x04" * 99, "project.xml": b""}))
    assert not is_dawproject(made(tmp_path, {"Song/song.xml": b"", "a/project.xml": b""}))
    assert not is_dawproject(b"")
    assert not is_dawproject(b"PK\x03\x04")
    assert not is_dawproject(PROJECT.encode())


def test_cut_anywhere(tmp_path: Path) -> None:
    data = made(tmp_path, ENTRIES)
    path = os.path.join(tmp_path, "song.dawproject")
    for length in range(len(data)):
        with open(path, "wb") as file:
            file.write(data[:length])
        with pytest.raises(SessionError, match=r"song\.dawproject: is a damaged zip file"):
            read(path)
        is_dawproject(data[:length])


def test_bytes_changed_at_random(tmp_path: Path) -> None:
    rng = random.Random(1)
    packed = made(tmp_path, ENTRIES)
    path = os.path.join(tmp_path, "song.dawproject")
    for number in range(2000):
        data = bytearray(PROJECT.encode() if number % 2 else packed)
        for _ in range(rng.randint(1, 4)):
            data[rng.randrange(len(data))] = rng.choice([rng.randrange(256), *b'<>"/'])
        if number % 2:
            make(tmp_path, {"project.xml": bytes(data)})
        else:
            with open(path, "wb") as file:
                file.write(data)
        is_dawproject(bytes(data))
        with suppress(SessionError):
            read(path)


def test_no_such_file(tmp_path: Path) -> None:
    for path in [os.path.join(tmp_path, "none"), str(tmp_path)]:
        with pytest.raises(SessionError, match="cannot be read"):
            read(path)
