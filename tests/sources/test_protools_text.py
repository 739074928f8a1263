"""Which files the session infos list that Pro Tools exports as text."""

import codecs
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanner.model.session import MediaReference, Session, SessionError
from spanner.sources.formats.protools_text import is_text_export, read_text

HEAD = (
    "SESSION NAME:\tSong\n"
    "SAMPLE RATE:\t48000.000000\n"
    "BIT DEPTH:\t24-bit\n"
    "SESSION START TIMECODE:\t00:59:55:00\n"
    "TIMECODE FORMAT:\t23.976 Frame\n"
    "# OF AUDIO TRACKS:\t5\n"
    "# OF AUDIO CLIPS:\t11\n"
    "# OF AUDIO FILES:\t3\n"
    "\n"
    "\n"
)
ONLINE = "O N L I N E  F I L E S  I N  S E S S I O N\nFilename                 \tLocation\n"
OFFLINE = "O F F L I N E  F I L E S  I N  S E S S I O N\nFilename   \tLocation\n"
CLIPS = (
    "O N L I N E  C L I P S  I N  S E S S I O N\n"
    "CLIP NAME                \tSource File\n"
    "Kick                     \tKick.wav\n"
    "\n\n"
    "T R A C K  L I S T I N G\n"
    "TRACK NAME:\tKick\n"
)
FILES = (
    "Kick.wav                 \tMacintosh HD:Users:ag:Süng:Audio Files:\n"
    "Fade 1.aif               \tMacintosh HD:Users:ag:Süng:Fade Files:\n"
    "Film.MOV                 \tAG:\n"
)
MEDIA = (
    MediaReference(
        kind="audio",
        name="Kick.wav",
        volume="/",
        directory=("Users", "ag", "Süng", "Audio Files"),
        recorded="Macintosh HD:Users:ag:Süng:Audio Files:Kick.wav",
    ),
    MediaReference(
        kind="fade",
        name="Fade 1.aif",
        volume="/",
        directory=("Users", "ag", "Süng", "Fade Files"),
        recorded="Macintosh HD:Users:ag:Süng:Fade Files:Fade 1.aif",
    ),
    MediaReference(
        kind="video", name="Film.MOV", volume="/Volumes/AG", directory=(), recorded="AG:Film.MOV"
    ),
)
BOOT = "Macintosh HD is taken for the boot volume, as it holds Users"
WHOLE = f"{HEAD}{ONLINE}{FILES}\n\n{CLIPS}"


def session(folder: Path, content: str | bytes) -> Session:
    path = folder / "Song.txt"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_text(str(path))


def refused(folder: Path, content: str | bytes) -> str:
    with pytest.raises(SessionError) as caught:
        session(folder, content)
    message = str(caught.value)
    assert message.startswith(str(folder / "Song.txt"))
    return message


def test_files_that_were_there(tmp_path: Path) -> None:
    assert session(tmp_path, WHOLE) == Session(
        application="Pro Tools",
        version="",
        format="txt",
        media=MEDIA,
        sample_rate=48_000,
        notes=(BOOT,),
    )


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_line_ends(tmp_path: Path, end: str) -> None:
    assert session(tmp_path, WHOLE.replace("\n", end)).media == MEDIA


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ],
)
def test_encodings_with_a_mark(tmp_path: Path, mark: bytes, encoding: str) -> None:
    content = mark + WHOLE.encode(encoding)
    assert is_text_export(content[:32])
    found = session(tmp_path, content)
    assert found.media == MEDIA
    assert found.notes == (BOOT,)


def test_mac_roman(tmp_path: Path) -> None:
    found = session(tmp_path, WHOLE.encode("mac_roman"))
    assert found.media == MEDIA
    assert found.notes == ("the text is not UTF-8 and was read as MacRoman", BOOT)


def test_files_that_were_missing(tmp_path: Path) -> None:
    found = session(tmp_path, f"{HEAD}{ONLINE}\n\n{OFFLINE}{FILES}\n{CLIPS}")
    assert found.media == MEDIA
    assert found.notes == ("files that were missing when the text was exported: 3", BOOT)
    found = session(tmp_path, f"{HEAD}{ONLINE}{FILES}\n\n{OFFLINE}x.wav\t\n")
    assert found.media == (
        *MEDIA,
        MediaReference(kind="audio", name="x.wav", volume="", directory=(), recorded="x.wav"),
    )
    assert "files without a location: 1" in found.notes


def test_one_section_for_all_files_in_older_texts(tmp_path: Path) -> None:
    text = f"{HEAD}F I L E S  I N  S E S S I O N\n\nFilename\tLocation\n{FILES}{CLIPS}"
    assert session(tmp_path, text).media == MEDIA


def test_no_lists_of_files(tmp_path: Path) -> None:
    found = session(tmp_path, HEAD.replace("48000.000000", "0") + CLIPS)
    assert not found.media
    assert found.sample_rate is None
    assert found.notes == ("the text was exported without its lists of files",)


def test_windows(tmp_path: Path) -> None:
    (found,) = session(tmp_path, f"{HEAD}{ONLINE}Kick.wav\tc:\\Song\\Audio Files\\\n").media
    assert found == MediaReference(
        kind="audio",
        name="Kick.wav",
        volume="C:",
        directory=("Song", "Audio Files"),
        recorded="c:\\Song\\Audio Files\\Kick.wav",
    )


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (HEAD.replace("48000.0", "fast"), "in line 2: there is no sample rate"),
        (f"{HEAD}{ONLINE}Kick.wav\tHD:Users", "in line 13: 'HD:Users' is no location"),
        (f"{HEAD}{ONLINE}Kick.wav\t/Users/", "in line 13: '/Users/' is no location"),
        (f"{HEAD}{ONLINE}Kick.wav\t:Users:", "is no location"),
        (f"{HEAD}{ONLINE}Kick.wav\tHD::Users:", "holds what is no directory"),
        (f"{HEAD}{ONLINE}Kick.wav\tHD:..:", "holds what is no directory"),
        (f"{HEAD}{ONLINE}Kick.wav", "in line 13: this is no file"),
        (f"{HEAD}{ONLINE}a\tHD:\tmore", "in line 13: this is no file"),
        (f"{HEAD}{ONLINE}..\tHD:", "in line 13: this is no file"),
        (f"{HEAD}{ONLINE}  \tHD:", "in line 13: this is no file"),
        (f"{HEAD}{ONLINE.replace('Location', 'Place')}", "in line 12: the columns"),
        (f"{HEAD}{ONLINE}a\0b\tHD:", "NUL"),
        ("SESSION NAME: Song", "is no session info"),
        ("", "is no session info"),
    ],
)
def test_what_does_not_fit(tmp_path: Path, text: str, what: str) -> None:
    assert what in refused(tmp_path, text)


def test_damaged_utf_16(tmp_path: Path) -> None:
    content = codecs.BOM_UTF16_LE + WHOLE.encode("utf-16-le")
    assert f"at {len(content) - 2:#x}: this is not UTF-16-LE" in refused(tmp_path, content[:-1])


def test_no_file(tmp_path: Path) -> None:
    for path in (str(tmp_path), str(tmp_path / "none"), f"{tmp_path}/a\0b", "/dev/zero"):
        with pytest.raises(SessionError, match="cannot read"):
            read_text(path)


def test_what_is_such_a_text() -> None:
    assert is_text_export(HEAD.encode()[:32])
    assert not is_text_export(b"SESSION NAME: ")
    assert not is_text_export(b"")
    assert not is_text_export(codecs.BOM_UTF16_LE + HEAD.encode())


NAMES = st.text(
    st.characters(codec="utf-8", exclude_characters="\0\t\r\n:\\", exclude_categories=["Z"]),
    min_size=1,
    max_size=12,
).filter(lambda name: name not in {".", ".."} and name.strip() == name)


@given(
    st.lists(st.tuples(NAMES, st.lists(NAMES, max_size=4).map(tuple), NAMES), max_size=5),
    st.sampled_from(["", "   "]),
)
def test_all_that_is_written_is_read(
    files: list[tuple[str, tuple[str, ...], str]], padding: str
) -> None:
    rows = "".join(
        f"{name}{padding}\t{volume}:{''.join(f'{each}:' for each in directory)}\n"
        for volume, directory, name in files
    )
    with TemporaryDirectory() as folder:
        found = session(Path(folder), f"{HEAD}{ONLINE}{rows}\n{CLIPS}").media
    assert [(each.name, each.directory) for each in found] == [
        (name, directory) for _, directory, name in files
    ]
    assert [each.recorded for each in found] == [
        ":".join((volume, *directory, name)) for volume, directory, name in files
    ]


@given(st.integers(0, len(WHOLE)), st.binary(max_size=3))
def test_a_session_or_an_error(length: int, end: bytes) -> None:
    for content in (WHOLE.encode(), codecs.BOM_UTF16_BE + WHOLE.encode("utf-16-be")):
        with TemporaryDirectory() as folder:
            try:
                session(Path(folder), content[:length] + end)
            except SessionError as error:
                message = str(error)
            else:
                continue
            assert "Song.txt" in message
