"""Resolves the media references of a session: where each file lies by now."""

import os
from collections.abc import Iterable, Sequence

import msgspec

from spanner.model.session import MediaReference, Session
from spanner.model.tree import EMBEDDED, INSIDE, MISSING, OUTSIDE, REGENERABLE
from spanner.sources.folders import Folders, folded, mounted_volumes
from spanner.sources.sound import Sound, examine

_MEDIA_FOLDERS = ("audio files", "renamed audio files", "video files")  # folded, the best first
_BACKUP_FOLDERS = {  # folded
    "auto saves",
    "auto-saves",
    "autosave",
    "backup",
    "backups",
    "history",
    "session file backups",
}


class ResolvedReference(msgspec.Struct, frozen=True, kw_only=True):
    """A media reference and where its file was found: `path`, None where it was not.

    `status`: the file lies INSIDE the session's folder or OUTSIDE, is EMBEDDED in the session file,
    MISSING, or missing but REGENERABLE. `found_by` says in words how it was found. The rest is as
    in `MediaReference`.
    """

    kind: str
    name: str
    volume: str
    directory: tuple[str, ...]
    recorded: str
    status: str
    path: str | None
    found_by: str


def is_backup(file: str) -> bool:
    """Whether a session lies in a folder in which programs keep earlier states of sessions."""
    return folded(os.path.basename(os.path.dirname(os.path.abspath(file)))) in _BACKUP_FOLDERS


def home_of(file: str) -> str:
    """The folder of the session that `file` is, or is a backup of."""
    folder = os.path.dirname(os.path.abspath(file))
    return os.path.dirname(folder) if is_backup(file) else folder


def last_seen(reference: ResolvedReference) -> str:
    """The path at which a session last saw a media file."""
    return os.path.join(reference.volume, *reference.directory, reference.name)


class MediaResolver:
    """Finds the files that media references mean, also below the folders in `search`.

    What folders hold and what sound files say of themselves is read once for all sessions.
    """

    def __init__(self, search: Iterable[str] = (), folders: Folders | None = None) -> None:
        self._search = [os.path.abspath(root) for root in search]
        self._folders = folders or Folders()
        self._mounts = mounted_volumes()
        self._sounds: dict[str, Sound] = {}
        self._ids: dict[str, dict[str, str]] = {}

    def resolve(self, session: Session, file: str) -> list[ResolvedReference]:
        """Each media reference of the session that `file` holds, in their order there."""
        home = home_of(file)
        return [self._resolve(reference, session, home) for reference in session.media]

    def unused(self, file: str, references: Iterable[ResolvedReference]) -> list[str]:
        """Files in the folders for media beside a session that none of its references means."""
        home = home_of(file)
        used = {each.path for each in references}
        return sorted(
            path
            for path in self._folders.files(home)
            if path not in used
            and folded(os.path.relpath(path, home).split(os.sep)[0]) in _MEDIA_FOLDERS
            and not os.path.basename(path).startswith(".")
        )

    def _resolve(self, reference: MediaReference, session: Session, home: str) -> ResolvedReference:
        path, found_by = None, ""
        if reference.embedded:
            status = EMBEDDED
        else:
            path, found_by = self._find(reference, session, home)
            if path:
                status = INSIDE if self._is_below(path, home) else OUTSIDE
            else:
                status = REGENERABLE if reference.kind == "fade" else MISSING
        return ResolvedReference(
            kind=reference.kind,
            name=reference.name,
            volume=reference.volume,
            directory=reference.directory,
            recorded=reference.recorded,
            status=status,
            path=path,
            found_by=found_by,
        )

    def _is_below(self, path: str, folder: str) -> bool:
        """The path leads to something in the folder, and no symbolic link on it leads out."""
        below = os.path.join(folder, "")
        real = self._folders.real(below)
        return path.startswith(below) and self._folders.real(path).startswith(real)

    def _find(
        self, reference: MediaReference, session: Session, home: str
    ) -> tuple[str | None, str]:
        """Where the file lies, by the first way that finds it, and which way that was."""
        parts = (*reference.directory, reference.name)
        for start, words in self._starts(reference, session, home):
            path = self._folders.find(start, parts)
            if path:
                return path, words
        path = self._beside(reference, home)
        if path:
            return path, "beside the session"
        for root in self._search:
            path = self._below(root, reference)
            if path:
                return path, f"below {root}"
        if reference.unique_id:
            for root in (home, *self._search):
                path = self._by_id(root).get(reference.unique_id)
                if path:
                    return path, "unique id"
        return None, ""

    def _starts(
        self, reference: MediaReference, session: Session, home: str
    ) -> list[tuple[str, str]]:
        """Folders from which the recorded directory may lead to the file, and what each is."""
        volume = reference.volume
        if not volume:
            folders = [os.path.join(home, folder) for folder in session.search]
            return [(home, "recorded place"), *((each, "search folder") for each in folders)]
        starts = [(volume, "recorded place")] if volume.startswith("/") else []
        label = folded(os.path.basename(volume.rstrip("/")))
        starts.extend(
            (place, "volume, mounted elsewhere")
            for place in (self._mounts if label else ())
            if folded(os.path.basename(place)) == label and place != volume
        )
        return starts

    def _beside(self, reference: MediaReference, home: str) -> str | None:
        """The file in the session's folder whose folders are most like the recorded ones."""
        found = self._folders.below(home, reference.name)
        if len(found) < 2:
            return found[0] if found else None
        return min(found, key=lambda path: self._rank(path, reference, home))

    def _rank(self, path: str, reference: MediaReference, home: str) -> tuple[object, ...]:
        """Small for the best of several: the file's id and length first, then its folders."""
        other = bool(reference.unique_id) and self._sound(path).unique_id != reference.unique_id
        first = folded(os.path.relpath(path, home).split(os.sep)[0])
        place = _MEDIA_FOLDERS.index(first) if first in _MEDIA_FOLDERS else len(_MEDIA_FOLDERS)
        fits = self._fits(path, reference)
        return other, not fits, -common_suffix(path, reference.directory), place, path

    def _below(self, root: str, reference: MediaReference) -> str | None:
        """A file of that name, and of that length where it is known, below a folder."""
        found = self._folders.below(root, reference.name)
        fitting = [path for path in found if self._fits(path, reference)]
        ranked = sorted(fitting, key=lambda path: -common_suffix(path, reference.directory))
        return ranked[0] if ranked else None

    def _fits(self, path: str, reference: MediaReference) -> bool:
        """The file has the size or the length that the session recorded, where it did."""
        if reference.size is not None:
            return os.path.getsize(path) == reference.size
        if reference.frames is not None:
            frames = self._sound(path).frames
            return frames is None or frames == reference.frames
        return True

    def _by_id(self, root: str) -> dict[str, str]:
        """The files below a folder that have a unique id, by that."""
        known = self._ids.get(root)
        if known is None:
            sounds = ((path, self._sound(path)) for path in self._folders.files(root))
            known = {sound.unique_id: path for path, sound in sounds if sound.unique_id}
            self._ids[root] = known
        return known

    def _sound(self, path: str) -> Sound:
        """What the sound file says of itself, read once."""
        if path not in self._sounds:
            self._sounds[path] = examine(path)
        return self._sounds[path]


def common_suffix(path: str, directory: Sequence[str]) -> int:
    """How many folders right above a file are those of a recorded directory."""
    folders = os.path.dirname(path).split(os.sep)
    count = 0
    for mine, theirs in zip(reversed(folders), reversed(directory), strict=False):
        if folded(mine) != folded(theirs):
            break
        count += 1
    return count
