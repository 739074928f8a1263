"""Reads Studio One songs (.song): zip files with a pool of media in `Song/mediapool.xml`.

PreSonus has published nothing of it. What is here was read from the code of others' readers:
`<AudioClip><Url x:id="path" url="file:///…"/></AudioClip>`, whose prefix `x:` nothing declares;
`media:///` is a place in the zip file itself.
"""

import re
from collections.abc import Iterator

from spanner.sources.formats.places import Media, place, refused
from spanner.sources.formats.xml import events, members, zipped
from spanner.sources.session import Reference, Session
from spanner.units import printable

__all__ = ["is_studio_one", "read"]

MEMBER = "Song/mediapool.xml"
"""The member that makes a zip file a song."""

_ABOUT = "metainfo.xml"
_KINDS = {"AudioClip": "audio", "VideoClip": "video"}
_INSIDE = "media:///"
_ROOT = re.compile(rb"<[A-Za-z_][^\s/>]*")
_LONGEST = 100  # characters of a program's name or version
_RATE = re.compile(r"[1-9]\d{3,6}", re.ASCII)


def is_studio_one(head: bytes) -> bool:
    """Whether a file that begins with these bytes is a song; `no` if its pool comes after them."""
    return head.startswith(b"PK\3\4") and MEMBER.encode() in head


def read(path: str) -> Session:
    """What the song in the file at `path` needs.

    Raises:
        SessionError: it cannot be read, is no song, or is damaged.
    """
    inside = members(path)
    if MEMBER not in inside:
        raise refused(path, f"is no Studio One song: it holds no {MEMBER}")
    media = Media(path)
    clip = ""
    for event in events(path, _declared(zipped(path, MEMBER))):
        if event.tag.endswith("Clip"):
            clip = event.tag if event.starts else ""
        elif event.starts and event.tag == "Url" and event.attributes.get("id") == "path":
            _add(media, inside, clip, event.attributes.get("url", ""), f"line {event.line}")
    about = _about(path) if _ABOUT in inside else {}
    application, _, version = about.get("Document:Generator", "").partition("/")
    rate = _RATE.fullmatch(about.get("Media:SampleRate", ""))
    return Session(
        application[:_LONGEST] or "Studio One",
        version[:_LONGEST],
        "song",
        media.found,
        int(rate[0]) if rate else None,
        notes=tuple(media.notes),
    )


def _declared(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The chunks, with the prefix `x:` declared: no XML parser takes it otherwise."""
    first = next(chunks, b"")
    if b"xmlns:x=" not in first:
        first = _ROOT.sub(rb'\g<0> xmlns:x="x"', first, count=1)
    yield first
    yield from chunks


def _add(media: Media, inside: dict[str, int], clip: str, url: str, where: str) -> None:
    if not url:  # a clip that was never saved
        media.note(f"{where}: a clip without a place")
        return
    kind = _KINDS.get(clip, "")
    if not url.startswith(_INSIDE):
        media.add(lambda: place(kind, url, url=True), where)
        return
    found = url[len(_INSIDE) :]
    if found not in inside:
        media.note(f"{where}: {printable(found)} should lie in the song itself, but does not")
    media.add(lambda: _inside(kind, url, inside.get(found)), where)


def _inside(kind: str, url: str, size: int | None) -> Reference:
    """A medium in the song itself."""
    found = place(kind, url[len(_INSIDE) :], embedded=True, size=size)
    if found.volume or ".." in found.directory:
        raise ValueError("lies outside the song")
    return Reference(
        found.kind, found.name, "", found.directory, url, embedded=True, size=found.size
    )


def _about(path: str) -> dict[str, str]:
    """The song's attributes: what wrote it, its sample rate."""
    return {
        event.attributes["id"]: event.attributes.get("value", "")
        for event in events(path, _declared(zipped(path, _ABOUT)))
        if event.starts and event.tag == "Attribute" and "id" in event.attributes
    }
