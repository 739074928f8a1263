"""Sessions are told apart by what they hold, whatever they are called."""

import gzip
import io
import os
import plistlib
import random
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from spanner.model.session import SessionError
from spanner.sources.formats.detect import looks_like_session, read_session
from support.aaf_files import Aaf
from support.protools_files import Description, ProToolsFile, Volume
from support.work import bytes_read, within

FCPXML = b"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE fcpxml>
<fcpxml version="1.8"><resources><asset id="r1" src="file:///a.wav"/></resources></fcpxml>
"""


def zipped(**members: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return content.getvalue()


def aaf(folder: Path) -> bytes:
    path = str(folder / "made")
    with Aaf(path) as made:
        made.mob("a", made.sound("a.wav"))
    return Path(path).read_bytes()


SONG = zipped(**{"Song/mediapool.xml": "<MediaPool/>"})
SESSIONS: dict[str, tuple[str, bytes]] = {
    "ptx": (
        "Pro Tools",
        Description(
            volumes=(Volume("HD", b"abcd", "/"),), audio=(ProToolsFile("HD", (), "a.wav"),)
        ).file(),
    ),
    "txt": ("Pro Tools", b"SESSION NAME:\tSong\nSAMPLE RATE:\t48000.000000\n\n"),
    "rpp": ("Reaper", b'<REAPER_PROJECT 0.1 "7.0" 1700000000\n>\n'),
    "ardour": ("Ardour", b'<?xml version="1.0"?><Session version="7003" sample-rate="48000"/>'),
    "als": (
        "Ableton Live",
        gzip.compress(b'<Ableton MajorVersion="5" Creator="Ableton Live 11.0"/>', mtime=0),
    ),
    "fcpxml": ("Final Cut Pro", FCPXML),
    "xml": ("Final Cut Pro 7", b'<!DOCTYPE xmeml>\n<xmeml version="5"/>'),
    "otio": ("OpenTimelineIO", b'{"OTIO_SCHEMA": "Timeline.1", "name": "x"}'),
    "flp": ("FL Studio", b"FLhd\6\0\0\0" + bytes(6) + b"FLdt" + bytes(4)),
    "song": ("Studio One", SONG),
    "dawproject": ("", zipped(**{"project.xml": '<Project version="1.0"/>'})),
}
MISLEADING = ("x", "x.ptx", "x.xml", "x.song", "x.txt", "x.rpp", "x.als")


@pytest.mark.parametrize("extension", SESSIONS)
def test_sessions_are_known_by_what_they_hold(tmp_path: Path, extension: str) -> None:
    application, content = SESSIONS[extension]
    for name in (f"x.{extension}", f"X.{extension.upper()}", *MISLEADING):
        file = tmp_path / name
        file.write_bytes(content)
        session = read_session(str(file))
        assert not application or session.application == application
        assert session.format
    assert looks_like_session(str(tmp_path / f"x.{extension}"))
    assert looks_like_session(str(tmp_path / f"X.{extension.upper()}"))
    assert not looks_like_session(str(tmp_path / "x"))


def test_an_aaf_is_known_by_what_it_holds(tmp_path: Path) -> None:
    content = aaf(tmp_path)
    for name in ("x.aaf", *MISLEADING):
        file = tmp_path / name
        file.write_bytes(content)
        assert read_session(str(file)).format == "aaf"
    assert looks_like_session(str(tmp_path / "x.aaf"))


def test_a_song_is_known_even_if_its_pool_comes_late(tmp_path: Path) -> None:
    members = {"Media/a.wav": "x" * 100_000, "Song/mediapool.xml": "<MediaPool/>"}
    file = tmp_path / "x.song"
    file.write_bytes(zipped(**members))
    assert read_session(str(file)).format == "song"
    assert looks_like_session(str(file))


def test_a_name_decides_between_equals(tmp_path: Path) -> None:
    both = zipped(
        **{"Song/mediapool.xml": "<MediaPool/>", "project.xml": "<Project version='1.0'/>"}
    )
    found = {}
    for name in ("x.song", "x.dawproject"):
        (tmp_path / name).write_bytes(both)
        found[name] = read_session(str(tmp_path / name)).format
    assert found["x.song"] == "song"
    assert found["x.dawproject"] != "song"


def test_folders_are_sessions_too(tmp_path: Path) -> None:
    logic = tmp_path / "Song.logicx"
    (logic / "Alternatives" / "000").mkdir(parents=True)
    (logic / "Alternatives" / "000" / "MetaData.plist").write_bytes(
        plistlib.dumps({"AudioFiles": ["a.wav"]})
    )
    assert read_session(f"{logic}/").format == "logicx"
    assert looks_like_session(str(logic))
    logic = logic.rename(tmp_path / "Song.band")  # GarageBand
    assert read_session(str(logic)).format == "logicx"
    assert looks_like_session(str(logic))
    bundle = tmp_path / "Film.fcpxmld"
    bundle.mkdir()
    assert not looks_like_session(str(bundle))
    (bundle / "Info.fcpxml").write_bytes(FCPXML)
    assert len(read_session(str(bundle)).media) == 1
    assert looks_like_session(str(bundle))
    assert not looks_like_session(str(tmp_path))
    with pytest.raises(SessionError, match="is a folder, and no project"):
        read_session(str(tmp_path))


def test_a_cubase_project_is_recognised(tmp_path: Path) -> None:
    file = tmp_path / "x.cpr"
    file.write_bytes(b"RIFF\0\0\0\0NUND" + bytes(100))
    assert looks_like_session(str(file))
    with pytest.raises(SessionError, match="Cubase project recognised"):
        read_session(str(file))


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("x.wav", b"RIFF\0\0\0\0WAVEfmt ", r"is no session of a known kind; known are: Pro Tools"),
        ("x.xml", b"<a/>", r"known are: .*Studio One \(\.song\)"),
        ("x.xml", b"\xef\xbb\xbf  <a", "is no session of a known kind"),
        ("x.zip", zipped(a="b"), "is no session of a known kind"),
        ("x.zip", b"PK\3\4", "zip"),
        ("x.ptx", b"", "resource fork"),
        ("x.ptx", b"nonsense", "no session of Pro Tools 5.1 to 2024.10, it begins with 6e 6f"),
        ("x.ptf", bytes(100), "no session of Pro Tools"),
        ("x.ptxp", b"nonsense", "cloud project of Pro Tools"),
        ("._x.ptx", b"\0\5\26\7" + bytes(80), "AppleDouble"),
        ("x.aaf", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(9000), "is no session"),
        ("x.als", gzip.compress(b"x", mtime=0), "is no session"),
        ("x.json", b'{"a": 1}', "is no session"),
    ],
)
def test_what_is_none_is_said_to_be_none(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(SessionError, match=reason):
        read_session(str(file))
    assert looks_like_session(str(file)) == (name in {"x.ptx", "x.ptf", "x.ptxp"})


def test_what_cannot_be_read_is_no_session(tmp_path: Path) -> None:
    pipe = str(tmp_path / "x.ptx")
    os.mkfifo(pipe)
    for path in (pipe, str(tmp_path / "gone.ptx"), "a\0b.ptx", "/dev/null"):
        assert not looks_like_session(path)
        with pytest.raises(SessionError):
            read_session(path)


def test_at_most_64_kilobytes_are_read(tmp_path: Path) -> None:
    file = tmp_path / "x.xml"
    with file.open("wb") as opened:
        opened.write(b"<a>")
        opened.truncate(1 << 40)

    def look() -> None:
        assert not looks_like_session(str(file))

    assert bytes_read(look) <= 65_536


def test_only_the_module_that_is_needed_is_imported(tmp_path: Path) -> None:
    file = tmp_path / "x.flp"
    file.write_bytes(SESSIONS["flp"][1])
    code = (
        "import sys; from spanner.sources.formats.detect import read_session;"
        "read_session(sys.argv[1]);"
        "print(*(n for n in sys.modules if n.startswith(('spanner.sources.formats.', 'aaf2'))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=True
    )
    names = {name.rpartition(".")[2] for name in done.stdout.split()}
    assert "fl_studio" in names
    assert names.isdisjoint({"aaf2", "aaf", "reaper", "otio", "final_cut", "studio_one", "logic"})


def test_damaged_sessions_are_refused_or_read(tmp_path: Path) -> None:
    chance = random.Random(1)
    contents = [content for _, content in SESSIONS.values()]
    file = tmp_path / "x"
    for content in (*contents, aaf(tmp_path)):
        file.write_bytes(content)
        assert read_session(str(file)).format  # which imports what reads it
        for _ in range(60):
            changed = bytearray(content)
            for _ in range(chance.randint(0, 2)):
                changed[chance.randrange(len(changed))] = chance.choice([0, 255, 32, 60])
            file.write_bytes(changed[: chance.randint(0, len(changed))])
            try:
                assert within(20_000, lambda: read_session(str(file))).format
            except SessionError as error:
                message = str(error)
                assert str(file) in message
