"""OpenTimelineIO files (.otio): JSON, with the media in ExternalReferences.

After the format's documentation (opentimelineio.readthedocs.io: "File Format Specification" and
"OpenTimelineIO Serialized Data"). A target_url is a URL or a bare path; relative ones count from
the file. Pictures of an ImageSequenceReference and `available_image_bounds` are not listed.
"""

import re
from functools import partial

import msgspec

from spanner.model.session import Session
from spanner.sources.formats.opening import plain, refused
from spanner.sources.formats.recorded import place
from spanner.sources.formats.references import References

_MOST_BYTES = 50_000_000
_MOST_OBJECTS = 500_000
_SCHEMA = re.compile(rb'"OTIO_SCHEMA"\s*:\s*"[A-Za-z]+\.\d+"')
# OpenTimelineIO writes numbers that JSON does not have, and reads them. This is all up to one.
_NO_JSON = re.compile(rb'(?:[^"NI]++|"(?:[^"\\]++|\\.)*+")*+(NaN|Inf(?:inity)?)', re.DOTALL)


class _Object(msgspec.Struct, rename={"schema": "OTIO_SCHEMA"}, gc=False, kw_only=True):
    """What may lead to media in any of OTIO's objects; the rest is skipped as it is parsed."""

    schema: str
    name: str | None = None
    target_url: str | None = None
    media_reference: "_Object | None" = None
    media_references: "dict[str, _Object] | None" = None
    children: "list[_Object | None] | None" = None
    tracks: "_Object | None" = None


def is_otio(head: bytes) -> bool:
    """Whether a file that begins so is an OpenTimelineIO file."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return text.startswith(b"{") and _SCHEMA.search(text) is not None


def read(path: str) -> Session:
    """The OpenTimelineIO file at `path`.

    Raises:
        SessionError: it cannot be read, or is no sound OpenTimelineIO; with the byte or object.
    """
    references = References(path)
    top = _parse(path)
    pending = [(top, top)]  # objects, and those that hold them
    while pending:
        found, holder = pending.pop()
        kind = found.schema.partition(".")[0]
        if kind == "ExternalReference" and found.target_url:
            make = partial(place, "", found.target_url, url=True)
            references.add(make, f"the media of {_label(holder)}")
        elif kind == "ImageSequenceReference":
            references.note(f"{_label(holder)}: the pictures of an image sequence are not listed")
        below = [
            found.tracks,
            found.media_reference,
            *(found.media_references or {}).values(),
            *(found.children or ()),
        ]
        pending += [(one, found) for one in reversed(below) if one is not None]
    return Session(
        application="OpenTimelineIO",
        version=top.schema.partition(".")[2],
        format="otio",
        media=references.all(),
        notes=tuple(references.notes),
    )


def _label(found: _Object) -> str:
    name = (found.name or "")[:60]
    return f"{found.schema[:60]} {name!r}"


def _parse(path: str) -> _Object:
    text = bytearray()
    for chunk in plain(path):
        text += chunk
        if len(text) > _MOST_BYTES:
            raise refused(path, f"more than {_MOST_BYTES // 10**6} MB of JSON")
    if text.startswith(b"\xef\xbb\xbf"):
        del text[:3]
    # Each object that is kept has its schema: counting them bounds the memory beforehand. Nobody
    # escapes capital letters, but whoever wants to hide that word.
    if sum(map(text.count, (b'"OTIO_SCHEMA"', b"\\u004", b"\\u005"))) > _MOST_OBJECTS:
        raise refused(path, f"more than {_MOST_OBJECTS} objects")
    try:
        return _decoded(text)
    except (msgspec.MsgspecError, ValueError) as error:
        raise refused(path, f"is no sound OpenTimelineIO file ({error})") from error
    except RecursionError as error:
        raise refused(path, "objects are nested too deep") from error


def _decoded(text: bytearray) -> _Object:
    try:
        return msgspec.json.decode(text, type=_Object)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        if text.count(b"NaN") + text.count(b"Inf") > _MOST_OBJECTS:
            raise
        at = 0
        while match := _NO_JSON.match(text, at):
            # Nothing here counts on it. To keep the length keeps the memory small.
            start, at = match.span(1)
            text[start:at] = b"0".ljust(at - start)
        if not at:
            raise
    return msgspec.json.decode(text, type=_Object)
