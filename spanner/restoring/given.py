"""The discs that were given: opened, known by their catalogs, all of one set."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from spanner.catalog.reading import DiscCatalog, DiscLabel, read_catalog, read_hashes, read_label
from spanner.errors import DamagedImageError, UsageError
from spanner.restoring.discs import DiscSource, open_disc
from spanner.restoring.report import Remark
from spanner.units import printable


@dataclass(frozen=True, slots=True)
class Given:
    """A disc. Where its catalog is damaged, those of others say what lies on it.

    `hashes` are then those of its manifest, if that is sound.
    """

    source: DiscSource
    number: int
    catalog: DiscCatalog | None = None
    hashes: Mapping[str, str] = field(default_factory=dict)


def open_discs(
    stack: ExitStack, paths: Sequence[str], set_words: str, damaged: list[Remark]
) -> list[Given]:
    """Open the discs, in this order; what is damaged of them is reported.

    Raises:
        UsageError: the discs are of several sets, or none is of the set that is asked for.
        DamagedImageError: no disc's catalog can be read.
    """
    found: list[tuple[DiscSource, DiscCatalog | DiscLabel]] = []
    for path in paths:
        try:
            source = stack.enter_context(open_disc(path))
        except DamagedImageError as error:
            damaged.append(Remark(path, str(error)))
            continue
        known = _identify(source, path, damaged)
        if known:
            found.append((source, known))
    catalogs = [known for _, known in found if isinstance(known, DiscCatalog)]
    if not catalogs:
        raise DamagedImageError("; ".join(remark.reason for remark in damaged))
    set_id = _one_set(catalogs, set_words)
    most = max(len(catalog.set.discs) for catalog in catalogs if catalog.set.id == set_id)
    given = []
    for source, known in found:
        if isinstance(known, DiscLabel):
            if known.set_id == set_id and known.number <= most:
                given.append(Given(source, known.number, hashes=_hashes(source)))
        elif known.set.id == set_id:
            given.append(Given(source, known.number, known))
    return given


def _identify(
    source: DiscSource, path: str, damaged: list[Remark]
) -> DiscCatalog | DiscLabel | None:
    try:
        return read_catalog(source.read, source.name)
    except DamagedImageError as error:
        damaged.append(Remark(path, str(error)))
    try:
        return read_label(source.read, source.name)
    except DamagedImageError:
        return None


def _hashes(source: DiscSource) -> dict[str, str]:
    try:
        return read_hashes(source.read, source.name)
    except DamagedImageError:
        return {}


def _one_set(catalogs: Sequence[DiscCatalog], words: str) -> str:
    """The id of the set that all are of; with words, of those whose id or title they are."""
    titles = {
        catalog.set.id: catalog.set.title
        for catalog in catalogs
        if not words
        or catalog.set.id.startswith(words)
        or catalog.set.title.casefold() == words.casefold()
    }
    if not titles:
        raise UsageError(f"none of the discs is of the set {printable(words)!r}")
    if len(titles) > 1:
        names = ", ".join(f"{key[:8]} ({printable(title)})" for key, title in titles.items())
        raise UsageError(f"the discs are of several sets, say which with --set: {names}")
    return next(iter(titles))
