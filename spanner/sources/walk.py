"""Walks the sources: their files, directories and links; all that cannot be read is one error."""

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from burners.progress import Progress, silent
from spanner.errors import SourceError, UnreadableSourcesError, UsageError
from spanner.model.tree import Directory, File, Skipped, SourceRoot, Symlink, Tree
from spanner.wording import printable

_SPECIAL = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFBLK: "a block device",
    stat.S_IFCHR: "a character device",
}
_NOWHERE = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}


def walk(sources: Sequence[str], *, follow: bool = False, progress: Progress = silent) -> Tree:
    """Walk the sources (folders or single files) and return what they hold.

    Each directory comes before what it holds, which is sorted by name. Symbolic links are
    recorded, with `follow` they are replaced by what they point to.

    Raises:
        UsageError: no source, or one that is or lies inside another.
        SourceError: a source does not exist.
        UnreadableSourcesError: files or folders that cannot be opened, all of them.
    """
    if not sources:
        raise UsageError("no source: name a session folder or a file to archive")
    paths = [_absolute(source) for source in sources]
    _check_apart(sources, paths)
    walker = _Walker(follow, progress)
    roots: dict[str, SourceRoot] = {}
    with progress.task("scanning", unit="files"):
        for path in paths:
            name = _free_name(os.path.basename(path) or "root", roots)
            roots[name] = SourceRoot(name, path)
            walker.start(roots[name])
    if walker.failures:
        raise UnreadableSourcesError(walker.failures)
    return Tree(
        roots=tuple(roots.values()),
        files=tuple(walker.files()),
        directories=tuple(walker.directories),
        symlinks=tuple(walker.symlinks),
        skipped=tuple(walker.skipped),
    )


def _absolute(source: str) -> str:
    """Where the source lies. Its own name is kept, even a link's; what leads to it is resolved."""
    try:
        os.stat(source)
        head, name = os.path.split(source.rstrip("/"))
        if name in ("", ".", ".."):
            return os.path.realpath(source)
        return os.path.join(os.path.realpath(head), name)
    except OSError as error:
        if error.errno not in _NOWHERE:
            raise SourceError(f"{printable(source)}: cannot be read ({error.strerror})") from error
        raise SourceError(f"no such source: {printable(source) or 'its name is empty'}") from error
    except ValueError as error:  # what is no name on disk
        raise SourceError(f"no such source: {printable(source)}") from error


def _check_apart(sources: Sequence[str], paths: Sequence[str]) -> None:
    """No source may be another, nor lie inside another: its files would be archived twice."""
    ordered = sorted(
        (os.path.realpath(path).rstrip("/").split("/"), printable(source))
        for source, path in zip(sources, paths, strict=True)
    )
    # By components, a folder stands right before what lies inside it.
    for (outer, folder), (inner, other) in pairwise(ordered):
        if outer == inner:
            raise UsageError(f"{folder} and {other} are the same source: name it once")
        if outer == inner[: len(outer)]:
            raise UsageError(f"{other} lies inside {folder}, which is a source: name {folder} only")


def _free_name(base: str, taken: dict[str, SourceRoot]) -> str:
    name, number = base, 2
    while name in taken:
        name = f"{base} {number}"
        number += 1
    return name


@dataclass(frozen=True, slots=True)
class _Folder:
    """A folder that is being walked: its path in the tree, device and inode, and what is left."""

    name: str
    inode: tuple[int, int]
    children: Iterator[os.DirEntry[str]]


class _Walker:
    """The state of one walk: what was found so far, and the folders that lead to where it is."""

    def __init__(self, follow: bool, progress: Progress) -> None:
        self.directories: list[Directory] = []
        self.symlinks: list[Symlink] = []
        self.skipped: list[Skipped] = []
        self.failures: list[tuple[str, str]] = []
        self._files: list[File] = []
        self._links: dict[int, list[str]] = {}  # index in _files: its further names
        self._inodes: dict[tuple[int, int], int] = {}  # device and inode: index in _files
        self._above: list[_Folder] = []  # the folders that lead to where the walk is
        self._follow = follow
        self._progress = progress

    def files(self) -> Iterator[File]:
        """The files with all their names, in the order in which they were found."""
        for index, file in enumerate(self._files):
            links = self._links.get(index)
            if links:
                yield File(
                    path=file.path,
                    size=file.size,
                    mtime_ns=file.mtime_ns,
                    mode=file.mode,
                    links=tuple(links),
                )
            else:
                yield file

    def start(self, root: SourceRoot) -> None:
        """Walk one source to its end; what cannot be read of it goes to `failures`."""
        try:
            self._visit(root.path, root.name, os.stat(root.path))
        except OSError as error:
            self._fail(root.path, error)
        while self._above:
            folder = self._above[-1]
            child = next(folder.children, None)
            if child is None:
                self._above.pop()
                continue
            try:
                self._entry(child, f"{folder.name}/{child.name}")
            except OSError as error:
                self._fail(child.path, error)

    def _fail(self, path: str, error: OSError) -> None:
        self.failures.append((path, error.strerror or str(error)))

    def _entry(self, entry: os.DirEntry[str], name: str) -> None:
        info = entry.stat(follow_symlinks=False)
        if stat.S_ISLNK(info.st_mode):
            if not self._follow:
                self.symlinks.append(Symlink(name, os.readlink(entry.path), info.st_mtime_ns))
                return
            try:
                info = os.stat(entry.path)
            except OSError as error:
                if error.errno not in _NOWHERE:
                    raise
                reason = f"a symbolic link that leads nowhere ({error.strerror})"
                self.skipped.append(Skipped(name, reason))
                return
        self._visit(entry.path, name, info)

    def _visit(self, path: str, name: str, info: os.stat_result) -> None:
        if stat.S_ISDIR(info.st_mode):
            self._directory(path, name, info)
        elif stat.S_ISREG(info.st_mode):
            self._file(path, name, info)
        else:
            reason = _SPECIAL.get(stat.S_IFMT(info.st_mode), "no file or folder")
            self.skipped.append(Skipped(name, reason))

    def _directory(self, path: str, name: str, info: os.stat_result) -> None:
        inode = (info.st_dev, info.st_ino)
        if any(folder.inode == inode for folder in self._above):
            self.skipped.append(Skipped(name, "a symbolic link to a folder above it"))
            return
        with os.scandir(path) as entries:
            children = sorted(entries, key=lambda entry: entry.name)
        self.directories.append(Directory(name, stat.S_IMODE(info.st_mode), info.st_mtime_ns))
        self._above.append(_Folder(name, inode, iter(children)))

    def _file(self, path: str, name: str, info: os.stat_result) -> None:
        self._progress.advance(1)
        inode = (info.st_dev, info.st_ino)
        if info.st_nlink > 1 and inode in self._inodes:
            self._links.setdefault(self._inodes[inode], []).append(name)
            return
        # O_NONBLOCK: a pipe that just took the file's place must not hang.
        os.close(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK))
        if info.st_nlink > 1:
            self._inodes[inode] = len(self._files)
        self._files.append(
            File(
                path=name,
                size=info.st_size,
                mtime_ns=info.st_mtime_ns,
                mode=stat.S_IMODE(info.st_mode),
            )
        )
