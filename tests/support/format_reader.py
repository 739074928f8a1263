"""A reader of discs written from docs/format.md alone."""

import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from hashlib import sha256
from typing import Any

from support.format_page import COLUMNS, SECTOR, section
from support.trees import Entry


def little(data: bytes) -> int:
    return int.from_bytes(data, "little")


@dataclass
class IsoEntry:
    """A file: its extents (sector, bytes), mode and time."""

    mode: int
    seconds: int
    extents: list[tuple[int, int]] = field(default_factory=list)

    @property
    def size(self) -> int:
        return sum(size for _, size in self.extents)


class Image:
    """Section 2.4."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.files: dict[str, IsoEntry] = {}
        self.folders: set[str] = set()
        sector = 16
        while data[sector * SECTOR] != 1:
            sector += 1
        head = data[sector * SECTOR : (sector + 1) * SECTOR]
        assert head[1:7] == b"CD001\1"
        self.volume_id = head[40:72].decode().rstrip()
        self.total = little(head[80:84])
        self.set_id = head[190:318].decode().rstrip()
        self._directory(little(head[158:162]), little(head[166:170]), "")

    def read(self, path: str) -> bytes:
        parts = (self.data[at * SECTOR : at * SECTOR + n] for at, n in self.files[path].extents)
        return b"".join(parts)

    def _directory(self, sector: int, size: int, above: str) -> None:
        at, end, records = sector * SECTOR, sector * SECTOR + size, []
        while at < end:
            length = self.data[at]
            records.append(self.data[at : at + length])
            at += length or SECTOR - at % SECTOR
        for record in [each for each in records if each][2:]:
            self._record(record, above)

    def _record(self, record: bytes, above: str) -> None:
        start = 33 + record[32] + (record[32] % 2 == 0)
        name, said = b"", {}
        for letters, data in self._entries(record[start:]):
            name += data[1:] if letters == b"NM" else b""
            said[letters] = data
        if b"RE" in said:
            return
        path = f"{above}{name.decode()}"
        sector, size = little(record[2:6]), little(record[10:14])
        if b"CL" in said:
            sector = little(said[b"CL"][:4])
            size = little(self.data[sector * SECTOR + 10 : sector * SECTOR + 14])
        if b"CL" in said or record[25] & 2:
            self.folders |= {path} - {"rr_moved"}
            self._directory(sector, size, f"{path}/")
            return
        assert said[b"TF"][0] == 0x0E
        year, month, day, hour, minute, second, zone = said[b"TF"][1:8]
        assert zone == 0
        seconds = datetime(1900 + year, month, day, hour, minute, second) - datetime(1970, 1, 1)
        entry = IsoEntry(little(said[b"PX"][:4]), seconds.days * 86400 + seconds.seconds)
        self.files.setdefault(path, entry).extents.append((sector, size))

    def _entries(self, area: bytes) -> Iterator[tuple[bytes, bytes]]:
        while area:
            more = b""
            while len(area) >= 4 and area[:2] != b"ST":
                data, letters, area = area[4 : area[2]], area[:2], area[area[2] :]
                if letters == b"CE":
                    at = little(data[:4]) * SECTOR + little(data[8:12])
                    more = self.data[at : at + little(data[16:20])]
                else:
                    yield letters, data
            area = more


def unescaped(text: str) -> bytes:
    """Section 5.2."""
    short = {b"\\": b"\\", b"t": b"\t", b"n": b"\n", b"r": b"\r"}
    pieces = re.split(rb"\\(x[0-9a-f]{2}|[\\tnr])", text.encode())
    assert not any(b"\\" in piece for piece in pieces[::2])
    pieces[1::2] = [short.get(x) or bytes([int(x[1:], 16)]) for x in pieces[1::2]]
    return b"".join(pieces)


Row = dict[str, str]


def rows_of(text: bytes, name: str) -> list[Row]:
    """Section 5.1."""
    head, *lines, last = text.decode().split("\n")
    columns = head.split("\t")
    assert (columns, last) == (COLUMNS[name], "")
    return [dict(zip(columns, line.split("\t"), strict=True)) for line in lines]


class Disc:
    """Section 1.5, steps 2 to 6."""

    def __init__(self, image: Image) -> None:
        self.image = image
        self.manifest = self.hashes("manifest-sha256.txt")
        self.tags = self.hashes("tagmanifest-sha256.txt")
        self.info = dict(x.split(": ", 1) for x in self.text("bag-info.txt").decode().splitlines())
        self.set_id = self.info["Bag-Group-Identifier"]
        self.number, self.count = map(int, self.info["Bag-Count"].split(" of "))
        self.set = json.loads(self.text("catalog/set.json"))
        assert (self.set["format"], self.set["version"]) == ("spanner-set", 1)
        assert (self.set["id"], len(self.set["discs"])) == (self.set_id, self.count)

    def text(self, path: str) -> bytes:
        data = self.image.read(path)
        assert self.tags[path] == sha256(data).hexdigest()
        return data

    def hashes(self, path: str) -> dict[str, str]:
        text = self.image.read(path).decode()
        found = re.findall(r"([0-9a-f]{64})  (.+)\n", text)
        assert "".join(f"{digest}  {name}\n" for digest, name in found) == text
        return {name: digest for digest, name in found}

    def rows(self) -> list[Row]:
        own = rows_of(self.text("catalog/files.tsv"), "catalog/files.tsv")
        rows = [{**row, "set": self.set_id} for row in own]
        if "earlier" in self.set:
            rows += rows_of(self.text("catalog/earlier.tsv"), "catalog/earlier.tsv")
        return rows


def newest(discs: Sequence[Disc], as_of: str = "") -> Disc:
    """Section 7.2."""
    sets = {disc.set_id: disc for disc in discs if disc.set["created"] <= (as_of or "Z")}.values()
    (found,) = (a for a in sets if not any(_replaces(b.set, a.set) for b in sets))
    return found


def _replaces(b: dict[str, Any], a: dict[str, Any]) -> bool:
    lists = a["id"] in [each["id"] for each in b.get("earlier", ())]
    later = b["created"] > a["created"]
    same_sources = set(a["sources"]) <= set(b["sources"])
    return (lists and (later or b["created"] == a["created"])) or (later and same_sources)


def state(discs: Sequence[Disc], as_of: str = "") -> dict[str, Entry]:
    """Section 6: all that there was, by original path."""
    there = {(disc.set_id, disc.number): disc for disc in discs}
    grouped: dict[str, list[Row]] = {}
    for row in newest(discs, as_of).rows():
        grouped.setdefault(row["original"], []).append(row)
    links: dict[str, int] = {}
    for rows in grouped.values():
        if rows[0]["type"] == "hardlink":
            links[rows[0]["target"]] = links.get(rows[0]["target"], 1) + 1
    found = {}
    for original, rows in grouped.items():
        row = rows[0]
        assert {each["type"] for each in rows} == {row["type"]}
        name, target = os.fsdecode(unescaped(original)), os.fsdecode(unescaped(row["target"]))
        if row["type"] == "symlink":
            found[name] = Entry("link", 0, 0, target, 1)
            continue
        mode, time = int(row["mode"], 8), _nanoseconds(row["mtime"])
        if row["type"] == "dir":
            found[name] = Entry("folder", mode, time, "", 1)
            continue
        digest = sha256(_content(rows, there)).hexdigest()
        count = links.get(row["target"] if row["type"] == "hardlink" else original, 1)
        found[name] = Entry("file", mode, time, digest, count)
    return found


def _content(rows: list[Row], there: dict[tuple[str, int], Disc]) -> bytes:
    content = b""
    for number in range(1, int(rows[0]["of"]) + 1):
        copies = [row for row in rows if row["part"] == str(number)]
        disc, row = next(
            (there[key], row) for row in copies if (key := (row["set"], int(row["disc"]))) in there
        )
        assert int(row["offset"]) == len(content)
        data = disc.image.read(row["path"])
        assert len(data) == int(row["size"])
        assert sha256(data).hexdigest() == disc.manifest[row["path"]]
        assert row["sha256"] in ("-", disc.manifest[row["path"]])
        content += data
    return content


def _nanoseconds(text: str) -> int:
    match = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{9})Z", text)
    assert match
    moment = datetime.fromisoformat(match[1]) - datetime(1970, 1, 1)
    return (moment.days * 86400 + moment.seconds) * 10**9 + int(match[2])


@cache
def _times() -> Callable[[int, int], int]:
    """The page's own function."""
    lines = re.search(r"(?m)^ +def times.*\n(?: +.*\n)+", section("8.3 `parity/parity_N.bin`"))
    assert lines
    found: dict[str, Callable[[int, int], int]] = {}
    exec(re.sub("(?m)^ {6}", "", lines[0]), found)
    return found["times"]


def _power(a: int, exponent: int) -> int:
    product = 1
    for _ in range(exponent):
        product = _times()(product, a)
    return product


@cache
def factor(i: int, j: int) -> int:
    """Section 8.3, both from 1."""
    if i == 1:
        return 1
    if i == 2:
        return _power(2, j - 1)
    return _power(_power(2, i - 2) ^ _power(_power(2, j - 1), 254), 254)


def _add(columns: Sequence[tuple[int, bytes]]) -> bytes:
    """The sum of columns of bytes, each multiplied."""
    length = max(len(column) for _, column in columns)
    total = 0
    for x, column in columns:
        product = column.translate(bytes(_times()(x, byte) for byte in range(256)))
        total ^= little(product.ljust(length, b"\0"))
    return total.to_bytes(length, "little")


def solved(
    parities: dict[int, bytes], there: dict[int, bytes], lost: Sequence[int]
) -> dict[int, bytes]:
    """Section 8.4: the lost columns; parities, images and what is lost by their numbers from 1."""
    used = sorted(parities)[: len(lost)]
    inverse = _inverted([[factor(i, j) for j in lost] for i in used])
    sums = [
        _add([(1, parities[i]), *((factor(i, j), image) for j, image in there.items())])
        for i in used
    ]
    return {
        j: _add(list(zip(row, sums, strict=True))) for j, row in zip(lost, inverse, strict=True)
    }


def _inverted(square: list[list[int]]) -> list[list[int]]:
    count = len(square)
    rows = [[*row, *(int(i == j) for j in range(count))] for i, row in enumerate(square)]
    for step in range(count):
        at = next(n for n in range(step, count) if rows[n][step])
        rows[step], rows[at] = rows[at], rows[step]
        rows[step] = [_times()(_power(rows[step][step], 254), x) for x in rows[step]]
        for n in set(range(count)) - {step}:
            x = rows[n][step]
            rows[n] = [a ^ _times()(x, b) for a, b in zip(rows[n], rows[step], strict=True)]
    return [row[count:] for row in rows]


def rebuilt(images: Sequence[Image]) -> list[Image]:
    """Section 8.4: the data discs that are not among the images of a set."""
    discs = [Disc(image) for image in images]
    parity = {disc.set["discs"][disc.number - 1].get("parity", 0): disc for disc in discs}
    parities = {i: disc.image.read(f"parity/parity_{i}.bin") for i, disc in parity.items() if i}
    text = parity[max(parity)].text("parity/images.tsv")
    sizes = {int(x["number"]): int(x["sectors"]) for x in rows_of(text, "parity/images.tsv")}
    there = {x.number: x.image.data[: sizes[x.number] * SECTOR] for x in discs if x.number in sizes}
    columns = solved(parities, there, sorted(sizes.keys() - there.keys()))
    return [Image(column[: sizes[j] * SECTOR]) for j, column in columns.items()]


def problems(image: Image) -> list[str]:
    """Section 1.6, steps 1 to 7, of an image without error correction."""
    disc = Disc(image)
    found = []
    for path, digest in {**disc.manifest, **disc.tags}.items():
        if path not in image.files or sha256(image.read(path)).hexdigest() != digest:
            found.append(path)
    known = {*disc.manifest, *disc.tags, "tagmanifest-sha256.txt"}
    found += image.files.keys() - known
    own = {x["path"]: x["sha256"] for x in disc.rows() if _lies_on(x, disc)}
    found += [] if own == disc.manifest else ["files.tsv"]
    found += [] if len(image.data) == image.total * SECTOR else ["size"]
    ranges = {}
    for line in disc.text("catalog/structure-sha256.txt").decode().splitlines():
        if not line.startswith("#"):
            digest, first, count = line.split(" ")
            ranges[int(first) * SECTOR] = int(count) * SECTOR
            data = image.data[int(first) * SECTOR :][: ranges[int(first) * SECTOR]]
            found += [] if sha256(data).hexdigest() == digest else ["structure"]
    for entry in image.files.values():
        if entry.size:
            start = entry.extents[0][0] * SECTOR
            found += [] if ranges.setdefault(start, entry.size) == entry.size else ["overlap"]
    end = 0
    for start, size in sorted(ranges.items()):
        found += ["overlap"] if start < end else ["rest"] if any(image.data[end:start]) else []
        end = start + size
    return found


def _lies_on(row: Row, disc: Disc) -> bool:
    return (row["set"], row["disc"]) == (disc.set_id, str(disc.number))
