"""XML from elsewhere: read in little memory, or refused with the line."""

import gzip
import os
import random
import struct
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from spanner.model.session import SessionError
from spanner.sources.formats import xml
from spanner.sources.formats.xml import events, gunzipped, members, plain, root, zipped
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


READERS: list[Callable[[str], object]] = [
    lambda path: list(plain(path)),
    lambda path: list(gunzipped(path)),
    members,
    lambda path: list(zipped(path, "a")),
]


@pytest.mark.parametrize("reader", READERS, ids=["plain", "gunzipped", "members", "zipped"])
def test_files_that_cannot_be_opened(tmp_path: Path, reader: Callable[[str], object]) -> None:
    for path in [os.path.join(tmp_path, "none"), str(tmp_path), "a\0b", "x" * 5000]:
        with pytest.raises(SessionError, match=": cannot be read"):
            reader(path)


def gunzip(folder: Path, data: bytes) -> bytes:
    return b"".join(gunzipped(write(folder, data)))


def test_gunzipped(tmp_path: Path) -> None:
    rng = random.Random(2)
    for size in [0, 1, 65_535, 65_536, 65_537, 500_000]:
        for data in (rng.randbytes(size), bytes(size)):
            assert gunzip(tmp_path, gzip.compress(data)) == data
    assert gunzip(tmp_path, gzip.compress(b"x") + bytes(600)) == b"x"


def test_gzip_that_is_damaged(tmp_path: Path) -> None:
    rng = random.Random(3)
    data = gzip.compress(TEXT)
    for length in range(len(data)):
        with pytest.raises(SessionError, match=r"session: byte \d+: |session: cut short"):
            gunzip(tmp_path, data[:length])
    for _ in range(500):
        changed = bytearray(data)
        changed[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        with suppress(SessionError):
            assert gunzip(tmp_path, bytes(changed)) == TEXT


def bomb() -> bytes:
    """A gigabyte of zeros as raw deflate data: about a megabyte."""
    packer = zlib.compressobj(9, wbits=-15)
    block = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return block * 1024 + packer.flush()


@pytest.fixture(scope="module")
def packed_bomb() -> bytes:
    return bomb()


def refused_soon(step: Callable[[], object]) -> int:
    """How many bytes it reads, in little memory and few steps, before it is refused."""

    def read() -> None:
        with pytest.raises(SessionError):
            step()

    tracemalloc.start()
    try:
        read()
        assert tracemalloc.get_traced_memory()[1] < 50_000_000
    finally:
        tracemalloc.stop()
    assert calls(read) < 5_000
    return bytes_read(read)


def drain(chunks: Iterator[bytes], most: int = 10_000_000) -> None:
    """Take the chunks; they may not come to more than so many bytes."""
    size = 0
    for chunk in chunks:
        size += len(chunk)
        assert size <= most


def test_gzip_bombs(tmp_path: Path, packed_bomb: bytes) -> None:
    path = write(tmp_path, b"\x1f\x8b\x08" + bytes(6) + b"\xff" + packed_bomb + bytes(8))
    assert refused_soon(lambda: drain(gunzipped(path))) < 200_000
    endless_name = write(tmp_path, b"\x1f\x8b\x08\x08" + bytes(5) + b"\xff" + b"n" * 20_000_000)
    assert refused_soon(lambda: drain(gunzipped(endless_name))) < 20_200_000


def make_zip(folder: Path, entries: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> str:
    path = os.path.join(folder, "session")
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return path


def test_zipped(tmp_path: Path) -> None:
    data = random.Random(4).randbytes(200_000)
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        path = make_zip(tmp_path, {"project.xml": TEXT, "audio/ü.wav": data}, method)
        assert members(path) == {"project.xml": len(TEXT), "audio/ü.wav": len(data)}
        assert b"".join(zipped(path, "project.xml")) == TEXT
        assert b"".join(zipped(path, "audio/ü.wav")) == data
        with pytest.raises(SessionError, match="session: holds no x"):
            drain(zipped(path, "x"))
    for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        path = make_zip(tmp_path, {"project.xml": TEXT}, method)
        with pytest.raises(SessionError, match="packed by method"):
            drain(zipped(path, "project.xml"))


def test_zip_bombs(tmp_path: Path) -> None:
    path = make_zip(tmp_path, {"project.xml": bytes(50_000_000)})
    assert refused_soon(lambda: drain(zipped(path, "project.xml"))) < 200_000


def test_a_zip_with_a_directory_of_gigabytes(tmp_path: Path) -> None:
    with open(make_zip(tmp_path, {"a": b"1"}), "rb") as file:
        data = bytearray(file.read())
    end = data.rindex(b"PK\x05\x06")
    # The file is as long as it must be for the claim to be possible, but holds nothing.
    with open(os.path.join(tmp_path, "session"), "wb") as file:
        file.truncate(3_000_000_000)
        file.seek(3_000_000_000)
        struct.pack_into("<L", data, end + 12, 2_900_000_000)
        file.write(data[end:])
    path = os.path.join(tmp_path, "session")
    assert refused_soon(lambda: members(path)) < 200_000


def test_zips_that_are_damaged(tmp_path: Path) -> None:
    rng = random.Random(5)
    with open(make_zip(tmp_path, {"metadata.xml": b"<M/>", "project.xml": TEXT}), "rb") as file:
        data = file.read()
    for length in range(len(data)):
        path = write(tmp_path, data[:length])
        with pytest.raises(SessionError, match="session: is a damaged zip file"):
            members(path)
    for _ in range(2000):
        changed = bytearray(data)
        for _ in range(rng.randint(1, 3)):
            changed[rng.randrange(len(data))] = rng.randrange(256)
        path = write(tmp_path, bytes(changed))
        with suppress(SessionError):
            members(path)
            assert b"".join(zipped(path, "project.xml")) == TEXT
