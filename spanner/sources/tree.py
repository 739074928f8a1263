"""What a scan finds. Paths are `SESSION/...`, odd bytes in them surrogates (os.fsdecode)."""

import os
from dataclasses import dataclass

import msgspec


class SourceRoot(msgspec.Struct, frozen=True):
    """A source: `name` is the first component of all its paths, `path` where it lies."""

    name: str
    path: str


@dataclass(frozen=True, slots=True)
class File:
    """A file to archive. `links` are further names of the same file (hard links)."""

    path: str
    size: int
    mtime_ns: int
    mode: int
    links: tuple[str, ...] = ()


class Directory(msgspec.Struct, frozen=True, omit_defaults=True):
    """A directory, empty or not. `disc_path` is set where its name on disc differs."""

    path: str
    mode: int
    mtime_ns: int
    disc_path: str = ""


class Symlink(msgspec.Struct, frozen=True):
    """A symbolic link: recorded, never followed."""

    path: str
    target: str
    mtime_ns: int


class LeftOut(msgspec.Struct, frozen=True):
    """Something in a source that is not archived, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Tree:
    """All that the sources hold."""

    roots: tuple[SourceRoot, ...]
    files: tuple[File, ...]
    directories: tuple[Directory, ...]
    symlinks: tuple[Symlink, ...]
    left_out: tuple[LeftOut, ...]


def origin(roots: dict[str, str], path: str) -> str:
    """Where the source of `path` (`SESSION/...`) lies; `roots` maps a source's name to its path."""
    name, slash, rest = path.partition("/")
    return os.path.join(roots[name], rest) if slash else roots[name]
