"""The bag that each disc is: its fields, manifests and the set's catalog."""

import hashlib
import json
import os
import re
from pathlib import Path

import msgspec
import pytest

from burners import silent
from spanner import __version__
from spanner.catalog import bag, tables
from spanner.imaging.layout import Digests
from spanner.model.plan import Plan, SetInfo
from spanner.model.units import SECTOR
from spanner.sources.hashing import with_hashes
from support.images import SET, DiscImage, image_of, plan_for
from support.trees import snapshot, write


@pytest.fixture
def plan(odd_tree: str) -> Plan:
    made = plan_for(odd_tree)
    assert len(made.discs) == 2
    return made


def images(plan: Plan) -> list[DiscImage]:
    return [image_of(plan, disc) for disc in plan.discs]


def manifest(image: DiscImage, path: str) -> dict[str, str]:
    lines = image.text(path).removesuffix("\n").split("\n")
    found = {name: digest for digest, name in (line.split("  ", 1) for line in lines)}
    assert len(found) == len(lines)
    return found


def rows(image: DiscImage) -> list[tables.CatalogRow]:
    return list(tables.parse(image.text("catalog/files.tsv").splitlines(keepends=True)))


def test_the_fields_of_bag_info(plan: Plan) -> None:
    for number, image in enumerate(images(plan), 1):
        disc = plan.discs[number - 1]
        lines = image.text("bag-info.txt").splitlines()
        fields = dict(line.split(": ", 1) for line in lines)
        assert list(fields) == sorted(fields)
        assert len(fields) == len(lines)
        payload = [path for path in image.paths if path.startswith("data/")]
        size = sum(len(image.file(path)) for path in payload)
        assert fields == {
            "Bag-Count": f"{number} of 2",
            "Bag-Group-Identifier": SET.id,
            "Bag-Size": f"{size} B" if size < 1000 else f"{size / 1000:.3g} kB",
            "Bag-Software-Agent": f"spanner {__version__}",
            "Bagging-Date": "2026-11-23",
            "External-Description": f"Title: {disc.title}",
            "External-Identifier": f"TITLE_0{number}OF02",
            "Payload-Oxum": f"{size}.{len(payload)}",
        }
        assert image.text("bagit.txt") == (
            "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
        )


def test_manifests_name_all_files_with_their_hashes(plan: Plan) -> None:
    for image in images(plan):
        data = {path for path in image.paths if path.startswith("data/")}
        payload = manifest(image, "manifest-sha256.txt")
        tags = manifest(image, "tagmanifest-sha256.txt")
        assert payload.keys() == data
        assert tags.keys() == image.paths - data - {"tagmanifest-sha256.txt"}
        for path, digest in (payload | tags).items():
            assert digest == hashlib.sha256(image.file(path)).hexdigest(), path


def test_a_disc_has_the_hashes_of_its_own_files_only(plan: Plan) -> None:
    for number, image in enumerate(images(plan), 1):
        payload = manifest(image, "manifest-sha256.txt")
        for row in rows(image):
            assert row.sha256 == (payload[row.path] if row.disc == number else "")


def test_with_hashes_in_the_plan_each_disc_has_them_all(odd_tree: str) -> None:
    plan = with_hashes(plan_for(odd_tree), silent)
    source = snapshot(odd_tree)
    tables_of_discs = [rows(image) for image in images(plan)]
    assert tables_of_discs[0] == tables_of_discs[1]
    for row in tables_of_discs[0]:
        original = source[os.path.relpath(row.original, os.path.basename(odd_tree))]
        assert row.sha256 == (original.content if row.disc else "")


def test_discs_of_a_set_differ_in_hashes_only(plan: Plan) -> None:
    first, second = images(plan)
    for path in ("catalog/set.json", "catalog/discs.tsv", "restore.py", "bagit.txt"):
        assert first.file(path) == second.file(path)
    plain = [
        [msgspec.structs.replace(row, sha256="") for row in rows(image)]
        for image in (first, second)
    ]
    assert plain[0] == plain[1] == list(tables.rows(plan))


def test_the_set_as_json(plan: Plan) -> None:
    for image in images(plan):
        text = image.text("catalog/set.json")
        assert text.endswith("}\n")
        assert msgspec.json.decode(text) == json.loads(text)
        assert json.loads(text) == {
            "format": "spanner-set",
            "version": 1,
            "id": SET.id,
            "title": "Title",
            "created": "2026-11-23T19:08:00Z",
            "tool": f"spanner {__version__}",
            "sources": ["Ödd $(x)"],
            "discs": [
                {
                    "number": disc.number,
                    "volume_id": disc.volume_id,
                    "title": disc.title,
                    "medium": disc.medium,
                    "files": disc.payload[0],
                    "bytes": disc.payload[1],
                }
                for disc in plan.discs
            ],
        }


def test_a_source_with_a_name_of_odd_bytes(tmp_path: Path) -> None:
    write(str(tmp_path / "a\nb\udcff"), "x.wav")
    plan = plan_for(str(tmp_path / "a\nb\udcff"))
    plan = msgspec.structs.replace(plan, set=SetInfo(SET.id, "Back\\slash", SET.created))
    image = image_of(plan, plan.discs[0])
    for path in image.paths - {"data"}:
        image.text(path)
    assert json.loads(image.text("catalog/set.json"))["sources"] == ["a\\nb\\xff"]
    assert json.loads(image.text("catalog/set.json"))["title"] == "Back\\slash"
    assert "\nExternal-Description: Back\\\\slash: " in image.text("bag-info.txt")
    (row,) = [row for row in rows(image) if row.kind == "file"]
    assert row.original == "a\nb\udcff/x.wav"


def test_the_structures_hashes(plan: Plan) -> None:
    for image in images(plan):
        *comments, head, last = image.text("catalog/structure-sha256.txt").splitlines()
        assert [line[:2] for line in comments] == ["# ", "# "]
        start, total = image.structure.data_start, image.structure.total
        end = (total - 1) * SECTOR
        digests = [
            hashlib.sha256(part).hexdigest()
            for part in (image.data[: start * SECTOR], image.data[end:])
        ]
        assert head == f"{digests[0]} {0:010} {start:010}"
        assert last == f"{digests[1]} {total - 1:010} {1:010}"


def test_the_restorer_is_the_packages_own(plan: Plan) -> None:
    with open(os.path.join(os.path.dirname(bag.__file__), "restore_script.py"), "rb") as file:
        script = file.read()
    assert image_of(plan, plan.discs[0]).file("restore.py") == script


def test_no_text_holds_a_lone_carriage_return_or_a_byte_order_mark(plan: Plan) -> None:
    for path, text in bag.texts(plan, plan.discs[1]):
        data = b"".join(text(Digests()))
        assert not re.search(rb"\r|^\xef\xbb\xbf", data), path
        assert data.endswith(b"\n")
