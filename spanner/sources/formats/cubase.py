"""Recognises Cubase and Nuendo projects (.cpr, .npr), whose media cannot be listed.

They are big-endian RIFF files of form `NUND`. Steinberg has published nothing of what they hold,
and no description by others could be verified: a list that may be wrong is worse than none, so the
project's folder has to be archived whole.
"""

from typing import NoReturn

from spanner.model.session import UnlistedError
from spanner.sources.formats.opening import opened, refused
from spanner.wording import printable

__all__ = ["is_cubase", "read"]


def is_cubase(head: bytes) -> bool:
    """Whether a file that begins with these bytes (12 or more) is a Cubase or Nuendo project."""
    return head.startswith((b"RIFF", b"RIFX")) and head[8:12] == b"NUND"


def read(path: str) -> NoReturn:
    """Say that the project in the file at `path` is one, and what to do.

    Raises:
        SessionError: always; UnlistedError where it is one.
    """
    with opened(path) as file:
        head = file.read(12)
    if not is_cubase(head):
        raise refused(path, "is no Cubase project")
    raise UnlistedError(
        f"{printable(path)}: Cubase project recognised: its media cannot be listed, "
        "archive its folder whole"
    )
