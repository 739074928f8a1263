"""FCPXML, bundles of it, and the xmeml of Final Cut Pro 7."""

import os
import random
from contextlib import suppress
from pathlib import Path

import pytest

from spanner.model.session import MediaReference, Session, SessionError
from spanner.sources.formats.final_cut import is_final_cut, read

NEW = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE fcpxml>
<fcpxml version="1.10">
  <resources>
    <format id="r1" name="FFVideoFormat1080p25"/>
    <effect id="r9" name="Title" uid="x" src="file:///not/this.moti"/>
    <asset id="r2" name="reel" hasVideo="1" hasAudio="1" audioRate="48000" duration="10s">
      <media-rep kind="original-media" sig="A" src="file:///Volumes/Film/reel%201.mov">
        <bookmark>Ym9vaw==</bookmark>
      </media-rep>
      <media-rep kind="proxy-media" src="./Proxy/reel%201.mov"/>
    </asset>
    <asset id="r3" name="music" hasAudio="1" duration="10s">
      <media-rep kind="original-media" src="file:///Users/eva/mix"/>
    </asset>
    <asset id="r4" name="again" hasAudio="1">
      <media-rep kind="original-media" src="file://localhost/Users/eva/mix"/>
    </asset>
    <asset id="r5" name="still" hasVideo="1"><media-rep src=""/></asset>
  </resources>
  <library><event><project><sequence format="r1" audioRate="44.1k"><spine/></sequence>
  </project></event></library>
</fcpxml>
"""

OLDER = """<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<!DOCTYPE fcpxml>

<fcpxml version="1.8">
    <resources>
        <asset id="r1" name="a" hasVideo="1" src="file:///C:/Film/a.mov"/>
        <asset id="r2" name="b" hasAudio="1" src="Media/b%20c.wav"/>
    </resources>
</fcpxml>
"""

SEVEN = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE xmeml>
<xmeml version="5">
  <sequence id="s">
    <media>
      <video><track><clipitem id="c1">
        <file id="f1"><name>a.mov</name><pathurl>file://localhost/Volumes/Film/a%20b.mov</pathurl>
          <media><audio><samplecharacteristics><samplerate>32000</samplerate>
          </samplecharacteristics></audio></media></file>
      </clipitem><clipitem><file id="f1"/></clipitem></track></video>
      <audio>
        <format><samplecharacteristics><depth>16</depth><samplerate> 48000 </samplerate>
        </samplecharacteristics></format>
        <track><clipitem><file id="f2">
          <pathurl>file://localhost/C%3a/Mix/m.wav</pathurl></file></clipitem>
          <clipitem><file id="f3"><pathurl>
            file://nas/audio/n.wav
          </pathurl></file><file id="f4"><pathurl></pathurl></file></clipitem></track>
      </audio>
    </media>
  </sequence>
</xmeml>
"""


def write(folder: Path, data: bytes | str, name: str = "cut.fcpxml") -> str:
    path = os.path.join(folder, name)
    with open(path, "wb") as file:
        file.write(data if isinstance(data, bytes) else data.encode())
    return path


def read_text(folder: Path, data: bytes | str) -> Session:
    return read(write(folder, data))


def test_fcpxml(tmp_path: Path) -> None:
    assert read_text(tmp_path, NEW) == Session(
        application="Final Cut Pro",
        version="1.10",
        format="fcpxml",
        media=(
            MediaReference(
                kind="video",
                name="reel 1.mov",
                volume="/Volumes/Film",
                directory=(),
                recorded="file:///Volumes/Film/reel%201.mov",
            ),
            MediaReference(
                kind="video",
                name="reel 1.mov",
                volume="",
                directory=("Proxy",),
                recorded="./Proxy/reel%201.mov",
            ),
            MediaReference(
                kind="audio",
                name="mix",
                volume="/",
                directory=("Users", "eva"),
                recorded="file:///Users/eva/mix",
            ),
        ),
        sample_rate=44100,
    )


def test_fcpxml_with_the_place_in_the_asset(tmp_path: Path) -> None:
    found = read_text(tmp_path, OLDER)
    assert found.media == (
        MediaReference(
            kind="video",
            name="a.mov",
            volume="C:",
            directory=("Film",),
            recorded="file:///C:/Film/a.mov",
        ),
        MediaReference(
            kind="audio",
            name="b c.wav",
            volume="",
            directory=("Media",),
            recorded="Media/b%20c.wav",
        ),
    )
    assert (found.version, found.sample_rate) == ("1.8", None)


def test_a_bundle(tmp_path: Path) -> None:
    bundle = os.path.join(tmp_path, "cut.fcpxmld")
    os.mkdir(bundle)
    with pytest.raises(SessionError, match=r"Info\.fcpxml: cannot be read"):
        read(bundle)
    write(Path(bundle), NEW, "Info.fcpxml")
    places = [(one.volume, one.directory) for one in read(bundle).media]
    assert places == [
        ("/Volumes/Film", ()),
        ("", ("cut.fcpxmld", "Proxy")),
        ("/", ("Users", "eva")),
    ]
    assert read(bundle + "/").media == read(bundle).media
    # Read by itself, its places count from its own folder.
    assert read(os.path.join(bundle, "Info.fcpxml")).media[1].directory == ("Proxy",)


def test_xmeml(tmp_path: Path) -> None:
    assert read_text(tmp_path, SEVEN) == Session(
        application="Final Cut Pro 7",
        version="5",
        format="xmeml",
        media=(
            MediaReference(
                kind="video",
                name="a b.mov",
                volume="/Volumes/Film",
                directory=(),
                recorded="file://localhost/Volumes/Film/a%20b.mov",
            ),
            MediaReference(
                kind="audio",
                name="m.wav",
                volume="C:",
                directory=("Mix",),
                recorded="file://localhost/C%3a/Mix/m.wav",
            ),
            MediaReference(
                kind="audio",
                name="n.wav",
                volume="//nas/audio",
                directory=(),
                recorded="file://nas/audio/n.wav",
            ),
        ),
        sample_rate=48000,
    )


@pytest.mark.parametrize(
    ("data", "what"),
    [
        ("", "line 1: is not the XML"),
        ("<html/>", "line 1: is no FCPXML or xmeml but <html>"),
        (NEW.replace("44.1k", "fast"), "line 21: sequence: the sample rate 'fas'"),
        (NEW.replace("44.1k", "1e9999k"), "line 21: sequence: the sample rate"),
        (NEW.replace("44.1k", "NaNk"), "line 21: sequence: the sample rate"),
        (SEVEN.replace("> 48000 <", ">x<"), "line 12: samplerate: the sample rate 'x'"),
        (NEW.replace('src=""', ""), "line 19: media-rep without src"),
        (NEW.replace("./Proxy/reel%201.mov", ".."), "line 11, media-rep: .*names no file"),
        (NEW.replace("./Proxy/reel%201.mov", "a%00b"), "line 11, media-rep: .*NUL"),
        (NEW.replace("<!DOCTYPE fcpxml>", "<!DOCTYPE fcpxml SYSTEM 'x'>"), "line 2: declares"),
        (NEW.replace("<resources>", "<a>" * 9999), "line 4: .*nested too deep"),
    ],
    ids=range(11),
)
def test_what_is_sound_in_neither(tmp_path: Path, data: str, what: str) -> None:
    with pytest.raises(SessionError, match=f"cut.fcpxml: {what}"):
        read_text(tmp_path, data)


def test_urls_are_noted(tmp_path: Path) -> None:
    found = read_text(tmp_path, NEW.replace("file:///Volumes", "https://Volumes"))
    assert len(found.media) == 2
    assert found.notes == ("line 8, media-rep: the medium's place is no file's URL",)


def test_it_is_known_by_its_content() -> None:
    assert is_final_cut(NEW.encode()[:200])
    assert is_final_cut(SEVEN.encode())
    assert not is_final_cut(b"<Session/>")
    assert not is_final_cut(b"")


def test_no_such_file(tmp_path: Path) -> None:
    for path in [os.path.join(tmp_path, "none"), "a\0b"]:
        with pytest.raises(SessionError, match="cannot be read"):
            read(path)


@pytest.mark.parametrize("text", [NEW, SEVEN])
def test_cut_anywhere(tmp_path: Path, text: str) -> None:
    data = text.rstrip().encode()
    for length in range(len(data)):
        with pytest.raises(SessionError, match=r"cut.fcpxml: line \d+"):
            read_text(tmp_path, data[:length])


@pytest.mark.parametrize("text", [NEW, OLDER, SEVEN])
def test_bytes_changed_at_random(tmp_path: Path, text: str) -> None:
    rng = random.Random(1)
    for _ in range(700):
        data = bytearray(text.encode())
        for _ in range(rng.randint(1, 3)):
            data[rng.randrange(len(data))] = rng.choice([rng.randrange(256), *b'<>"/%'])
        with suppress(SessionError):
            read_text(tmp_path, bytes(data))


def test_absurdly_large_files_are_refused_at_once(tmp_path: Path) -> None:
    path = write(tmp_path, "<fcpxml version='1.10'>")
    os.truncate(path, 1 << 40)
    with pytest.raises(SessionError, match="MB of XML"):
        read(path)
