"""The plan as people see it: fits the width and the encoding, says what is proven and what not."""

import io
import os
import subprocess
import sys
import termios
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from spanner.cli.plan_view import describe
from spanner.model.plan import (
    FORMAT,
    Disc,
    DividedFolder,
    Item,
    Link,
    Plan,
    Saving,
    SetInfo,
    Supply,
)
from spanner.model.tree import SourceRoot
from spanner.planning import plan_file

Show = Callable[..., list[str]]
WAV = Item(path="Song/Audio Files/a.wav", size=600_000_000, mtime_ns=0, mode=0o644)
WIDE = "会議 🎸 [bold]x[/bold] :boom: Ünï – "
ODD = os.fsdecode(b"Song/\xff\n[red]")


def disc(number: int, used: int = 500, **changes: Any) -> Disc:
    items = (replace(WAV, path=f"Song/{number}.wav"),)
    made = Disc(
        number=number,
        volume_id=f"MY_SONG_{number:02}OF03",
        title=f"Files {number}",
        medium="dvd-r",
        capacity_sectors=1000,
        image_sectors=used,
        items=items,
    )
    return replace(made, **changes)


def plan(*discs: Disc, **changes: Any) -> Plan:
    discs = discs or (disc(1), disc(2), disc(3))
    info = SetInfo("1234abcd-c51c-4bf4", "My Song", "2026-03-01T19:08:00Z")
    sources = (SourceRoot("Song", "/srv/Song"),)
    made = Plan(
        format=FORMAT,
        set=info,
        strategy="letters",
        sources=sources,
        discs=discs,
        directories=(),
        symlinks=(),
        skipped=(),
        lower_bound=len(discs),
        proven=True,
    )
    return replace(made, **changes)


def cells(text: str) -> int:
    """Cells that a terminal shows it in."""
    return sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in text)


def below(lines: list[str]) -> list[str]:
    """What is said below the discs."""
    return lines[len(lines) - lines[::-1].index("") :]


@pytest.fixture
def show(monkeypatch: pytest.MonkeyPatch) -> Show:
    """Print a plan into a file with an encoding; gives the lines."""
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)

    def show(what: Plan, columns: int = 80, encoding: str = "utf-8", fits: int = 0) -> list[str]:
        written = io.BytesIO()
        with monkeypatch.context() as patch:
            patch.setenv("COLUMNS", str(columns))
            patch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding=encoding))
            describe(what)
            text = written.getvalue().decode(encoding)
        assert text.endswith("\n")
        lines = text[:-1].split("\n")
        assert [line for line in lines if line != line.rstrip()] == []
        assert max(map(cells, lines)) <= (fits or columns)
        return lines

    return show


def test_two_lines_a_disc(show: Show) -> None:
    first = disc(1, 1000, title="Audio Files A–F", volume_id="A_VOLUME_ID_OF_32_CHARACT_01OF02")
    second = disc(2, 250, title="Very long " * 9, medium="custom:4700.0MB", items=())
    assert show(plan(first, second)) == [
        "My Song  (set 1234abcd)",
        "",
        "Disc  Full                   Size  Title",
        "      Medium                Files  Volume ID",
        "   1  ████████████ 100.0%  600 MB  Audio Files A–F",
        "      dvd-r                     1  A_VOLUME_ID_OF_32_CHARACT_01OF02",
        "   2  ███           25.0%     0 B  Very long Very long Very long Very long Very…",
        "      custom:4700.0MB           0  MY_SONG_02OF03",
        "",
        "2 discs: 1 dvd-r, 1 custom:4700.0MB; 600 MB in 1 file",
        "proven: no plan with fewer discs exists",
    ]


def test_one_line_a_disc_where_no_title_is_cut(show: Show) -> None:
    title = "x" * 14
    assert show(plan(disc(1, title=title)))[2:4] == [
        "Disc  Volume ID       Medium  Full                   Size  Files  Title",
        f"   1  MY_SONG_01OF03  dvd-r   ██████        50.0%  600 MB      1  {title}",
    ]
    assert show(plan(disc(1, title=title + "x")))[4].endswith(f"50.0%  600 MB  {title}x")
    cut = show(plan(disc(1, title="x" * 43 + " and more")))[4]
    assert cut.endswith(f"50.0%  600 MB  {'x' * 43}…")


def test_too_narrow_a_terminal_loses_nothing(show: Show) -> None:
    made = plan(disc(1, title="x" * 99))
    assert show(made, columns=30, fits=72) == show(made, columns=72)


@pytest.mark.parametrize(
    ("used", "whole", "bar", "ascii_bar", "percent"),
    [
        (0, 1000, "", "", "0.0%"),
        (1, 10_000, "▏", "#", "0.0%"),
        (500, 1000, "██████", "######", "50.0%"),
        (552, 1000, "██████▌", "######", "55.2%"),
        (99_999, 100_000, "███████████▉", "###########", "99.9%"),
        (1000, 1000, "████████████", "############", "100.0%"),
    ],
)
def test_bar(show: Show, used: int, whole: int, bar: str, ascii_bar: str, percent: str) -> None:
    made = plan(disc(1, used, capacity_sectors=whole))
    assert f"  {bar:12} {percent:>6}  " in show(made)[3]
    assert f"  {ascii_bar:.<12} {percent:>6}  " in show(made, encoding="latin-1")[3]


@pytest.mark.parametrize("columns", [72, 80, 100, 200])
@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp437", "utf-8", "utf-16"])
def test_odd_names_in_any_encoding(show: Show, encoding: str, columns: int) -> None:
    names = [f"{'V' * 25}_{number:02}OF03" for number in (1, 2, 3)]
    discs = [
        disc(number, title=title, medium="会" * 99, volume_id=name)
        for number, title, name in zip((1, 2, 3), [WIDE * 9, ODD, "\x1b[31m\t"], names, strict=True)
    ]
    many = (DividedFolder(f"{ODD}/{WIDE * 20}", (1, 3)),)
    made = plan(*discs, divided=many, too_large=(ODD,))
    lines = show(replace(made, set=replace(made.set, title="Ü–" + ODD)), columns, encoding)
    assert lines[0].endswith("Song/\\xff\\n[red]  (set 1234abcd)")
    text = "\n".join(lines)
    assert all(f"  {name}\n" in text for name in names)
    assert "Song/\\xff\\n[red]" in text
    assert "\\x1b[31m\\t" in text
    assert "\x1b" not in text
    known = encoding.startswith("utf")
    shown = "会議 🎸 [bold]x" if known else "\\u4f1a\\u8b70 \\U0001f3b8 [bold]x"
    assert f" 600 MB  {shown}" in text
    assert ("…\n" in text, "...\n" in text) == (known, not known)
    assert ("Ü" in text, "–" in text) == (encoding != "ascii", known)


def test_wide_characters_keep_the_columns(show: Show) -> None:
    shown = show(plan(disc(1, medium="会議", title="会議 🎸"), disc(2)), columns=120)
    assert len({cells(line[: line.index("%")]) for line in shown[3:5]}) == 1
    assert show(plan(disc(1, title="会" * 40)))[4].endswith("  " + "会" * 22 + "…")


@pytest.mark.parametrize("count", [41, 500])
def test_many_discs_have_one_line_each(show: Show, count: int) -> None:
    digits = len(str(count))
    names = [f"A_1OF2_LONG_NAME_{n:0{digits}}OF{count}" for n in range(1, count + 1)]
    discs = [disc(n, title="T" * 99, volume_id=name) for n, name in enumerate(names, 1)]
    shown = show(plan(*discs))
    assert shown[2] == f"volume IDs {names[0]} to {count}OF{count}"
    rows = shown[5 : 5 + count]
    assert [row.split()[0] for row in rows] == [str(n) for n in range(1, count + 1)]
    assert all("T" * 24 in row for row in rows)
    assert len(below(shown)) == 2
    wider = show(plan(*discs), columns=120)[3 : 3 + count]
    assert all(name in row for name, row in zip(names, wider, strict=True))


@pytest.mark.parametrize("names", ["V" * 28 + "_{n}", "V" * 24 + "_{back:02}OF41"])
def test_volume_ids_that_are_no_series_are_all_shown(show: Show, names: str) -> None:
    ids = [names.format(n=n, back=42 - n) for n in range(1, 42)]
    discs = [disc(n, title="T" * 99, volume_id=name) for n, name in enumerate(ids, 1)]
    assert [line.split()[-1] for line in show(plan(*discs))[5:87:2]] == ids


def bounded(
    strategy: str,
    fewest: int,
    price: float | None = None,
    bound: float | None = None,
    keep: str = "none",
) -> Plan:
    """A plan of three discs, and what any plan needs."""
    made = plan(strategy=strategy, lower_bound=fewest, keep=keep)
    return replace(made, price=price, price_bound=bound)


ANY, OWN = "proven: no plan", "letters: no alphabetical division"
WHOLE = "that keeps groups whole"
FREE = "; free packing (--pack optimal)"


@pytest.mark.parametrize(
    ("made", "claim"),
    [
        (bounded("letters", 3), f"{ANY} with fewer discs exists"),
        (bounded("optimal", 3, keep="x.*"), f"{ANY} {WHOLE} has fewer discs"),
        (bounded("letters", 3, 0.0, 0.0), f"{ANY} costs less"),
        (bounded("letters", 3, 3.45, 3.45, "folder"), f"{ANY} {WHOLE} costs less"),
        (
            bounded("letters", 2),
            f"{OWN} was found that has fewer discs{FREE} needs at least 2 discs",
        ),
        (
            bounded("letters", 1, keep="folder"),
            f"{OWN} {WHOLE} was found that has fewer discs{FREE} needs at least 1 disc",
        ),
        (bounded("letters", 3), f"{OWN} was found that has fewer discs"),
        (
            bounded("letters", 2, 3.45, 3.2),
            f"{OWN} was found that costs less{FREE} costs at least 3.20",
        ),
        (bounded("letters", 2, 3.45, 3.45), f"{OWN} was found that costs less"),
        (bounded("order", 3), "order: no division in this order was found that has fewer discs"),
        (bounded("optimal", 2), "at least 2 discs are needed (gap 1)"),
        (
            bounded("optimal", 1, keep="folder"),
            "at least 1 disc is needed to keep groups whole (gap 2)",
        ),
        (bounded("optimal", 2, 3.45, 3.2), "any plan costs at least 3.20 (gap 0.25)"),
        (
            bounded("optimal", 2, 3.3, 3.2999, "folder"),
            f"any plan {WHOLE} costs at least 3.29 (gap 0.01)",
        ),
        (bounded("optimal", 2, 0.3, 0.29), "any plan costs at least 0.29 (gap 0.01)"),
        (bounded("optimal", 2, 0.009, 0.0085), "any plan costs at least 0.00 (gap 0.009)"),
        (bounded("optimal", 2, 3.45), "not proven: a plan may exist that costs less"),
        (bounded("other", 3), "not proven: a plan may exist that has fewer discs"),
    ],
)
def test_claim(show: Show, made: Plan, claim: str) -> None:
    made = replace(made, proven=claim.startswith(ANY))
    assert show(made, columns=200)[-1] == claim
    assert " ".join(below(show(made))).endswith(claim)


DVD_R, BD_R = Supply("dvd-r", 0.25, 3, 3), Supply("bd-r", 1.2, 10, 3)
LEFT = "left of the stock: 7 bd-r, 0 dvd-r"


@pytest.mark.parametrize(
    ("price", "media", "lines"),
    [
        (None, (), []),
        (None, (Supply("dvd-r", None, None, 3), BD_R), ["left of the stock: 7 bd-r"]),
        (0.1 + 0.2, (), ["costs 0.30"]),
        (0.0, (), ["costs 0.00"]),
        (1200, (), ["costs 1200.00"]),
        (0.0125, (), ["costs 0.0125"]),
        *(
            (3.45, (BD_R, replace(DVD_R, one_more=saving)), ["costs 3.45", LEFT, *lines])
            for saving, lines in [
                (None, []),
                (Saving(0, 0), []),
                (Saving(0, -1), []),
                (Saving(0.95, 0), ["one more dvd-r would save 0.95"]),
                (Saving(0, 1), ["one more dvd-r would save 1 disc"]),
                (Saving(0.95, 2), ["one more dvd-r would save 0.95 and 2 discs"]),
                (Saving(0.95, -1), ["one more dvd-r would save 0.95 (with 1 more disc)"]),
            ]
        ),
    ],
)
def test_costs_and_stock(
    show: Show, price: float | None, media: tuple[Supply, ...], lines: list[str]
) -> None:
    total, *others, _ = below(show(plan(price=price, media=media)))
    assert total == "3 discs: 3 dvd-r; 1.8 GB in 3 files"
    assert others == lines


def test_totals_count_once_what_is_on_several_discs(show: Show) -> None:
    everywhere = replace(WAV, path="Song/Song.ptx", size=3000, replicated=True)
    halves = [replace(WAV, part=n, parts=2, size=50_000, file_size=100_000) for n in (1, 2)]
    linked = replace(WAV, path="Song/b", size=7000, links=(Link("Song/c"),))
    discs = (disc(1, items=(everywhere, halves[0])), disc(2, items=(everywhere, halves[1], linked)))
    shown = show(plan(*discs, disc(3, medium="bd-r", items=())))
    assert [line.split()[-5:-2] for line in shown[3:6]] == [
        ["53", "kB", "2"],
        ["67", "kB", "4"],
        ["0", "B", "0"],
    ]
    assert below(shown)[0] == "3 discs: 2 dvd-r, 1 bd-r; 117 kB in 4 files"


NUMBERED = [f"Song/{number:02}" for number in range(26)]
ON, LARGE = "on discs 1-3", "too large for one disc, divided:"


@pytest.mark.parametrize(
    ("divided", "too_large", "lines"),
    [
        (["Song"], [], [f"divided: Song {ON}"]),
        (["Song", "Song/A"], [], [f"divided: Song/A {ON}"]),
        (["Song", *NUMBERED[:12]], [], [f"divided: {path} {ON}" for path in NUMBERED[:12]]),
        (NUMBERED[:13], [], [*(f"divided: {x} {ON}" for x in NUMBERED[:12]), "and 1 more folder"]),
        ([], NUMBERED, [*(f"{LARGE} {path}" for path in NUMBERED[:12]), "and 14 more groups"]),
        ([], ["take 7"], [f"{LARGE} take 7"]),
        (["Song"], ["Song"], [f"{LARGE} Song {ON}"]),
        (["Song", "Song/A"], ["Song/A"], [f"{LARGE} Song/A {ON}"]),
        (["Song", "Song/A", "Song/B"], ["Song", "Song/A"],
         [f"{LARGE} Song/A {ON}", f"divided: Song/B {ON}"]),
    ],
)  # fmt: skip
def test_divided(show: Show, divided: list[str], too_large: list[str], lines: list[str]) -> None:
    folders = tuple(DividedFolder(path, (1, 2, 3)) for path in divided)
    assert below(show(plan(divided=folders, too_large=tuple(too_large))))[:-2] == lines


def test_which_of_several_sessions_is_divided(show: Show) -> None:
    sources = (SourceRoot("Song", "/a"), SourceRoot("B", "/b"))
    made = plan(
        divided=(DividedFolder("Song", (1,)), DividedFolder("Song/A", (3, 1))), sources=sources
    )
    assert below(show(made))[:2] == ["divided: Song on disc 1", "divided: Song/A on discs 1, 3"]


def test_ranges_and_long_paths(show: Show) -> None:
    path = "Song/" + "a" * 500
    for discs, words in [
        ((8, 1, 2, 4, 6, 7), "on discs 1-2, 4, 6-8"),
        (tuple(range(1, 16, 2)), "on discs 1, 3, 5, 7, 9, 11, 13, 15"),
        (tuple(range(1, 40, 2)), "on 20 discs from 1 to 39"),
    ]:
        shown = below(show(plan(divided=(DividedFolder(path, discs),))))[:-2]
        assert "".join(shown).replace(" ", "") == f"divided:{path}{words}".replace(" ", "")


@pytest.fixture
def command(tmp_path: Path) -> list[str]:
    """Describe a plan in a process."""
    path = str(tmp_path / "plan.json")
    plan_file.save(plan(disc(1, title="Ü" * 100), disc(2)), path)
    code = "import sys, spanner.cli.plan_view as v, spanner.planning.plan_file as p\n"
    return [sys.executable, "-c", code + "v.describe(p.load(sys.argv[1]))", path]


def environment(**changes: str) -> dict[str, str]:
    unset = ("COLUMNS", "FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "COLORTERM")
    kept = {name: value for name, value in os.environ.items() if name not in unset}
    return {**kept, "PYTHONIOENCODING": "utf-8", "TERM": "xterm-256color", **changes}


@pytest.mark.parametrize(
    ("changes", "colour", "bold"),
    [({}, True, True), ({"NO_COLOR": "1"}, False, True), ({"TERM": "dumb"}, False, False)],
)
def test_terminal(command: list[str], changes: dict[str, str], colour: bool, bold: bool) -> None:
    ours, theirs = os.openpty()
    termios.tcsetwinsize(theirs, (24, 90))
    subprocess.run(command, stdin=theirs, stdout=theirs, env=environment(**changes), check=True)
    os.close(theirs)
    read = b""
    with suppress(OSError), open(ours, "rb", buffering=0) as file:  # a terminal's end is an error
        while more := file.read(4096):
            read += more
    text = read.decode()
    assert ("\x1b[32;100m██████" in text, "\x1b[1mMy Song" in text) == (colour, bold)
    assert ("\x1b[32mproven" in text) is colour
    assert ("\x1b" in text) is bold
    assert "  " + "\x1b[1m" * bold + "Ü" * 54 + "…" in text


@pytest.mark.parametrize(("changes", "width"), [({}, 100), ({"COLUMNS": "120"}, 120)])
def test_pipe(command: list[str], changes: dict[str, str], width: int) -> None:
    done = subprocess.run(command, capture_output=True, env=environment(**changes), check=True)
    text = done.stdout.decode()
    assert max(map(len, text.split("\n"))) == width
    assert "\x1b" not in text


def test_what_takes_long_to_load_is_loaded_when_needed() -> None:
    code = "import sys, spanner.cli.plan_view; sys.exit('rich.console' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
