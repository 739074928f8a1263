"""The texts that lie beside the data on every disc: a BagIt bag (RFC 8493) with the set's catalog.

Each is made while the image is written, when the digests of all data before it are known; its
length does not depend on them.
"""

import json
from array import array
from collections.abc import Iterable, Iterator
from functools import partial
from importlib import resources
from typing import Any

import msgspec

from spanner.catalog import base_table, media_table, page, parity_table, tables
from spanner.catalog.escaping import escape
from spanner.imaging.layout import LIBRARY, Digests, Text, digest_of
from spanner.model.plan import Disc, Plan
from spanner.model.units import format_size
from spanner.version import VERSION

BAGIT = "bagit.txt"
BAG_INFO = "bag-info.txt"
MANIFEST = "manifest-sha256.txt"
TAG_MANIFEST = "tagmanifest-sha256.txt"
SET = "catalog/set.json"
DISCS = "catalog/discs.tsv"
FILES = "catalog/files.tsv"
MEDIA = "catalog/media.tsv"
BASE_FILES = "catalog/earlier.tsv"
STRUCTURE = "catalog/structure-sha256.txt"
RESTORER = "restore.py"
REBUILDER = "rebuild.py"

SET_FORMAT, SET_VERSION = "spanner-set", 1
TOOL = f"spanner {VERSION}"

_NO_DIGEST = "0" * 64
_STRUCTURE_PARTS = 2  # the sectors before the data, and the last one
_STRUCTURE_HEADER = (
    "# SHA-256, first sector and number of the sectors that belong to no file.\n"
    "# All other sectors that no file covers, and the ends of files' last sectors, are zero.\n"
)


def texts(plan: Plan, disc: Disc) -> list[tuple[str, Text]]:
    """All texts of the disc in the order in which they are written: their paths, how to make them.

    Each is a function of the digests of what was written before it.
    """
    found: list[tuple[str, Text]] = [
        ("README.txt", _text(page.readme(plan, disc))),
        ("index.html", _text(*page.index(plan, disc))),
        (RESTORER, _script("restore_script.py")),
    ]
    if plan.parities:
        found.append((REBUILDER, _script("rebuild_script.py")))
    found += [
        (BAGIT, _text("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")),
        (BAG_INFO, _text(_bag_info(plan, disc))),
        (SET, _text(_set_json(plan))),
        (DISCS, _text(*tables.disc_lines(plan))),
        (FILES, _files(plan, disc)),
    ]
    if plan.references:
        found.append((MEDIA, _text(*media_table.lines(plan.references))))
    if disc.parity:
        found.append((parity_table.IMAGES, _text(*parity_table.image_lines(plan))))
    if plan.base_sets:
        found.append((BASE_FILES, _text(*base_table.lines(plan.base_files))))
    found += [(STRUCTURE, _structure), (MANIFEST, partial(_manifest, disc))]
    tags = [each.path for each in parity_table.parity_files(plan, disc)]
    tags += [LIBRARY] if plan.library else []
    tags += [path for path, _ in found]
    return [*found, (TAG_MANIFEST, partial(_tag_manifest, tags))]


def _text(*pieces: str) -> Text:
    """A text that depends on no digest."""
    data = "".join(pieces).encode()
    return lambda _: (data,)


def _script(name: str) -> Text:
    return _text(resources.files(__package__).joinpath(name).read_text("utf-8"))


def _bag_info(plan: Plan, disc: Disc) -> str:
    files, size = disc.payload
    fields = {
        "Bag-Count": f"{disc.number} of {len(plan.discs)}",
        "Bag-Group-Identifier": plan.set.id,
        "Bag-Size": format_size(size),
        "Bag-Software-Agent": TOOL,
        "Bagging-Date": plan.set.created[:10],
        "External-Description": escape(f"{plan.set.title}: {disc.title}"),
        "External-Identifier": disc.volume_id,
        "Payload-Oxum": f"{size}.{files}",
    }
    return "".join(f"{label}: {value}\n" for label, value in fields.items())


def _set_json(plan: Plan) -> str:
    discs = []
    for disc in plan.discs:
        files, size = disc.payload
        discs.append(
            {
                "number": disc.number,
                "volume_id": disc.volume_id,
                "title": disc.title,
                "medium": disc.medium,
                "files": files,
                "bytes": size,
                **({"parity": disc.parity} if disc.parity else {}),
            }
        )
    document: dict[str, Any] = {
        "format": SET_FORMAT,
        "version": SET_VERSION,
        "id": plan.set.id,
        "title": plan.set.title,
        "created": plan.set.created,
        "tool": TOOL,
        "sources": [escape(root.name) for root in plan.sources],
        "discs": discs,
    }
    if plan.base_sets:
        document["earlier"] = [
            {**msgspec.to_builtins(each), "count": len(each.discs)} for each in plan.base_sets
        ]
    return json.dumps(document, indent=1) + "\n"


def _files(plan: Plan, disc: Disc) -> Text:
    """files.tsv: laid out at once, the hashes of the disc's own files filled in as it is written.

    Those of other discs' files stand there where the plan knew them. A parity disc is made last,
    when those of all discs are known.
    """
    table = bytearray(f"{tables.FILES_HEADER}\n".encode())
    holes = array("Q")
    for row in tables.rows(plan):
        own = row.disc > 0 if disc.parity else row.disc == disc.number
        line = tables.line(row, _NO_DIGEST if own else row.sha256).encode()
        if own:
            holes.append(len(table) + line.index(_NO_DIGEST.encode()))
        table += line

    def filled(digests: Digests) -> Iterable[bytes]:
        text = bytearray(table)
        discs = plan.data_discs if disc.parity else (disc,)
        places = (place for each in discs for place in each.places())
        for hole, path in zip(holes, places, strict=True):
            text[hole : hole + len(_NO_DIGEST)] = digest_of(digests, path).encode()
        yield bytes(text)

    return filled


def _structure(digests: Digests) -> Iterator[bytes]:
    yield _STRUCTURE_HEADER.encode()
    known = digests.structure or [(_NO_DIGEST, 0, 0)] * _STRUCTURE_PARTS
    for digest, first, count in known:
        yield f"{digest} {first:010} {count:010}\n".encode()


def _manifest(disc: Disc, digests: Digests) -> Iterator[bytes]:
    for path in disc.places():
        yield f"{digest_of(digests, path)}  {path}\n".encode()


def _tag_manifest(paths: Iterable[str], digests: Digests) -> Iterator[bytes]:
    for path in paths:
        yield f"{digest_of(digests, path)}  {path}\n".encode()
