"""PLAN.json: what is written comes back, and nothing else is taken for a plan."""

import json
import os
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from spanner.errors import UsageError
from spanner.model.paths import is_safe
from spanner.model.plan import FORMAT, Disc, Item, Link, Plan, SetInfo
from spanner.model.tree import Directory, Skipped, SourceRoot, Symlink
from spanner.planning.plan_file import decode, encode, load, save

ODD = os.fsdecode(b"Song/\xff\n.wav")
WHOLE = Item(
    path="Song/a.wav", size=5000, mtime_ns=1_700_000_000_123_456_789, mode=0o644, sha256="ab" * 32
)
RENAMED = Item(
    path=ODD,
    size=0,
    mtime_ns=-1,
    mode=0o7777,
    disc_path="data/Song/__~0a1b2c3d.wav",
    replicated=True,
)
LINKED = Item(
    path="Song/Ü 🎸",
    size=3,
    mtime_ns=0,
    mode=0,
    links=(Link("Song/x"), Link("Song/y\\", "data/Song/y_~1")),
)
FIRST = Item(
    path="Song/big", size=4096, mtime_ns=5, mode=0o600, part=1, parts=2, offset=0, file_size=5000
)
SECOND = Item(
    path="Song/big", size=904, mtime_ns=5, mode=0o600, part=2, parts=2, offset=4096, file_size=5000
)

PLAN = Plan(
    format=FORMAT,
    set=SetInfo("0e984725-c51c-4bf4-9960-e1c80e27aba0", "Söng – 1", "2026-03-01T19:08:00Z"),
    strategy="letters",
    sources=(SourceRoot("Song", os.fsdecode(b"/srv/\xfe/Song")), SourceRoot("Mix", "/srv/Mix")),
    discs=(
        Disc(
            number=1,
            volume_id="SONG_01OF02",
            title="A–F",
            medium="dvd-r",
            capacity_sectors=2_298_496,
            image_sectors=400,
            items=(WHOLE, RENAMED, FIRST),
        ),
        Disc(
            number=2,
            volume_id="SONG_02OF02",
            title="G–Z",
            medium="bd-r",
            capacity_sectors=12_219_392,
            image_sectors=416,
            items=(LINKED, RENAMED, SECOND),
        ),
    ),
    directories=(Directory("Song", 0o755, 1), Directory("Song/b\\", 0o700, 2, "data/Song/b_~2")),
    symlinks=(Symlink("Song/link", os.fsdecode(b"../\xff"), 3),),
    skipped=(Skipped("Song/pipe", "a named pipe"),),
    lower_bound=2,
    proven=True,
)
ASCII = replace(
    PLAN,
    sources=(SourceRoot("Song", "/srv/Song"),),
    discs=(
        Disc(
            number=1,
            volume_id="S",
            title="A",
            medium="dvd-r",
            capacity_sectors=2_298_496,
            image_sectors=400,
            items=(WHOLE,),
        ),
    ),
    symlinks=(),
)


@pytest.mark.parametrize("plan", [PLAN, ASCII])
def test_round_trip(plan: Plan) -> None:
    text = encode(plan)
    assert decode(text) == plan
    assert b"\n" not in text
    text.decode("utf-8")
    assert json.loads(text)["format"] == "spanner-plan-1"


def test_odd_bytes_stand_as_escaped_surrogates() -> None:
    assert b'"path":"Song/\\udcff\\n.wav"' in encode(PLAN)
    assert encode(ASCII).isascii() is False  # without odd bytes, names stand as they are
    assert "Söng".encode() in encode(ASCII)


@given(st.binary(min_size=1).map(os.fsdecode).filter(lambda name: "/" not in name))
def test_any_name_comes_back(name: str) -> None:
    item = replace(WHOLE, path=f"Song/x{name}", disc_path="data/Song/x")
    plan = replace(ASCII, discs=(replace(ASCII.discs[0], items=(item,)),))
    if "\0" in name:
        with pytest.raises(UsageError, match="this plan cannot be: the path Song/x"):
            decode(encode(plan))
    else:
        assert decode(encode(plan)) == plan


@pytest.mark.parametrize("plan", [PLAN, ASCII])
def test_cut_anywhere(plan: Plan) -> None:
    text = encode(plan)
    for length in range(len(text)):
        with pytest.raises(UsageError, match="this is no whole plan of spanner's: "):
            decode(text[:length])


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats()
    | st.text(st.characters())
    | st.sampled_from(["", "..", "/", "Song", "data/Song/x", "\ud800", "\udcff", FORMAT]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.binary() | JSON.map(json.dumps).map(str.encode))
def test_foreign_text(text: bytes) -> None:
    with pytest.raises(UsageError, match="this is no whole plan of spanner's: "):
        decode(text)


@pytest.mark.parametrize(
    "text",
    [
        b"[" * 100_000,
        b'{"x":' + b"[" * 100_000,
        b'{"x":"\\udcff","y":' + b"[" * 100_000,
        b"\xef\xbb\xbf{}",
        b'{"format": "\\ud800"}',
        b'{"format": "\xff"}',
        encode(ASCII).replace(b'"size":5000', b'"size":1e999'),
        encode(ASCII).replace(b'"size":5000', b'"size":' + b"9" * 5000),
        encode(PLAN).replace(b'"size":5000', b'"size":' + b"9" * 5000),
        encode(PLAN).replace(b'"size":5000', b'"size":NaN'),
        encode(ASCII).replace(b'"size":5000', b'"size":"5000"'),
        encode(ASCII) + encode(ASCII),
    ],
    ids=lambda text: f"{text[:20]!r}, {len(text)} bytes",
)
def test_no_plan(text: bytes) -> None:
    with pytest.raises(UsageError, match="this is no whole plan of spanner's: "):
        decode(text)


def places_in(value: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where in a JSON document there is a value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for key, child in inner:
        found.append((*place, key))
        if isinstance(child, dict | list):
            found += places_in(child, (*place, key))
    return found


def refusal_of(text: bytes) -> str:
    """Why it is refused; empty for a plan, which must then come back as it is."""
    try:
        plan = decode(text)
    except UsageError as error:
        return str(error)
    assert decode(encode(plan)) == plan
    return ""


@settings(max_examples=200)
@given(data=st.data())
def test_a_plan_with_one_wrong_value_is_a_plan_or_refused(data: st.DataObject) -> None:
    document = json.loads(encode(PLAN))
    *way, last = data.draw(st.sampled_from(places_in(document)))
    target = document
    for key in way:
        target = target[key]
    target[last] = data.draw(JSON)
    refusal = refusal_of(json.dumps(document).encode())
    assert refusal.startswith(("this plan cannot be: ", "this is no whole plan of ")) or not refusal
    assert refusal.isprintable()


def with_disc(**changes: Any) -> Plan:
    return replace(PLAN, discs=(replace(PLAN.discs[0], **changes), PLAN.discs[1]))


def with_item(**changes: Any) -> Plan:
    return with_disc(items=(replace(WHOLE, **changes), RENAMED, FIRST))


def with_set(**changes: Any) -> Plan:
    return replace(PLAN, set=replace(PLAN.set, **changes))


BAD_PATHS = ["../x", "Song/../x", "/etc/passwd", "Song//x", "Song/./x", "Song/", "", ".", "Other/x"]
BAD_PATHS += ["Song/\0", "Song/\ud800"]
BAD_PLACES = ["data/../x", "../x", "/data/x", "data//x", "data/", "data", "README.txt", "x/data/x"]
BAD_PLACES += ["data/a\nb", "data/a\\b", "data/\udcff", "data/\ud800", "data/%0a", "data/x /y"]
PART = "the parts of Song/big do not make the file"
SIZE = "the size or part of Song/a.wav is impossible"
MODE = "the mode or hash of Song/a.wav is impossible"


@pytest.mark.parametrize(
    ("plan", "sentence"),
    [
        (replace(PLAN, format="spanner-plan-9"), "its format is spanner-plan-9, not spanner-plan-"),
        (with_set(id=""), "the set's id  is impossible"),
        (with_set(id="a\nb"), "the set's id a\\nb is impossible"),
        (with_set(id="x" * 127), "the set's id xxx"),
        (with_set(created="yesterday"), "yesterday is no time in UTC"),
        (with_set(created="2026-03-01"), "2026-03-01 is no time in UTC"),
        (with_set(created="2026-03-01T19:08:00+01:00"), "2026-03-01T19:08:00+01:00 is no time"),
        (with_set(created="2026-02-30T19:08:00Z"), "2026-02-30T19:08:00Z is no time in UTC"),
        (with_set(title="a\nPayload-Oxum: 0.0"), "its title or strategy cannot be printed"),
        (replace(PLAN, strategy="\x1b[2J"), "its title or strategy cannot be printed"),
        *(
            (replace(PLAN, sources=(PLAN.sources[0], SourceRoot(name, "/x"))), "a source has an ")
            for name in ("..", "", "a/b", "\0", "Song")
        ),
        *(
            (replace(PLAN, sources=(PLAN.sources[0], SourceRoot("b", path))), "a source's place is")
            for path in ("x", "", "../x", "/\0", "/\ud800")
        ),
        (replace(PLAN, discs=()), "it has no disc"),
        (replace(PLAN, discs=PLAN.discs[1:]), "its discs are not numbered 1, 2, 3 ..."),
        (replace(PLAN, discs=PLAN.discs[::-1]), "its discs are not numbered 1, 2, 3 ..."),
        (with_disc(number=2), "its discs are not numbered 1, 2, 3 ..."),
        (with_disc(volume_id="SONG_02OF02"), "two discs have one volume ID"),
        *(
            (with_disc(volume_id=name), f"the volume ID {shown} is impossible")
            for name, shown in [
                ("", ""),
                ("song", "song"),
                ("A B", "A B"),
                ("../A", "../A"),
                ("A\n", "A\\n"),
                ("Ä", "Ä"),
                ("A" * 33, "A" * 33),
            ]
        ),
        (with_disc(image_sectors=2_298_497), "disc 1 has 2298497 of 2298496 sectors"),
        (with_disc(image_sectors=0), "disc 1 has 0 of 2298496 sectors"),
        (with_disc(image_sectors=-5), "disc 1 has -5 of 2298496 sectors"),
        (with_disc(title="a\tb"), "the title or medium of disc 1 cannot be printed"),
        (with_disc(medium="a\tb"), "the title or medium of disc 1 cannot be printed"),
        (with_disc(items=(WHOLE, WHOLE, FIRST)), "two files of disc 1 lie at one place"),
        (with_item(links=(Link("Song/b", RENAMED.disc_path),)), "two files of disc 1 lie at one"),
        *((with_item(path=path), "the path ") for path in BAD_PATHS),
        *((with_item(links=(Link(path),)), "the path Song/a.wav is imp") for path in BAD_PATHS),
        (with_item(path="Song/a\\b"), "the place on disc of Song/a\\b is impossible"),
        *((with_item(disc_path=x), "the place on disc of Song/a.wav is") for x in BAD_PLACES),
        *((with_item(links=(Link("Song/b", x),)), "the place on disc of") for x in BAD_PLACES),
        (with_item(size=-1), SIZE),
        (with_item(offset=-1), SIZE),
        (with_item(offset=1), SIZE),
        (with_item(part=0), SIZE),
        (with_item(part=2), SIZE),
        (with_item(parts=0, file_size=5000), SIZE),
        (with_item(parts=2), SIZE),
        (with_item(parts=2, file_size=4999), SIZE),
        (with_item(mode=-1), MODE),
        (with_item(mode=0o10000), MODE),
        (with_item(sha256="AB" * 32), MODE),
        (with_item(sha256="ab" * 31), MODE),
        (with_item(sha256="ab" * 32 + "\n"), MODE),
        (with_disc(items=(WHOLE,)), PART),
        (with_disc(items=(replace(FIRST, size=4095),)), PART),
        (with_disc(items=(replace(FIRST, offset=1),)), PART),
        (with_disc(items=(replace(FIRST, parts=3),)), PART),
        (with_disc(items=(replace(FIRST, file_size=5001),)), PART),
        *((replace(PLAN, directories=(Directory(x, 0, 0),)), "the path ") for x in BAD_PATHS),
        *((replace(PLAN, symlinks=(Symlink(x, "y", 0),)), "the path ") for x in BAD_PATHS),
        *((replace(PLAN, skipped=(Skipped(x, "y"),)), "the path ") for x in BAD_PATHS),
        *(
            (replace(PLAN, directories=(Directory("Song", 0, 0, x),)), "the place on disc of Song")
            for x in BAD_PLACES
        ),
        *(
            (replace(PLAN, symlinks=(Symlink("Song/x", x, 0),)), "the symbolic link Song/x leads")
            for x in ("", "a\0b", "\ud800")
        ),
    ],
)
def test_impossible_plan(plan: Plan, sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        decode(encode(plan))
    assert str(caught.value).startswith(f"this plan cannot be: {sentence}")
    assert str(caught.value).isprintable()
    assert caught.value.exit_code == 2


def test_volume_id_of_32_characters() -> None:
    plan = with_disc(volume_id="AZ09_" + "X" * 27)
    assert decode(encode(plan)) == plan


@pytest.mark.parametrize("path", ["a", "a/b", "...", "a/..b", " ", "a\\b", "\n", "\udcff"])
def test_safe(path: str) -> None:
    assert is_safe(path)


@pytest.mark.parametrize(
    "path",
    ["", "/", "/a", "a/", "a//b", ".", "..", "a/..", "../a", "a/../b", "a/./b", "a\0", "\ud800"],
)
def test_unsafe(path: str) -> None:
    assert not is_safe(path)


@pytest.mark.parametrize("item", [WHOLE, RENAMED, LINKED, FIRST, SECOND])
def test_where_an_item_lies(item: Item) -> None:
    wanted = {
        WHOLE: "data/Song/a.wav",
        RENAMED: "data/Song/__~0a1b2c3d.wav",
        LINKED: "data/Song/Ü 🎸",
        FIRST: "data/Song/big.001",
        SECOND: "data/Song/big.002",
    }
    assert item.on_disc == wanted[item]
    assert item.whole_size == (5000 if item.parts > 1 else item.size)
    places = [item.link_on_disc(link) for link in item.links]
    assert places == (["data/Song/x", "data/Song/y_~1"] if item is LINKED else [])
    part = replace(item, links=(Link("Song/x"),), part=12, parts=1000)
    assert part.link_on_disc(part.links[0]) == "data/Song/x.012"


def test_payload_counts_each_name() -> None:
    assert PLAN.discs[0].payload == (3, 5000 + 0 + 4096)
    assert PLAN.discs[1].payload == (5, 3 * 3 + 0 + 904)


def test_saved_and_loaded(tmp_path: Path) -> None:
    path = str(tmp_path / "plan.json")
    save(PLAN, path)
    assert load(path) == PLAN
    with open(path, "rb") as file:
        assert file.read() == encode(PLAN) + b"\n"
    assert os.listdir(tmp_path) == ["plan.json"]
    assert PLAN.roots == {"Song": "/srv/\udcfe/Song", "Mix": "/srv/Mix"}


def test_load_names_the_file(tmp_path: Path) -> None:
    path = str(tmp_path / "a\nb.json")
    shown = f"{tmp_path}/a\\nb.json"
    with pytest.raises(UsageError) as caught:
        load(path)
    assert str(caught.value) == f"cannot read the plan {shown}: No such file or directory"
    with pytest.raises(UsageError, match=r": Is a directory$"):
        load(str(tmp_path))
    with open(path, "wb") as file:
        file.write(encode(PLAN)[:100])
    with pytest.raises(UsageError) as caught:
        load(path)
    assert str(caught.value).startswith(f"{shown}: this is no whole plan of spanner's: ")


def test_encode_takes_any_struct() -> None:
    assert encode(Link("a")) == b'{"path":"a"}'
    assert encode({"path": [Link("\udcff")]}) == b'{"path":[{"path":"\\udcff"}]}'
    assert msgspec.json.decode(encode(WHOLE), type=Item) == WHOLE
