"""Logic projects: the lists of all their alternatives, and damage."""

import contextlib
import plistlib
import random
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from spanner.model.session import MediaReference, SessionError
from spanner.sources.formats import logic
from spanner.sources.formats.logic import is_logic, read
from support.work import within


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "Sóng.logicx")


def write(path: str, number: int, found: Any, form: Any = plistlib.FMT_BINARY) -> Path:
    """The list of one alternative."""
    file = Path(path) / "Alternatives" / f"{number:03}" / "MetaData.plist"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(found if isinstance(found, bytes) else plistlib.dumps(found, fmt=form))
    return file


def information(path: str, found: Any) -> None:
    file = Path(path) / "Resources" / "ProjectInformation.plist"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(found if isinstance(found, bytes) else plistlib.dumps(found))


@pytest.mark.parametrize("rate", [[], {"x": 1}, "48000", -1, 1e300, True, b"x"])
def test_absurd_sample_rates_are_none(path: str, rate: Any) -> None:
    write(path, 0, {"SampleRate": rate, "AudioFiles": ["a.wav"]})
    assert read(path).sample_rate in {None, 1}


def test_samples_are_listed_but_not_the_folder_of_apples_responses(path: str) -> None:
    found = {
        "QuicksamplerFiles": ["Quick Sampler/Vox.wav"],
        "ImpulsResponsesFiles": ["/Library/Audio/Impulse Responses/Apple"],
    }
    write(path, 0, found)
    session = read(path)
    recorded = "Quick Sampler/Vox.wav"
    assert session.media == (
        MediaReference(
            kind="other", name="Vox.wav", volume="", directory=("Quick Sampler",), recorded=recorded
        ),
    )
    assert session.notes == ()


def test_all_alternatives_are_listed(path: str) -> None:
    write(
        path,
        0,
        {
            "SampleRate": 96000,
            "AudioFiles": ["Audio Files/Kick ü.wav", "/Volumes/Media/x/a:b.aif", ""],
            "UnusedAudioFiles": ["Audio Files/old.wav"],
            "VideoFiles": ["/Users/x/Film.mov"],
            "ImpulsResponsesFiles": ["Impulse Responses/Hall.SDIR"],
            "PlaybackFiles": [],
            "NumberOfTracks": 3,
        },
    )
    write(path, 1, {"AudioFiles": ["Audio Files/Kick ü.wav", "b\\c.wav"]}, plistlib.FMT_XML)
    information(path, {"LastSavedFrom": "Logic Pro X 10.4.1 (5164)"})
    session = read(path)
    assert session.media == (
        MediaReference(
            kind="audio",
            name="Kick ü.wav",
            volume="",
            directory=("Audio Files",),
            recorded="Audio Files/Kick ü.wav",
        ),
        MediaReference(
            kind="audio",
            name="a:b.aif",
            volume="/Volumes/Media",
            directory=("x",),
            recorded="/Volumes/Media/x/a:b.aif",
        ),
        MediaReference(
            kind="audio",
            name="old.wav",
            volume="",
            directory=("Audio Files",),
            recorded="Audio Files/old.wav",
        ),
        MediaReference(
            kind="video",
            name="Film.mov",
            volume="/",
            directory=("Users", "x"),
            recorded="/Users/x/Film.mov",
        ),
        MediaReference(
            kind="other",
            name="Hall.SDIR",
            volume="",
            directory=("Impulse Responses",),
            recorded="Impulse Responses/Hall.SDIR",
        ),
        MediaReference(kind="audio", name="b\\c.wav", volume="", directory=(), recorded="b\\c.wav"),
    )
    assert (session.application, session.version) == ("Logic Pro X", "10.4.1")
    assert session.format == "logicx"
    assert session.sample_rate is None  # the second has none
    assert session.search == ("Sóng.logicx/Media", "Sóng.logicx")
    assert session.notes == ()
    assert is_logic(path)


def test_a_slash_at_the_end_changes_nothing(path: str) -> None:
    write(path, 0, {"AudioFiles": ["a.wav"], "SampleRate": 48000})
    assert read(f"{path}/") == read(path)
    assert read(path).sample_rate == 48000
    assert (read(path).application, read(path).version) == ("Logic Pro", "")


def test_what_is_not_understood_is_noted(path: str) -> None:
    write(path, 0, {"AudioFiles": [7, "a.wav"], "VideoFiles": "x", "SampleRate": "fast"})
    information(path, b"nonsense")
    session = read(path)
    assert len(session.media) == 1
    assert len(session.notes) == 3
    assert session.sample_rate is None


def test_folders_without_lists_are_none(path: str, tmp_path: Path) -> None:
    for each in (str(tmp_path), f"{path}.gone", "/dev/null", "a\0b"):
        assert not is_logic(each)
        with pytest.raises(SessionError):
            read(each)
    (tmp_path / "Alternatives").touch()
    assert not is_logic(str(tmp_path))


@pytest.mark.parametrize("content", [b"", b"bplist00", plistlib.dumps(["a"]), b"<plist>"])
def test_damaged_lists_are_refused(path: str, content: bytes) -> None:
    write(path, 0, {"AudioFiles": ["a.wav"]})
    write(path, 1, content)
    with pytest.raises(SessionError, match=r"Alternatives/001/MetaData\.plist: is "):
        read(path)


def test_entities_are_refused(path: str) -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE p [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]>'
    write(path, 0, bomb + b'<plist version="1.0"><dict><key>&b;</key><true/></dict></plist>')
    with pytest.raises(SessionError, match="damaged property list"):
        read(path)


def test_lists_of_absurd_sizes_are_refused(path: str) -> None:
    file = write(path, 0, b"bplist00")
    with file.open("r+b") as opened:
        opened.truncate(1 << 40)
    with pytest.raises(SessionError, match="has over"):
        read(path)


def test_absurd_numbers_of_files_are_refused(path: str) -> None:
    write(path, 0, {"AudioFiles": ["a.wav"] * 200_001})
    with pytest.raises(SessionError, match="more files than a project has"):
        read(path)


def test_long_names_of_programs_are_cut(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pattern that they are taken apart by goes over them again for each part."""
    taken: list[str] = []
    monkeypatch.setattr(logic, "_VERSION", SimpleNamespace(fullmatch=taken.append))
    write(path, 0, {})
    information(path, {"LastSavedFrom": " 1 (" * 100_000})
    assert read(path).media == ()
    assert [len(each) for each in taken] == [100]


def test_cut_and_changed_lists_are_refused_or_read(path: str) -> None:
    found = {"AudioFiles": ["a.wav", "/b/c.wav"], "VideoFiles": ["ü.mov"], "SampleRate": 44100}
    chance = random.Random(1)
    for form in (plistlib.FMT_BINARY, plistlib.FMT_XML):
        content = plistlib.dumps(found, fmt=form)
        files = [content[:length] for length in range(0, len(content), 3)]
        for _ in range(600):
            changed = bytearray(content)
            for _ in range(chance.randint(1, 3)):
                changed[chance.randrange(len(changed))] = chance.choice([0, 255, 16, 97, 0xD1])
            files.append(bytes(changed))
        for each in files:
            write(path, 0, each)
            with contextlib.suppress(SessionError):
                within(2_000, lambda: read(path))
