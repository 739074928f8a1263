"""Takes sets into the library from the catalogs of their discs, after a look at what these say."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from spanner.catalog.escaping import escape
from spanner.catalog.reader import DiscCatalog, DiscInfo
from spanner.catalog.tables import CatalogRow
from spanner.errors import DamagedImageError, SpannerError
from spanner.library.database import writing
from spanner.library.filing import Filing
from spanner.library.staging import StagedFile
from spanner.model.paths import is_safe
from spanner.model.plan import SetInfo
from spanner.wording import printable

_LARGEST = (1 << 63) - 1  # bytes that SQLite can hold


class Imports:
    """The way from catalogs into a library."""

    def __init__(self, db: sqlite3.Connection, filing: Filing) -> None:
        self._db = db
        self._filing = filing

    def add(self, catalog: DiscCatalog, sectors: int | None) -> tuple[str, bool]:
        """Record the set of a disc; of a set that is known, the hashes that the disc brings.

        `sectors`: those of the disc's image, if they are known. Returns the set's id, and whether
        it was not known. A caller who keeps no large catalog spares its memory.

        Raises:
            UsageError: the library has another set of that id.
            DamagedImageError: the catalog cannot be.
        """
        info = SetInfo(catalog.set.id, catalog.set.title, catalog.set.created)
        _check_words(catalog)
        known = bool(self._filing.discs(info.id))
        # A disc knows the hashes of its own files, one with parity those of all.
        rows, discs = (
            (catalog.own_rows(), [catalog.disc])
            if known and not catalog.disc.parity
            else (catalog.rows(), list(catalog.set.discs))
        )
        with self._filing.staged(_file_rows(catalog, rows)):
            _check_totals(catalog, discs, self._filing.staged_totals())
            catalog = replace(catalog, table=b"")
            try:
                with writing(self._db):
                    new = self._filing.record(info, catalog.set.discs)
                    if new and known:
                        raise SpannerError(f"set {info.id} was forgotten meanwhile: import it anew")
                    if sectors:
                        self._filing.set_sectors(info.id, catalog.number, sectors)
            except sqlite3.IntegrityError:
                raise DamagedImageError(f"{catalog.name}: its catalog has a file twice") from None
        return info.id, new


def _file_rows(catalog: DiscCatalog, rows: Iterator[CatalogRow]) -> Iterator[StagedFile]:
    count = len(catalog.set.discs)
    for row in rows:
        if row.kind not in ("file", "hardlink"):
            continue
        if not (
            is_safe(row.original)
            and 1 <= row.disc <= count
            and 1 <= row.part <= row.parts
            and row.parts <= _LARGEST
            and row.size <= _LARGEST
        ):
            raise DamagedImageError(
                f"{catalog.name}: its catalog has an impossible file {printable(row.original)}"
            )
        yield StagedFile(
            path=escape(row.original),
            disc=row.disc,
            part=row.part,
            parts=row.parts,
            size=row.size,
            mtime_ns=row.mtime_ns,
            sha256=row.sha256,
        )


def _check_words(catalog: DiscCatalog) -> None:
    words = [catalog.set.title, catalog.set.created]
    for disc in catalog.set.discs:
        words += [disc.title, disc.medium]
    if not all(map(str.isprintable, words)):
        raise DamagedImageError(f"{catalog.name}: its catalog has words that cannot be printed")


def _check_totals(
    catalog: DiscCatalog, discs: Sequence[DiscInfo], found: Mapping[int, tuple[int, int]]
) -> None:
    """Compare what the catalog says of these discs with files and bytes found, by disc."""
    for disc in discs:
        if found.get(disc.number, (0, 0)) != (disc.files, disc.bytes):
            raise DamagedImageError(
                f"{catalog.name}: its catalog contradicts itself about disc {disc.number}"
            )
