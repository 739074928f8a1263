"""The folder that files are restored to: nothing outside it is touched, whatever a catalog says.

Every component is opened from its parent without following links. Files are written beside their
name, flushed, renamed.
"""

import contextlib
import errno
import hashlib
import os
import shutil
import stat
from collections.abc import Iterator
from typing import Self

from spanner.errors import SpannerError
from spanner.units import printable

_CHUNK = 4 << 20
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Target:
    """An open target folder. Paths are relative, `/`-separated, already found safe."""

    def __init__(self, folder: str) -> None:
        try:
            os.makedirs(folder, exist_ok=True)
            self._root = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise SpannerError(f"cannot use {printable(folder)}: {error.strerror}") from error
        self.folder = folder
        self._last: tuple[str, int] = ("", -1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        self._forget()
        os.close(self._root)

    def free(self) -> int:
        """Bytes that can still be written."""
        info = os.fstatvfs(self._root)
        return info.f_bavail * info.f_frsize

    def stat(self, path: str) -> os.stat_result | None:
        """What is at the path, links not followed; None where there is nothing."""
        parent, name = _split(path)
        try:
            return os.stat(name, dir_fd=self._directory(parent), follow_symlinks=False)
        except FileNotFoundError:
            return None

    def make_directory(self, path: str) -> None:
        """Make the directory and those above it."""
        self._directory(path, make=True)

    def finish_directory(self, path: str, mode: int, mtime_ns: int) -> None:
        """Set a directory's mode and time, when all in it is done."""
        parent, name = _split(path)
        self._forget()
        fd = os.open(name, _DIRECTORY, dir_fd=self._directory(parent))
        try:
            os.fchmod(fd, mode)
            os.utime(fd, ns=(mtime_ns, mtime_ns))
        finally:
            os.close(fd)

    def hash_range(self, path: str, offset: int, size: int) -> str:
        """SHA-256 of a range of a file."""
        digest = hashlib.sha256()
        buffer = memoryview(bytearray(max(1, min(_CHUNK, size))))
        parent, name = _split(path)
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        fd = os.open(name, flags, dir_fd=self._directory(parent))
        try:
            while size and (count := os.preadv(fd, [buffer[: min(size, len(buffer))]], offset)):
                digest.update(buffer[:count])
                offset, size = offset + count, size - count
        finally:
            os.close(fd)
        return digest.hexdigest()

    @contextlib.contextmanager
    def partial(self, path: str, *, fresh: bool) -> Iterator[int]:
        """Open the file beside `path` for writing; a failure removes it if it is `fresh`."""
        parent, name = _split(partial_name(path))
        directory = os.dup(self._directory(parent, make=True))
        if fresh:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name, dir_fd=directory)
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            fd = os.open(name, flags, 0o600, dir_fd=directory)
            try:
                yield fd
            finally:
                os.close(fd)
        except BaseException:
            if fresh:
                with contextlib.suppress(OSError):
                    os.unlink(name, dir_fd=directory)
            raise
        finally:
            os.close(directory)

    def publish(self, path: str, mode: int, mtime_ns: int) -> None:
        """Flush the file beside `path`, give it mode and time, then its name."""
        parent, name = _split(path)
        directory = self._directory(parent)
        beside = _split(partial_name(path))[1]
        fd = os.open(beside, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=directory)
        try:
            os.fchmod(fd, mode)
            os.utime(fd, ns=(mtime_ns, mtime_ns))
            os.fsync(fd)
        finally:
            os.close(fd)
        os.rename(beside, name, src_dir_fd=directory, dst_dir_fd=directory)

    def set_times(self, path: str, mode: int, mtime_ns: int) -> None:
        """Give a file that is already there its mode and time."""
        parent, name = _split(path)
        directory = self._directory(parent)
        fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=directory)
        try:
            os.fchmod(fd, mode)
            os.utime(fd, ns=(mtime_ns, mtime_ns))
        finally:
            os.close(fd)

    def hard_link(self, first: str, path: str) -> bool:
        """Make `path` a further name of `first`; False where the file system has no hard links."""
        source_parent, source = _split(first)
        parent, name = _split(partial_name(path))
        source_fd = os.dup(self._directory(source_parent))
        try:
            directory = self._directory(parent, make=True)
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name, dir_fd=directory)
            os.link(source, name, src_dir_fd=source_fd, dst_dir_fd=directory, follow_symlinks=False)
            self._rename(directory, name, _split(path)[1])
        except OSError as error:
            if error.errno in (errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP, errno.EXDEV):
                return False
            raise
        finally:
            os.close(source_fd)
        return True

    def copy(self, first: str, path: str) -> None:
        """Copy a restored file to the file beside `path`."""
        parent, name = _split(first)
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
        source = os.open(name, flags, dir_fd=self._directory(parent))
        with open(source, "rb") as reader, self.partial(path, fresh=True) as fd:
            shutil.copyfileobj(reader, os.fdopen(os.dup(fd), "wb"), _CHUNK)

    def symlink(self, path: str, to: str, mtime_ns: int) -> None:
        """Make a symbolic link; it is never followed."""
        parent, name = _split(partial_name(path))
        directory = self._directory(parent, make=True)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name, dir_fd=directory)
        os.symlink(to, name, dir_fd=directory)
        os.utime(name, ns=(mtime_ns, mtime_ns), dir_fd=directory, follow_symlinks=False)
        self._rename(directory, name, _split(path)[1])

    def read_link(self, path: str) -> str:
        """Where a symbolic link leads."""
        parent, name = _split(path)
        return os.readlink(name, dir_fd=self._directory(parent))

    def remove_partial(self, path: str) -> None:
        """Remove the file beside `path`, if there is one."""
        parent, name = _split(partial_name(path))
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name, dir_fd=self._directory(parent))

    def _rename(self, directory: int, source: str, name: str) -> None:
        os.rename(source, name, src_dir_fd=directory, dst_dir_fd=directory)
        # Of two names of one file, rename(2) leaves both.
        with contextlib.suppress(FileNotFoundError):
            os.unlink(source, dir_fd=directory)

    def _directory(self, path: str, *, make: bool = False) -> int:
        """A descriptor of the directory, valid until the next call."""
        if path == self._last[0] and self._last[1] >= 0:
            return self._last[1]
        fd = os.dup(self._root)
        for part in path.split("/") if path else ():
            try:
                below = self._open_below(fd, part, make)
            finally:
                os.close(fd)
            fd = below
        self._forget()
        self._last = path, fd
        return fd

    def _open_below(self, fd: int, name: str, make: bool) -> int:
        if make:
            with contextlib.suppress(FileExistsError):
                os.mkdir(name, 0o700, dir_fd=fd)
        below = os.open(name, _DIRECTORY, dir_fd=fd)
        if make:
            mode = stat.S_IMODE(os.fstat(below).st_mode)
            if mode & 0o700 != 0o700:
                with contextlib.suppress(OSError):
                    os.fchmod(below, mode | 0o700)
        return below

    def _forget(self) -> None:
        if self._last[1] >= 0:
            os.close(self._last[1])
        self._last = "", -1


def partial_name(path: str) -> str:
    """The name beside `path` that a file has while it is written."""
    parent, name = _split(path)
    beside = f".{name}.spanner-partial"
    if len(os.fsencode(beside)) > 255:
        beside = f".{hashlib.sha256(os.fsencode(name)).hexdigest()}.spanner-partial"
    return f"{parent}/{beside}" if parent else beside


def _split(path: str) -> tuple[str, str]:
    parent, _, name = path.rpartition("/")
    return parent, name
