"""What docs/format.md says, by its headings."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/format.md").read_text("utf-8")
SECTOR = 2048
TIME = 1_600_000_000_123_456_789


def section(heading: str) -> str:
    """The text below a heading, to the next one that is not below it."""
    match = re.search(rf"(?m)^(#+) {re.escape(heading)}\n", PAGE)
    assert match, heading
    below, *_ = re.split(rf"(?m)^#{{1,{len(match[1])}}} \d", PAGE[match.end() :])
    return str(below)


def table(heading: str, number: int = 0) -> list[list[str]]:
    """A table below a heading, without its head."""
    found = re.findall(r"(?m)^ *\|.*\n *\| ---.*\n((?: *\|.*\n)+)", section(heading))
    rows = found[number].splitlines()
    return [[cell.strip() for cell in row.strip(" |").split(" | ")] for row in rows]


def words(heading: str, number: int = 0) -> list[str]:
    """What is set as code in a table's first column."""
    return [code(row[0]) for row in table(heading, number)]


def code(cell: str) -> str:
    match = re.search(r"`(.*)`", cell)
    assert match, cell
    return match[1]


def example(heading: str) -> str:
    """The last block of code below a heading."""
    return str(re.findall(r"(?ms)^```\w*\n(.*?)^```", section(heading))[-1])


def numbers(cell: str) -> list[int]:
    return [int(each) for each in re.findall(r"\d+", cell)]


COLUMNS = {
    name: words(heading)
    for name, heading in {
        "catalog/discs.tsv": "5.4 `catalog/discs.tsv`",
        "catalog/files.tsv": "5.5 `catalog/files.tsv`",
        "catalog/earlier.tsv": "5.6 `catalog/earlier.tsv`",
        "catalog/media.tsv": "5.7 `catalog/media.tsv`",
        "parity/images.tsv": "8.2 `parity/images.tsv`",
    }.items()
}
