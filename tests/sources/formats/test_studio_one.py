"""Studio One songs: the pool in their zip files, and damage."""

import contextlib
import io
import random
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from spanner.model.session import MediaReference, SessionError
from spanner.sources.formats import opening, studio_one
from spanner.sources.formats.studio_one import is_studio_one, read
from support.work import within

POOL = """<?xml version="1.0" encoding="UTF-8"?>
<MediaPool>
  <MediaFolder name="Audio">
    <AudioClip mediaID="{1}"><Url x:id="path" type="1" url="file:///C:/Songs/Kick%20%C3%BC.wav"/>
      <Url x:id="other" url="file:///C:/no.wav"/></AudioClip>
    <AudioClip mediaID="{2}"><Url x:id="path" url="media:///Media/in.wav"/></AudioClip>
    <AudioClip><Url x:id="path" url="file:///Users/x/b.wav"/></AudioClip>
    <VideoClip><Url x:id="path" url="file:///Volumes/V/film.mov"/></VideoClip>
    <MusicClip><Url x:id="path" url="media:///Music/part.mid"/></MusicClip>
  </MediaFolder>
</MediaPool>
"""
ABOUT = """<MetaInformation>
  <Attribute id="Document:Generator" value="Studio One/5.5.2.86528"/>
  <Attribute id="Media:SampleRate" value="48000"/>
</MetaInformation>
"""


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "Söng.song")


def song(pool: str | bytes = POOL, about: str = ABOUT, **more: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Media/in.wav", b"RIFF1234")
        archive.writestr("Song/mediapool.xml", pool)
        archive.writestr("metainfo.xml", about)
        for name, text in more.items():
            archive.writestr(name, text)
    return content.getvalue()


def write(path: str, content: bytes) -> str:
    Path(path).write_bytes(content)
    return path


def test_the_pool_is_listed(path: str) -> None:
    session = read(write(path, song()))
    kick = "file:///C:/Songs/Kick%20%C3%BC.wav"
    inside, part = "media:///Media/in.wav", "media:///Music/part.mid"
    film = "file:///Volumes/V/film.mov"
    assert session.media == (
        MediaReference(
            kind="audio", name="Kick ü.wav", volume="C:", directory=("Songs",), recorded=kick
        ),
        MediaReference(
            kind="audio",
            name="in.wav",
            volume="",
            directory=("Media",),
            recorded=inside,
            embedded=True,
            size=8,
        ),
        MediaReference(
            kind="audio",
            name="b.wav",
            volume="/",
            directory=("Users", "x"),
            recorded="file:///Users/x/b.wav",
        ),
        MediaReference(
            kind="video", name="film.mov", volume="/Volumes/V", directory=(), recorded=film
        ),
        MediaReference(
            kind="midi",
            name="part.mid",
            volume="",
            directory=("Music",),
            recorded=part,
            embedded=True,
        ),
    )
    assert (session.application, session.version) == ("Studio One", "5.5.2.86528")
    assert (session.format, session.sample_rate) == ("song", 48000)
    assert session.notes == ("line 9: Music/part.mid should lie in the song itself, but does not",)
    assert is_studio_one(song())


def test_a_declared_prefix_is_fine(path: str) -> None:
    pool = POOL.replace("<MediaPool>", '<MediaPool xmlns:x="http://example.org/x">')
    assert len(read(write(path, song(pool))).media) == 5


def test_lengths_and_encoded_members_are_understood(path: str) -> None:
    clips = (
        '<AudioClip><Attributes x:id="format" frameCount="96000" sampleRate="48000"/>'
        '<Url x:id="path" url="media:///Media/a%20b.wav"/></AudioClip>'
        '<AudioClip><Url x:id="path" url="file:///C:/c.wav"/>'
        '<Attributes x:id="format" frameCount="12"/></AudioClip>'
        '<AudioClip><Url x:id="path" url="file:///C:/d.wav"/>'
        '<Attributes x:id="format" frameCount="x"/></AudioClip>'
    )
    content = song(f"<MediaPool>{clips}</MediaPool>", **{"Media/a b.wav": "RIFF"})
    session = read(write(path, content))
    inside = "media:///Media/a%20b.wav"
    assert session.media == (
        MediaReference(
            kind="audio",
            name="a b.wav",
            volume="",
            directory=("Media",),
            recorded=inside,
            embedded=True,
            size=4,
            frames=96000,
        ),
        MediaReference(
            kind="audio",
            name="c.wav",
            volume="C:",
            directory=(),
            recorded="file:///C:/c.wav",
            frames=12,
        ),
        MediaReference(
            kind="audio", name="d.wav", volume="C:", directory=(), recorded="file:///C:/d.wav"
        ),
    )
    assert session.notes == ()


def test_samples_in_presets_of_samplers_are_listed(path: str) -> None:
    preset = (
        '<AudioEffectPreset><List><Url x:id="a" url="file:///C:/Kick.wav"/></List>'
        '<Zone><Attributes url="file:///C:/Drums/S%20nare.wav" x:id="b"/></Zone>'
        '<Url url="package:///x"/></AudioEffectPreset>'
    )
    members = {
        "Presets/Synths/1 - Impact.fxpreset": preset,
        "Presets/Synths/2 - Other.fxpreset": '{"url": "file:///C:/no.wav"}',
        "Presets/Synths/3 - Other.vstpreset": preset.replace("C:", "D:"),
        "Presets/Channels/4.fxpreset": preset.replace("C:", "E:"),
        "Presets/Synths/5 - Empty.fxpreset": "",
    }
    session = read(write(path, song("<MediaPool/>", **members)))
    assert session.media == (
        MediaReference(
            kind="audio", name="Kick.wav", volume="C:", directory=(), recorded="file:///C:/Kick.wav"
        ),
        MediaReference(
            kind="audio",
            name="S nare.wav",
            volume="C:",
            directory=("Drums",),
            recorded="file:///C:/Drums/S%20nare.wav",
        ),
    )
    assert session.notes == ()


def test_absurd_presets_are_refused_or_noted(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    members = {f"Presets/Synths/{number}.fxpreset": f"<a>{number}</a>" for number in range(20)}
    content = song(**members)
    monkeypatch.setattr("spanner.sources.formats.studio_one.MOST_TEXT", 100)
    with pytest.raises(SessionError, match="larger than a song's"):
        read(write(path, content))
    monkeypatch.setattr("spanner.sources.formats.studio_one._MOST_STEPS", 100)
    session = read(write(path, content))
    assert len(session.media) == 5
    assert session.notes[-1] == "20 presets of instruments are not read: too many"
    monkeypatch.undo()
    with pytest.raises(SessionError, match="XML"):
        read(write(path, song(**{"Presets/Synths/x.fxpreset": "<a>"})))


def test_a_clip_without_a_place_is_noted(path: str) -> None:
    pool = "<MediaPool><AudioClip><Url x:id='path' url=''/></AudioClip></MediaPool>"
    session = read(write(path, song(pool, "<x/>")))
    assert session.media == ()
    assert session.notes == ("line 1: a clip without a place",)
    assert (session.application, session.version, session.sample_rate) == ("Studio One", "", None)


@pytest.mark.parametrize("url", ["media:///", "media:///../x.wav", "file:///"])
def test_places_that_are_none_are_refused(path: str, url: str) -> None:
    write(
        path, song(f"<MediaPool><AudioClip><Url x:id='path' url='{url}'/></AudioClip></MediaPool>")
    )
    with pytest.raises(SessionError, match="line 1: the medium's place"):
        read(path)


def test_other_files_are_none(path: str) -> None:
    assert not is_studio_one(b"")
    assert not is_studio_one(b"PK\3\4" + bytes(100))
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("x", b"y")
    with pytest.raises(SessionError, match="is no Studio One song"):
        read(write(path, content.getvalue()))
    with pytest.raises(SessionError):
        read(f"{path}.gone")


@pytest.mark.parametrize(
    "pool",
    [
        b"",
        b"<MediaPool>",
        b"<MediaPool><y:a/></MediaPool>",
        b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
        b"\xff\xfe\xfd",
    ],
)
def test_bad_pools_are_refused(path: str, pool: bytes) -> None:
    with pytest.raises(SessionError):
        read(write(path, song(pool)))


def test_zip_bombs_are_refused(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    inflated = 0

    def counted(path: str, member: str) -> Iterator[bytes]:
        nonlocal inflated
        for chunk in opening.zipped(path, member):
            inflated += len(chunk)
            yield chunk

    monkeypatch.setattr(studio_one, "zipped", counted)
    for bomb in (
        song("<MediaPool>" + " " * 60_000_000),
        song(about="<x>" + " " * 60_000_000),
    ):
        inflated = 0
        with pytest.raises(SessionError, match="which no session does"):
            read(write(path, bomb))
        assert inflated < 20_000_000


def test_cut_and_changed_songs_are_refused_or_read(path: str) -> None:
    content = song()
    chance = random.Random(1)
    files = [content[:length] for length in range(0, len(content), 5)]
    for _ in range(1000):
        changed = bytearray(content)
        for _ in range(chance.randint(1, 3)):
            changed[chance.randrange(len(changed))] = chance.choice([0, 255, 1, 80, 0x7F])
        files.append(bytes(changed))
    for each in files:
        write(path, each)
        with contextlib.suppress(SessionError):
            within(3_000, lambda: read(path))
