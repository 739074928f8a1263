"""docs/format.md says what discs are: compared with real ones, and read by what it says alone.

`Image`, `Disc`, `rebuilt`, `state` and `problems` are written from the page, and use nothing of the
project's.
"""

import json
import os
import re
import shutil
import struct
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import md5, sha256
from itertools import chain
from pathlib import Path

import pytest

from burners import silent
from spanner.catalog.escaping import escape, unescape
from spanner.catalog.reader import read_catalog
from spanner.ecc.rs03 import planned
from spanner.errors import DamagedImageError
from spanner.imaging.authoring import author
from spanner.imaging.names import DiscNames
from spanner.library import open_library
from spanner.library.snapshot import freeze
from spanner.model.paths import is_safe
from spanner.parity.field import coefficient
from spanner.reading.discs import FolderDisc
from spanner.reading.verify import verify
from spanner.sources.collect import CollectOptions, collect
from support.discs import copy_out, edit_text, flip
from support.format_page import (
    COLUMNS,
    PAGE,
    ROOT,
    SECTOR,
    TIME,
    code,
    example,
    numbers,
    section,
    table,
    words,
)
from support.format_reader import (
    Disc,
    Image,
    Row,
    _add,
    _lies_on,
    _nanoseconds,
    _times,
    factor,
    little,
    newest,
    problems,
    rebuilt,
    rows_of,
    solved,
    state,
    unescaped,
)
from support.images import data_file, layout_with
from support.projects import reaper
from support.sets import MadeSet, make_set
from support.states import BY_HASH, Backups, Changes
from support.trees import OLD, Entry, make_odd_tree, snapshot, write


@dataclass(frozen=True)
class Archived:
    """What was archived, and its images."""

    root: str
    images: list[Image]
    files: list[str]

    @property
    def discs(self) -> list[Disc]:
        return [Disc(image) for image in self.images]

    @property
    def expected(self) -> dict[str, Entry]:
        """The source as `state` gives it."""
        return below(self.root)


def below(root: str) -> dict[str, Entry]:
    name = os.path.basename(root)
    found = {os.path.normpath(f"{name}/{path}"): x for path, x in snapshot(root).items()}
    return {path: replace(x, links=x.links if x.kind == "file" else 1) for path, x in found.items()}


def archived(root: str, made: MadeSet) -> Archived:
    images = [Image(Path(path).read_bytes()) for path in made.images]
    return Archived(root, images, made.images)


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Archived:
    """The example of the page."""
    folder = tmp_path_factory.mktemp("song")
    root = str(folder / "Song")
    write(root, "Song.ptx", b"session", mtime_ns=TIME)
    write(root, "Audio Files/Long.wav", bytes(range(256)) * 4000, mtime_ns=TIME)
    write(root, "Audio Files/Kick.wav", b"Kick", mtime_ns=TIME)
    write(root, "Audio Files/kick.wav", b"kick", mtime_ns=TIME)
    write(root, "Audio Files/100%25.wav", b"percent", mtime_ns=TIME)
    write(root, "Audio Files/line\nfeed \udcff.wav", b"odd", mtime_ns=TIME)
    write(root, "Empty.wav", b"", mode=0o600, mtime_ns=OLD)
    os.link(f"{root}/Audio Files/Kick.wav", f"{root}/Kick again.wav")
    os.symlink("Audio Files/Long.wav", f"{root}/Latest.wav")
    os.utime(f"{root}/Latest.wav", ns=(TIME, TIME), follow_symlinks=False)
    os.mkdir(f"{root}/Bounced Files")
    for each, _, _ in os.walk(root):
        os.utime(each, ns=(TIME, TIME))
    os.mkdir(folder / "out")
    return archived(root, make_set(root, str(folder / "out"), "custom:2MB", parities=1))


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Archived:
    """All that other archivers trip over, split, with two parities."""
    folder = tmp_path_factory.mktemp("odd")
    root = str(folder / "Ödd $(x)")
    make_odd_tree(root)
    write(root, "Audio Files/100%25.wav", os.urandom(900_000))
    os.link(f"{root}/Audio Files/100%25.wav", f"{root}/long again\n.wav")
    for name in ("a", "b"):
        write(root, f"same {name}.wav", b"same" * 1000, mtime_ns=TIME + ord(name))
    os.mkdir(folder / "out")
    made = make_set(root, str(folder / "out"), "custom:2MB", parities=2, hashed=True)
    return archived(root, made)


@dataclass(frozen=True)
class States:
    """A folder archived three times; what it was each time, and when."""

    expected: list[dict[str, Entry]]
    created: list[str]
    sets: list[list[Image]]


@pytest.fixture(scope="module")
def states(tmp_path_factory: pytest.TempPathFactory) -> States:
    folder = tmp_path_factory.mktemp("states")
    root = str(folder / "Song")
    os.mkdir(folder / "sets")
    changes = Changes(root, seed=7)
    backups = Backups(str(folder / "sets"), media="custom:2MB", parities=1)
    found = States([], [], [])
    for count in (30, 8, 8):
        changes.some(count)
        made = backups.archive(root, how=BY_HASH)
        found.expected.append(below(root))
        found.created.append(made.plan.set.created)
        found.sets.append(archived(root, made).images)
        assert len(found.sets) == 1 or made.plan.base_files
    return found


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Archived:
    """A session with media inside, outside and nowhere, one that cannot be read, and a library."""
    folder = tmp_path_factory.mktemp("media")
    root = str(folder / "Take")
    outside = write(str(folder / "Library"), "Loops/loop\\1.wav", b"loop")
    write(root, "Take.rpp", reaper("Audio/a.wav", outside, "Audio/gone.wav"))
    write(root, "Audio/a.wav", b"a")
    write(root, "Old/Broken.ptx", b"x" * 300)
    tree = collect([root], CollectOptions(allow_missing=True))
    os.mkdir(folder / "out")
    with open_library(str(folder / "records.sqlite")) as library:
        tree = replace(tree, library=freeze(library))
    return archived(root, make_set(root, str(folder / "out"), "custom:2MB", tree=tree))


@pytest.fixture(scope="module")
def all_images(song: Archived, odd: Archived, states: States, media: Archived) -> list[Image]:
    return [*song.images, *odd.images, *chain(*states.sets), *media.images]


# What the reader makes of the discs


@pytest.mark.parametrize("name", ["song", "odd"])
def test_the_reader_gives_back_what_was_archived(name: str, request: pytest.FixtureRequest) -> None:
    made: Archived = request.getfixturevalue(name)
    assert state(made.discs) == made.expected
    assert state(list(reversed(made.discs))) == made.expected


def test_the_reader_gives_back_each_state(states: States) -> None:
    discs = [Disc(image) for images in states.sets for image in images]
    for expected, created in zip(states.expected, states.created, strict=True):
        assert state(discs, as_of=created) == expected
    assert newest(discs).set["created"] == states.created[-1]


def test_what_was_outside_a_session_has_a_path_in_the_set(media: Archived) -> None:
    found = state(media.discs)
    rows = rows_of(media.discs[0].text("catalog/media.tsv"), "catalog/media.tsv")
    (outside,) = (row for row in rows if row["status"] == "outside")
    assert outside["path"].startswith("Take/External Media/")
    path = os.fsdecode(unescaped(outside["path"]))
    assert found[path].content == sha256(b"loop").hexdigest()


@pytest.mark.parametrize("lost", [(1,), (2,), (1, 2), (2, 3), (1, 4), (3, 5)])
def test_lost_discs_are_rebuilt_from_parity(odd: Archived, lost: tuple[int, ...]) -> None:
    assert [disc.set["discs"][disc.number - 1].get("parity") for disc in odd.discs][-2:] == [1, 2]
    left = [disc.image for disc in odd.discs if disc.number not in lost]
    for image in rebuilt(left):
        assert image.data == odd.images[Disc(image).number - 1].data
    assert state([Disc(image) for image in (*left, *rebuilt(left))]) == odd.expected


def test_the_verifier_finds_all_images_right(all_images: list[Image]) -> None:
    assert [problems(image) for image in all_images] == [[]] * len(all_images)


def test_the_verifier_finds_each_changed_byte(song: Archived) -> None:
    image = song.images[0]
    entry = image.files["data/Song/Song.ptx"]
    last = image.total * SECTOR - 1
    places = [100, 40_000, 300 * SECTOR, entry.extents[0][0] * SECTOR + 1000, last - SECTOR, last]
    wrong: list[bool] = []
    for place in places:
        data = bytearray(image.data)
        data[place] ^= 1
        with suppress(AssertionError, KeyError, ValueError):  # too damaged to be read at all
            found = problems(Image(bytes(data)))
            wrong.append(bool(found))
    assert wrong == [True] * len(wrong)


# What the page says of them


def test_all_links_of_the_page_lead_somewhere() -> None:
    heads = [re.sub(r"[^\w\- ]", "", x.lower()) for x in re.findall(r"(?m)^#+ (.*)$", PAGE)]
    anchors = {head.replace(" ", "-") for head in heads}
    assert {each for each in re.findall(r"\]\(#(.*?)\)", PAGE) if each not in anchors} == set()


def test_the_modules_of_the_page_are_there() -> None:
    named = re.findall(r"`(spanner/[\w/.]+)`", section("13. Where in the project this is written"))
    assert len(named) > 5
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_each_disc_has_the_files_of_the_page_in_their_order(all_images: list[Image]) -> None:
    listed = words("1.2 A set and its discs")
    seen = set()
    for image in all_images:
        disc = Disc(image)
        names = [re.sub(r"parity_\d+", "parity_N", path) for path in disc.tags]
        assert names == [path for path in listed if path in names]
        assert image.files.keys() == {*disc.tags, *disc.manifest, "tagmanifest-sha256.txt"}
        assert all(path.startswith("data/") for path in disc.manifest)
        assert "data" in image.folders
        seen |= {*names, *(["data/..."] if disc.manifest else [])}
    assert seen == set(listed) - {"tagmanifest-sha256.txt"}


def test_which_discs_have_which_files(all_images: list[Image]) -> None:
    for image in all_images:
        disc = Disc(image)
        own = disc.set["discs"][disc.number - 1]
        parities = [each["parity"] for each in disc.set["discs"] if "parity" in each]
        assert parities == list(range(1, len(parities) + 1))
        assert ("parity/images.tsv" in image.files) == ("parity" in own)
        assert (f"parity/parity_{own.get('parity')}.bin" in image.files) == ("parity" in own)
        assert ("rebuild.py" in image.files) == bool(parities)
        assert ("catalog/earlier.tsv" in image.files) == ("earlier" in disc.set)
        assert (own["files"], own["bytes"]) == (
            len(disc.manifest),
            sum(image.files[path].size for path in disc.manifest),
        )
        assert disc.info["Payload-Oxum"] == f"{own['bytes']}.{own['files']}"


def test_where_things_are_in_an_image(all_images: list[Image]) -> None:
    cells = [numbers(row[0]) for row in table("2.2 Where things are")]
    (first, last), (pvd,), (terminator,), udf, main, reserve, integrity, (anchor,), start, *_ = (
        cells
    )
    for image in all_images:
        data, total = image.data, image.total

        assert not any(data[first * SECTOR : (last + 1) * SECTOR])
        assert data[pvd * SECTOR : pvd * SECTOR + 6] == b"\x01CD001"
        assert data[terminator * SECTOR : terminator * SECTOR + 6] == b"\xffCD001"
        recognition = [data[at * SECTOR + 1 : at * SECTOR + 6].decode() for at in udf]
        assert recognition == re.findall(r"`(\w+)`", table("2.2 Where things are")[3][1])
        assert _tags(data, *main) == _tags(data, *reserve) == [1, 4, 5, 6, 7, 8]
        assert _tags(data, *integrity) == [9, 8]
        assert _tags(data, anchor) == _tags(data, total - 1) == [2]
        assert _tags(data, start[0]) == [256]
        assert total % 16 == 0
        assert b"*OSTA UDF Compliant\0\0\0\0\x02\x01" in data[main[0] * SECTOR : 38 * SECTOR]
        files = {path: entry for path, entry in image.files.items() if entry.size}
        disc = Disc(image)
        order = [x for x in (*disc.manifest, *disc.tags, "tagmanifest-sha256.txt") if x in files]
        places = dict.fromkeys((files[path].extents[0][0], files[path].size) for path in order)
        text = disc.text("catalog/structure-sha256.txt").decode().splitlines()
        at = int(text[-2].split(" ")[2])
        for sector, size in places:
            assert sector == at
            at += -(-size // SECTOR)
        assert at <= total - 1
        assert (image.volume_id, image.set_id) == (disc.info["External-Identifier"], disc.set_id)


def _tags(data: bytes, first: int, last: int = 0) -> list[int]:
    """What kinds of UDF descriptors lie in these sectors."""
    sectors = range(first, max(first, last) + 1)
    return [little(data[at * SECTOR : at * SECTOR + 2]) for at in sectors]


def test_times_and_modes_in_the_file_system(odd: Archived) -> None:
    for disc in odd.discs:
        for row in disc.rows():
            if _lies_on(row, disc):
                entry = disc.image.files[row["path"]]
                assert entry.mode == 0o100000 | int(row["mode"], 8)
                assert entry.seconds == _nanoseconds(row["mtime"]) // 10**9
        created = _nanoseconds(disc.set["created"][:-1] + ".000000000Z") // 10**9
        for path in (*disc.tags, "tagmanifest-sha256.txt"):
            mode = 0o100755 if path == "restore.py" else 0o100644
            assert (disc.image.files[path].mode, disc.image.files[path].seconds) == (mode, created)


def test_which_disc_has_which_folders(odd: Archived, states: States) -> None:
    for discs in (odd.discs, *([Disc(image) for image in each] for each in states.sets)):
        rows = discs[0].rows()
        held = [row for row in rows if row["type"] in ("file", "hardlink")]
        for folder in (row for row in rows if row["type"] == "dir"):
            inside = [x for x in held if x["original"].startswith(folder["original"] + "/")]
            own = {int(x["disc"]) for x in inside if x["set"] == discs[0].set_id}
            below_it = [x for x in rows if x["path"].startswith(folder["path"] + "/")]
            if any(x["type"] == "dir" for x in below_it):
                continue  # one that is empty may be below it
            expected = own if inside else {1}
            assert expected == {x.number for x in discs if folder["path"] in x.image.folders}


def test_files_of_many_gigabytes_have_extents_of_these_sizes() -> None:
    text = section("2.3 Sizes, times and modes")
    iso, udf = (int(x.replace(",", "")) for x in re.findall(r"\d{1,3}(?:,\d{3})+", text))
    size = (5 << 30) + 7
    layout = layout_with(data_file("data/Song/Small.wav"), data_file("data/Song/Big.wav"))
    layout = replace(layout, files=(layout.files[0], replace(layout.files[1], size=size)))
    structure = author(layout)
    head = bytearray(structure.data_start * SECTOR)
    for sector, block in structure.blocks.items():
        if sector < structure.data_start:
            head[sector * SECTOR : sector * SECTOR + len(block)] = block
    start = structure.extents[1]
    extents = Image(bytes(head)).files["data/Song/Big.wav"].extents
    assert extents == [(start, iso), (start + iso // SECTOR, size - iso)]
    (entry,) = (
        block
        for block in structure.blocks.values()
        if block[:2] == struct.pack("<H", 261) and block[56:64] == struct.pack("<Q", size)
    )
    descriptors = entry.ljust(SECTOR, b"\0")[176 : 176 + little(entry[172:176])]
    found = list(struct.iter_unpack("<II", descriptors))
    assert [count for count, _ in found] == [udf] * 5 + [size - 5 * udf]
    assert [257 + at for _, at in found] == [start + n * (udf // SECTOR) for n in range(6)]


def test_the_safe_names_of_the_page() -> None:
    names = DiscNames()
    assert names.file("Kick.wav") == "data/Kick.wav"
    for original, safe, _ in table("3. Names on the disc"):
        assert names.file(unescape(code(original))) == f"data/{code(safe)}"
    for good in ("con.wav", "a:b.wav", "dot at the end."):
        assert names.file(good) == f"data/{good}"
        assert f"`{good}`" in PAGE
    assert names.file("x/100%25.wav", 3) == "data/x/100_~8a56019c.wav"
    for long in ("x" * 253, "é" * 126, "ā" * 126):  # 253 bytes in UTF-8, or 126 × 2 in UDF
        assert names.file(long) == f"data/{long}"
        safe = f"{long[:60]}~{sha256((long + 'é').encode()).hexdigest()[:8]}"
        assert names.file(f"{long}é") == f"data/{safe}"
    safe = f"{'y' * 60}~{sha256(b'y' * 250).hexdigest()[:8]}"
    assert names.file("y" * 250, parts=2) == f"data/{safe}"


def test_the_labels_of_bag_info(all_images: list[Image]) -> None:
    labels = words("4.2 `bag-info.txt`")
    assert labels == sorted(labels)
    for image in all_images:
        lines = image.read("bag-info.txt").decode().removesuffix("\n").split("\n")
        assert [line.split(": ")[0] for line in lines] == labels
        bagit = re.findall(r"(?ms)^```\n(.*?)^```", section("4.1 `bagit.txt`"))[0]
        assert image.read("bagit.txt").decode() == bagit
    assert [line.split(": ")[0] for line in example("4.2 `bag-info.txt`").splitlines()] == labels


def test_the_columns_of_the_tables(all_images: list[Image]) -> None:
    """`rows_of` compares them with the page."""
    seen = set()
    for image in all_images:
        for name in COLUMNS.keys() & image.files.keys():
            text = image.read(name)
            assert not re.search(rb"\r|^\xef\xbb\xbf|^\n", text)
            assert all(all(row.values()) for row in rows_of(text, name))
            seen.add(name)
            if name == "parity/images.tsv":
                assert all(len(row["sectors"]) == 10 for row in rows_of(text, name))
    assert seen == COLUMNS.keys()
    assert COLUMNS["catalog/earlier.tsv"] == ["set", *COLUMNS["catalog/files.tsv"]]


def test_the_rows_of_files(all_images: list[Image]) -> None:
    dashes = {row[0].strip("`"): row[2] for row in table("5.5 `catalog/files.tsv`")}
    for image in all_images:
        disc = Disc(image)
        parity = "parity" in disc.set["discs"][disc.number - 1]
        rows = [row for row in disc.rows() if row["set"] == disc.set_id]
        kinds = [row["type"] for row in rows]
        data = [kind for kind in kinds if kind in ("file", "hardlink")]
        assert kinds == ["dir"] * kinds.count("dir") + data + ["symlink"] * kinds.count("symlink")
        assert [x["path"] for x in rows if _lies_on(x, disc)] == list(disc.manifest)
        for row in rows:
            for column, said in dashes.items():
                always = f"`{row['type']}`" in said.split("sha256")[0]
                if column == "sha256" and row["type"] in ("file", "hardlink"):
                    assert row[column] != "-" or not (parity or _lies_on(row, disc))
                else:
                    assert (row[column] == "-") == always, (row, column)


def test_discs_of_a_set_differ_in_hashes_only(song: Archived, odd: Archived) -> None:
    for made in (song, odd):
        found = [disc.rows() for disc in made.discs]
        for rows in zip(*found, strict=True):
            assert len({row["sha256"] for row in rows} - {"-"}) <= 1
            assert all({**row, "sha256": ""} == {**rows[0], "sha256": ""} for row in rows)
    assert all(found[0] == rows for rows in found[1:])  # of what was hashed before


def test_the_keys_of_the_set(all_images: list[Image]) -> None:
    heading = "5.3 `catalog/set.json`"
    tables_of = [table(heading, number) for number in range(3)]
    seen: list[set[str]] = [set(), set(), set()]
    for image in all_images:
        text = image.read("catalog/set.json")
        document = json.loads(text)
        assert text.isascii()
        levels = ([document], document["discs"], document.get("earlier", []))
        for rows, objects, keys in zip(tables_of, levels, seen, strict=True):
            listed = [code(row[0]) for row in rows]
            needed = {code(row[0]) for row in rows if "optional" not in row[1]}
            for each in objects:
                assert [key for key in listed if key in each] == list(each)
                assert needed <= each.keys()
                keys.update(each)
                for row in rows:
                    if code(row[0]) in each:
                        kind = type(each[code(row[0])]).__name__
                        assert row[1].startswith(
                            {"str": "string", "int": "integer"}.get(kind, "array")
                        )
        for old in document.get("earlier", []):
            assert old["count"] == len(old["discs"])
            for each in old["discs"]:
                assert each.keys() - {"parity"} == {"number", "volume_id", "title"}
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", document["created"])
    assert seen == [{code(row[0]) for row in rows} for rows in tables_of]


def test_the_escapes_of_the_page() -> None:
    for data, text in table("5.2 Escaping", 1):
        name = bytes.fromhex(code(data).replace(" ", ""))
        assert escape(os.fsdecode(name)) == code(text)
        assert unescaped(code(text)) == name
    for number in range(256):
        name = b"a" + bytes([number]) + b"z"
        assert unescaped(escape(os.fsdecode(name))) == name
    assert f"`{json.dumps(escape(os.fsdecode(b'a' + bytes([10]) + b'b' + bytes([255]))))}`" in PAGE


def test_the_example_of_the_page(song: Archived) -> None:
    disc = song.discs[0]
    for name, heading in {
        "catalog/files.tsv": "5.5 `catalog/files.tsv`",
        "catalog/discs.tsv": "5.4 `catalog/discs.tsv`",
        "catalog/earlier.tsv": "5.6 `catalog/earlier.tsv`",
        "catalog/media.tsv": "5.7 `catalog/media.tsv`",
        "parity/images.tsv": "8.2 `parity/images.tsv`",
    }.items():
        shown = rows_of(example(heading).encode(), name)
        if name == "catalog/files.tsv":
            assert list(map(_shortened, shown)) == list(map(_shortened, disc.rows()))
        elif name == "catalog/discs.tsv":
            text = disc.text(name)
            assert [x["title"] for x in shown] == [x["title"] for x in rows_of(text, name)]
    known = json.loads(example("5.3 `catalog/set.json`"))
    assert [x["volume_id"] for x in known["discs"]] == [x["volume_id"] for x in disc.set["discs"]]
    assert [x["title"] for x in known["discs"]] == [x["title"] for x in disc.set["discs"]]
    structure = example("5.8 `catalog/structure-sha256.txt`").splitlines()
    mine = disc.text("catalog/structure-sha256.txt").decode().splitlines()
    assert structure[:2] == mine[:2]
    assert [list(map(len, x.split(" "))) for x in structure] == [
        list(map(len, x.split(" "))) for x in mine
    ]


def _shortened(row: Row) -> Row:
    """A row without what depends on the length of the texts on the disc."""
    row = {key: value for key, value in row.items() if key != "set"}
    row["sha256"] = row["sha256"][:8]
    if row["of"] not in ("1", "-"):
        row |= {"offset": "", "size": ""}
    return row


def test_the_parity_of_the_page() -> None:
    for number, *cells in table("8.3 `parity/parity_N.bin`"):
        found = [f"{factor(int(number), j):02x}" for j in range(1, len(cells) + 1)]
        assert found == list(map(code, cells))
    for i in range(1, 9):
        assert [factor(i, j) for j in range(1, 60)] == [coefficient(i - 1, j) for j in range(59)]
    rows = [[re.sub(r"\W.*", "", x.strip("(`")) for x in row[1:]] for row in table("8.5 Example")]
    columns = [bytes.fromhex("".join(row)) for row in rows]
    images, parities = dict(enumerate(columns[:3], 1)), dict(enumerate(columns[3:], 1))
    for i, parity in parities.items():
        assert _add([(factor(i, j), column) for j, column in images.items()]) == parity
    lost = {1: images.pop(1), 3: images.pop(3)}
    assert solved({1: parities[1], 2: parities[2]}, images, [1, 3]) == lost
    assert solved({2: parities[2], 3: parities[3]}, images, [1, 3]) == lost
    assert lost == {1: b"\x53\xca", 3: b"\xff\x00"}
    product_of = r"(?<![+] )\b([0-9A-F]+) ·\s([0-9A-F]+) = ([0-9A-F]{2})\b"
    said = re.findall(product_of, section("8.5 Example"))
    assert len(said) >= 3
    for a, b, product in said:
        assert _times()(int(a, 16), int(b, 16)) == int(product, 16)


def test_the_sizes_of_error_correction() -> None:
    def sizes(total: int, percent: int) -> tuple[int, int, int]:
        most = 254 - max(8, -(-255 * percent // (100 + percent)))
        layer = -(-(total + 2) // most)
        layers = max(84, -(-(total + 2) // layer))
        return layer, layers, 254 - layers

    assert sizes(1008, 20) == (5, 202, 52)
    for total in (1, 100, 1008, 2_000_000, 12_000_003):
        for percent in (3, 8, 20, 33, 100, 200):
            layout = planned(total, percent)
            assert (layout.layer, layout.roots) == sizes(total, percent)[::2]


def test_error_correction_lies_as_the_page_says(
    tmp_path: Path, program: Callable[[str], str]
) -> None:
    program("dvdisaster")
    write(str(tmp_path / "Song"), "Long.wav", os.urandom(700_000))
    os.mkdir(tmp_path / "out")
    (path,) = make_set(str(tmp_path / "Song"), str(tmp_path / "out"), "custom:3MB", ecc=20).images
    data = Path(path).read_bytes()
    image = Image(data)
    total = image.total
    header = data[total * SECTOR :][: 2 * SECTOR]
    fields = {
        row[0]: numbers(row[0])[:2] for row in table("9. Error correction inside an image", 1)
    }
    text, flags, digest, size, above, roots, version, at, crc, sector, layer = (
        header[low : high + 1] for low, high in fields.values()
    )
    n, r, length = little(above) - 1, little(roots), little(layer)
    assert (text, little(flags), digest) == (
        b"*dvdisaster*RS03",
        0,
        md5(data[16 * SECTOR : 17 * SECTOR]).digest(),
    )
    assert (little(size), little(at), little(sector), n + 1 + r) == (total, 16, SECTOR, 255)
    assert len(version) == 4
    assert crc == _crc(header[:96] + b"\x47\x50\x4c\0" + header[100:])
    assert len(data) == 255 * length * SECTOR
    at_padding = data[(total + 2) * SECTOR : n * length * SECTOR : SECTOR]
    assert set(at_padding) <= {ord("d")}
    for offset in range(length):
        checksums = data[(n * length + offset) * SECTOR :][:SECTOR]
        for i in range(n):
            of = (i * length + (offset + 1) % length) * SECTOR
            assert checksums[4 * i : 4 * i + 4] == _crc(data[of : of + SECTOR])
        assert checksums[1024:1040] == text
        assert checksums[1088:1096] == size
        assert (checksums[1096:1100], checksums[1100:1104]) == (sector, above)
        assert (checksums[1104:1108], checksums[1112:1120]) == (roots, layer)
        own = checksums[:1120] + b"\x47\x50\x4c\0" + checksums[1124:]
        assert checksums[1120:1124] == _crc(own)
    powers = [1]
    for _ in range(254):
        powers.append(powers[-1] << 1 ^ (0x187 if powers[-1] > 127 else 0))
    logs = {x: n for n, x in enumerate(powers)}
    for byte in (0, 1000, length * SECTOR - 1):
        word = data[byte :: length * SECTOR]
        for i in range(r):
            value = 0
            for place, x in enumerate(word):
                value ^= powers[(logs[x] + 11 * (112 + i) * (254 - place)) % 255] if x else 0
            assert value == 0
    assert state([Disc(image)]) == below(str(tmp_path / "Song"))
    assert problems(Image(data[: total * SECTOR])) == []


def _crc(data: bytes) -> bytes:
    return (zlib.crc32(data) ^ 0xFFFFFFFF).to_bytes(4, "little")


# What must be refused and what tolerated, by the project's own reader


@pytest.fixture
def folder(song: Archived, tmp_path: Path) -> str:
    return copy_out(song.files[0], tmp_path / "disc")


def _edited_set(folder: str, **changes: object) -> None:
    known = json.loads((Path(folder) / "catalog/set.json").read_text())
    edit_text(folder, "catalog/set.json", json.dumps({**known, **changes}).encode())


def test_versions_of_the_page(folder: str) -> None:
    (kind, version, bagit) = (code(row[1]) for row in table("10. Versions"))
    disc = FolderDisc(folder)
    known = read_catalog(disc.read, "disc").set
    assert (known.format, str(known.version)) == (kind, version)
    assert disc.read("bagit.txt").startswith(f"BagIt-Version: {bagit}\n".encode())
    for key, value in {"version": 2, "format": "other", "id": "other", "discs": []}.items():
        again = shutil.copytree(folder, f"{folder} {key}")
        _edited_set(again, **{key: value})
        with pytest.raises(DamagedImageError):
            read_catalog(FolderDisc(again).read, "disc")


def test_what_is_not_known_is_tolerated(folder: str) -> None:
    _edited_set(folder, more={"key": 1}, tool="other")
    edit_text(folder, "bag-info.txt", (Path(folder) / "bag-info.txt").read_bytes() + b"New: x\n")
    edit_text(folder, "catalog/new.txt", b"new\n")
    assert verify(folder, silent).problems == []
    flip(f"{folder}/catalog/new.txt", 0)
    assert verify(folder, silent).problems


@pytest.mark.parametrize("line", [b"disc\tpart", b"disc\tmore"])
def test_a_table_of_other_columns_is_refused(folder: str, line: bytes) -> None:
    text = (Path(folder) / "catalog/files.tsv").read_bytes()
    other = text.replace(b"\n", b"\tmore\n") if line == b"disc\tpart" else line + text[9:]
    edit_text(folder, "catalog/files.tsv", other)
    with pytest.raises(DamagedImageError, match="header"):
        list(read_catalog(FolderDisc(folder).read, "disc").rows())


def test_the_unsafe_paths_of_the_page() -> None:
    found = table("11. Limits, and what a reader must refuse", 2)
    assert len(found) == 7
    for cell, _ in found:
        assert not is_safe(unescape(code(cell))), cell
    assert is_safe("Song/..Kick.wav")
