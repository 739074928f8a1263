"""Found files as lines: by the discs that they lie on, as one has to take these from the shelf."""

from collections.abc import Iterator
from itertools import groupby

from spanner.catalog.tables import format_time
from spanner.library import FoundFile, OnDisc, SearchResult
from spanner.model.units import format_size
from spanner.wording import printable


def lines(found: SearchResult) -> Iterator[str]:
    """What was found, each disc or group of discs followed by its files."""
    if not found.files:
        yield "nothing found"
    groups: dict[tuple[object, ...], list[FoundFile]] = {}
    for file in found.files:
        key = (file.set_id, file.parts > 1, *sorted({disc.number for disc in file.discs}))
        groups.setdefault(key, []).append(file)
    for files in groups.values():
        yield from _headings(files[0])
        for file in files:
            date = format_time(file.mtime_ns)[:10]
            yield f"  {format_size(file.size):>7}  {date}  {printable(file.path)}"
    if found.more:
        yield f"the first {len(found.files)}, there are more: --limit N shows N"


def _headings(file: FoundFile) -> Iterator[str]:
    """The discs that the file is on, a line each."""
    if file.parts > 1:
        yield f"{printable(file.set_title)}, in {file.parts} parts:"
    elif len(file.discs) > 1:
        yield f"{printable(file.set_title)}, on each of {len(file.discs)} discs:"
    for _, same in groupby(file.discs, key=lambda disc: disc.number):
        disc = next(same)
        yield (
            f'{disc.volume_id}  "{printable(disc.title)}", disc {disc.number} of {disc.of} '
            f"of {printable(file.set_title)}; {_verified(disc)}"
        )


def _verified(disc: OnDisc) -> str:
    copies = [
        f"copy {copy.number}" + (f" at {printable(copy.place)}" if copy.place else "")
        for copy in disc.copies
    ]
    known = [*copies, *map(printable, disc.images)]
    return f"verified: {', '.join(known)}" if known else "no verified copy known"
