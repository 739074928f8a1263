"""The folder that files are restored to: nothing outside it is touched, whatever a catalog says.

Every component is opened from its parent without following links. Files are written beside their
name, flushed, renamed.
"""

import contextlib
import errno
import hashlib
import os
import stat
from collections.abc import Container, Mapping
from types import MappingProxyType
from typing import Self

from spanner.errors import UsageError
from spanner.restoring.partial_file import (
    PartialFile,
    beside,
    noted_parts,
    remove,
    rename,
    set_mode_and_time,
)
from spanner.wording import printable

_CHUNK = 4 << 20
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NO_LINKS = {errno.EPERM, errno.EMLINK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EXDEV}


class Target:
    """An open target folder. Paths are relative, `/`-separated, already found safe.

    `taken` are paths that no unfinished file may have. `elsewhere` says of some folders in the
    target that other folders, by their absolute paths, stand for them.

    Raises:
        UsageError: the folder cannot be used.
        OSError: there is no room, here as in all methods.
    """

    def __init__(
        self,
        folder: str,
        taken: Container[str] = (),
        elsewhere: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        try:
            os.makedirs(folder, exist_ok=True)
            self._root = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise
            raise UsageError(f"cannot use {printable(folder)}: {error.strerror}") from error
        self.folder = folder
        self._taken = taken
        self._elsewhere = elsewhere
        self._last = "", False, -1  # path, whether it was to be made, descriptor

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        self._forget()
        os.close(self._root)

    def folder_of(self, path: str) -> str:
        """The folder that the path leads into: the target, or one that stands for one in it."""
        return self._elsewhere.get(_split(path)[0], self.folder)

    def stat(self, path: str) -> os.stat_result | None:
        """What is at the path, links not followed; None where there is nothing."""
        parent, name = _split(path)
        try:
            return os.stat(name, dir_fd=self._directory(parent), follow_symlinks=False)
        except FileNotFoundError:
            return None

    def make_directory(self, path: str) -> None:
        """Make the directory, and those above it, where they are not there."""
        self._directory(path, make=True)

    def finish_directory(self, path: str, mode: int, mtime_ns: int) -> None:
        """Set a directory's mode and time, when all in it is done."""
        parent, name = _split(path)
        fd = os.open(name, _DIRECTORY, dir_fd=self._directory(parent))
        try:
            set_mode_and_time(fd, mode, mtime_ns)
        finally:
            os.close(fd)

    def beside(self, path: str) -> str:
        """The path of a file while it is written."""
        parent, name = _split(path)
        number = 0
        while (found := _join(parent, beside(name, number))) in self._taken:
            number += 1
        return found

    def partial(self, path: str, *, fresh: bool) -> PartialFile:
        """Open the file beside `path` for writing; if it is `fresh`, a failure removes it."""
        parent, name = _split(path)
        directory = os.dup(self._directory(parent, make=True))
        return PartialFile(directory, self._beside(path), name, fresh=fresh)

    def parts_beside(self, path: str, size: int, set_id: str) -> dict[int, str]:
        """SHA-256 of the parts that an earlier run noted in the file beside `path`."""
        parent, _ = _split(path)
        try:
            fd = os.open(self._beside(path), _READ, dir_fd=self._directory(parent))
        except FileNotFoundError:
            return {}
        try:
            return noted_parts(fd, size, set_id)
        finally:
            os.close(fd)

    def hash_range(self, path: str, offset: int, size: int) -> str:
        """SHA-256 of `size` bytes of a file from `offset` on, or of as many as there are."""
        digest = hashlib.sha256()
        buffer = memoryview(bytearray(max(1, min(_CHUNK, size))))
        parent, name = _split(path)
        fd = os.open(name, _READ, dir_fd=self._directory(parent))
        try:
            while size and (count := os.preadv(fd, [buffer[: min(size, len(buffer))]], offset)):
                digest.update(buffer[:count])
                offset, size = offset + count, size - count
        finally:
            os.close(fd)
        return digest.hexdigest()

    def set_mode_and_time(self, path: str, mode: int, mtime_ns: int) -> None:
        """Give a file that is already there its mode and time."""
        parent, name = _split(path)
        fd = os.open(name, _READ, dir_fd=self._directory(parent))
        try:
            set_mode_and_time(fd, mode, mtime_ns)
        finally:
            os.close(fd)

    def hard_link(self, first: str, path: str) -> bool:
        """Make `path` a further name of `first`; False where the file system has no hard links."""
        source_parent, source = _split(first)
        parent, name = _split(path)
        source_directory = os.dup(self._directory(source_parent))
        try:
            directory = self._directory(parent, make=True)
            new = self._beside(path)
            remove(new, directory)
            os.link(
                source,
                new,
                src_dir_fd=source_directory,
                dst_dir_fd=directory,
                follow_symlinks=False,
            )
            rename(directory, new, name)
        except OSError as error:
            if error.errno in _NO_LINKS:
                return False
            raise
        finally:
            os.close(source_directory)
        return True

    def copy(self, first: str, path: str, mode: int, mtime_ns: int) -> None:
        """Copy the restored file `first` to `path`, where a hard link cannot be made."""
        parent, name = _split(first)
        source = os.open(name, _READ, dir_fd=self._directory(parent))
        with open(source, "rb", buffering=0) as reader, self.partial(path, fresh=True) as writer:
            position = 0
            while chunk := reader.read(_CHUNK):
                writer.write(chunk, position)
                position += len(chunk)
            writer.publish(position, mode, mtime_ns)

    def symlink(self, path: str, to: str, mtime_ns: int) -> None:
        """Make a symbolic link; it is never followed."""
        parent, name = _split(path)
        directory = self._directory(parent, make=True)
        new = self._beside(path)
        remove(new, directory)
        os.symlink(to, new, dir_fd=directory)
        os.utime(new, ns=(mtime_ns, mtime_ns), dir_fd=directory, follow_symlinks=False)
        rename(directory, new, name)

    def read_link(self, path: str) -> str:
        """What a symbolic link says that it leads to."""
        parent, name = _split(path)
        return os.readlink(name, dir_fd=self._directory(parent))

    def remove_partial(self, path: str) -> None:
        """Remove the file beside `path`, if there is one."""
        parent, _ = _split(path)
        remove(self._beside(path), self._directory(parent))

    def _beside(self, path: str) -> str:
        return _split(self.beside(path))[1]

    def _directory(self, path: str, *, make: bool = False) -> int:
        """A descriptor of the directory, valid until the next call; made ones can be written to."""
        last, made, known = self._last
        if known >= 0 and path == last and made >= make:
            return known
        other = self._elsewhere.get(path)
        fd = os.dup(self._root) if other is None else _open_folder(other, make)
        for part in path.split("/") if path and other is None else ():
            try:
                below = self._open_below(fd, part, make)
            finally:
                os.close(fd)
            fd = below
        self._forget()
        self._last = path, make, fd
        return fd

    def _open_below(self, fd: int, name: str, make: bool) -> int:
        if make:
            with contextlib.suppress(FileExistsError):
                os.mkdir(name, 0o700, dir_fd=fd)
            mode = os.stat(name, dir_fd=fd, follow_symlinks=False).st_mode
            if stat.S_ISDIR(mode) and mode & 0o700 != 0o700:
                with contextlib.suppress(OSError):
                    os.chmod(name, stat.S_IMODE(mode) | 0o700, dir_fd=fd)
        return os.open(name, _DIRECTORY, dir_fd=fd)

    def _forget(self) -> None:
        if self._last[2] >= 0:
            os.close(self._last[2])
        self._last = "", False, -1


def _open_folder(folder: str, make: bool) -> int:
    if make:
        os.makedirs(folder, exist_ok=True)
    return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


def _split(path: str) -> tuple[str, str]:
    parent, _, name = path.rpartition("/")
    return parent, name


def _join(parent: str, name: str) -> str:
    return f"{parent}/{name}" if parent else name
