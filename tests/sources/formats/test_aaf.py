"""AAF: what it links to, what lies in it, and what it only came from; damaged ones are refused."""

import logging
import os
import random
import re
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from spanner.model.session import MediaReference, Session, SessionError
from spanner.sources.formats.aaf import is_aaf, read
from support.aaf_files import Aaf
from support.work import bytes_read, calls, within


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "Ö.aaf")


def head(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read(1 << 16)


@pytest.mark.parametrize("sector_size", [512, 4096])
def test_linked_media_are_listed_with_their_places_and_lengths(path: str, sector_size: int) -> None:
    with Aaf(path, sector_size) as aaf:
        aaf.mob("Kick", aaf.sound("file:///C%3a/Audio/Kick%20%C3%BC.wav"), length=777)
        aaf.mob("Film", aaf.picture("file:///Volumes/Media/Film.mov"), edit_rate=25, length=50)
    kick = "file:///C%3a/Audio/Kick%20%C3%BC.wav"
    film = "file:///Volumes/Media/Film.mov"
    session = read(path)
    assert set(session.media) == {
        MediaReference(
            kind="audio",
            name="Kick ü.wav",
            volume="C:",
            directory=("Audio",),
            recorded=kick,
            frames=777,
        ),
        MediaReference(
            kind="video", name="Film.mov", volume="/Volumes/Media", directory=(), recorded=film
        ),
    }
    assert (session.application, session.version) == ("PyAAF", "2.0.0")
    assert (session.format, session.sample_rate) == ("aaf", 48000)
    assert session.search == session.notes == ()
    assert is_aaf(head(path))


@pytest.mark.parametrize(
    ("url", "volume", "directory", "name"),
    [
        ("file:///c%3a/a/b.wav", "C:", ("a",), "b.wav"),
        ("file:///C:/a/b.wav", "C:", ("a",), "b.wav"),
        ("file://localhost/C:/a/b.wav", "C:", ("a",), "b.wav"),
        ("file://host/share/a/b.wav", "//host/share", ("a",), "b.wav"),
        ("file:///Users/x/%E2%82%AC.wav", "/", ("Users", "x"), "€.wav"),
        ("C:\\a\\b%20c.wav", "C:", ("a",), "b%20c.wav"),
        ("Audio%20Files/b.wav", "", ("Audio Files",), "b.wav"),
        ("./b.wav", "", (), "b.wav"),
        ("/a/100%.wav", "/", ("a",), "100%.wav"),
    ],
)
def test_odd_urls(path: str, url: str, volume: str, directory: tuple[str, ...], name: str) -> None:
    with Aaf(path) as aaf:
        aaf.mob("x", aaf.sound(url))
    assert read(path).media == (
        MediaReference(kind="audio", name=name, volume=volume, directory=directory, recorded=url),
    )


def test_embedded_media_need_no_file(path: str) -> None:
    with Aaf(path) as aaf:
        aaf.mob("In", aaf.sound("file:///gone.wav"), length=4, essence=b"123456789012")
        aaf.mob("", aaf.picture(), essence=b"x" * 5000)
        nameless = aaf.mob("", aaf.sound(), length=5, essence=b"x")
        master = aaf.file.create.MasterMob("Master")
        aaf.file.content.mobs.append(master)
        slot = master.create_timeline_slot(48000)
        slot.segment = nameless.create_source_clip(1, media_kind="sound")
    found = {each.frames: each for each in read(path).media}
    assert found[4] == MediaReference(
        kind="audio", name="In", volume="", directory=(), recorded="In", embedded=True, frames=4
    )
    assert found[5] == MediaReference(
        kind="audio",
        name="Master",
        volume="",
        directory=(),
        recorded="Master",
        embedded=True,
        frames=5,
    )
    assert found[None].embedded
    assert len(found[None].name) == 64  # the mob's id


def test_original_sources_are_not_needed(path: str) -> None:
    with Aaf(path) as aaf:
        aaf.mob("Import", aaf.described("ImportDescriptor", "file:///old/original.mp3"))
        aaf.mob("Tape", aaf.described("TapeDescriptor"))
        aaf.mob("Film", aaf.described("FilmDescriptor"))
        aaf.file.content.mobs.append(aaf.file.create.MasterMob("Master"))
    assert read(path).media == ()
    assert read(path).notes == ()


def test_kinds_follow_the_descriptors(path: str) -> None:
    with Aaf(path) as aaf:
        aaf.mob("1", aaf.described("WAVEDescriptor", "1.mxf"))
        aaf.mob("2", aaf.described("AIFCDescriptor", "2.mxf"))
        both = aaf.described("MultipleDescriptor", "3.mxf")
        both["FileDescriptors"].value = [aaf.sound(), aaf.picture()]
        aaf.mob("3", both)
        sounds = aaf.described("MultipleDescriptor", "4.mxf")
        sounds["FileDescriptors"].value = [aaf.sound(), aaf.sound()]
        aaf.mob("4", sounds)
        aaf.mob("5", aaf.described("HTMLDescriptor", "5.wav"))
        aaf.mob("6", aaf.described("HTMLDescriptor", "6.xyz"))
        aaf.mob("7", aaf.described("MPEGVideoDescriptor", "7.mxf"))
    kinds = {each.name[0]: each.kind for each in read(path).media}
    assert kinds == {
        "1": "audio", "2": "audio", "3": "video", "4": "audio", "5": "audio", "6": "other",
        "7": "video",
    }  # fmt: skip


def test_lengths_that_are_not_in_samples_are_left_out(path: str) -> None:
    with Aaf(path) as aaf:
        aaf.mob("1", aaf.sound("1.wav"), edit_rate=25, length=50)
        aaf.mob("2", aaf.sound("2.wav", length=99), edit_rate=25, length=50)
        aaf.mob("3", aaf.sound("3.wav", rate=44100), edit_rate=44100, length=-1)
    session = read(path)
    assert {each.name: each.frames for each in session.media} == {
        "1.wav": None, "2.wav": 99, "3.wav": None,
    }  # fmt: skip
    assert session.sample_rate is None  # there are two


def wave(data: int, rate: int = 44100) -> bytes:
    """The beginning of a WAV of two channels with so many bytes of data."""
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 2, rate, 4 * rate, 4, 16)
    fill = struct.pack("<4sI3sx", b"JUNK", 3, b"abc")
    return b"RIFF\0\0\0\0WAVE" + fill + form + struct.pack("<4sI", b"data", data)


@pytest.mark.parametrize(
    ("header", "frames"),
    [
        (wave(400), 100),
        (wave(0), None),
        (wave(2**32 - 1), None),
        (wave(400)[:-8], None),
        (wave(400, 48000)[:-1], 72),
        (b"FORM" + bytes(80), 72),
        (b"", 72),
    ],
)
def test_lengths_in_the_copied_header_are_right(
    path: str, header: bytes, frames: int | None
) -> None:
    with Aaf(path) as aaf:
        descriptor = aaf.described("WAVEDescriptor", "1.wav", Summary=header, Length=72)
        aaf.mob("1", descriptor, edit_rate=24, length=36)
    session = read(path)
    assert session.media[0].frames == frames
    assert session.sample_rate == 48000  # that of the sequence


def test_lengths_in_pictures_are_left_out(path: str) -> None:
    with Aaf(path) as aaf:
        aaf.mob("1", aaf.sound("1.wav", rate=48000, length=49), edit_rate=25, length=49)
        aaf.mob("2", aaf.sound("2.wav", rate=25, length=49), edit_rate=25, length=49)
    session = read(path)
    assert [each.frames for each in session.media] == [None, None]
    assert session.sample_rate == 48000


def test_further_places_are_searched(path: str) -> None:
    urls = (
        "http://host/a.wav", "file:///C:/a/x.wav", "file:///D:/b/x.wav", "c%20d/x.wav", "x.wav",
        "file:///x.wav", "file:///E:/x.wav",
    )  # fmt: skip
    with Aaf(path) as aaf:
        aaf.mob("x", aaf.sound(*urls))
    session = read(path)
    assert [each.recorded for each in session.media] == ["file:///C:/a/x.wav"]
    assert session.search == ("D:/b", "c d", ".", "/", "E:/")
    assert len(session.notes) == 1


def test_media_of_several_mobs_are_listed_once(path: str) -> None:
    with Aaf(path) as aaf:
        for name in "LR":
            aaf.mob(name, aaf.sound("stereo.wav"))
    assert len(read(path).media) == 1


def test_media_without_a_place_are_noted(path: str) -> None:
    with Aaf(path) as aaf:
        for number in range(7):
            aaf.mob(f"lost {number}" if number else "", aaf.sound())
        text = aaf.file.create.TextLocator()
        text["Name"].value = "shelf 3"
        descriptor = aaf.sound()
        descriptor["Locator"].append(text)
        aaf.mob("text", descriptor)
    session = read(path)
    assert session.media == ()
    (note,) = session.notes
    assert note.startswith("media neither embedded nor with a place: 8 (")
    assert "…" in note


@pytest.mark.parametrize("url", ["file:///C:/", "a\0b", "x" * 9000])
def test_a_place_that_names_no_file_is_refused(path: str, url: str) -> None:
    with Aaf(path) as aaf:
        aaf.mob("x", aaf.sound(url))
    if "\0" in url:  # texts end there
        assert read(path).media[0].name == "a"
    else:
        with pytest.raises(SessionError, match=r"Ö\.aaf: mob 0: the medium's place"):
            read(path)


def test_each_mob_is_read_once(path: str) -> None:
    def work(count: int) -> tuple[int, int]:
        with Aaf(path) as aaf:
            for number in range(count):
                aaf.mob(str(number), aaf.sound(f"{number}.wav"))
        assert len(read(path).media) == count
        return calls(lambda: read(path)), bytes_read(lambda: read(path))

    few, many = work(100), work(200)
    assert many[0] < 2 * few[0]
    assert many[1] < 2 * few[1]


def test_other_files_are_none(path: str) -> None:
    assert not is_aaf(b"")
    assert not is_aaf(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
    assert not is_aaf(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(9000))  # such as a Word document
    for content in (b"", b"RIFF" * 100):
        Path(path).write_bytes(content)
        with pytest.raises(SessionError, match="is no AAF file"):
            read(path)
    with pytest.raises(SessionError, match="cannot be read"):
        read(f"{path}.gone")
    with pytest.raises(SessionError, match="cannot be read"):
        read(os.path.dirname(path))
    with pytest.raises(SessionError, match="cannot be read"):
        read("/dev/null")


def test_an_empty_class_in_the_header_is_what_compound_files_have(path: str) -> None:
    with Aaf(path) as aaf:
        aaf.mob("x", aaf.sound("x.wav"))
    content = bytearray(Path(path).read_bytes())
    content[8:24] = bytes(16)
    Path(path).write_bytes(content)
    assert is_aaf(head(path))
    assert len(read(path).media) == 1


def test_unknown_descriptors_are_noted(path: str) -> None:
    with Aaf(path) as aaf:
        descriptor = aaf.described("HTMLDescriptor", "x.wav")
        aaf.mob("x", descriptor)
        class_id = bytes(descriptor.dir.class_id.bytes_le)
    content = Path(path).read_bytes()
    Path(path).write_bytes(content.replace(class_id, class_id[:-1] + b"\xee"))
    session = read(path)
    assert [each.name for each in session.media] == ["x.wav"]
    assert len(session.notes) == 1
    assert "unknown class" in session.notes[0]


def test_other_compound_files_are_refused(path: str) -> None:
    with Aaf(path) as aaf:
        root = bytes(aaf.file.cfb.root.class_id.bytes_le)
    content = Path(path).read_bytes().replace(root, bytes(16))
    Path(path).write_bytes(content)
    with pytest.raises(SessionError, match="but no AAF"):
        read(path)


# Damage


@pytest.fixture(scope="module")
def sound_file(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A small AAF with everything in it."""
    path = str(tmp_path_factory.mktemp("aaf") / "sound.aaf")
    with Aaf(path, 512) as aaf:
        aaf.mob("a", aaf.sound("file:///C:/a.wav", "b/a.wav"), length=5)
        aaf.mob("b", aaf.picture(), essence=b"x" * 5000)
        both = aaf.described("MultipleDescriptor", "c.mxf")
        both["FileDescriptors"].value = [aaf.sound(), aaf.picture()]
        aaf.mob("c", both)
    return Path(path).read_bytes()


def outcome(path: str, content: bytes | bytearray) -> Session | None:
    """The session, or None if it was refused as it should be, after few steps."""
    Path(path).write_bytes(content)
    session, message = None, ""
    try:
        session = within(20_000, lambda: read(path))
    except SessionError as error:
        message = str(error)
    assert session or message.startswith(path)
    return session


def test_cut_files_are_refused(path: str, sound_file: bytes) -> None:
    lengths = [*range(0, 600, 37), *range(600, len(sound_file), len(sound_file) // 60)]
    outcomes = [outcome(path, sound_file[:length]) for length in lengths]
    assert outcomes.count(None) > len(lengths) // 2


def flips(content: bytes, count: int, seed: int) -> Iterator[bytearray]:
    """The content with one to four bytes changed; most where the tables and objects are."""
    chance = random.Random(seed)
    used = [at for at, byte in enumerate(content) if byte]
    for _ in range(count):
        changed = bytearray(content)
        for _ in range(chance.randint(1, 4)):
            at = chance.choice(used) if chance.random() < 0.8 else chance.randrange(len(content))
            changed[at] = chance.choice([0, 1, 0xFF, 0xFE, chance.randrange(256)])
        yield changed


def test_changed_bytes_are_refused_or_read(path: str, sound_file: bytes) -> None:
    outcomes = [outcome(path, changed) for changed in flips(sound_file, 150, 1)]
    assert None in outcomes


def test_changed_headers_are_refused_or_read(path: str, sound_file: bytes) -> None:
    chance = random.Random(2)
    for _ in range(300):
        changed = bytearray(sound_file)
        at = chance.randrange(8, 600)
        changed[at : at + 4] = struct.pack("<I", chance.choice([0, 1, 2, 2**31, 2**32 - 2, 7]))
        outcome(path, changed)


@pytest.mark.parametrize(("at", "value"), [(44, 2**31), (72, 2**32 - 1), (72, 1000)])
def test_absurd_tables_are_refused_at_once(
    path: str, sound_file: bytes, at: int, value: int
) -> None:
    changed = bytearray(sound_file)
    changed[at : at + 4] = struct.pack("<I", value)
    Path(path).write_bytes(changed)
    with pytest.raises(SessionError, match="tables of sectors"):
        read(path)


def test_absurd_streams_are_refused(path: str, sound_file: bytes) -> None:
    changed = bytearray(sound_file)
    for match in re.finditer(re.escape("properties".encode("utf-16-le") + bytes(2)), sound_file):
        if match.start() % 128 == 0:  # the whole name of an entry
            struct.pack_into("<Q", changed, match.start() + 120, 2**40)
    Path(path).write_bytes(changed)
    with pytest.raises(SessionError, match="more than any session has"):
        read(path)


def test_big_endian_files_are_refused(path: str, sound_file: bytes) -> None:
    changed = sound_file.replace(b"\x4c\x20", b"\x42\x20")
    Path(path).write_bytes(changed)
    with pytest.raises(SessionError, match="big-endian"):
        read(path)


def test_small_faults_are_not_printed(
    path: str, sound_file: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    changed = bytearray(sound_file)
    changed[44:48] = struct.pack("<I", 1)  # the number of tables, which pyaaf2 warns of
    before = list(logging.getLogger().handlers)
    assert outcome(path, changed) is not None
    assert logging.getLogger().handlers == before
    assert capfd.readouterr() == ("", "")
