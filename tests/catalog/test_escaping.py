"""Names as fields of tab-separated lines, and back."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanner.catalog.escaping import escape, unescape

NAMES = st.binary().map(os.fsdecode) | st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from("\\\t\n\r\x0b\x0c\x1c\x85\u2028x4")
)


@given(NAMES)
def test_round_trip(name: str) -> None:
    assert unescape(escape(name)) == name


@given(NAMES)
def test_escaped_names_are_one_field_of_one_line_of_utf8(name: str) -> None:
    field = escape(name)
    assert "\t" not in field
    assert field.splitlines() == ([field] if name else [])
    assert field.encode("utf-8").decode("utf-8") == field


@given(NAMES, NAMES)
def test_different_names_stay_different(one: str, other: str) -> None:
    assert (escape(one) == escape(other)) == (one == other)


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("", ""),
        ("Gitarre Ü 🎸.wav", "Gitarre Ü 🎸.wav"),
        ("a\\b", r"a\\b"),
        ("\\n", r"\\n"),
        ("\t\n\r", r"\t\n\r"),
        ("\0\x1b\x7f", r"\x00\x1b\x7f"),
        ("a\x0b\x0c\x1c\x1d\x1eb", r"a\x0b\x0c\x1c\x1d\x1eb"),
        ("\x80\x85\x9f", r"\xc2\x80\xc2\x85\xc2\x9f"),
        ("\u2028\u2029", r"\xe2\x80\xa8\xe2\x80\xa9"),
        (os.fsdecode(b"\xff\xc3.wav"), r"\xff\xc3.wav"),
        (os.fsdecode(b"\xc3\xc3\xa9"), r"\xc3é"),
        ("\u00a0\u200b", "\u00a0\u200b"),
    ],
)
def test_as_documented(name: str, field: str) -> None:
    assert escape(name) == field
    assert unescape(field) == name


@pytest.mark.parametrize(
    "field",
    ["\\", "a\\", "\\\\\\", r"\a", r"\x", r"\x4", r"\x4g", r"\xFF", r"\X41", r"\0", "\\\n", r"\ü"],
)
def test_there_is_no_such_escape(field: str) -> None:
    with pytest.raises(ValueError, match="unknown escape in "):
        unescape(field)


@given(st.text("\\xtnr0f9aé\udcff"))
def test_any_field_is_a_name_or_refused(field: str) -> None:
    try:
        name = unescape(field)
    except ValueError:
        return
    assert unescape(escape(name)) == name
