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
            kind="file",
            disc=self.disc,
            part=self.part,
            parts=self.parts,
            offset=0,
            size=self.size,
            mtime_ns=self.mtime_ns,
            mode=0o644,
            sha256=self.sha256,
            path=f"data/{escape(self.path)}",
            original=self.path,
            target="",
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
            number=disc,
            volume_id=f"{title.upper().replace(' ', '_')}_{disc:02}OF{count:02}",
            title=f"Part {disc}",
            medium="dvd-r",
            files=sum(file.disc == disc for file in files),
            bytes=sum(file.size for file in files if file.disc == disc),
        )
        for disc in range(1, count + 1)
    )
    known = SetCatalog(
        format=bag.SET_FORMAT,
        version=bag.SET_VERSION,
        id=set_id,
        title=title,
        created=created,
        tool="test",
        sources=(title,),
        discs=discs,
    )
    table = f"{tables.FILES_HEADER}\n" + "".join(file.line for file in files)
    return DiscCatalog("disc", known, number, table.encode())
