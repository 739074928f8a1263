"""Alphabetical ranges: their order, where they are divided, and what discs are called for them."""

import os
import time
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spanner.planning.contents import Unit
from spanner.planning.letters import Run, folded, runs, titles
from spanner.planning.plan import Item
from support.sessions import NAMES


def unit(path: str, part: int = 1, parts: int = 1) -> Unit:
    item = Item(path, 1, 0, 0o644, part=part, parts=parts, file_size=9 if parts > 1 else -1)
    return Unit((item,), 1, frozenset())


def runs_of(paths: Sequence[str], capacity: int) -> list[Run]:
    return runs([unit(path) for path in paths], [1] * len(paths), capacity)


def divided(paths: Sequence[str], capacity: int) -> list[tuple[str, list[str]]]:
    """Labels and names of the runs, from paths in one folder."""
    return [
        (run.label, [paths[index] for index in run.units])
        for run in runs_of([f"Song/Audio Files/{path}" for path in paths], capacity)
    ]


def in_order(paths: Sequence[str]) -> list[str]:
    return [paths[index] for run in runs_of(paths, 10**9) for index in run.units]


# the order


def test_symbols_then_digits_then_letters_whatever_accents_and_case() -> None:
    paths = ["b", "Álla", "a", "alz", "10", "9", "_x", "Z", "(y", "é", "F", "ß", "S", "t", "¿"]
    expected = ["(y", "_x", "¿", "10", "9", "a", "Álla", "alz", "b", "é", "F", "S", "ß", "t", "Z"]
    assert in_order([f"S/A/{path}" for path in paths]) == [f"S/A/{path}" for path in expected]


def test_other_scripts_come_after_latin_and_emoji_are_symbols() -> None:
    assert divided(["я", "漢字", "Я2", "🎸", "z", "가", "ガ", "カ", "٣"], 9) == [
        ("#", ["🎸"]),
        ("0–9", ["٣"]),
        ("Z", ["z"]),
        ("Я", ["я", "Я2"]),
        ("ᄀ", ["가"]),
        ("カ", ["カ", "ガ"]),
        ("漢", ["漢字"]),
    ]


def test_names_equal_after_folding_stay_in_a_fixed_order() -> None:
    names = ["Kick.wav", "kick.wav", "KICK.wav", "kíck.wav"]
    expected = ("K", ["KICK.wav", "Kick.wav", "kick.wav", "kíck.wav"])
    assert divided(names, 9) == divided(names[::-1], 9) == [expected]


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


def test_a_letter_stays_together_while_a_disc_takes_it() -> None:
    names = ["a1", "a2", "a3", "b1", "b2", "c1"]
    expected = [("A", ["a1", "a2", "a3"]), ("B", ["b1", "b2"]), ("C", ["c1"])]
    assert divided(names, 3) == expected
    assert divided(names, 100) == expected


def test_a_letter_that_overflows_is_divided_by_the_next() -> None:
    names = ["Sa1", "sá2", "Sb1", "SB2", "s", "Ta"]
    assert divided(names, 2) == [
        ("S", ["s"]),
        ("Sa", ["Sa1", "sá2"]),
        ("Sb", ["Sb1", "SB2"]),
        ("T", ["Ta"]),
    ]


def test_symbols_and_digits_are_divided_too() -> None:
    assert divided(["1a", "2a", "1b", "_", "-"], 1) == [
        ("-", ["-"]),
        ("_", ["_"]),
        ("1a", ["1a"]),
        ("1b", ["1b"]),
        ("2", ["2a"]),
    ]


def test_names_that_differ_far_behind_are_divided_there() -> None:
    names = [f"Vocals lead {number:02}.wav" for number in (1, 2, 11)]
    assert divided(names, 2) == [
        ("Vocals lead 0", names[:2]),
        ("Vocals lead 1", names[2:]),
    ]
    long = [f"{'x' * 200}{number}.wav" for number in (1, 2)]
    assert divided(long, 1) == [
        ("Xxxxxxxxxxx…xxxxxxxxxxx1", long[:1]),
        ("Xxxxxxxxxxx…xxxxxxxxxxx2", long[1:]),
    ]


def test_labels_are_cut_where_the_name_is_however_it_folds() -> None:
    assert divided(["ßa", "ßb"], 1) == [("SSa", ["ßa"]), ("SSb", ["ßb"])]
    assert divided(["e\u0301a", "éb"], 1) == [("E\u0301a", ["e\u0301a"]), ("Éb", ["éb"])]


def test_labels_can_be_printed() -> None:
    odd = os.fsdecode(b"\xff")
    labels = [label for label, _ in divided([f"{odd}\n1", f"{odd}\n2"], 1)]
    assert labels == ["\\xff\\n1", "\\xff\\n2"]


def test_equal_names_are_divided_one_by_one() -> None:
    assert divided(["Kick.wav", "kick.wav", "KICK.wav"], 1) == [
        ("KICK.wav", ["KICK.wav"]),
        ("Kick.wav", ["Kick.wav"]),
        ("kick.wav", ["kick.wav"]),
    ]


def test_parts_keep_their_order() -> None:
    units = [unit("S/V/Big.mov", part, 1200) for part in range(1, 1201)]
    found = runs(units, [1] * 1200, 1)
    assert [run.units for run in found] == [(index,) for index in range(1200)]
    assert [found[0].label, found[1199].label] == ["Big.mov.001", "Big.mov.1200"]
    (one,) = runs(units, [1] * 1200, 1200)
    assert one.units == tuple(range(1200))


def test_runs_know_what_they_cost() -> None:
    units = [unit(f"S/A/{name}") for name in ("b", "a1", "a2")]
    assert runs(units, [7, 3, 4], 9) == [Run("S/A", "A", (1, 2), 7), Run("S/A", "B", (0,), 7)]


def test_long_common_beginnings_take_no_long_time() -> None:
    names = [f"{'x' * (index % 250)}" + "y" for index in range(5000)]
    paths = [f"S/{'/'.join(['folder'] * 50)}/{index}/{name}" for index, name in enumerate(names)]
    started = time.process_time()
    found = runs_of(paths, 3)
    assert time.process_time() - started < 2
    assert sum(len(run.units) for run in found) == 5000


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(NAMES, min_size=1, max_size=4), max_size=30), st.integers(1, 10))
def test_every_unit_is_in_one_run_in_the_order_of_the_alphabet(
    names: list[list[str]], capacity: int
) -> None:
    paths = ["/".join(parts) for parts in names]
    found = runs_of(paths, capacity)
    assert [index for run in found for index in run.units] == [
        index for run in runs_of(paths, 10**9) for index in run.units
    ]
    assert sorted(index for run in found for index in run.units) == list(range(len(paths)))
    assert all(run.cost == len(run.units) <= capacity for run in found)
    assert all(run.label and run.label.isprintable() for run in found)
    assert all(text.isprintable() for text in titles([[run] for run in found]))


# titles


def titled(*discs: Sequence[str], capacity: int = 10**9) -> list[str]:
    """Titles of discs that hold these paths."""
    paths = [path for disc in discs for path in disc]
    found = runs_of(paths, capacity)
    place = {path: number for number, disc in enumerate(discs) for path in disc}
    return titles(
        [[run for run in found if place[paths[run.units[0]]] == n] for n in range(len(discs))]
    )


def test_a_range_of_letters() -> None:
    one, two = ["S/Audio Files/a", "S/Audio Files/f"], ["S/Audio Files/g"]
    assert titled(one, two) == ["Audio Files A–F", "Audio Files G"]


def test_a_divided_letter() -> None:
    one = ["S/A/Sa1", "S/A/Sa2", "S/A/Sm"]
    assert titled(one, ["S/A/Sn", "S/A/Z"], capacity=2) == ["A Sa–Sm", "A Sn–Z"]


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
