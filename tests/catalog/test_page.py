"""README.txt says what is so; index.html is a page that lists the whole set, by itself."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import msgspec
import pytest

from spanner.catalog import tables
from spanner.catalog.escaping import unescape
from spanner.model.plan import Item, Plan, SetInfo
from spanner.model.units import format_size
from spanner.wording import printable
from support.images import SET, DiscImage, image_of, plan_for
from support.trees import snapshot, write

VOID = {"meta", "input"}
NO_END_NEEDED = {"tr", "td", "th"}


class Page(HTMLParser):
    """A page's rows, links and whatever would load something; tags must be closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.rows: list[list[str]] = []
        self.links: list[str] = []
        self.loads: list[str] = []
        self.tags: set[str] = set()
        self.title = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def table(self, columns: int) -> list[list[str]]:
        """The rows of the table with so many columns."""
        return [row for row in self.rows if len(row) == columns]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        values = dict(attrs)
        assert not any(name.startswith("on") for name in values)
        if tag == "a":
            self.links.append(values["href"] or "")
        self.loads += [f"{tag} {name}" for name in values if name in ("src", "srcset", "data")]
        if tag == "tr":
            self.rows.append([])
        elif tag == "td":
            self.rows[-1].append("")
        if tag not in VOID | NO_END_NEEDED:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "tbody" in self.open and self.rows[-1]:
            self.rows[-1][-1] += data.rstrip("\n")
        if self.open[-1:] == ["title"]:
            self.title += data


def page(image: DiscImage) -> Page:
    return Page(image.text("index.html"))


def put(image: DiscImage, folder: Path) -> str:
    """The disc's files in a folder, as a person would copy them."""
    for path in image.paths:
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(image.file(path))
    for directory in image.layout.directories:
        (folder / directory.path).mkdir(parents=True, exist_ok=True)
    return str(folder)


def names(item: Item) -> list[str]:
    return [item.path, *(link.path for link in item.links)]


@pytest.fixture
def odd_images(odd_tree: str) -> list[DiscImage]:
    plan = plan_for(odd_tree)
    return [image_of(plan, disc) for disc in plan.discs]


@pytest.fixture
def split(tmp_path: Path) -> tuple[Plan, bytes]:
    """A file in parts, and its bytes."""
    data = os.urandom(800_000)
    write(str(tmp_path / "S"), "large file.wav", data)
    plan = plan_for(str(tmp_path / "S"))
    assert len(plan.discs) >= 3
    return plan, data


# index.html


def test_it_lists_every_file_of_the_set(odd_tree: str) -> None:
    plan = plan_for(odd_tree)
    expected = [
        [str(disc.number), printable(path)]
        for disc in plan.discs
        for item in disc.items
        for path in names(item)
    ]
    assert len(expected) == sum(disc.payload[0] for disc in plan.discs) == 41
    for disc in plan.discs:
        files = page(image_of(plan, disc)).table(3)
        assert [row[:2] for row in files] == expected
        assert files[0][2] == "700 B"


def test_it_lists_the_discs_and_says_which_one_it_is_on(odd_tree: str) -> None:
    plan = plan_for(odd_tree)
    for disc in plan.discs:
        image = image_of(plan, disc)
        there = page(image)
        assert there.title == f"Title – {disc.volume_id}"
        assert there.table(5) == [
            [
                str(each.number),
                f"TITLE_0{each.number}OF02",
                each.title,
                str(each.payload[0]),
                format_size(each.payload[1]),
            ]
            for each in plan.discs
        ]
        here = f"<tr class=here><td>{disc.number}<td>{disc.volume_id}<td>"
        assert image.text("index.html").count(here) == 1
        assert image.text("index.html").count("<tr class") == 1


def test_its_links_lead_to_each_file_of_its_disc(odd_images: list[DiscImage]) -> None:
    for image in odd_images:
        readme, *links = page(image).links
        assert readme == "README.txt"
        assert not any(any(urlsplit(link)[:2]) or set("?#") & set(link) for link in links)
        assert sorted(map(unquote, links)) == sorted(
            path for path in image.paths if path.startswith("data/")
        )


def test_it_needs_nothing_from_elsewhere(odd_images: list[DiscImage]) -> None:
    for image in odd_images:
        text = image.text("index.html")
        assert page(image).loads == []
        assert not re.search(r"https?:|//\w|@import|url\(|<link|<base|fetch|XMLHttp", text)
        assert text.startswith("<!DOCTYPE html>\n")
        assert '<meta charset="utf-8">' in text


def test_a_name_is_never_markup(tmp_path: Path) -> None:
    session = str(tmp_path / "<i>&lt;")
    names = ["</td></table><script>alert(1)</script>", "<!-- files -->", "a&amp;\"'><b>", "$title"]
    for name in names:
        write(session, name)
    plan = plan_for(session)
    title = "</title><script>$count"
    plan = msgspec.structs.replace(plan, set=SetInfo(SET.id, title, SET.created))
    image = image_of(plan, plan.discs[0])
    there = page(image)
    assert there.title == f"{title} – {plan.discs[0].volume_id}"
    assert image.text("index.html").count("<script") == 1
    assert there.tags.isdisjoint({"b", "i", "i>"})
    assert sorted(row[1] for row in there.table(3)) == sorted(f"<i>&lt;/{name}" for name in names)


def test_a_part_says_that_it_is_one(split: tuple[Plan, bytes]) -> None:
    plan, _ = split
    count = len(plan.discs)
    for disc in plan.discs:
        there = page(image_of(plan, disc))
        assert [row[1] for row in there.table(3)] == [
            f"S/large file.wav (part {number} of {count})" for number in range(1, count + 1)
        ]
        assert there.links[1:] == [f"data/S/large%20file.wav.{disc.number:03}"]


# README.txt


def test_it_says_what_the_disc_is(odd_images: list[DiscImage], odd_tree: str) -> None:
    discs = plan_for(odd_tree).discs
    for number, image in enumerate(odd_images, 1):
        text = image.text("README.txt")
        files = [path for path in image.paths if path.startswith("data/")]
        assert text.startswith(f"Title\nDisc {number} of 2: {discs[number - 1].title}\n")
        assert f"\n  Volume ID  TITLE_0{number}OF02\n" in text
        assert "\n  Archived   2026-11-23\n" in text
        assert f"\n  Set        {SET.id}\n" in text
        assert f"\n  Holds      {len(files)} files, " in text
        for disc in discs:
            line = rf"\n +{disc.number}  {disc.volume_id} +{re.escape(disc.title)}(.*)\n"
            match = re.search(line, text)
            assert match
            assert match[1] == ("  <- this disc" if disc.number == number else "")
        assert max(map(len, text.splitlines())) < 110
        assert "$" not in text.replace("$(x)", "")


def test_all_that_it_names_is_there(odd_images: list[DiscImage]) -> None:
    for image in odd_images:
        named = re.findall(r'"([\w./-]+)"', image.text("README.txt"))
        assert {*named, "manifest-sha256.txt"} - {"data", "~"} <= image.paths
        assert set(named) == {"data", "index.html", "restore.py", "catalog/files.tsv"}


def commands(image: DiscImage) -> Iterator[str]:
    for line in image.text("README.txt").splitlines():
        if line.startswith("  ") and line.split()[0] in ("python3", "sha256sum"):
            yield line.strip()


def test_its_commands_work(odd_tree: str, tmp_path: Path, program: Callable[[str], str]) -> None:
    plan = plan_for(odd_tree)
    images = [image_of(plan, disc) for disc in plan.discs]
    discs = [put(image, tmp_path / f"disc {n}") for n, image in enumerate(images)]
    restore, check = commands(images[0])
    assert restore == "python3 restore.py --to DIR DISC..."
    assert shlex.split(check)[0] == "sha256sum"
    for disc in discs:
        subprocess.run(
            [program("sha256sum"), *shlex.split(check)[1:]],
            check=True,
            cwd=disc,
            stdout=subprocess.DEVNULL,
        )
    shutil.copy(f"{discs[0]}/restore.py", tmp_path / "restore.py")
    out = str(tmp_path / "out")
    arguments = [sys.executable, "restore.py", "--to", out, *discs]
    subprocess.run(arguments, check=True, cwd=tmp_path, stdout=subprocess.DEVNULL)
    assert snapshot(f"{out}/{os.path.basename(odd_tree)}") == snapshot(odd_tree)


def test_parts_are_joined_by_hand(
    split: tuple[Plan, bytes], tmp_path: Path, program: Callable[[str], str]
) -> None:
    plan, data = split
    folder = tmp_path / "by hand"
    for disc in plan.discs:
        image = image_of(plan, disc)
        assert (
            'NAME.001, NAME.002, ...: join them\n    in order ("cat NAME.001 NAME.002 > NAME"'
            in (image.text("README.txt"))
        )
        put(image, folder)
    session = folder / "data" / "S"
    parts = sorted(os.listdir(session))
    assert parts == [f"large file.wav.{disc.number:03}" for disc in plan.discs]
    joined = subprocess.run(
        [program("cat"), *parts], check=True, cwd=session, stdout=subprocess.PIPE
    ).stdout
    assert joined == data


def test_its_table_gives_the_names_back_by_hand(odd_tree: str, tmp_path: Path) -> None:
    """As README.txt says: columns set apart by tabs, four escapes."""
    plan = plan_for(odd_tree)
    found: dict[str, bytes] = {}
    for disc in plan.discs:
        image = image_of(plan, disc)
        columns = (
            "disc, part, of how many parts, type, offset of the part, size, time, permissions, "
            "SHA-256, path on the disc, original path, target of a link"
        )
        assert columns in " ".join(image.text("README.txt").split())
        place = columns.split(", ").index("path on the disc")
        for line in image.text("catalog/files.tsv").split("\n")[1:-1]:
            fields = line.split("\t")
            if fields[0] == str(disc.number):
                found[by_hand(fields[place + 1])] = image.file(fields[place])
                assert by_hand(fields[place + 1]) == unescape(fields[place + 1])
                safe = fields[place].rpartition("/")[2]
                assert ("~" in safe) == (safe != by_hand(fields[place + 1]).rpartition("/")[2])
    there = snapshot(odd_tree)
    name = os.path.basename(odd_tree)
    assert found.keys() == {f"{name}/{p}" for p, entry in there.items() if entry.kind == "file"}
    assert len(list(tables.rows(plan))) > len(found)


def by_hand(field: str) -> str:
    escapes = {b"\\\\": b"\\", b"\\t": b"\t", b"\\n": b"\n", b"\\r": b"\r"}

    def meant(match: re.Match[bytes]) -> bytes:
        return escapes.get(match[0]) or bytes.fromhex(match[0][2:].decode())

    return os.fsdecode(re.sub(rb"\\(x..|.)", meant, field.encode()))
