"""Reaper projects: their sources, and what is no sound project."""

import os
import random
from contextlib import suppress
from pathlib import Path

import pytest

from spanner.model.session import MediaReference, Session, SessionError
from spanner.sources.formats import reaper, xml
from spanner.sources.formats.reaper import is_reaper, read
from support.work import bytes_read, lines

PROJECT = r"""<REAPER_PROJECT 0.1 "6.80/linux-x86_64" 1688000000
  <NOTES 0 2
    |FILE "notes.wav"
    |<SOURCE WAVE
  >
  RIPPLE 0
  RENDER_FILE "mix/out.wav"
  SAMPLERATE 48000 0 0
  RECORD_PATH "Audio Files" "D:\Second"
  <RENDER_CFG
    ZXZhdxgAAQ==
  >
  <TRACK {0AF0-1}
    NAME "FILE \"no.wav\""
    <FXCHAIN
      <VST "VSTi: ReaSamplOmatic5000 (Cockos)" reasamplomatic.vst.so 0 "" 1920167789 ""
        bW9zcu5e7f4=
      >
    >
    <ITEM
      POSITION 0
      <SOURCE WAVE
        FILE "Audio Files/drums 01.wav"
      >
      TAKE
      <SOURCE SECTION
        LENGTH 2.5
        STARTPOS 1
        <SOURCE FLAC
          FILE 'say "hi".flac' 1
        >
      >
    >
    <ITEM
      <SOURCE VIDEO
        FILE "C:\Film\reel 1.mov"
      >
    >
    <ITEM
      <SOURCE RPP_PROJECT
        FILE `it's a "sub".rpp`
      >
    >
    <ITEM
      <SOURCE MIDI
        HASDATA 1 960 QN
        E 0 90 3c 60
        <X 0 0 0
          /wNGSUxF
        >
      >
    >
    <ITEM
      <SOURCE MIDI
        FILE ..\keys.mid
      >
    >
    <ITEM
      <SOURCE WAVE
        FILE ""
      >
    >
    <ITEM
      <SOURCE WAVE
        FILE "Audio Files\drums 01.wav"
      >
    >
    <ITEM
      <SOURCE MP3
        FILE "/Volumes/Loops/a b" 0
      >
    >
    <ITEM
      <SOURCE CLICK
      >
    >
  >
>
"""


def write(folder: Path, data: bytes | str) -> str:
    path = os.path.join(folder, "song.rpp")
    with open(path, "wb") as file:
        file.write(data if isinstance(data, bytes) else data.encode())
    return path


def read_text(folder: Path, data: bytes | str) -> Session:
    return read(write(folder, data))


def source(lines: str, kind: str = "WAVE") -> str:
    return f'<REAPER_PROJECT 0.1 "7.0" 1\n<TRACK\n<ITEM\n<SOURCE {kind}\n{lines}\n>\n>\n>\n>\n'


def test_a_project(tmp_path: Path) -> None:
    assert read_text(tmp_path, PROJECT) == Session(
        application="Reaper",
        version="6.80",
        format="rpp",
        media=(
            MediaReference(
                kind="audio",
                name="drums 01.wav",
                volume="",
                directory=("Audio Files",),
                recorded="Audio Files/drums 01.wav",
            ),
            MediaReference(
                kind="audio",
                name='say "hi".flac',
                volume="",
                directory=(),
                recorded='say "hi".flac',
            ),
            MediaReference(
                kind="video",
                name="reel 1.mov",
                volume="C:",
                directory=("Film",),
                recorded=r"C:\Film\reel 1.mov",
            ),
            MediaReference(
                kind="project",
                name='it\'s a "sub".rpp',
                volume="",
                directory=(),
                recorded='it\'s a "sub".rpp',
            ),
            MediaReference(
                kind="midi", name="keys.mid", volume="", directory=("..",), recorded=r"..\keys.mid"
            ),
            MediaReference(
                kind="audio",
                name="a b",
                volume="/Volumes/Loops",
                directory=(),
                recorded="/Volumes/Loops/a b",
            ),
        ),
        sample_rate=48000,
        search=("Audio Files", "D:/Second"),
        notes=("the samples that ReaSamplOmatic5000 plays are not listed",),
    )


def test_ends_of_lines_and_marks(tmp_path: Path) -> None:
    expected = read_text(tmp_path, PROJECT)
    assert read_text(tmp_path, PROJECT.replace("\n", "\r\n")) == expected
    assert read_text(tmp_path, "\ufeff" + PROJECT) == expected
    assert read_text(tmp_path, PROJECT.rstrip("\n")) == expected
    assert read_text(tmp_path, PROJECT + "\n\n") == expected
    assert read_text(tmp_path, PROJECT + "\n" + "\0" * 100 + "\n\0") == expected


def test_names_that_are_no_utf_8(tmp_path: Path) -> None:
    found = read_text(tmp_path, source("FILE x").encode().replace(b"x", b"caf\xe9.wav"))
    assert found.media[0].name == "caf\udce9.wav"


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("FILE a.wav", "a.wav"),
        ("FILE a.wav 1", "a.wav"),
        ('FILE "a b.wav" 1', "a b.wav"),
        ("FILE 'a \"b\".wav'", 'a "b".wav'),
        ("FILE `a \"b\" 'c'.wav` 0", "a \"b\" 'c'.wav"),
        ('FILE   "a.wav"', "a.wav"),
        ("FILE it's.wav", "it's.wav"),
    ],
)
def test_quotes(tmp_path: Path, line: str, name: str) -> None:
    assert [found.name for found in read_text(tmp_path, source(line)).media] == [name]


@pytest.mark.parametrize(
    ("kind", "name", "expected"),
    [
        ("WAVE", "a", "audio"),
        ("VIDEO", "a", "video"),
        ("VIDEO", "a.m4a", "audio"),
        ("MIDI", "a", "midi"),
        ("RPP_PROJECT", "a", "project"),
        ("WAVE", "a.rpp", "project"),
        ("WAVPACK", "a.wv", "audio"),
    ],
)
def test_kinds(tmp_path: Path, kind: str, name: str, expected: str) -> None:
    assert read_text(tmp_path, source(f'FILE "{name}"', kind)).media[0].kind == expected


@pytest.mark.parametrize(
    ("data", "what"),
    [
        ("", "line 0: cut short"),
        ("RIFF", "line 1: is no Reaper project"),
        (">", "line 1: is no Reaper project"),
        ("<REAPER_PROJECTS\n>", "line 1: is no Reaper project"),
        ("<TRACK\n>\n", "line 1: is no Reaper project"),
        ("<REAPER_PROJECT 0.1 \"7\" 1\n<TRACK\n>\n", "line 3: cut short: <REAPER_PROJECT has no"),
        ("<REAPER_PROJECT\n>\n>\n", "line 3: more follows"),
        ('<REAPER_PROJECT 0.1 "7\n>\n', "line 1: a quote without its end"),
        (source('FILE "a.wav'), "line 5: a quote without its end"),
        (source("FILE `"), "line 5: a quote without its end"),
        (source("FILE"), "line 5: FILE without a name"),
        (source('FILE "/"'), "line 5, SOURCE: the medium's place names no file"),
        (source('FILE "a\0.wav"'), "line 5, SOURCE: the medium's place holds a NUL"),
        (source("FILE " + "a" * 9000), "line 5, SOURCE: the medium's place is too long"),
        (source("FILE " + "a" * (1 << 20)), "line 5: a line that is longer"),
        ("<REAPER_PROJECT\nSAMPLERATE x\n>", "line 2: SAMPLERATE is no number"),
        ("<REAPER_PROJECT\nSAMPLERATE 99999999999999\n>", "line 2: SAMPLERATE is no number"),
        ("<REAPER_PROJECT\nRECORD_PATH \"a\0\"\n>", "line 2: RECORD_PATH holds a NUL"),
        ("<REAPER_PROJECT\n" + "RECORD_PATH a b\n" * 9999, "line 502: more RECORD_PATHs"),
        ('<REAPER_PROJECT\nRECORD_PATH "a"' + ' ""' * 9999, "line 2: more RECORD_PATHs"),
        (source("FILE a" + " a" * 99_999), "line 5: a line that is longer"),
        ("<REAPER_PROJECT\n" + "<A\n" * 100_000, "line 201: blocks are nested too deep"),
    ],
    ids=range(22),
)  # fmt: skip
def test_what_is_no_project(tmp_path: Path, data: str, what: str) -> None:
    with pytest.raises(SessionError, match=what) as raised:
        read_text(tmp_path, data)
    assert str(raised.value).startswith(os.path.join(tmp_path, "song.rpp: "))


def test_urls_are_noted(tmp_path: Path) -> None:
    found = read_text(tmp_path, source("FILE http://x/a.mp3"))
    assert (found.media, found.notes) == (
        (),
        ("line 5, SOURCE: the medium's place is no file's URL",),
    )


def test_it_is_known_by_its_content() -> None:
    assert is_reaper(PROJECT.encode())
    assert is_reaper(b"\xef\xbb\xbf<REAPER_PROJECT 0.1")
    assert not is_reaper(b"")
    assert not is_reaper(b"<TRACK\n>")


def test_cut_anywhere(tmp_path: Path) -> None:
    data = PROJECT.rstrip().encode()
    for length in range(len(data)):
        with pytest.raises(SessionError, match=r"song.rpp: line \d+"):
            read_text(tmp_path, data[:length])


def test_bytes_changed_at_random(tmp_path: Path) -> None:
    rng = random.Random(1)
    for _ in range(2000):
        data = bytearray(PROJECT.encode())
        for _ in range(rng.randint(1, 5)):
            data[rng.randrange(len(data))] = rng.choice([rng.randrange(256), *b"<>\"'`\n\0 "])
        with suppress(SessionError):
            read_text(tmp_path, bytes(data))


def test_lines_that_tell_nothing_cost_little(tmp_path: Path) -> None:
    """There are millions of them."""

    def work(count: int) -> int:
        path = os.path.join(tmp_path, "song.rpp")
        Path(path).write_text("<REAPER_PROJECT\n" + "  E 0 90 3c 60\n" * count)

        def refused() -> None:
            with pytest.raises(SessionError, match="cut short"):
                read(path)

        return lines(refused)

    few, many = work(10_000), work(20_000)
    assert (many - few) / 10_000 < 16


@pytest.mark.parametrize(
    ("line", "limit"),
    [(b"\n", "_MOST_LINES"), (b"E 0 90 3c 60\n", "_MOST_LINES"), (b"x" * 199 + b"\n", "MOST_TEXT")],
)
def test_more_lines_than_a_project_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: bytes, limit: str
) -> None:
    assert (reaper._MOST_LINES, xml.MOST_TEXT) == (5_000_000, 200_000_000)
    monkeypatch.setattr(reaper, limit, 100_000)
    path = os.path.join(tmp_path, "song.rpp")
    with open(path, "wb") as file:
        file.write(b"<REAPER_PROJECT\n")
        file.writelines(line * 10_000 for _ in range(20))

    def refused() -> None:
        with pytest.raises(SessionError, match=r"line \d+: more lines than a project has"):
            read(path)

    most = 100_000 * (len(line) if limit == "_MOST_LINES" else 1)
    assert bytes_read(refused) < most + 20_000


def test_no_such_file(tmp_path: Path) -> None:
    for path in [os.path.join(tmp_path, "none.rpp"), str(tmp_path), "a\0"]:
        with pytest.raises(SessionError, match="cannot be read"):
            read(path)
