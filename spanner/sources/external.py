"""Media files outside the sources: under which paths they go into the set, stored once each."""

import os
import stat
from dataclasses import dataclass, field, replace

from spanner.model.tree import Directory, File, SourceRoot, Tree
from spanner.sources.folders import folded
from spanner.sources.resolver import ResolvedReference, common_suffix

EXTERNAL = "External Media"
"""The folder beside a session that gets its media files from elsewhere."""


@dataclass(slots=True)
class _New:
    """A file from outside and the names that it gets; the first is where its source is found."""

    info: os.stat_result
    names: list[str] = field(default_factory=list)


class ExternalMedia:
    """Gives media files their paths in the set.

    A file that lies below a volume as its session recorded it goes to
    `HOME/External Media/VOLUME/` and that place; else VOLUME is the volume that it is on now.
    `failures` are the files that cannot be opened, with the reason.
    """

    def __init__(self, tree: Tree) -> None:
        self.failures: list[tuple[str, str]] = []
        self._tree = tree
        self._roots = {root.name: root.path for root in tree.roots}
        self._names = {name for file in tree.files for name in (file.path, *file.links)}
        self._names.update(directory.path for directory in tree.directories)
        self._volumes: dict[tuple[str, str], str] = {}  # home and folder → its name in the set
        self._new: dict[str, _New] = {}  # real place → a file that no source has
        self._links: dict[str, list[str]] = {}  # path of a source's file → its further names
        self._placed: dict[tuple[str, str], str] = {}  # home and real place → path

    def path_of(self, place: str) -> str:
        """The path in the set of what lies at a place within the sources; empty if elsewhere."""
        return self._within(place) or self._within(os.path.realpath(place))

    def is_placed(self, path: str) -> bool:
        """The path is that of something that was placed, not of what lies in a source."""
        return path not in self._names

    def place(self, reference: ResolvedReference, home: str) -> str:
        """The path in the set of a media file that was found; its session's folder is `home`.

        `home` is a path in the set. What lies in the same source stays where it is. An AppleDouble
        file goes with its file.
        """
        assert reference.path
        path = self._place(reference, reference.path, home)
        if not self.is_placed(path):
            return path
        head, name = os.path.split(reference.path)
        double = os.path.join(head, f"._{name}")
        if os.path.isfile(double):
            self._place(reference, double, home)
        return path

    def tree(self) -> Tree:
        """The sources' tree and all that was placed, with folders for it."""
        files = [
            replace(file, links=(*file.links, *self._links.get(file.path, ())))
            for file in self._tree.files
        ]
        times: dict[str, int] = {}
        for new in self._new.values():
            first, *others = new.names
            info = new.info
            mode = stat.S_IMODE(info.st_mode)
            files.append(
                File(
                    path=first,
                    size=info.st_size,
                    mtime_ns=info.st_mtime_ns,
                    mode=mode,
                    links=tuple(others),
                )
            )
            for name in new.names:
                self._date_folders(name, info.st_mtime_ns, times)
        for file in self._tree.files:
            for name in self._links.get(file.path, ()):
                self._date_folders(name, file.mtime_ns, times)
        # The folders themselves change with all that else lies there, so have no times of theirs.
        folders = tuple(Directory(path, 0o755, times[path]) for path in sorted(times))
        outside = {name: folder for (_, folder), name in self._volumes.items()}
        return replace(
            self._tree,
            files=tuple(files),
            directories=(*self._tree.directories, *folders),
            outside=tuple(SourceRoot(name, folder) for name, folder in outside.items()),
        )

    def _within(self, place: str) -> str:
        for name, root in self._roots.items():
            if place == root or place.startswith(os.path.join(root, "")):
                path = name + place[len(root.rstrip("/")) :]
                if path in self._names:
                    return path
        return ""

    def _place(self, reference: ResolvedReference, place: str, home: str) -> str:
        inside = self.path_of(place)
        if inside and inside.partition("/")[0] == home.partition("/")[0]:
            return inside
        real = os.path.realpath(place)
        known = self._placed.get((home, real))
        if known is None:
            known = self._placed[home, real] = self._name(reference, place, home)
            if inside:
                self._links.setdefault(inside, []).append(known)
            else:
                self._add(real, place, known)
        return known

    def _add(self, real: str, place: str, name: str) -> None:
        new = self._new.get(real)
        if new is None:
            try:
                info = os.stat(place)
                os.close(os.open(place, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK))
            except OSError as error:
                self.failures.append((place, error.strerror or str(error)))
                return
            new = self._new[real] = _New(info)
        new.names.append(name)

    def _name(self, reference: ResolvedReference, place: str, home: str) -> str:
        folder, label = _volume(reference, place)
        volume = self._volumes.get((home, folder))
        if volume is None:
            volume = self._volumes[home, folder] = self._free(f"{home}/{EXTERNAL}/{label}")
        return f"{volume}/{os.path.relpath(place, folder)}"

    def _free(self, name: str) -> str:
        taken = {*self._names, *self._volumes.values()}
        number, free = 2, name
        while free in taken:
            free, number = f"{name} {number}", number + 1
        return free

    def _date_folders(self, path: str, mtime_ns: int, times: dict[str, int]) -> None:
        """Note for each folder of a path that no source has the newest time of what it holds."""
        folder = path.rpartition("/")[0]
        while folder not in self._names:
            times[folder] = max(mtime_ns, times.get(folder, mtime_ns))
            folder = folder.rpartition("/")[0]


def _volume(reference: ResolvedReference, place: str) -> tuple[str, str]:
    """The folder that stands for the volume of the file at a place, and the volume's name."""
    directory = reference.directory
    if reference.volume and common_suffix(place, directory) == len(directory):
        folder = os.path.dirname(place)
        for _ in directory:
            folder = os.path.dirname(folder)
        if folded(os.path.basename(place)) in (
            folded(reference.name),
            folded(f"._{reference.name}"),
        ):
            return folder, _label(reference.volume)
    folder = os.path.dirname(place)
    while not os.path.ismount(folder):
        folder = os.path.dirname(folder)
    return folder, _label(folder)


def _label(volume: str) -> str:
    """The name of a volume: "AG" of "/Volumes/AG", "C" of "C:"; "root" where it has none."""
    return os.path.basename(volume.replace("\\", "/").rstrip("/")).rstrip(":") or "root"
