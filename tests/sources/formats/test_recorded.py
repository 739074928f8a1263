"""What a recorded place means, whoever recorded it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanner.model.session import KINDS, MediaReference
from spanner.sources.formats.recorded import ElsewhereError, folder, kind_of, place


def split(recorded: str, **how: bool) -> tuple[str, str]:
    """The volume, and the rest with slashes."""
    found = place("audio", recorded, **how)  # type: ignore[arg-type]
    assert found.recorded == recorded
    return found.volume, "/".join([*found.directory, found.name])


@pytest.mark.parametrize(
    ("recorded", "volume", "rest"),
    [
        ("/Users/eva/Song/a.wav", "/", "Users/eva/Song/a.wav"),
        ("/a.wav", "/", "a.wav"),
        ("/Volumes/Audio 1/Song/a.wav", "/Volumes/Audio 1", "Song/a.wav"),
        ("/Volumes/Audio 1/a.wav", "/Volumes/Audio 1", "a.wav"),
        ("/Volumes/a.wav", "/", "Volumes/a.wav"),
        ("/x/../Volumes/A/./b/../a.wav", "/Volumes/A", "a.wav"),
        ("/../../a.wav", "/", "a.wav"),
        ("/a/b\\c.wav", "/", "a/b\\c.wav"),
        ("//a.wav", "/", "a.wav"),
        ("C:\\Song\\a.wav", "C:", "Song/a.wav"),
        ("d:/Song/a.wav", "D:", "Song/a.wav"),
        ("C:\\a\\..\\..\\b.wav", "C:", "b.wav"),
        ("\\\\?\\C:\\Song\\a.wav", "C:", "Song/a.wav"),
        ("\\\\?\\UNC\\nas\\audio\\a.wav", "//nas/audio", "a.wav"),
        ("\\\\nas\\audio\\Song\\a.wav", "//nas/audio", "Song/a.wav"),
        ("//nas/audio/Song/a.wav", "//nas/audio", "Song/a.wav"),
        ("\\\\nas\\audio\\..\\a.wav", "//nas/audio", "a.wav"),
        ("\\Song\\a.wav", "/", "Song/a.wav"),
        ("Audio Files/a.wav", "", "Audio Files/a.wav"),
        ("Audio Files\\a.wav", "", "Audio Files/a.wav"),
        (".\\x/./a.wav", "", "x/a.wav"),
        ("../../Samples/a.wav", "", "../../Samples/a.wav"),
        ("..\\a.wav", "", "../a.wav"),
        ("C:a.wav", "", "C:a.wav"),
        ("Song.logicx/", "", "Song.logicx"),
        ("100%41.wav", "", "100%41.wav"),
        ("file.wav", "", "file.wav"),
        ("file:///Users/eva/a%20b.wav", "/", "Users/eva/a b.wav"),
        ("FILE:///a.wav", "/", "a.wav"),
        ("file:/a/b.wav", "/", "a/b.wav"),
        ("file:b/a.wav", "", "b/a.wav"),
        ("file:///c%3a/Song/a.wav", "C:", "Song/a.wav"),
        ("file:///C:/Song/a.wav", "C:", "Song/a.wav"),
        ("file:///C:%5CSong%5Ca.wav", "C:", "Song/a.wav"),
        ("file://C:/Song/a.wav", "C:", "Song/a.wav"),
        ("file://localhost/C:/Song/a.wav", "C:", "Song/a.wav"),
        ("file://localhost/C%3a/Song/a.wav", "C:", "Song/a.wav"),
        ("file://LOCALHOST/Volumes/A/a.mov", "/Volumes/A", "a.mov"),
        ("file://nas/audio/Song/a.wav", "//nas/audio", "Song/a.wav"),
        ("file:////nas/audio/Song/a.wav", "//nas/audio", "Song/a.wav"),
        ("file:///a/%C3%BCber%23.wav", "/", "a/über#.wav"),
        ("file:///a/b#c?d.wav", "/", "a/b#c?d.wav"),
        ("file:///a/%E9.wav", "/", "a/\udce9.wav"),
        ("file:///a/100%.wav", "/", "a/100%.wav"),
        ("file:///a/x+y.wav", "/", "a/x+y.wav"),
    ],
)
def test_a_place(recorded: str, volume: str, rest: str) -> None:
    assert split(recorded) == (volume, rest)


def test_what_the_caller_knows_of_backslashes() -> None:
    assert split("a/b\\c.wav", windows=False) == ("", "a/b\\c.wav")
    assert split("\\a\\b.wav", windows=False) == ("", "\\a\\b.wav")
    assert split("/a/b\\c.wav", windows=True) == ("/", "a/b/c.wav")
    assert split("//a/b/c.wav", windows=False) == ("/", "a/b/c.wav")
    assert split("C:\\a\\b.wav", windows=False) == ("C:", "a/b.wav")


def test_relative_urls() -> None:
    assert split("Media/a%20b.mov", url=True) == ("", "Media/a b.mov")
    assert split("/Media/a%20b.mov", url=True) == ("/", "Media/a b.mov")
    assert split("C:\\Media\\a%20b.mov", url=True) == ("C:", "Media/a%20b.mov")


@pytest.mark.parametrize(
    "recorded",
    ["", "/", ".", "..", "a/..", "C:", "C:\\", "//", "file://", "file:///", "a\0b", "file:///a%00b",
     "/..", "x" * 9000],
)  # fmt: skip
def test_no_place(recorded: str) -> None:
    with pytest.raises(ValueError, match=r"names no file|is empty|NUL|too long"):
        place("audio", recorded)


@pytest.mark.parametrize("recorded", ["http://example.org/a.wav", "media:///a.wav", "rtsp://a/b"])
def test_elsewhere(recorded: str) -> None:
    with pytest.raises(ElsewhereError):
        place("audio", recorded)


def test_kinds() -> None:
    names = ["a.WAV", "b.c.aif", "m.Mov", "s.mid", "t.rpp", "x.txt", "wav", ".wav", "a."]
    expected = ["audio", "audio", "video", "midi", "project", "other", "other", "audio", "other"]
    assert [kind_of(name) for name in names] == expected
    assert set(expected) < set(KINDS)
    assert place("", "a.mov").kind == "video"
    assert place("", "a.xyz").kind == "other"
    assert place("", "a.xyz", otherwise="audio").kind == "audio"
    assert place("fade", "a.wav").kind == "fade"


def test_what_else_is_known() -> None:
    found = place("audio", "a.wav", embedded=True, unique_id="ab", frames=1, size=2)
    assert found == MediaReference(
        kind="audio",
        name="a.wav",
        volume="",
        directory=(),
        recorded="a.wav",
        embedded=True,
        unique_id="ab",
        frames=1,
        size=2,
    )


@pytest.mark.parametrize(
    ("recorded", "expected"),
    [
        ("/a/b/", "/a/b"),
        ("/", "/"),
        ("C:\\a\\b", "C:/a/b"),
        ("\\\\nas\\audio\\a", "//nas/audio/a"),
        ("Audio\\Takes", "Audio/Takes"),
        (".", "."),
        ("../x", "../x"),
        ("file:///a/b%20c", "/a/b c"),
        ("/Volumes/A", "/Volumes/A"),
    ],
)
def test_folders(recorded: str, expected: str) -> None:
    assert folder(recorded) == expected


_PART = st.text(
    st.characters(exclude_characters="/\\\0", codec="utf-8"), min_size=1, max_size=12
).filter(lambda part: part not in (".", ".."))
_PARTS = st.lists(_PART, min_size=1, max_size=6)
# What would be a URL, a drive or a share of its own is none of a relative place's first folder.
_PLAIN = _PARTS.filter(lambda parts: ":" not in parts[0] and parts[0] != "?")


@given(
    _PARTS, st.sampled_from(["C:\\", "C:/", "\\\\?\\C:\\", "file:///C:/", "file://localhost/C%3A/"])
)
def test_drives_joined_are_split_again(parts: list[str], start: str) -> None:
    url = start.startswith("file:")
    joined = start + ("\\" if "\\" in start else "/").join(_percent(parts) if url else parts)
    found = place("audio", joined)
    assert (found.volume, [*found.directory, found.name]) == ("C:", parts)


@given(_PLAIN, st.sampled_from(["//nas/audio/", "\\\\nas\\audio\\", "file://nas/audio/"]))
def test_shares_joined_are_split_again(parts: list[str], start: str) -> None:
    url = start.startswith("file:")
    joined = start + ("\\" if "\\" in start else "/").join(_percent(parts) if url else parts)
    found = place("audio", joined)
    assert (found.volume, [*found.directory, found.name]) == ("//nas/audio", parts)


@given(_PLAIN.filter(lambda parts: parts[0] != "Volumes"), st.sampled_from(["/", "file:///"]))
def test_posix_paths_joined_are_split_again(parts: list[str], start: str) -> None:
    joined = start + "/".join(_percent(parts) if start != "/" else parts)
    found = place("audio", joined)
    assert (found.volume, [*found.directory, found.name]) == ("/", parts)
    inside = place("audio", f"/Volumes/V{joined.removeprefix('file://')}" if start == "/" else
                   f"file:///Volumes/V/{joined.removeprefix(start)}")  # fmt: skip
    assert (inside.volume, [*inside.directory, inside.name]) == ("/Volumes/V", parts)


@given(_PLAIN, st.integers(0, 3), st.sampled_from("/\\"))
def test_relative_paths_joined_are_split_again(parts: list[str], up: int, slash: str) -> None:
    parts = [".."] * up + parts
    found = place("audio", slash.join(parts))
    assert (found.volume, [*found.directory, found.name]) == ("", parts)


@given(st.text(max_size=40), st.sampled_from([None, True, False]), st.booleans())
def test_any_text_is_a_place_or_refused(text: str, windows: bool | None, url: bool) -> None:
    try:
        found = place("", text, windows=windows, url=url)
    except ValueError:
        return
    assert found.name not in ("", ".", "..")
    assert "" not in found.directory
    assert "." not in found.directory
    assert not (found.volume and ".." in found.directory)


@given(st.text("/\\:.%afileCUNC?Volumes2F5", max_size=30))
def test_any_such_text_is_a_place_or_refused(text: str) -> None:
    test_any_text_is_a_place_or_refused.hypothesis.inner_test(text, None, True)  # type: ignore[attr-defined]
    test_any_text_is_a_place_or_refused.hypothesis.inner_test("file:" + text, None, False)  # type: ignore[attr-defined]


def _percent(parts: list[str]) -> list[str]:
    return ["".join(f"%{byte:02x}" for byte in part.encode()) for part in parts]
