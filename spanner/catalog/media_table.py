"""media.tsv: the media references of a set's sessions, from recorded places to archived ones.

One line a reference, tab-separated, names escaped (`escaping`): the session's path in the set, the
file's kind, status (inside the session's source, outside, missing, regenerable), place as the
session has it, path in the set, and where it lay. The last two are `-` where it was not found. A
session that could not be read has a line of its own, "unreadable", with the reason for a place.
"""

from collections.abc import Iterable, Iterator

from spanner.catalog.escaping import escape, unescape
from spanner.model.tree import ReferenceRecord

HEADER = "session kind status recorded path place".replace(" ", "\t")
NONE = "-"


def lines(references: Iterable[ReferenceRecord]) -> Iterator[str]:
    """The lines of media.tsv, header first."""
    yield f"{HEADER}\n"
    for each in references:
        texts = (each.session, each.kind, each.status, each.recorded, each.path, each.place)
        yield "\t".join(escape(text) or NONE for text in texts) + "\n"


def parse(lines: Iterable[str]) -> Iterator[ReferenceRecord]:
    """Read the lines of media.tsv, header first.

    Raises:
        ValueError: a line is not as `lines` writes it; the message has its number.
    """
    lines = iter(lines)
    if next(lines, "").rstrip("\n") != HEADER:
        raise ValueError("line 1 is not the header of a media.tsv")
    for number, line in enumerate(lines, 2):
        fields = line.removesuffix("\n").split("\t")
        if len(fields) != 6:
            raise ValueError(f"line {number}: {len(fields)} fields, not 6")
        try:
            session, kind, status, recorded, path, place = map(unescape, fields)
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from None
        yield ReferenceRecord(
            session=session,
            kind=kind,
            status=status,
            recorded=recorded,
            path="" if path == NONE else path,
            place="" if place == NONE else place,
        )


def recorded_places(references: Iterable[ReferenceRecord], status: str) -> list[str]:
    """The recorded places of the references that have this status, each once."""
    return list(dict.fromkeys(each.recorded for each in references if each.status == status))
