"""OpenTimelineIO files: their external references, and what is no sound file."""

import json
import os
import random
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from spanner.model.session import MediaReference, Session, SessionError
from spanner.sources.formats.otio import is_otio, read
from support.work import bytes_read, calls


def external(url: str | None) -> dict[str, Any]:
    return {
        "OTIO_SCHEMA": "ExternalReference.1",
        "metadata": {"x": {"OTIO_SCHEMA": "ExternalReference.1", "target_url": "not/this.mov"}},
        "name": "",
        "available_range": {
            "OTIO_SCHEMA": "TimeRange.1",
            "start_time": {"OTIO_SCHEMA": "RationalTime.1", "rate": 24.0, "value": 0.0},
        },
        "available_image_bounds": None,
        "target_url": url,
    }


def clip(name: str, **media: Any) -> dict[str, Any]:
    return {
        "OTIO_SCHEMA": "Clip.2",
        "metadata": {},
        "name": name,
        "source_range": None,
        "effects": [],
        "markers": [],
        "enabled": True,
    } | media


def composition(schema: str, *children: Any) -> dict[str, Any]:
    return {"OTIO_SCHEMA": schema, "name": "x", "children": list(children), "kind": "Video"}


TIMELINE = {
    "OTIO_SCHEMA": "Timeline.1",
    "metadata": {},
    "name": "Cut",
    "global_start_time": None,
    "tracks": composition(
        "Stack.1",
        composition(
            "Track.1",
            clip(
                "one",
                media_references={
                    "DEFAULT_MEDIA": external("file:///Volumes/Film/a%20b.mov"),
                    "proxy": external("proxy/a%20b.mov"),
                },
                active_media_reference_key="DEFAULT_MEDIA",
            ),
            {"OTIO_SCHEMA": "Gap.1", "name": "", "source_range": None},
            clip("two", media_reference=external("C:\\Film\\ü.wav")),
            clip("three", media_reference={"OTIO_SCHEMA": "MissingReference.1"}),
            clip("four", media_reference=None),
            clip(
                "five",
                media_references={
                    "DEFAULT_MEDIA": {
                        "OTIO_SCHEMA": "ImageSequenceReference.1",
                        "target_url_base": "file:///seq/",
                        "name_prefix": "f.",
                    }
                },
            ),
            clip("six", media_reference=external("file:///Volumes/Film/a%20b.mov")),
            clip("seven", media_reference=external(None)),
            clip("eight", media_reference=external("https://example.org/a.mov")),
            composition("Stack.1", clip("nine", media_reference=external("/x/nested"))),
            None,
        ),
    ),
}


def write(folder: Path, data: bytes) -> str:
    path = os.path.join(folder, "cut.otio")
    with open(path, "wb") as file:
        file.write(data)
    return path


def read_json(folder: Path, value: Any) -> Session:
    return read(write(folder, json.dumps(value, indent=4, ensure_ascii=False).encode()))


def test_a_timeline(tmp_path: Path) -> None:
    url = "file:///Volumes/Film/a%20b.mov"
    expected = Session(
        application="OpenTimelineIO",
        version="1",
        format="otio",
        media=(
            MediaReference(
                kind="video", name="a b.mov", volume="/Volumes/Film", directory=(), recorded=url
            ),
            MediaReference(
                kind="video",
                name="a b.mov",
                volume="",
                directory=("proxy",),
                recorded="proxy/a%20b.mov",
            ),
            MediaReference(
                kind="audio",
                name="ü.wav",
                volume="C:",
                directory=("Film",),
                recorded="C:\\Film\\ü.wav",
            ),
            MediaReference(
                kind="other", name="nested", volume="/", directory=("x",), recorded="/x/nested"
            ),
        ),
        notes=(
            "Clip.2 'five': the pictures of an image sequence are not listed",
            "the media of Clip.2 'eight': the medium's place is no file's URL",
        ),
    )
    assert read_json(tmp_path, TIMELINE) == expected
    assert read(write(tmp_path, b"\xef\xbb\xbf" + json.dumps(TIMELINE).encode())) == expected


def test_a_collection(tmp_path: Path) -> None:
    found = read_json(
        tmp_path, composition("SerializableCollection.1", TIMELINE, external("a.wav"))
    )
    assert [one.name for one in found.media][-2:] == ["nested", "a.wav"]


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "truncated"),
        (b"[]", "Expected `object`"),
        (b"{}", "OTIO_SCHEMA"),
        (b'{"OTIO_SCHEMA": 1}', r"\$.OTIO_SCHEMA"),
        (b'{"OTIO_SCHEMA": "Timeline.1", "tracks": []}', r"\$.tracks"),
        (b'{"OTIO_SCHEMA": "Timeline.1", "tracks": {"name": ""}}', r"\$.tracks"),
        (b'{"OTIO_SCHEMA": "Clip.2", "media_references": {"a": null}}', "media_references"),
        (b'{"OTIO_SCHEMA": "Clip.1"} x', "byte 27"),
        (b'{"OTIO_SCHEMA": "Clip\xff.1"}', "UTF-8|utf-8"),
        (b'{"OTIO_SCHEMA": "\\ud800"}', "truncated"),
        (b'{"OTIO_SCHEMA": "T.1", "metadata": ' + b"[" * 1_000_000, "nested too deep"),
        (b'{"OTIO_SCHEMA": "T.1", "tracks": ' * 100_000, "nested too deep"),
        (b'{"OTIO_SCHEMA": "T.1", "children": [' * 100_000, "nested too deep"),
        (b'{"OTIO_SCHEMA": "ExternalReference.1", "target_url": "a/.."}', "names no file"),
        (b'{"OTIO_SCHEMA": "ExternalReference.1", "target_url": "a%00"}', "NUL"),
    ],
    ids=range(15),
)
def test_what_is_no_sound_file(tmp_path: Path, data: bytes, what: str) -> None:
    with pytest.raises(SessionError, match=rf"cut.otio: .*({what})"):
        read(write(tmp_path, data))


@pytest.mark.parametrize(
    ("part", "what"),
    [
        (b'{"OTIO_SCHEMA":""},', "objects"),
        (b'{"OTIO_SCHEM\\u0041":""},', "objects"),
        (b" " * 100, "MB of JSON"),
    ],
)
def test_one_that_is_too_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: bytes, what: str
) -> None:
    size = 14_000_000 if what == "objects" else 60_000_000
    path = write(tmp_path, b'{"OTIO_SCHEMA":"Track.1","children":[' + part * (size // len(part)))

    def refused() -> None:
        with pytest.raises(SessionError, match=what):
            read(path)

    monkeypatch.setattr("msgspec.json.decode", None)  # it is not even parsed
    assert bytes_read(refused) < 51_000_000
    assert calls(refused) < 10_000


def test_it_is_known_by_its_content() -> None:
    assert is_otio(json.dumps(TIMELINE).encode()[:100])
    assert is_otio(b'\xef\xbb\xbf {\n "OTIO_SCHEMA" : "Timeline.1"')
    assert not is_otio(b'{"a": 1}')
    assert not is_otio(b'["OTIO_SCHEMA": "Timeline.1"')
    assert not is_otio(b"")


def test_no_such_file(tmp_path: Path) -> None:
    for path in [os.path.join(tmp_path, "none"), str(tmp_path)]:
        with pytest.raises(SessionError, match="cannot be read"):
            read(path)


def test_cut_anywhere(tmp_path: Path) -> None:
    data = json.dumps(TIMELINE, ensure_ascii=False).encode()
    for length in range(len(data)):
        with pytest.raises(SessionError, match=r"cut.otio: is no sound OpenTimelineIO file \(.+\)"):
            read(write(tmp_path, data[:length]))


def test_bytes_changed_at_random(tmp_path: Path) -> None:
    rng = random.Random(1)
    text = json.dumps(TIMELINE).encode()
    for _ in range(2000):
        data = bytearray(text)
        for _ in range(rng.randint(1, 3)):
            data[rng.randrange(len(data))] = rng.choice([rng.randrange(256), *b'"[]{}\\,'])
        with suppress(SessionError):
            read(write(tmp_path, bytes(data)))


def test_numbers_that_json_does_not_have_are_read(tmp_path: Path) -> None:
    file = tmp_path / "x.otio"
    found = clip("-Infinity", media_reference=external('NaN " Inf.wav'))
    text = json.dumps(found | {"metadata": {"a": [1e999, -1e999, float("nan")], "b": 2**300}})
    for written in (text, text.replace("Infinity,", "Inf,")):
        file.write_text(written)
        assert [each.name for each in read(str(file)).media] == ['NaN " Inf.wav']
    file.write_text(text.replace("NaN", "Nan"))
    with pytest.raises(SessionError, match="no sound OpenTimelineIO"):
        read(str(file))
