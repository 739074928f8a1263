"""Catalogs of sets that nobody wrote, as their discs would have them."""

from collections.abc import Sequence
from dataclasses import dataclass

from spanner.catalog import bag, tables
from spanner.catalog.escaping import escape
from spanner.catalog.reader import DiscCatalog, DiscInfo, SetCatalog

TIME = 1_700_000_000 * 10**9


@dataclass(frozen=True)
class File:
    """A file, or a part of one, on a disc."""

    path: str
    disc: int = 1
    size: int = 1000
    sha256: str = ""
    mtime_ns: int = TIME
    part: int = 1
    parts: int = 1

    @property
    def line(self) -> str:
        """Its line in the catalog."""
        row = tables.CatalogRow(
            "file",
            self.disc,
            self.part,
            self.parts,
            0,
            self.size,
            self.mtime_ns,
            0o644,
            self.sha256,
            f"data/{escape(self.path)}",
            self.path,
            "",
        )
        return tables.line(row, row.sha256)


def catalog(
    files: Sequence[File],
    set_id: str = "set-1",
    title: str = "Song",
    *,
    number: int = 1,
    count: int = 0,
    created: str = "2026-01-01T00:00:00Z",
) -> DiscCatalog:
    """The catalog on disc `number` of the set with these files."""
    count = count or max(file.disc for file in files)
    discs = tuple(
        DiscInfo(
            disc,
            f"{title.upper().replace(' ', '_')}_{disc:02}OF{count:02}",
            f"Part {disc}",
            "dvd-r",
            sum(file.disc == disc for file in files),
            sum(file.size for file in files if file.disc == disc),
        )
        for disc in range(1, count + 1)
    )
    known = SetCatalog(
        bag.SET_FORMAT, bag.SET_VERSION, set_id, title, created, "test", (title,), discs
    )
    table = f"{tables.FILES_HEADER}\n" + "".join(file.line for file in files)
    return DiscCatalog("disc", known, number, table.encode())
