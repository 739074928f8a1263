"""FL Studio projects: the samples in their events, and damage."""

import contextlib
import random
from pathlib import Path

import pytest

from spanner.model.session import MediaReference, SessionError
from spanner.sources.formats.fl_studio import is_fl_studio, read
from support.work import within

VERSION, SAMPLE, NAME, SETTINGS = 199, 196, 203, 213


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "Beat Ü.flp")


def event(number: int, value: bytes) -> bytes:
    if number < 192:
        return bytes([number]) + value
    size, length = len(value), b""
    while size > 127:
        length += bytes([size & 127 | 128])
        size >>= 7
    return bytes([number]) + length + bytes([size]) + value


def sample(text: str) -> bytes:
    return event(SAMPLE, f"{text}\0".encode("utf-16-le"))


def project(*events: bytes, version: bytes = b"20.8.3.2304\0") -> bytes:
    """A project with the events, after some that every project has."""
    usual = event(VERSION, version) + event(9, b"\1") + event(64, b"\2\0") + event(156, bytes(4))
    data = usual + b"".join(events)
    head = b"FLhd" + (6).to_bytes(4, "little") + bytes([0, 0, 4, 0, 96, 0])
    return head + b"FLdt" + len(data).to_bytes(4, "little") + data


def write(path: str, content: bytes) -> str:
    Path(path).write_bytes(content)
    return path


def test_samples_are_listed_with_their_places(path: str) -> None:
    texts = ["C:\\Audio\\Kick ü.wav", "/Users/x/Snare.aif", "Drums\\Hat.mp3", "x.odd"]
    content = project(event(NAME, bytes(300)), *map(sample, texts), sample(""), sample(texts[0]))
    session = read(write(path, content))
    assert session.media == (
        MediaReference(
            kind="audio", name="Kick ü.wav", volume="C:", directory=("Audio",), recorded=texts[0]
        ),
        MediaReference(
            kind="audio", name="Snare.aif", volume="/", directory=("Users", "x"), recorded=texts[1]
        ),
        MediaReference(
            kind="audio", name="Hat.mp3", volume="", directory=("Drums",), recorded=texts[2]
        ),
        MediaReference(kind="audio", name="x.odd", volume="", directory=(), recorded=texts[3]),
    )
    assert (session.application, session.version) == ("FL Studio", "20.8.3.2304")
    assert (session.format, session.notes) == ("flp", ())
    assert is_fl_studio(content[:65536])


@pytest.mark.parametrize(
    "folder", ["%FLStudioFactoryData%", "%FLStudioUserData%", "%FLStudioData%", "%USERPROFILE%"]
)
def test_places_in_own_folders_stay_as_they_are(path: str, folder: str) -> None:
    text = f"{folder}\\Data/Patches\\Packs\\Kick.wav"
    session = read(write(path, project(sample(text))))
    place = ("Data", "Patches", "Packs")
    assert session.media == (
        MediaReference(
            kind="audio", name="Kick.wav", volume=folder, directory=place, recorded=text
        ),
    )
    assert len(session.notes) == 1
    assert folder in session.notes[0]


def short(text: str) -> bytes:
    return bytes([len(text)]) + text.encode("cp1252")


def long(text: str, encoding: str) -> bytes:
    data = text.encode(encoding)
    return len(data).to_bytes(8, "little") + data


def test_samples_of_plug_ins_are_listed(path: str) -> None:
    texts = ["M:\\Fonts\\Hörner.SF2", "C:\\Drums\\ü.wav", "%FLStudioData%\\FPC\\Tom.wav"]
    texts += ["/Users/x/Loop.aif", "\\\\host\\share\\Hat.wav", "D:/b.wav"]
    settings = (
        bytes(7) + b"\xff" * 11 + short(texts[0]) + bytes(9),
        bytes([44, 1, 0, 0]) + long(texts[1], "utf-16-le") + bytes([45, 1, 0, 0]),
        long(texts[2], "cp1252") + long(texts[3], "utf-16-le") + long(texts[4], "cp1252"),
        # As Edison has it: letters counted, in a place that is always as large.
        bytes([len(texts[5])]) + texts[5].encode("utf-16-le") + bytes(100),
    )
    session = read(write(path, project(*(event(SETTINGS, each) for each in settings))))
    assert session.media == (
        MediaReference(
            kind="other", name="Hörner.SF2", volume="M:", directory=("Fonts",), recorded=texts[0]
        ),
        MediaReference(
            kind="audio", name="ü.wav", volume="C:", directory=("Drums",), recorded=texts[1]
        ),
        MediaReference(
            kind="audio",
            name="Tom.wav",
            volume="%FLStudioData%",
            directory=("FPC",),
            recorded=texts[2],
        ),
        MediaReference(
            kind="audio", name="Loop.aif", volume="/", directory=("Users", "x"), recorded=texts[3]
        ),
        MediaReference(
            kind="audio", name="Hat.wav", volume="//host/share", directory=(), recorded=texts[4]
        ),
        MediaReference(kind="audio", name="b.wav", volume="D:", directory=(), recorded=texts[5]),
    )


@pytest.mark.parametrize(
    "settings",
    [
        b"C:\\VST\\Synth.dll8",
        short("C:\\VST\\Synth.dll"),
        b"\x05C:\\Own\\Wave.wav",
        short("C:\\a\n.wav"),
        short("%FLStudioData%\\..\\a.wav"),
        short("C:\\"),
        b"C:\\",
        b"%AB",
    ],
)
def test_what_else_plug_ins_hold_is_not_listed(path: str, settings: bytes) -> None:
    assert read(write(path, project(event(SETTINGS, settings)))).media == ()


def test_large_settings_are_not_searched(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = event(SETTINGS, short("C:\\a.wav"))
    content = project(found, event(SETTINGS, bytes(1000) + short("C:\\b.wav")), sample("c.wav"))
    for most, names in ((5000, "abc"), (1300, "ac"), (100, "c")):
        monkeypatch.setattr("spanner.sources.formats.fl_studio._MOST_SETTINGS", most)
        session = read(write(path, content))
        assert [each.name for each in session.media] == [f"{name}.wav" for name in names]
        assert len(session.notes) == (names != "abc")


@pytest.mark.parametrize("rest", ["", "\\", "\\..\\x.wav"])
def test_places_that_leave_own_folders_are_refused(path: str, rest: str) -> None:
    write(path, project(sample(f"%FLStudioUserData%{rest}")))
    with pytest.raises(SessionError, match=r"byte \d+: the medium's place names no file"):
        read(path)


def test_absurd_places_are_refused(path: str) -> None:
    write(path, project(sample("%FLStudioUserData%/" + "x" * 9000)))
    with pytest.raises(SessionError, match="too long"):
        read(path)


def test_absurd_numbers_of_events_are_refused(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spanner.sources.formats.fl_studio._MOST_EVENTS", 1000)
    assert read(write(path, project(bytes(2 * 900)))).media == ()
    write(path, project(bytes(2 * 1000)))
    with pytest.raises(SessionError, match="more events than a project has"):
        read(path)


def test_older_versions_have_texts_of_single_bytes(path: str) -> None:
    old = event(SAMPLE, "C:\\Kick ü.wav\0".encode("cp1252"))
    session = read(write(path, project(old, version=b"11.1.0\0")))
    assert [each.name for each in session.media] == ["Kick ü.wav"]


def test_what_follows_the_events_is_noted(path: str) -> None:
    session = read(write(path, project(sample("a.wav")) + b"x"))
    assert len(session.media) == len(session.notes) == 1


def test_other_files_are_none(path: str) -> None:
    assert not is_fl_studio(b"")
    assert not is_fl_studio(b"FLhd\6\0\0\0" + bytes(20))
    with pytest.raises(SessionError, match="is no FL Studio project"):
        read(write(path, b"FLhd"))
    with pytest.raises(SessionError, match="cannot read"):
        read(f"{path}.gone")


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        (event(VERSION, b"")[:1], "length without end"),
        (bytes([NAME]) + b"\xff" * 9, "length without end"),
        (bytes([NAME, 9, 0]), "does not fit"),
        (bytes([64, 0]), "does not fit"),
        (bytes([200, 255, 255, 255, 255, 127]), "does not fit"),
    ],
)
def test_events_that_do_not_fit_are_refused(path: str, events: bytes, reason: str) -> None:
    write(path, project(events))
    with pytest.raises(SessionError, match=reason):
        read(path)


def test_cut_files_are_refused(path: str) -> None:
    content = project(sample("C:\\a.wav"), sample("b.wav"))
    for length in range(len(content)):
        write(path, content[:length])
        with pytest.raises(SessionError):
            read(path)


def test_changed_bytes_are_refused_or_read(path: str) -> None:
    content = project(sample("C:\\a.wav"), event(NAME, bytes(200)), sample("%FLStudioUserData%/b"))
    chance = random.Random(1)
    for _ in range(1500):
        changed = bytearray(content)
        for _ in range(chance.randint(1, 4)):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        write(path, bytes(changed))
        with contextlib.suppress(SessionError):
            within(2_000, lambda: read(path))
