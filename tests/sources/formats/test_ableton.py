"""Ableton Live sets, new and old: only what a set needs, and what is no sound set."""

import gzip
import os
import random
import struct
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from spanner.model.session import MediaReference, Session, SessionError
from spanner.sources.formats import ableton, opening
from spanner.sources.formats.ableton import is_ableton, read


def windows_data(path: str) -> str:
    """As Live up to 10 writes it: lines of 80 digits."""
    digits = (path + "\0").encode("utf-16-le").hex().upper()
    return "".join(f"\n\t\t{digits[at : at + 80]}" for at in range(0, len(digits), 80)) + "\n"


def alias_data(path: str, volume: str, version: int = 2) -> str:
    """A Mac alias record with no more than the tags that hold a path."""
    tags = b""
    for tag, text in ((14, "x"), (18, path), (19, volume)):
        data = text.encode()
        tags += struct.pack(">HH", tag, len(data)) + data + bytes(len(data) % 2)
    tags += struct.pack(">HH", 0xFFFF, 0)
    head = {2: 150, 3: 58}[version]
    record = struct.pack(">4xHH", head + len(tags), version).ljust(head, b"\0") + tags
    return record.hex()


def new_ref(kind: int, relative: str, path: str, size: int = 0) -> str:
    return f"""<SampleRef>
 <FileRef>
  <RelativePathType Value="{kind}" />
  <RelativePath Value="{relative}" />
  <Path Value="{path}" />
  <Type Value="1" />
  <LivePackName Value="" />
  <LivePackId Value="" />
  <OriginalFileSize Value="{size}" />
  <OriginalCrc Value="7" />
 </FileRef>
 <LastModDate Value="1" />
 <SourceContext>
  <SourceContext Id="0">
   <OriginalFileRef>
    <FileRef Id="0"><RelativePathType Value="1" /><Path Value="/not/this.wav" /></FileRef>
   </OriginalFileRef>
  </SourceContext>
 </SourceContext>
 <DefaultDuration Value="100" /><DefaultSampleRate Value="44100" />
</SampleRef>
"""


def old_ref(
    kind: int,
    folders: list[str],
    name: str,
    data: str = "",
    hint: tuple[str, ...] = (),
    size: int = 0,
    pack: str = "",
) -> str:
    def listed(parts: list[str]) -> str:
        return "".join(f'<RelativePathElement Id="{n}" Dir="{p}" />' for n, p in enumerate(parts))

    return f"""<SampleRef>
 <FileRef>
  <HasRelativePath Value="{"true" if kind else "false"}" />
  <RelativePathType Value="{kind}" />
  <RelativePath>{listed(folders)}</RelativePath>
  <Name Value="{name}" />
  <Type Value="1" />
  <Data>{data}</Data>
  <RefersToFolder Value="false" />
  <SearchHint>
   <PathHint>{listed(list(hint))}</PathHint>
   <FileSize Value="{size}" />
   <Crc Value="1" />
  </SearchHint>
  <LivePackName Value="{pack}" />
 </FileRef>
 <SourceContext>
  <SourceContext Id="0">
   <OriginalFileRef>
    <FileRef Id="1">
     <HasRelativePath Value="true" />
     <RelativePath>{listed(["not", "this"])}</RelativePath>
     <Name Value="original.wav" />
     <SearchHint><PathHint>{listed(["Users", "not"])}</PathHint><FileSize Value="99" /></SearchHint>
    </FileRef>
   </OriginalFileRef>
  </SourceContext>
 </SourceContext>
</SampleRef>
"""


def live(body: str, version: str = "11.3.4") -> str:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Ableton MajorVersion="5" MinorVersion="11.0_433" Creator="Ableton Live {version}" Revision="x">
<LiveSet><Tracks>
{body}</Tracks>
<FilePresetRef><FileRef><Path Value="/not/this.adv" /></FileRef></FilePresetRef>
</LiveSet></Ableton>
"""


def write(folder: Path, data: bytes) -> str:
    path = os.path.join(folder, "set.als")
    with open(path, "wb") as file:
        file.write(data)
    return path


def read_set(folder: Path, text: str) -> Session:
    return read(write(folder, gzip.compress(text.encode())))


def places(session: Session) -> list[tuple[str, str]]:
    return [(one.volume, "/".join([*one.directory, one.name])) for one in session.media]


def test_a_new_set(tmp_path: Path) -> None:
    body = (
        new_ref(3, "Samples/Rec/a &amp; b.wav", "/u/Song Project/Samples/Rec/a &amp; b.wav", 9)
        + new_ref(1, "../Loops/l.aif", "/Volumes/Disk/Loops/l.aif", 10)
        + new_ref(5, "Samples/kick", "C:/Packs/Drums/Samples/kick")
        + new_ref(3, "Samples/Rec/a &amp; b.wav", "/u/Song Project/Samples/Rec/a &amp; b.wav")
        + new_ref(0, "", "")
        + new_ref(3, "Video/reel.mov", "")
    )  # fmt: skip
    assert read_set(tmp_path, live(body)) == Session(
        application="Ableton Live",
        version="11.3.4",
        format="als",
        media=(
            MediaReference(
                kind="audio", name="a & b.wav", volume="", directory=("Samples", "Rec"),
                recorded="Samples/Rec/a & b.wav", frames=100, size=9,
            ),
            MediaReference(
                kind="audio", name="l.aif", volume="/Volumes/Disk", directory=("Loops",),
                recorded="/Volumes/Disk/Loops/l.aif", frames=100, size=10,
            ),
            MediaReference(
                kind="audio", name="kick", volume="C:", directory=("Packs", "Drums", "Samples"),
                recorded="C:/Packs/Drums/Samples/kick", frames=100,
            ),
            MediaReference(
                kind="video", name="reel.mov", volume="", directory=("Video",),
                recorded="Video/reel.mov", frames=100,
            ),
        ),
        search=("/u/Song Project",),
    )  # fmt: skip


def test_where_a_new_set_says_little(tmp_path: Path) -> None:
    body = (
        new_ref(3, "", "/x/a.wav")
        + new_ref(1, "../b.wav", "")
        + new_ref(6, "Samples/c.wav", "")
        + new_ref(3, "d\\e.wav", "/other/d\\e.wav")
        + new_ref(1, "", "//nas/audio/f.wav")
    )
    found = read_set(tmp_path, live(body))
    assert places(found) == [
        ("/", "x/a.wav"),
        ("", "../b.wav"),
        ("", "Samples/c.wav"),
        ("", "d\\e.wav"),
        ("//nas/audio", "f.wav"),
    ]
    assert found.search == ("/other",)
    assert len(found.notes) == 1
    assert found.notes[0].endswith("Samples/c.wav lies in one of Live's libraries")


def test_an_old_set(tmp_path: Path) -> None:
    body = (
        old_ref(3, ["Samples", "Recorded"], "a.wav", windows_data(r"C:\Song\a.wav"), size=5)
        + old_ref(1, ["", "", "Loops"], "b.wav")
        + old_ref(1, ["", "Loops"], "c.wav", windows_data(r"D:\Loops\c.wav"))
        + old_ref(0, [], "d.wav", windows_data(r"\\nas\audio\ü\d.wav"))
        + old_ref(2, [], "e.wav", alias_data("Users/eva/e.wav", "/"))
        + old_ref(5, ["Kits"], "f.wav", alias_data("Loops/ü/f.wav", "/Volumes/Disk", 3))
        + old_ref(0, [], "g.wav", "", ("Users", "eva"))
        + old_ref(5, ["Kits"], "h.wav", "zz", ("Packs",), pack="Core Library")
        + old_ref(0, [], "")
    )
    found = read_set(tmp_path, live(body, "9.7.5"))
    assert found.version == "9.7.5"
    assert places(found) == [
        ("", "Samples/Recorded/a.wav"),
        ("", "../../Loops/b.wav"),
        ("D:", "Loops/c.wav"),
        ("//nas/audio", "ü/d.wav"),
        ("/", "Users/eva/e.wav"),
        ("/Volumes/Disk", "Loops/ü/f.wav"),
        ("/", "Users/eva/g.wav"),
        ("", "Kits/h.wav"),
    ]
    assert found.media[0].size == 5
    assert found.media[2].recorded == r"D:\Loops\c.wav"
    assert len(found.notes) == 1
    assert found.notes[0].endswith("Kits/h.wav lies in Core Library")


@pytest.mark.parametrize(
    "data",
    ["0", "00", "00000000", "000000000010", alias_data("a", "/")[:120], alias_data("a", "/")[:304],
     alias_data("a", "b"), "41004200", "ff", "00d8" * 9, "C3" * 40_000,
     "00000000FFFF0002" + "00" * 200],
)  # fmt: skip
def test_data_that_cannot_be_understood(tmp_path: Path, data: str) -> None:
    found = read_set(tmp_path, live(old_ref(1, ["Loops"], "a.wav", data), "9.1"))
    assert places(found) == [("", "Loops/a.wav")]


@pytest.mark.parametrize(
    ("path", "volume", "expected"),
    [
        ("/Users/eva/a.wav", "", ("/", "Users/eva/a.wav")),  # as macOS 10.15 and later write it
        ("Users/eva/a.wav", "/", ("/", "Users/eva/a.wav")),
        ("eva/a.wav", "/Volumes/Disk", ("/Volumes/Disk", "eva/a.wav")),
    ],
)
def test_aliases(tmp_path: Path, path: str, volume: str, expected: tuple[str, str]) -> None:
    body = old_ref(1, ["", "x"], "a.wav", alias_data(path, volume))
    assert places(read_set(tmp_path, live(body, "10.1"))) == [expected]


def test_max_devices_and_what_was_dropped_into_them(tmp_path: Path) -> None:
    device = new_ref(3, "Presets/My Echo.amxd", "/p/Presets/My Echo.amxd", 9)
    pack = new_ref(5, "Devices/Theirs.amxd", "/packs/Devices/Theirs.amxd")
    hall = old_ref(5, ["IRs"], "Hall.wav", alias_data("IRs/Hall.wav", "/Volumes/Packs"), size=7)
    body = (device + pack).replace("SampleRef>", "MxDPatchRef>")
    body += "<FileDropList><FileDropList>"
    body += hall.replace("SampleRef>", "FileRef>").replace(
        "<FileRef>", "<MxDFullFileDrop><FileRef>", 1
    )
    body += "</MxDFullFileDrop></FileDropList></FileDropList>" + new_ref(3, "a.wav", "")
    assert read_set(tmp_path, live(body)).media == (
        MediaReference(
            kind="other",
            name="My Echo.amxd",
            volume="",
            directory=("Presets",),
            recorded="Presets/My Echo.amxd",
            frames=100,
        ),
        MediaReference(
            kind="audio",
            name="Hall.wav",
            volume="/Volumes/Packs",
            directory=("IRs",),
            recorded="/Volumes/Packs/IRs/Hall.wav",
            size=7,
        ),
        MediaReference(
            kind="audio", name="a.wav", volume="", directory=(), recorded="a.wav", frames=100
        ),
    )


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (windows_data(r"D:\Song Project\Samples\a.wav"), ("D:/Song Project",)),
        (windows_data(r"\\nas\songs\Song Project\Samples\a.wav"), ("//nas/songs/Song Project",)),
        (alias_data("Song Project/Samples/a.wav", "/Volumes/X"), ("/Volumes/X/Song Project",)),
        (alias_data("Samples/a.wav", "/"), ("/",)),
        (alias_data("other/a.wav", "/"), ()),
        ("", ()),
    ],
)
def test_where_the_project_was(tmp_path: Path, data: str, expected: tuple[str, ...]) -> None:
    found = read_set(tmp_path, live(old_ref(3, ["Samples"], "a.wav", data), "9.7"))
    assert places(found) == [("", "Samples/a.wav")]
    assert found.search == expected


def test_sets_below_the_projects_folder(tmp_path: Path) -> None:
    project = tmp_path / "Song Project"
    for below, expected in [("", ()), ("Backup", (str(project),)), ("a/b/c/d", ())]:
        (project / below).mkdir(parents=True, exist_ok=True)
        (project / "Ableton Project Info").mkdir(exist_ok=True)
        assert read_set(project / below, live(new_ref(3, "a.wav", ""))).search == expected


def test_two_files_in_one_sample(tmp_path: Path) -> None:
    two = new_ref(3, "a.wav", "").replace("</SampleRef>", "")
    body = two + new_ref(3, "b.wav", "").replace("<SampleRef>", "")
    assert places(read_set(tmp_path, live(body))) == [("", "a.wav"), ("", "b.wav")]


def test_a_set_that_is_not_packed(tmp_path: Path) -> None:
    assert places(read(write(tmp_path, live(new_ref(3, "a.wav", "")).encode()))) == [("", "a.wav")]


def test_it_is_known_by_its_content() -> None:
    data = live(new_ref(3, "a.wav", "") * 1000).encode()
    assert is_ableton(data)
    packed = gzip.compress(data, 1)
    assert is_ableton(packed)
    assert is_ableton(packed[: len(packed) // 2])
    assert not is_ableton(gzip.compress(b"<Session/>"))
    assert not is_ableton(b"\x1f\x8b\x08 no gzip, to be sure")
    assert not is_ableton(b"\x1f\x8b")
    assert not is_ableton(b"")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "line 1: "),
        ("<Live/>", "line 1: is no Live set but <Live>"),
        (live(new_ref(3, "a.wav", "", -1)), "line 5: FileRef: OriginalFileSize '-1'"),
        (live(new_ref(3, "a" * 9000, "")), "line 5, SampleRef/FileRef: .*too long"),
        (live(new_ref(3, "..", "")), "line 5, SampleRef/FileRef: .*names no file"),
        (live(old_ref(1, ["x"] * 2000, "a.wav")), "line 8: FileRef: more folders"),
        (
            live(new_ref(3, "a.wav", "/" + "b" * 9000 + "/a.wav")),
            "line 5, SampleRef/FileRef: the project's folder is too long",
        ),
        (live("<a>" * 5000), "line 4: .*nested too deep"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]>" + live("")[39:], "line 1: declares"),
    ],
    ids=range(9),
)
def test_what_is_no_set(tmp_path: Path, text: str, what: str) -> None:
    with pytest.raises(SessionError, match=f"set.als: {what}"):
        read_set(tmp_path, text)


SMALL = live(
    new_ref(3, "S/a.wav", "/P/S/a.wav") + old_ref(1, [""], "b.wav", windows_data("C:\\b.wav"))
)


def test_cut_anywhere(tmp_path: Path) -> None:
    packed = gzip.compress(SMALL.encode())
    for length in range(len(packed)):
        with pytest.raises(SessionError, match=r"set.als: (byte|line) \d+"):
            read(write(tmp_path, packed[:length]))
        is_ableton(packed[:length])
    text = SMALL.rstrip()
    for length in range(0, len(text), 3):
        with pytest.raises(SessionError, match=r"set.als: line \d+"):
            read_set(tmp_path, text[:length])


def test_bytes_changed_at_random(tmp_path: Path) -> None:
    rng = random.Random(1)
    packed = gzip.compress(SMALL.encode())
    for number in range(2000):
        data = bytearray(SMALL.encode() if number % 2 else packed)
        for _ in range(rng.randint(1, 4)):
            data[rng.randrange(len(data))] = rng.choice([rng.randrange(256), *b'<>"/0'])
        is_ableton(bytes(data))
        with suppress(SessionError):
            read(write(tmp_path, gzip.compress(data, 1) if number % 2 else bytes(data)))


@pytest.mark.parametrize("block", [b"<a/>", b" ", b"\0", b"<a><b></b></a>"])
def test_bombs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: bytes) -> None:
    packer = zlib.compressobj(9, wbits=31)
    data = packer.compress(b"<Ableton>")
    data += packer.flush(zlib.Z_FULL_FLUSH)
    data += (packer.compress(block * (1 << 18)) + packer.flush(zlib.Z_FULL_FLUSH)) * 100
    path = write(tmp_path, data + packer.flush())

    inflated = 0

    def counted(path: str) -> Iterator[bytes]:
        nonlocal inflated
        for chunk in opening.gunzipped(path):
            inflated += len(chunk)
            yield chunk

    monkeypatch.setattr(ableton, "gunzipped", counted)
    with pytest.raises(SessionError, match=r"unpacks to \d+ bytes|line 1: is not the XML"):
        read(path)
    assert inflated < 2_100_000
