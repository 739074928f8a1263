"""Files that programs make again by themselves: waveform caches, peaks, rendered copies, fades."""

import os
from collections.abc import Iterable, Iterator

from spanner.sources.folders import folded
from spanner.sources.resolver import home_of
from spanner.sources.session_scan import ScannedSession

_ENDINGS = {
    ".aan": "a rendered file of Pro Tools",
    ".asd": "an analysis file of Ableton Live",
    ".gpk": "a peak file of WaveLab",
    ".peak": "a peak file of Ardour",
    ".pk": "a peak file",
    ".pkf": "a peak file of Audition",
    ".reapeaks": "a peak file of Reaper",
    ".reapindex": "an index file of Reaper",
    ".sfk": "a peak file of Sound Forge",
}
_NAMES = {"wavecache.wfm": "a waveform cache of Pro Tools"}
_RENDERED = "rendered files"
_FADES = "fade files"
_PROTOOLS = {"ptx": True, "ptf": False, "pts": False, "pt5": False}
"""Whether sessions of a format have no use for fades in files: from Pro Tools 10 on."""


class Regenerable:
    """Tells by their places which files are regenerable, given the sessions that were read."""

    def __init__(self, sessions: Iterable[ScannedSession]) -> None:
        self._folders: dict[str, str] = {}  # a folder → what all in it is
        makes_fades: dict[str, bool] = {}
        for each in sessions:
            form = each.session.format if each.session else ""
            if form in _PROTOOLS:
                home = home_of(each.file)
                makes_fades[home] = makes_fades.get(home, True) and _PROTOOLS[form]
        for home, makes in makes_fades.items():
            for name in _subfolders(home):
                if folded(name) == _RENDERED:
                    self._folders[os.path.join(home, name)] = "a rendered file of Pro Tools"
                elif folded(name) == _FADES and makes:
                    self._folders[os.path.join(home, name)] = (
                        "a fade, which Pro Tools 10 and later make as they play"
                    )

    def why(self, place: str) -> str:
        """What the file at a place is, in words, if it is regenerable; else empty."""
        name = folded(os.path.basename(place)).removeprefix("._")
        found = _NAMES.get(name) or _ENDINGS.get(os.path.splitext(name)[1])
        folder = os.path.dirname(place)
        while not found and folder not in self._folders and os.path.dirname(folder) != folder:
            folder = os.path.dirname(folder)
        return found or self._folders.get(folder, "")


def _subfolders(folder: str) -> Iterator[str]:
    try:
        with os.scandir(folder) as entries:
            yield from (entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
    except OSError:
        return
