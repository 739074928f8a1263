"""What an incremental set rests on: base sets, whose discs hold files that it has no copy of."""

import msgspec


class BasePart(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A part of a file (or all of it) on a disc of a base set; `place` is its path there.

    `offset` and `size` are bytes; `sha256` is empty where nobody knew it.
    """

    disc: int
    part: int
    offset: int
    size: int
    place: str
    sha256: str = ""


class BaseFile(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A file of the sources as it is now, whose content lies on discs of a base set.

    `links` are further names of it (hard links). A part can lie on several discs of that set.
    """

    path: str
    size: int
    mtime_ns: int
    mode: int
    set_id: str
    parts: tuple[BasePart, ...]
    links: tuple[str, ...] = ()


class BaseDisc(msgspec.Struct, frozen=True, omit_defaults=True):
    """A disc of a base set; `parity`: which one it holds, 0: none."""

    number: int
    volume_id: str
    title: str
    parity: int = 0


class BaseSet(msgspec.Struct, frozen=True):
    """A set that holds files of the new one, or did until they were changed or deleted."""

    id: str
    title: str
    created: str
    discs: tuple[BaseDisc, ...]


class ComparedSet(msgspec.Struct, frozen=True):
    """A set that the sources were compared with; `created` is UTC."""

    id: str
    created: str
