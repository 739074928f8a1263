"""Sessions and their media references, as session files have them, whatever program wrote these."""

import msgspec

from spanner.errors import SourceError

KINDS = ("audio", "video", "fade", "midi", "project", "other")
"""What a media reference can be of."""


class SessionError(SourceError):
    """A session file cannot be read: it is damaged, not what it seems, or of an unknown kind."""


class UnlistedError(SessionError):
    """A sound session of a known program, but what it needs cannot be listed."""


class MediaReference(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A file that a session needs, as the session refers to it.

    `kind` is one of KINDS. `name` is the file's name, `directory` the folders above it from the top
    of `volume` down: "/", "/Volumes/NAME" or "C:" for absolute places, empty for places beside the
    session. `recorded` is the text as it stands in the file. `embedded`: the file lies in the
    session file itself. `unique_id` is that of the file's `umid` chunk, as hexadecimal text;
    `frames` is its length in samples, `size` in bytes, where the session tells.
    """

    kind: str
    name: str
    volume: str
    directory: tuple[str, ...]
    recorded: str
    embedded: bool = False
    unique_id: str = ""
    frames: int | None = None
    size: int | None = None


class Session(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What a session file says: what wrote it, and its media references in their order there.

    `format` is the format's name ("ptx", "rpp"), `sample_rate` in hertz. `search` are folders,
    absolute or relative to the session's own, in which it looks for media too. `notes` says what
    was there and could not be understood, such as what a later version added.
    """

    application: str
    version: str
    format: str
    media: tuple[MediaReference, ...]
    sample_rate: int | None = None
    search: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
