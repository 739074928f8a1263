"""The tables of a set: every file with its disc, size, time, mode and hash, as tab-separated text.

One line an entry, names escaped (`escaping`). The same rows are on every disc of a set; a disc's
own files have their SHA-256 there, the others where the plan knew it.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import msgspec

from spanner.catalog.escaping import escape, unescape
from spanner.model.plan import Disc, Item, Name, Plan

FILES_HEADER = "disc part of type offset size mtime mode sha256 path original target".replace(
    " ", "\t"
)
DISC_COLUMNS: dict[str, Callable[[Disc], str]] = {
    "number": lambda disc: str(disc.number),
    "volume_id": lambda disc: disc.volume_id,
    "title": lambda disc: escape(disc.title),
    "medium": lambda disc: disc.medium,
    "files": lambda disc: str(disc.payload[0]),
    "bytes": lambda disc: str(disc.payload[1]),
}
"""The columns of discs.tsv, and what stands in them for a disc."""

NONE = "-"

_COUNT = r"([0-9]{1,18})"
_LINE = re.compile(
    rf"{_COUNT}\t{_COUNT}\t{_COUNT}\t(file|hardlink)\t{_COUNT}\t{_COUNT}\t"
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})T((?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9])\.([0-9]{9})Z\t"
    r"([0-7]{4})\t(?:-|([0-9a-f]{64}))\t([^\t]*)\t([^\t]*)\t([^\t]*)"
)
"""A line of a file, as nearly all are; large catalogs have millions."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{9})Z", re.ASCII)
_MODE = re.compile(r"[0-7]{4}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_WITH_DATA = {"file", "hardlink"}
_TYPES = {*_WITH_DATA, "dir", "symlink"}


class CatalogRow(msgspec.Struct, frozen=True, kw_only=True):
    """One line of files.tsv; `disc`, `part`, `parts`, `offset`, `size` are 0 where it says `-`."""

    kind: str
    disc: int
    part: int
    parts: int
    offset: int
    size: int
    mtime_ns: int
    mode: int
    sha256: str
    path: str
    original: str
    target: str


def rows(plan: Plan) -> Iterator[CatalogRow]:
    """All entries of the set: directories, files disc by disc, symbolic links."""
    for directory in plan.directories:
        place = directory.disc_path or f"data/{directory.path}"
        yield CatalogRow(
            kind="dir",
            disc=0,
            part=0,
            parts=0,
            offset=0,
            size=0,
            mtime_ns=directory.mtime_ns,
            mode=directory.mode,
            sha256="",
            path=place,
            original=directory.path,
            target="",
        )
    for disc in plan.discs:
        for item in disc.items:
            for name in item.names():
                yield _item_row(disc.number, item, name)
    for symlink in plan.symlinks:
        yield CatalogRow(
            kind="symlink",
            disc=0,
            part=0,
            parts=0,
            offset=0,
            size=0,
            mtime_ns=symlink.mtime_ns,
            mode=0,
            sha256="",
            path="",
            original=symlink.path,
            target=symlink.target,
        )


def _item_row(disc: int, item: Item, name: Name) -> CatalogRow:
    return CatalogRow(
        kind="hardlink" if name.link_to else "file",
        disc=disc,
        part=item.part,
        parts=item.parts,
        offset=item.offset,
        size=item.size,
        mtime_ns=name.mtime_ns,
        mode=name.mode,
        sha256=item.sha256,
        path=name.on_disc,
        original=name.path,
        target=name.link_to,
    )


def line(row: CatalogRow, sha256: str) -> str:
    """The row as a line, with `sha256` for its hash."""
    has_data = row.disc > 0
    time = format_time(row.mtime_ns)
    mode = NONE if row.kind == "symlink" else f"{row.mode:04o}"
    numbers = (
        f"{row.disc}\t{row.part}\t{row.parts}\t{row.kind}\t{row.offset}\t{row.size}"
        if has_data
        else f"-\t-\t-\t{row.kind}\t-\t-"
    )
    names = f"{row.path or NONE}\t{escape(row.original)}\t{escape(row.target) or NONE}"
    return f"{numbers}\t{time}\t{mode}\t{sha256 or NONE}\t{names}\n"


def parse(lines: Iterable[str]) -> Iterator[CatalogRow]:
    """Read the lines of files.tsv, header first.

    Raises:
        ValueError: a line is not as `line` writes it; the message has its number.
    """
    lines = iter(lines)
    if next(lines, "").rstrip("\n") != FILES_HEADER:
        raise ValueError("line 1 is not the header of a files.tsv")
    for number, text in enumerate(lines, 2):
        try:
            yield parse_line(text.removesuffix("\n"))
        except (ValueError, OverflowError) as error:
            raise ValueError(f"line {number}: {error}") from None


def parse_line(text: str) -> CatalogRow:
    """The row that `line` made the text of, without its line feed.

    Raises:
        ValueError: it is none.
    """
    match = _LINE.fullmatch(text)
    if match:
        return _file_row(*match.groups())
    fields = text.split("\t")
    if len(fields) != 12:
        raise ValueError(f"{len(fields)} fields, not 12")
    disc, part, parts, kind, offset, size, mtime, mode, sha256, path, original, target = fields
    if kind not in _TYPES:
        raise ValueError(f"unknown type {kind!r}")
    has_data = kind in _WITH_DATA
    if not (mode == NONE if kind == "symlink" else _MODE.fullmatch(mode)):
        raise ValueError(f"a {kind} of mode {mode!r}")
    if sha256 != NONE and not _SHA256.fullmatch(sha256):
        raise ValueError(f"{sha256!r} is no SHA-256")
    return CatalogRow(
        kind=kind,
        disc=_number(disc, has_data),
        part=_number(part, has_data),
        parts=_number(parts, has_data),
        offset=_number(offset, has_data),
        size=_number(size, has_data),
        mtime_ns=parse_time(mtime),
        mode=0 if mode == NONE else int(mode, 8),
        sha256="" if sha256 == NONE else sha256,
        path="" if path == NONE else path,
        original=unescape(original),
        target="" if target == NONE and kind in ("file", "dir") else unescape(target),
    )


def _file_row(
    disc: str,
    part: str,
    parts: str,
    kind: str,
    offset: str,
    size: str,
    day: str,
    time: str,
    fraction: str,
    mode: str,
    sha256: str | None,
    path: str,
    original: str,
    target: str,
) -> CatalogRow:
    seconds = _seconds_of_day(day) + _seconds_of_time(time)
    return CatalogRow(
        kind=kind,
        disc=int(disc),
        part=int(part),
        parts=int(parts),
        offset=int(offset),
        size=int(size),
        mtime_ns=seconds * 10**9 + int(fraction),
        mode=int(mode, 8),
        sha256=sha256 or "",
        path="" if path == NONE else path,
        original=unescape(original),
        target="" if target == NONE and kind == "file" else unescape(target),
    )


@lru_cache(maxsize=86400)
def _seconds_of_time(time: str) -> int:
    """Seconds since the day began."""
    return int(time[:2]) * 3600 + int(time[3:5]) * 60 + int(time[6:])


@lru_cache(maxsize=4096)
def _seconds_of_day(day: str) -> int:
    """Seconds of the epoch when the day began."""
    return (datetime.fromisoformat(day + "T00:00:00+00:00") - _EPOCH).days * 86400


def _number(text: str, has_data: bool) -> int:
    if not has_data and text == NONE:
        return 0
    if not (has_data and text.isascii() and text.isdecimal()):
        raise ValueError(f"{text!r} is no number")
    return int(text)


def disc_lines(plan: Plan) -> Iterator[str]:
    """The lines of discs.tsv, header first."""
    yield "\t".join(DISC_COLUMNS) + "\n"
    for disc in plan.discs:
        yield "\t".join(column(disc) for column in DISC_COLUMNS.values()) + "\n"


def format_time(mtime_ns: int) -> str:
    """Nanoseconds of the epoch as `2026-11-23T19:08:00.123456789Z`; years 1 to 9999."""
    seconds, fraction = divmod(mtime_ns, 10**9)
    return f"{_format_second(seconds)}.{fraction:09}Z"


@lru_cache(maxsize=4096)
def _format_second(seconds: int) -> str:
    try:
        moment = _EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        moment = datetime.max if seconds > 0 else datetime.min
    return f"{moment:%Y-%m-%dT%H:%M:%S}".rjust(19, "0")


def parse_time(text: str) -> int:
    """The nanoseconds that `format_time` wrote.

    Raises:
        ValueError: it is no such time.
    """
    match = _SECONDS.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is no time")
    seconds = datetime.fromisoformat(match[1] + "+00:00") - _EPOCH
    return (seconds.days * 86400 + seconds.seconds) * 10**9 + int(match[2])
