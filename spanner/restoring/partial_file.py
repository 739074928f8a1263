"""A file while it is written: beside its name, which it gets when it is whole and flushed."""

import contextlib
import errno
import hashlib
import os
import re
from collections.abc import Mapping
from typing import Self

SUFFIX = ".spanner-partial"
"""How the names of unfinished files end."""

_LONGEST_NAME = 255  # bytes
_NO_MODES = {errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP}  # FAT and others keep none
_NOTE = re.compile(r"([0-9]{1,9}) ([0-9a-f]{64})")
_MOST_NOTES = 1 << 20  # bytes


class PartialFile:
    """The file `beside` in an open directory, which is closed with it; `name` is to be its name.

    A `fresh` one starts empty, and is removed when it is closed and has neither its name nor a note
    of the parts that are in it.
    """

    def __init__(self, directory: int, beside: str, name: str, *, fresh: bool) -> None:
        self._directory = directory
        self._beside = beside
        self._name = name
        self._remove = fresh
        try:
            self._fd = self._open(fresh)
        except BaseException:
            os.close(directory)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        if self._remove:
            with contextlib.suppress(OSError):
                remove(self._beside, self._directory)
        os.close(self._fd)
        os.close(self._directory)

    def write(self, data: memoryview | bytes, position: int) -> None:
        """Write all of the data from byte `position` on."""
        rest = memoryview(data)
        while rest:
            count = os.pwrite(self._fd, rest, position)
            rest = rest[count:]
            position += count

    def note(self, size: int, set_id: str, hashes: Mapping[int, str]) -> None:
        """Note, behind the `size` bytes that the file will have, which parts of it are written."""
        lines = [f"spanner {set_id}", *(f"{part} {digest}" for part, digest in hashes.items()), ""]
        text = "\n".join(lines).encode()
        self.write(text, size)
        os.ftruncate(self._fd, size + len(text))
        os.fsync(self._fd)
        self._remove = False

    def publish(self, size: int, mode: int, mtime_ns: int) -> None:
        """Flush its `size` bytes, give it mode and time, then its name."""
        os.ftruncate(self._fd, size)
        set_mode_and_time(self._fd, mode, mtime_ns)
        os.fsync(self._fd)
        os.rename(self._beside, self._name, src_dir_fd=self._directory, dst_dir_fd=self._directory)
        self._remove = False

    def _open(self, fresh: bool) -> int:
        flags = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        if not fresh:
            return os.open(self._beside, flags, dir_fd=self._directory)
        flags |= os.O_CREAT | os.O_EXCL
        try:
            return os.open(self._beside, flags, 0o600, dir_fd=self._directory)
        except FileExistsError:
            remove(self._beside, self._directory)
            return os.open(self._beside, flags, 0o600, dir_fd=self._directory)


def beside(name: str, number: int) -> str:
    """The name of an unfinished file; where the first is another file's own name, a further one."""
    tail = f".{number}{SUFFIX}" if number else SUFFIX
    found = f".{name}{tail}"
    if len(os.fsencode(found)) > _LONGEST_NAME:
        found = f".{hashlib.sha256(os.fsencode(name)).hexdigest()}{tail}"
    return found


def noted_parts(fd: int, size: int, set_id: str) -> dict[int, str]:
    """The parts of the file and their SHA-256, as `PartialFile.note` noted them for this set."""
    text = os.pread(fd, _MOST_NOTES, size).decode("utf-8", "replace")
    head, *lines = text.split("\n")
    if head != f"spanner {set_id}":
        return {}
    return {int(match[1]): match[2] for match in map(_NOTE.fullmatch, lines) if match}


def set_mode_and_time(fd: int, mode: int, mtime_ns: int) -> None:
    """Set the mode, where the file system keeps one, and the time of an open file or directory."""
    try:
        os.fchmod(fd, mode)
    except OSError as error:
        if error.errno not in _NO_MODES:
            raise
    os.utime(fd, ns=(mtime_ns, mtime_ns))


def rename(directory: int, source: str, name: str) -> None:
    """Give `source` the name, in place of what has it."""
    os.rename(source, name, src_dir_fd=directory, dst_dir_fd=directory)
    remove(source, directory)  # of two names of one file, rename(2) leaves both


def remove(name: str, directory: int) -> None:
    """Remove a name from a directory, if it is there."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(name, dir_fd=directory)
