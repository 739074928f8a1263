"""Alphabetical ranges: their order, where to divide them, and what discs are called for them."""

import os
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spanner.model.plan import Item
from spanner.planning.alphabet import arranged, folded, shared, titles
from spanner.planning.contents import PackItem
from support.sessions import NAMES
from support.work import lines


def pack_item(path: str, part: int = 1, parts: int = 1) -> PackItem:
    item = Item(
        path=path,
        size=1,
        mtime_ns=0,
        mode=0o644,
        part=part,
        parts=parts,
        file_size=9 if parts > 1 else -1,
    )
    return PackItem((item,), 1, frozenset())


def in_order(paths: Sequence[str]) -> list[str]:
    return [paths[entry.index] for entry in arranged([pack_item(path) for path in paths])]


def begins(paths: Sequence[str]) -> list[int]:
    return shared(arranged([pack_item(path) for path in paths]))


def titled(*discs: Sequence[str]) -> list[str]:
    """Titles of discs that hold these paths."""
    paths = [path for disc in discs for path in disc]
    place = {path: number for number, disc in enumerate(discs) for path in disc}
    entries = arranged([pack_item(path) for path in paths])
    return titles([[e for e in entries if place[paths[e.index]] == n] for n in range(len(discs))])


def labels(*discs: Sequence[str]) -> list[str]:
    """Titles of discs that hold these names from one folder, without the folder."""
    found = titled(*([f"Song/Audio Files/{name}" for name in names] for names in discs))
    return [title.removeprefix("Audio Files").strip() for title in found]


# the order


def test_symbols_then_digits_then_letters_whatever_accents_and_case() -> None:
    paths = ["b", "Álla", "a", "alz", "10", "9", "_x", "Z", "(y", "é", "F", "ß", "S", "t", "¿"]
    expected = ["(y", "_x", "¿", "10", "9", "a", "Álla", "alz", "b", "é", "F", "S", "ß", "t", "Z"]
    assert in_order([f"S/A/{path}" for path in paths]) == [f"S/A/{path}" for path in expected]


def test_other_scripts_come_after_latin_and_emoji_are_symbols() -> None:
    discs = [["🎸"], ["٣"], ["z"], ["я", "Я2"], ["가"], ["カ", "ガ"], ["漢字"]]
    names = [name for names in discs for name in names]
    assert in_order([f"S/A/{name}" for name in reversed(names)]) == [f"S/A/{n}" for n in names]
    assert labels(*discs) == ["#", "0–9", "Z", "Я", "ᄀ", "カ", "漢"]


def test_names_equal_after_folding_stay_in_a_fixed_order() -> None:
    names = ["S/Kick.wav", "S/kick.wav", "S/KICK.wav", "S/kíck.wav"]
    expected = ["S/KICK.wav", "S/Kick.wav", "S/kick.wav", "S/kíck.wav"]
    assert in_order(names) == in_order(names[::-1]) == expected


def test_a_folder_of_a_folder_stays_together() -> None:
    paths = ["S/A/a b/y", "S/A/a/z", "S/A/a/x", "S/A/a.wav", "S/A/a-b/c"]
    assert in_order(paths) == ["S/A/a/x", "S/A/a/z", "S/A/a b/y", "S/A/a-b/c", "S/A/a.wav"]


def test_sections_are_sorted_like_names_and_a_source_begins_with_its_files() -> None:
    paths = [
        "b.wav",
        "Song/Video/x",
        "Song/audio/x",
        "Song 2/x",
        "Song/9/x",
        "Song/_/x",
        "Song/z.ptx",
        "Äh/x",
        "1/x",
        "Song/audio/2",
    ]
    assert in_order(paths) == [
        "1/x",
        "Äh/x",
        "b.wav",
        "Song/z.ptx",
        "Song/_/x",
        "Song/9/x",
        "Song/audio/2",
        "Song/audio/x",
        "Song/Video/x",
        "Song 2/x",
    ]


# where it is divided


def test_places_between_letters_and_within() -> None:
    paths = ["S/A/a1", "S/A/á2", "S/A/a12", "S/A/b", "S/A/Sm", "S/A/sn", "S/A/-x", "S/B/b"]
    assert in_order(paths) == [
        "S/A/-x",
        "S/A/a1",
        "S/A/a12",
        "S/A/á2",
        "S/A/b",
        "S/A/Sm",
        "S/A/sn",
        "S/B/b",
    ]
    assert begins(paths) == [0, 0, 2, 1, 0, 0, 1, 0]
    assert begins(["S/A/1", "S/A/2"]) == [0, 1]  # one label, "0–9", though nothing is the same
    assert begins([]) == []
    assert begins(["x"]) == [0]


def test_a_letter_that_is_whole_is_one_letter() -> None:
    assert labels(["a1", "a2", "a3"], ["b1", "b2"], ["c1"]) == ["A", "B", "C"]
    assert labels(["a1", "a2", "b1"], ["b2", "c1"]) == ["A–B1", "B2–C"]


def test_a_letter_that_is_divided_is_told_apart_by_the_next() -> None:
    assert labels(["s", "Sa1", "sá2"], ["Sb1", "SB2"], ["Ta"]) == ["s–Sá", "Sb", "T"]
    assert labels(["Sa1"], ["sá2", "Sb1"], ["SB2", "Ta"]) == ["Sa1", "Sá2–Sb1", "Sb2–T"]


def test_symbols_and_digits_are_divided_too() -> None:
    discs = ["-"], ["_"], ["1a"], ["1b"], ["2a"]
    assert labels(*discs) == ["-", "_", "1a", "1b", "2a"]


def test_names_that_differ_far_behind_are_told_apart_there() -> None:
    names = [f"Vocals lead {number:02}.wav" for number in (1, 2, 11)]
    assert labels(names[:2], names[2:]) == ["Vocals lead 0", "Vocals lead 1"]
    long = [f"{'x' * 200}{number}.wav" for number in (1, 2)]
    assert labels(long[:1], long[1:]) == ["Xxxxxxxxxxx…xxxxxxxxxxx1", "Xxxxxxxxxxx…xxxxxxxxxxx2"]


def test_labels_are_cut_where_the_name_is_however_it_folds() -> None:
    assert labels(["ßa"], ["ßb"]) == ["SSa", "SSb"]
    assert labels(["e\u0301a"], ["éb"]) == ["E\u0301a", "Éb"]


def test_labels_can_be_printed() -> None:
    odd = os.fsdecode(b"\xff")
    assert labels([f"{odd}\n1"], [f"{odd}\n2"]) == ["\\xff\\n1", "\\xff\\n2"]


def test_equal_names_are_told_apart_by_themselves() -> None:
    assert labels(["KICK.wav"], ["Kick.wav"], ["kick.wav"]) == ["KICK.wav", "Kick.wav", "kick.wav"]


def test_parts_keep_their_order() -> None:
    entries = arranged([pack_item("S/V/Big.mov", part, 1200) for part in range(1, 1201)])
    assert [entry.index for entry in entries] == list(range(1200))
    found = titles([[entry] for entry in entries])
    assert [found[0], found[1199]] == ["V Big.mov.001", "V Big.mov.1200"]
    assert titles([entries]) == ["V"]


def test_long_common_beginnings_take_little_work() -> None:
    """Each name is compared with its neighbours only, letter by letter."""

    def work(count: int) -> int:
        folders = "/".join(["folder"] * 50)
        units = [pack_item(f"S/{folders}/{index}/{'x' * (index % 250)}y") for index in range(count)]

        def step() -> None:
            entries = arranged(units)
            found = titles([entries[index : index + 3] for index in range(0, count, 3)])
            assert len(found) == -(-count // 3)

        return lines(step)

    few, many = work(300), work(600)
    assert many < 2.1 * few
    assert many < 4 * (50 * len("folder/") + 250) * 600


@settings(max_examples=200)
@given(st.lists(st.lists(NAMES, min_size=1, max_size=4), max_size=30), st.integers(1, 10))
def test_every_unit_is_in_the_order_and_every_title_can_be_printed(
    names: list[list[str]], size: int
) -> None:
    entries = arranged([pack_item("/".join(parts)) for parts in names])
    assert sorted(entry.index for entry in entries) == list(range(len(names)))
    discs = [entries[index : index + size] for index in range(0, len(entries), size)]
    found = titles(discs)
    assert len(found) == len(discs)
    assert all(text and text.isprintable() for text in found)


# titles


def test_a_range_of_letters() -> None:
    one, two = ["S/Audio Files/a", "S/Audio Files/f"], ["S/Audio Files/g"]
    assert titled(one, two) == ["Audio Files A–F", "Audio Files G"]


def test_a_divided_letter() -> None:
    one = ["S/A/Sa1", "S/A/Sa2", "S/A/Sm"]
    assert titled(one, ["S/A/Sn", "S/A/Z"]) == ["A Sa–Sm", "A Sn–Z"]
    assert titled(["S/A/b", *one], ["S/A/Sn", "S/A/Z"]) == ["A B–Sm", "A Sn–Z"]


def test_a_section_that_is_whole_on_a_disc_needs_no_letters() -> None:
    one, two = ["S/s.ptx", "S/Audio/a", "S/Audio/b"], ["S/Audio/c", "S/Video/x", "S/Video/y"]
    assert titled(one, two) == ["S, Audio A–B", "Audio C, Video"]


def test_sections_of_one_name_are_told_apart_by_their_sources() -> None:
    one, two = ["S/Audio/a", "S/Fades/x"], ["T/Audio/a", "mix.wav"]
    assert titled(one, two) == ["S/Audio, Fades", "mix.wav, T/Audio"]


def test_more_than_four_sections_are_counted() -> None:
    folders = [[f"S/dir {number:02}/x"] for number in range(40)]
    all_of = [path for paths in folders for path in paths]
    assert titled(all_of[:4], all_of[4:]) == [
        "dir 00, dir 01, dir 02, dir 03",
        "dir 04 – dir 39 (36 in all)",
    ]
    assert titled(all_of[:5], all_of[5:6])[0] == "dir 00 – dir 04 (5 in all)"
    assert titled([*all_of[:9], "S/dir 09/a"], ["S/dir 09/b"]) == [
        "dir 00 – dir 09 A (10 in all)",
        "dir 09 B",
    ]


def test_a_title_can_be_printed() -> None:
    assert titled(["S/A\n/x"], ["S/B/x"]) == ["A\\n", "B"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("KiCK", "kick"), ("Éa", "ea"), ("ﬁ", "fi"), ("ß", "ss"), ("\u0301", ""), ("Ⅳ", "iv")],
)
def test_folding(text: str, expected: str) -> None:
    assert folded(text) == expected
