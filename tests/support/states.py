"""A folder that is archived again and again, each time only what is new."""

import os
import random
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field

from burners import silent
from spanner.archiving import carry_out, plan_tree
from spanner.incremental import IncrementalOptions, compare
from spanner.library import open_library
from spanner.model.media_types import parse_media
from spanner.planning.planner import PlanOptions
from spanner.sources import walk
from support.sets import MadeSet
from support.trees import write

FULL = IncrementalOptions()
BY_TIME = IncrementalOptions(new_only=True)
BY_HASH = IncrementalOptions(new_only=True, by_hash=True)
ANYWHERE = IncrementalOptions(skip_archived=True)

_NAMES = ("a.wav", "._a.wav", "b.wav", "B.WAV", "\udcff\n.wav", "Song.ptx", "empty.wav", "z.mov")
_FOLDERS = ("", "Audio Files/", "Audio Files/deep/", "odd\\folder/")


@dataclass
class Backups:
    """The sets that were made, all in one library."""

    folder: str
    media: str = "custom:1MB"
    parities: int = 0
    made: list[MadeSet] = field(default_factory=list)

    @property
    def library(self) -> str:
        return os.path.join(self.folder, "library.sqlite")

    def archive(self, *sources: str, how: IncrementalOptions = BY_TIME, title: str = "") -> MadeSet:
        """Archive what is new of the sources."""
        with open_library(self.library) as library:
            tree = compare(walk(list(sources)), library.complete_sets, how, silent)
            options = PlanOptions(
                media=parse_media(self.media),
                replicate=how.replicate,
                hash=how.hash,
                title=title,
                parity=self.parities,
            )
            folder = os.path.join(self.folder, str(len(self.made)))
            os.mkdir(folder)
            plan = plan_tree(tree, options, silent)
            done = carry_out(plan, library, silent, to=folder, adopt=True)
            self.made.append(MadeSet(done.plan, done.discs))
        return self.made[-1]

    @property
    def images(self) -> list[str]:
        """All images of all sets."""
        return [image for made in self.made for image in made.images]


def placed(made: MadeSet) -> list[str]:
    """The paths whose data is on the set's own discs."""
    items = (item for disc in made.plan.discs for item in disc.items)
    return sorted({name.path for item in items for name in item.names()})


def kept(made: MadeSet) -> list[str]:
    """The paths that it leaves to base sets."""
    return sorted(path for file in made.plan.base_files for path in (file.path, *file.links))


class Changes:
    """Changes a folder at random. Each file that is written gets a time that none had before."""

    def __init__(self, root: str, seed: int) -> None:
        self._root = root
        self._random = random.Random(seed)
        self._moment = 1_600_000_000_000_000_001
        self._contents = [self._random.randbytes(size) for size in (1, 1, 5_000, 90_000, 90_000)]
        self._contents += [b"", self._random.randbytes(1_100_000)]  # the last takes two discs
        write(root, "Song.ptx", b"session")

    def some(self, count: int) -> None:
        """Make so many changes, then give each folder a time."""
        for _ in range(count):
            self._change(self._random.choice(_FOLDERS) + self._random.choice(_NAMES))
        for folder, _, _ in os.walk(self._root):
            self._date(folder)

    def _change(self, name: str) -> None:
        path = os.path.join(self._root, name)
        files = self._files()
        what = self._random.randrange(10)
        if os.path.lexists(path) and what < 3:
            os.unlink(path)
        elif os.path.lexists(path) and what < 5:
            if not os.path.islink(path):
                os.chmod(path, self._random.choice((0o644, 0o600, 0o755)))
        elif files and what < 8 and not os.path.lexists(path):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            (os.rename, os.link, shutil.copy2, os.symlink)[self._random.randrange(4)](
                self._random.choice(files), path
            )
        else:
            if os.path.lexists(path):
                os.unlink(path)
            self._moment += 1
            content = self._random.choice(self._contents)
            write(self._root, name, content, mtime_ns=self._moment)

    def _files(self) -> list[str]:
        found = (os.path.join(at, name) for at, _, names in os.walk(self._root) for name in names)
        return sorted(path for path in found if not os.path.islink(path))

    def _date(self, path: str) -> None:
        os.utime(path, ns=(1_500_000_000_000_000_000, 1_500_000_000_000_000_000))


def without(images: Sequence[str], skipped: str) -> list[str]:
    """The images but for one."""
    return [image for image in images if image != skipped]
