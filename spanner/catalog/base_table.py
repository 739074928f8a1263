"""earlier.tsv: files of the set's state that discs of its base sets hold.

Each line is one of files.tsv (`tables`) behind the id of the set whose disc, part and path it says.
Time, permissions and original path are those that the file has now.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from spanner.catalog.tables import FILES_HEADER, CatalogRow, line, parse_line
from spanner.model.base_set import BaseFile

HEADER = f"set\t{FILES_HEADER}"


class BaseRow(NamedTuple):
    """One line: the id of the base set, and the row of its files.tsv."""

    set_id: str
    row: CatalogRow


def lines(files: Iterable[BaseFile]) -> Iterator[str]:
    """The lines of earlier.tsv, header first: one for each part of each name of the files."""
    yield f"{HEADER}\n"
    for file in files:
        for row in _rows(file):
            yield f"{file.set_id}\t{line(row, row.sha256)}"


def parse(lines: Iterable[str]) -> Iterator[BaseRow]:
    """Read the lines of earlier.tsv, header first.

    Raises:
        ValueError: a line is not as `lines` writes it; the message has its number.
    """
    lines = iter(lines)
    if next(lines, "").rstrip("\n") != HEADER:
        raise ValueError("line 1 is not the header of an earlier.tsv")
    for number, text in enumerate(lines, 2):
        set_id, _, rest = text.removesuffix("\n").partition("\t")
        try:
            row = parse_line(rest)
        except (ValueError, OverflowError) as error:
            raise ValueError(f"line {number}: {error}") from None
        if not row.disc:
            raise ValueError(f"line {number}: a {row.kind} without a disc")
        yield BaseRow(set_id, row)


def _rows(file: BaseFile) -> Iterator[CatalogRow]:
    count = max(part.part for part in file.parts)
    for path in (file.path, *file.links):
        for part in file.parts:
            yield CatalogRow(
                kind="file" if path == file.path else "hardlink",
                disc=part.disc,
                part=part.part,
                parts=count,
                offset=part.offset,
                size=part.size,
                mtime_ns=file.mtime_ns,
                mode=file.mode,
                sha256=part.sha256,
                path=part.place,
                original=path,
                target="" if path == file.path else file.path,
            )
