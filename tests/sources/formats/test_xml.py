"""XML from elsewhere: read in little memory, or refused with the line."""

import os
import random
from contextlib import suppress
from inspect import GEN_CLOSED, getgeneratorstate
from pathlib import Path

import pytest

from spanner.model.session import SessionError
from spanner.sources.formats import xml
from spanner.sources.formats.opening import plain
from spanner.sources.formats.xml import events, root
from support.work import bytes_read, calls

TEXT = b"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE fcpxml>
<fcpxml version="1.9">
  <!-- a comment -->
  <a x="1 &lt; 2" y="&#252;"/>
  <b>t&amp;<![CDATA[<u>]]></b>
</fcpxml>
"""


def write(folder: Path, data: bytes) -> str:
    path = os.path.join(folder, "session")
    with open(path, "wb") as file:
        file.write(data)
    return path


def parse(folder: Path, data: bytes) -> list[xml.Event]:
    path = write(folder, data)
    return list(events(path, plain(path)))


def test_events(tmp_path: Path) -> None:
    found = parse(tmp_path, TEXT)
    assert [(event.starts, event.tag, event.line, event.above) for event in found] == [
        (True, "fcpxml", 3, 0),
        (True, "a", 5, 1),
        (False, "a", 5, 1),
        (True, "b", 6, 1),
        (False, "b", 6, 1),
        (False, "fcpxml", 7, 0),
    ]
    assert found[1].attributes == {"x": "1 < 2", "y": "ü"}
    assert found[4].text == "t&<u>"
    assert found[5].text == ""


@pytest.mark.parametrize("encoding", ["utf-16", "iso-8859-1", "utf-8-sig"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    declared = encoding.removesuffix("-sig")
    data = f'<?xml version="1.0" encoding="{declared}"?><a x="ü"/>'.encode(encoding)
    assert parse(tmp_path, data)[0].attributes == {"x": "ü"}
    first = root(data)
    assert first is not None
    assert first.tag == "a"


def test_namespaces_are_left_out(tmp_path: Path) -> None:
    found = parse(tmp_path, b'<a xmlns="u:x" xmlns:y="u:y"><y:b y:c="1" d="2"/></a>')
    assert [event.tag for event in found] == ["a", "b", "b", "a"]
    assert found[1].attributes == {"c": "1", "d": "2"}


def test_long_text_is_cut(tmp_path: Path) -> None:
    found = parse(tmp_path, b"<a>" + b"x" * 1_000_000 + b"</a>")
    assert found[1].text == "x" * 65_536


LAUGHS = b"""<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;">
<!ENTITY lol3 "&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;">]>
<lolz>&lol3;</lolz>"""


@pytest.mark.parametrize(
    "data",
    [
        LAUGHS,
        b"<!DOCTYPE a SYSTEM 'http://127.0.0.1:9/a.dtd'><a/>",
        b"<!DOCTYPE a PUBLIC '-//X' 'a.dtd'><a/>",
        b"<!DOCTYPE a [<!ELEMENT a ANY>]><a/>",
        b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>",
        b"<!DOCTYPE a [<!ENTITY % x SYSTEM 'file:///etc/passwd'> %x;]><a/>",
    ],
)
def test_what_is_not_safe(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(SessionError, match=r"session: line [12]: declares what no session needs"):
        parse(tmp_path, data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"   ",
        b"text",
        b"<a>",
        b"<a></b>",
        b"<a/><b/>",
        b"<a x=1/>",
        b"<a>&nbsp;</a>",
        b"<a>\xff</a>",
        b"<a>\0</a>",
        b'<?xml version="1.0" encoding="nonsense"?><a/>',
        b'<?xml version="1.0" encoding="utf-7"?><a/>',
        b'<?xml version="1.0" encoding="shift_jis"?><a/>',
        b'<?xml version="1.0" encoding="rot13"?><a/>',
        b"<x:a/>",
        b"<" + b"a" * 3_000_000,
        b"<!--" + b"a" * 3_000_000 + b"--><a/>",
        b"<a x='" + b"a" * 3_000_000 + b"'/>",
        b"<a " + b" ".join(b"x%d=''" % n for n in range(400_000)) + b"/>",
        b"".join(b"<a%d>" % n for n in range(100_000)),
        b"<a>" * 100_000,
        b"<r>" + b"".join(b"<a%d/>" % n for n in range(100_000)) + b"</r>",
    ],
    ids=range(22),
)
def test_what_is_no_sound_xml(tmp_path: Path, data: bytes) -> None:
    path = write(tmp_path, data)

    def read() -> None:
        with pytest.raises(SessionError, match=r"session: line \d+: "):
            list(events(path, plain(path)))

    assert bytes_read(read) < 2_200_000
    assert calls(read) < 500_000


def test_a_damaged_file_is_closed_at_once(tmp_path: Path) -> None:
    path = write(tmp_path, b"<a></b>")
    chunks = plain(path)
    with pytest.raises(SessionError):
        list(events(path, chunks))
    assert getgeneratorstate(chunks) == GEN_CLOSED


def test_no_more_than_200_mb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml, "MOST_TEXT", 1_000_000)
    with pytest.raises(SessionError, match="more than 1 MB of XML"):
        parse(tmp_path, b"<a>" + b"x" * 1_000_000 + b"</a>")


@pytest.mark.parametrize("element", [b"<a/>", b"<a></a>", b"<a b=''/>", b"<a>\n</a>"])
def test_too_many_elements(tmp_path: Path, element: bytes) -> None:
    path = write(tmp_path, b"<s>" + element * 1_000_000)

    def read() -> None:
        with pytest.raises(SessionError, match="more elements than a session has"):
            list(events(path, plain(path)))

    assert bytes_read(read) < 2_000_000


def test_many_elements_of_a_usual_length(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    element = b'<Note time="1.5" key="60"/>\n'
    path = write(tmp_path, b"<s>" + element * 150_000 + b"</s>")
    assert sum(1 for _ in events(path, plain(path))) == 300_002
    monkeypatch.setattr(xml, "_MOST_ELEMENTS", 149_000)
    with pytest.raises(SessionError, match="more elements than a session has"):
        list(events(path, plain(path)))


def test_cut_anywhere(tmp_path: Path) -> None:
    for length in range(len(TEXT.rstrip())):
        with pytest.raises(SessionError, match=r"session: line \d+: "):
            parse(tmp_path, TEXT[:length])
        root(TEXT[:length])


def test_bytes_changed_at_random(tmp_path: Path) -> None:
    rng = random.Random(1)
    for _ in range(1000):
        data = bytearray(TEXT)
        for _ in range(rng.randint(1, 4)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        root(bytes(data))
        with suppress(SessionError):
            parse(tmp_path, bytes(data))


def test_roots() -> None:
    for head in [b"", b"PK\x03\x04", b"\xff\xfe", b"<", b"<a", b"RIFF<a/>"]:
        assert root(head) is None
    for head in [b"<a>", b"\xef\xbb\xbf<a><b", b" \n<a></b>", b"<a/>trash", b"<a>\xff"]:
        first = root(head)
        assert first is not None
        assert first.tag == "a"
