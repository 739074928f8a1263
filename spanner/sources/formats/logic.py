"""Reads Logic and GarageBand projects (.logicx, .band): folders that list media in property lists.

Each alternative of a project has a list of its own, `Alternatives/NNN/MetaData.plist`. Apple has
published nothing of it; what is here was read from projects of Logic Pro X 10.1 to 11 and of
GarageBand 10. Projects of Logic 9 and before (.logic) have no such lists.
"""

import os
import plistlib
import re
from typing import Any

from spanner.model.session import Session, SessionError
from spanner.sources.formats.opening import refused
from spanner.sources.formats.recorded import place
from spanner.sources.formats.references import References
from spanner.wording import printable

__all__ = ["is_logic", "read"]

_LISTS = {
    "AudioFiles": "audio",
    "UnusedAudioFiles": "audio",
    "VideoFiles": "video",
    "PlaybackFiles": "other",
    "SamplerInstrumentsFiles": "other",
    "QuicksamplerFiles": "other",
    "ImpulsResponsesFiles": "other",
    "UltrabeatFiles": "other",
    "AlchemyFiles": "other",
}
_APPLES_RESPONSES = "/Library/Audio/Impulse Responses/Apple"
_MOST = 4 << 20  # bytes of a property list: what it takes in memory is up to twenty times as much
_MOST_ALTERNATIVES = 1000
_MOST_FILES = 200_000  # in one list
_LONGEST = 100  # characters of a program's name and version
_VERSION = re.compile(r"(.*?) (\d[\w.]*)(?: \(.*\))?")


def is_logic(path: str) -> bool:
    """Whether the folder at `path` is a Logic project.

    Raises:
        SessionError: it could be one, but cannot be read.
    """
    return os.path.isdir(path) and bool(_alternatives(path))


def read(path: str) -> Session:
    """The Logic project in the folder at `path`, with the media of all its alternatives.

    Relative places are below the project's own media folder or beside the project.

    Raises:
        SessionError: it cannot be read, is no such project, or one of its lists is damaged.
    """
    alternatives = _alternatives(path)
    if not alternatives:
        raise refused(path, "is no Logic project: it has no Alternatives/*/MetaData.plist")
    references = References(path)
    rates = set()
    for name in alternatives:
        where = f"Alternatives/{name}/MetaData.plist"
        lists = _plist(path, where)
        rate = lists.get("SampleRate")
        rates.add(rate if isinstance(rate, (int, float)) and 1 <= rate < 10**7 else None)
        for key, kind in _LISTS.items():
            _add(path, references, kind, lists.get(key, []), f"{printable(where)}: {key}")
    rate = rates.pop() if len(rates) == 1 else None
    application, version = _application(path, references)
    folder = os.path.basename(os.path.abspath(path))
    return Session(
        application=application,
        version=version,
        format="logicx",
        media=references.all(),
        sample_rate=int(rate) if rate else None,
        search=(f"{folder}/Media", folder),
        notes=tuple(references.notes),
    )


def _alternatives(path: str) -> list[str]:
    """The names of the alternatives' folders, sorted."""
    top = os.path.join(path, "Alternatives")
    try:
        names = sorted(os.listdir(top))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise refused(path, f"Alternatives: cannot be read ({error.strerror})") from error
    except ValueError as error:  # what is no name on disk
        raise refused(path, "cannot be read (no such name)") from error
    if len(names) > _MOST_ALTERNATIVES:
        raise refused(path, "more alternatives than a project has")
    return [name for name in names if os.path.isfile(os.path.join(top, name, "MetaData.plist"))]


def _plist(path: str, inside: str) -> dict[str, Any]:
    """The property list at that place in the project, which is a dictionary."""
    where = printable(inside)
    try:
        with open(os.path.join(path, inside), "rb") as file:
            data = file.read(_MOST + 1)
    except OSError as error:
        raise refused(path, f"{where}: cannot be read ({error.strerror})") from error
    if len(data) > _MOST:
        raise refused(path, f"{where}: has over {_MOST} bytes")
    try:
        found = plistlib.loads(data)
    # plistlib says nothing of what it raises for damaged files, and it is much.
    except Exception as error:
        what = str(error) or type(error).__name__
        raise refused(path, f"{where}: is a damaged property list ({what})") from error
    if not isinstance(found, dict):
        raise refused(path, f"{where}: is no dictionary")
    return found


def _add(path: str, references: References, kind: str, listed: object, where: str) -> None:
    if not isinstance(listed, list):
        references.note(f"{where} is no list")
        return
    if len(listed) > _MOST_FILES:
        raise refused(path, f"{where}: more files than a project has")
    for entry in listed:
        if not isinstance(entry, str):
            references.note(f"{where} holds what is no text")
        elif entry == _APPLES_RESPONSES:
            continue  # the folder that Space Designer begins in, if it has loaded nothing
        elif entry:
            _add_one(references, kind, entry, where)


def _add_one(references: References, kind: str, entry: str, where: str) -> None:
    references.add(lambda: place(kind, entry, windows=False), where)


def _application(path: str, references: References) -> tuple[str, str]:
    """What the project was last saved from: "Logic Pro X 10.4.1 (5164)"."""
    inside = "Resources/ProjectInformation.plist"
    saved: object = None
    if os.path.isfile(os.path.join(path, inside)):
        try:
            saved = _plist(path, inside).get("LastSavedFrom")
        except SessionError:  # it tells nothing of the media
            references.note(f"{inside} cannot be read")
    match = _VERSION.fullmatch(saved[:_LONGEST]) if isinstance(saved, str) else None
    return (match[1], match[2]) if match else ("Logic Pro", "")
