"""Catalogs and manifests read back from a disc, whole, damaged and made up."""

import hashlib
import json
import os
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from spanner.catalog import bag
from spanner.catalog.reader import (
    DiscLabel,
    Reader,
    read_catalog,
    read_hashes,
    read_label,
    read_manifest,
    read_structure,
)
from spanner.errors import DamagedImageError
from spanner.reading.discs import open_disc
from support.sets import MadeSet, make_set
from support.trees import make_odd_tree, write

TEXTS = (
    bag.BAG_INFO,
    bag.SET,
    bag.FILES,
    bag.STRUCTURE,
    bag.MANIFEST,
    bag.TAG_MANIFEST,
)
READERS: tuple[Callable[[Reader, str], object], ...] = (
    read_label,
    read_catalog,
    read_hashes,
    read_structure,
    lambda read, name: read_manifest(read, bag.MANIFEST, name),
    lambda read, name: read_manifest(read, bag.TAG_MANIFEST, name),
    lambda read, name: list(read_catalog(read, name).rows()),
    lambda read, name: list(read_catalog(read, name).own_rows()),
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadeSet:
    root = str(tmp_path_factory.mktemp("source") / "S")
    make_odd_tree(root)
    write(root, "long.wav", os.urandom(400_000))
    return make_set(root, str(tmp_path_factory.mktemp("discs")), "custom:1200kB")


@pytest.fixture(scope="module")
def texts(made: MadeSet) -> dict[str, bytes]:
    """The texts of the first disc."""
    with open_disc(made.images[0]) as disc:
        return {path: disc.read(path) for path in TEXTS}


def retagged(texts: dict[str, bytes], **changed: bytes) -> dict[str, bytes]:
    """The texts with other contents, and a tag manifest that agrees; names without folders."""
    new = {**texts, **{x: changed[_key(x)] for x in texts if _key(x) in changed}}
    del new[bag.TAG_MANIFEST]
    lines = [f"{hashlib.sha256(data).hexdigest()}  {path}\n" for path, data in new.items()]
    return {**new, bag.TAG_MANIFEST: "".join(lines).encode()}


def _key(path: str) -> str:
    return path.rpartition("/")[2].partition(".")[0].replace("-", "_")


def test_what_was_written(made: MadeSet) -> None:
    assert len(made.images) >= 2
    for disc, image in zip(made.plan.discs, made.images, strict=True):
        with open_disc(image) as source:
            catalog = read_catalog(source.read, "x")
            assert read_label(source.read, "x") == DiscLabel(
                made.plan.set.id, disc.number, len(made.images)
            )
            hashes = read_hashes(source.read, "x")
            assert hashes == read_manifest(source.read, bag.MANIFEST, "x")
            [head, last] = read_structure(source.read, "x")
        assert (catalog.name, catalog.number, catalog.set.id) == (
            "x",
            disc.number,
            made.plan.set.id,
        )
        assert (catalog.disc.volume_id, catalog.disc.title) == (disc.volume_id, disc.title)
        own = list(catalog.own_rows())
        assert own == [row for row in catalog.rows() if row.disc == disc.number]
        assert {row.path: row.sha256 for row in own} == hashes
        items = [(item.path, item.part, item.offset, item.size) for item in disc.items]
        assert [(r.original, r.part, r.offset, r.size) for r in own if r.kind == "file"] == items
        assert head[1] == 0
        assert (last[1], last[2]) == (disc.image_sectors - 1, 1)


def complaint(reader: Callable[[Reader, str], object], texts: dict[str, bytes]) -> str:
    """What is damaged, to the reader of the disc called x; nothing else may be raised."""
    try:
        reader(texts.__getitem__, "x")
    except DamagedImageError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("path", TEXTS)
def test_a_text_that_is_not_there(texts: dict[str, bytes], path: str) -> None:
    rest = {name: data for name, data in texts.items() if name != path}
    said = {complaint(reader, rest) for reader in READERS}
    assert said - {""} == {f"x: no disc of a set, it has no {path}"}
    assert {complaint(reader, texts) for reader in READERS} == {""}


@pytest.mark.parametrize("path", [bag.BAG_INFO, bag.SET, bag.FILES])
def test_every_bit_of_a_catalog_counts(texts: dict[str, bytes], path: str) -> None:
    for position in range(0, len(texts[path]), 7):
        data = bytearray(texts[path])
        data[position] ^= 1 << position % 8
        with pytest.raises(DamagedImageError, match=f"the disc: {path} is not what"):
            read_catalog({**texts, path: bytes(data)}.__getitem__, "the disc")


def test_a_damaged_tag_manifest_harms_only_what_it_says_falsely(texts: dict[str, bytes]) -> None:
    lines = texts[bag.TAG_MANIFEST].splitlines(keepends=True)
    whole = read_catalog(texts.__getitem__, "x")
    for number, line in enumerate(lines):
        for bad in (b"\xff" + line[1:], line[:64] + b"\0" + line[65:], b"", line[:-1]):
            data = b"".join([*lines[:number], bad, *lines[number + 1 :]])
            read = {**texts, bag.TAG_MANIFEST: data}.__getitem__
            about = {line[66:-1].decode()}
            if bad == line[:-1] and number + 1 < len(lines):
                about.add(lines[number + 1][66:-1].decode())
            if about & {bag.BAG_INFO, bag.SET, bag.FILES}:
                with pytest.raises(DamagedImageError):
                    read_catalog(read, "x")
            else:
                assert read_catalog(read, "x") == whole


@pytest.mark.parametrize(
    ("bag_count", "set_id"),
    [
        ("0 of 2", None),
        ("3 of 2", None),
        ("1 of 1", None),
        ("1 of 3", None),
        ("-1 of 2", None),
        ("1 of ?", None),
        ("one", None),
        ("", None),
        ("1 of 2 ", None),
        ("\N{ARABIC-INDIC DIGIT ONE} of 2", None),
        ("9" * 5000 + " of " + "9" * 5000, None),
        ("1 of 2", ""),
        ("1 of 2", "another"),
    ],
)
def test_a_disc_that_does_not_say_which_it_is(
    texts: dict[str, bytes], bag_count: str, set_id: str | None
) -> None:
    known = json.loads(texts[bag.SET])
    known["discs"] = [{**known["discs"][0], "number": n} for n in (1, 2)]
    info = f"Bag-Count: {bag_count}\nBag-Group-Identifier: "
    info += known["id"] if set_id is None else set_id
    changed = retagged(texts, bag_info=info.encode(), set=json.dumps(known).encode())
    with pytest.raises(DamagedImageError, match="say"):
        read_catalog(changed.__getitem__, "x")
    good = f"Bag-Count: 1 of 2\nBag-Group-Identifier: {known['id']}\n"
    changed = retagged(texts, bag_info=good.encode(), set=json.dumps(known).encode())
    assert read_catalog(changed.__getitem__, "x").number == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": "other\n"}, r"its catalog is other\\n version 1; this program reads"),
        ({"version": 2}, "its catalog is spanner-set version 2; this program reads spanner-set"),
        ({"version": "1"}, "cannot be read"),
        ({"discs": []}, "do not say the same"),
        ({"discs": "none"}, "cannot be read"),
        ({"id": "another"}, "do not say the same"),
        ({"id": None}, "cannot be read"),
    ],
)
def test_a_set_that_cannot_be(
    texts: dict[str, bytes], change: dict[str, object], said: str
) -> None:
    document = json.dumps({**json.loads(texts[bag.SET]), **change}).encode()
    with pytest.raises(DamagedImageError, match=f"^the disc: .*{said}"):
        read_catalog(retagged(texts, set=document).__getitem__, "the disc")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("volume_id", "A\x1b[31m"),
        ("volume_id", ""),
        ("volume_id", "A" * 33),
        ("number", 2),
        ("number", 10**30),
        ("title", 5),
        ("title", "\ud800"),
    ],
)
def test_a_disc_that_cannot_be(texts: dict[str, bytes], key: str, value: object) -> None:
    known = json.loads(texts[bag.SET])
    known["discs"][0][key] = value
    with pytest.raises(DamagedImageError):
        read_catalog(retagged(texts, set=json.dumps(known).encode()).__getitem__, "x")


def test_a_label_needs_a_set(texts: dict[str, bytes]) -> None:
    for info, said in (
        ("Bag-Count: 1 of 2\nBag-Group-Identifier: x\n", ""),
        ("Bag-Count: 1 of 2\nBag-Group-Identifier: \n", "x: bag-info.txt does not say which disc"),
        ("Bag-Count: 1 of 2\n", "x: bag-info.txt does not say which disc"),
        ("Bag-Group-Identifier: x\n", "x: bag-info.txt does not say which disc"),
    ):
        changed = retagged(texts, bag_info=info.encode())
        assert complaint(read_label, changed)[:39] == said


def test_a_sets_id_that_no_terminal_should_see(texts: dict[str, bytes]) -> None:
    known = {**json.loads(texts[bag.SET]), "id": "a\x1b[31m"}
    info = texts[bag.BAG_INFO].decode().splitlines()
    lines = [
        x if not x.startswith("Bag-Group") else f"Bag-Group-Identifier: {known['id']}" for x in info
    ]
    changed = retagged(texts, bag_info="\n".join(lines).encode(), set=json.dumps(known).encode())
    assert "do not say the same" in complaint(read_catalog, changed)


@pytest.mark.parametrize(
    "document",
    [b"", b"[" * 1_000_000, b'{"a":' * 1_000_000, b"\xff\xfe", b"null", b"{}\n{}"],
    ids=["nothing", "deep lists", "deep objects", "no UTF-8", "null", "two"],
)
def test_a_set_that_is_no_document(texts: dict[str, bytes], document: bytes) -> None:
    with pytest.raises(DamagedImageError, match=r"x: catalog/set\.json cannot be read"):
        read_catalog(retagged(texts, set=document).__getitem__, "x")


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (b"\n", "line 1"),
        (b"number\tname\n", "line 1"),
        (b"{head}\n\n", "line 2"),
        (b"{head}\n{row}\textra\n", "line 2"),
        (b"{head}\n{row}\n\xff\n", "decode"),
    ],
)
def test_a_table_that_is_none(texts: dict[str, bytes], table: bytes, said: str) -> None:
    head, row = texts[bag.FILES].split(b"\n")[:2]
    changed = retagged(texts, files=table.replace(b"{head}", head).replace(b"{row}", row))
    catalog = read_catalog(changed.__getitem__, "the disc")
    with pytest.raises(DamagedImageError, match=rf"the disc: catalog/files\.tsv.*{said}"):
        list(catalog.rows())


GOOD = b"a" * 64 + b"  data/x\n"


@given(st.binary(max_size=200), st.integers(0, 80))
@example(GOOD, 0)
@settings(max_examples=200)
def test_noise_is_never_more_than_damaged(noise: bytes, position: int) -> None:
    """No other error, whatever lies on a disc."""
    for text in (noise, GOOD[:position] + noise, GOOD + noise):
        digest = hashlib.sha256(text).hexdigest()
        for tags in (noise, "".join(f"{digest}  {path}\n" for path in TEXTS).encode()):
            texts = {**dict.fromkeys(TEXTS, text), bag.TAG_MANIFEST: tags}
            for reader in READERS:
                assert complaint(reader, texts)[:3] in ("", "x: ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD[:-1], "x: manifest-sha256.txt is cut"),
        (GOOD + GOOD, "x: line 2 of manifest-sha256.txt is damaged"),
        (GOOD + b"\n", "x: line 2 of manifest-sha256.txt is damaged"),
        (GOOD.upper(), "x: line 1 of manifest-sha256.txt is damaged"),
        (GOOD.replace(b"  ", b" "), "x: line 1 of manifest-sha256.txt is damaged"),
        (GOOD + b"\xff" * 70 + b"\n", "x: manifest-sha256.txt is damaged"),
    ],
)
def test_manifests(text: bytes, said: str) -> None:
    assert read_manifest({"m": GOOD}.__getitem__, "m", "x") == {"data/x": "a" * 64}
    with pytest.raises(DamagedImageError) as caught:
        read_manifest({bag.MANIFEST: text}.__getitem__, bag.MANIFEST, "x")
    assert str(caught.value) == said


def test_structures(texts: dict[str, bytes]) -> None:
    good = b"# a comment\n" + b"0" * 64 + b" 0000000001 0000000020\n"
    read = retagged(texts, structure_sha256=good).__getitem__
    assert read_structure(read, "x") == [("0" * 64, 1, 20)]
    for bad in (good + b"x\n", good[:-2] + b"\n", b"#\n" + b"0" * 64 + b" -000000001 0000000020\n"):
        with pytest.raises(DamagedImageError, match=r"structure-sha256\.txt is damaged"):
            read_structure(retagged(texts, structure_sha256=bad).__getitem__, "x")
    with pytest.raises(DamagedImageError, match="is not what"):
        read_structure({**texts, bag.STRUCTURE: good}.__getitem__, "x")
