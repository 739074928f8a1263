"""Reads Studio One songs (.song): zip files with a pool of media in `Song/mediapool.xml`.

PreSonus has published nothing of it. What is here was read from the code of others' readers:
`<AudioClip><Url x:id="path" url="file:///…"/></AudioClip>`, whose prefix `x:` nothing declares;
`media:///` is a place in the zip file itself. Studio One's samplers, Sample One and Impact, have
the URLs of their samples in presets of their own.
"""

import re
from collections.abc import Iterator
from itertools import chain
from urllib.parse import unquote

import msgspec

from spanner.model.session import MediaReference, Session
from spanner.sources.formats.opening import MOST_TEXT, Chunks, members, refused, zipped
from spanner.sources.formats.recorded import place
from spanner.sources.formats.references import References
from spanner.sources.formats.xml import events
from spanner.wording import printable

__all__ = ["is_studio_one", "read"]

MEMBER = "Song/mediapool.xml"
"""The member that makes a zip file a song."""

_ABOUT = "metainfo.xml"
_KINDS = {"AudioClip": "audio", "VideoClip": "video"}
_PRESETS = re.compile(r"Presets/Synths/.*\.fxpreset", re.DOTALL)
_MOST_STEPS = 300_000  # members times presets: for each preset the zip's directory is read anew
_INSIDE = "media:///"
_ROOT = re.compile(rb"<[A-Za-z_][^\s/>]*")
_LONGEST = 100  # characters of a program's name or version
_RATE = re.compile(r"[1-9]\d{3,6}", re.ASCII)
_FRAMES = re.compile(r"[1-9]\d{0,14}", re.ASCII)


def is_studio_one(head: bytes) -> bool:
    """Whether a file that begins with these bytes is a song; not if its pool comes after them."""
    return head.startswith(b"PK\3\4") and MEMBER.encode() in head


def read(path: str) -> Session:
    """The Studio One song in the file at `path`.

    Raises:
        SessionError: it cannot be read, is no song, or is damaged.
    """
    inside = members(path)
    if MEMBER not in inside:
        raise refused(path, f"is no Studio One song: it holds no {MEMBER}")
    references = References(path)
    _read_pool(path, references, inside)
    _read_presets(path, references, inside)
    about = _about(path) if _ABOUT in inside else {}
    application, _, version = about.get("Document:Generator", "").partition("/")
    rate = _RATE.fullmatch(about.get("Media:SampleRate", ""))
    return Session(
        application=application[:_LONGEST] or "Studio One",
        version=version[:_LONGEST],
        format="song",
        media=references.all(),
        sample_rate=int(rate[0]) if rate else None,
        notes=tuple(references.notes),
    )


def _read_pool(path: str, references: References, inside: dict[str, int]) -> None:
    """Adds the clips in the song's pool."""
    clip = url = where = ""
    frames = None
    for event in events(path, _declared(zipped(path, MEMBER))):
        if event.tag.endswith("Clip"):
            if url:
                _add(references, inside, _KINDS.get(clip, ""), url, where, frames)
            clip, url, frames = event.tag if event.starts else "", "", None
        elif event.starts and event.tag == "Url" and event.attributes.get("id") == "path":
            url, where = event.attributes.get("url", ""), f"line {event.line}"
            if not url:  # a clip that was never saved
                references.note(f"{where}: a clip without a place")
        elif event.starts and event.attributes.get("id") == "format":
            count = _FRAMES.fullmatch(event.attributes.get("frameCount", ""))
            frames = int(count[0]) if count else None


def _read_presets(path: str, references: References, inside: dict[str, int]) -> None:
    """Adds the samples in the presets of samplers; presets that are no XML have none."""
    presets = [name for name in inside if _PRESETS.fullmatch(name)]
    if len(presets) * len(inside) > _MOST_STEPS:
        references.note(f"{len(presets)} presets of instruments are not read: too many")
        return
    left = MOST_TEXT
    for name in presets:
        chunks = zipped(path, name)
        first = next(chunks, b"")
        if not first.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
            continue
        left -= inside[name]
        if left < 0:
            raise refused(path, f"{printable(name)}: the presets are larger than a song's")
        for event in events(path, _declared(chain([first], chunks))):
            url = event.attributes.get("url", "") if event.starts else ""
            if url.startswith(("file:", _INSIDE)):
                _add(
                    references, inside, "audio", url, f"{printable(name)}, line {event.line}", None
                )


def _declared(chunks: Iterator[bytes]) -> Chunks:
    """The chunks, with the prefix `x:` declared: no XML parser takes it otherwise."""
    first = next(chunks, b"")
    if b"xmlns:x=" not in first:
        first = _ROOT.sub(rb'\g<0> xmlns:x="x"', first, count=1)
    yield first
    yield from chunks


def _add(
    references: References,
    inside: dict[str, int],
    kind: str,
    url: str,
    where: str,
    frames: int | None,
) -> None:
    if not url.startswith(_INSIDE):
        references.add(lambda: place(kind, url, url=True, frames=frames), where)
        return
    found = url[len(_INSIDE) :]
    if found not in inside:
        found = unquote(found)
    if found not in inside:
        references.note(f"{where}: {printable(found)} should lie in the song itself, but does not")
    references.add(lambda: _inside(kind, url, found, inside.get(found), frames), where)


def _inside(
    kind: str, url: str, member: str, size: int | None, frames: int | None
) -> MediaReference:
    """The reference to a media file in the song itself."""
    found = place(kind, member, embedded=True, size=size, frames=frames)
    if found.volume or ".." in found.directory:
        raise ValueError("lies outside the song")
    return msgspec.structs.replace(found, recorded=url)


def _about(path: str) -> dict[str, str]:
    """The song's attributes: what wrote it, its sample rate."""
    return {
        event.attributes["id"]: event.attributes.get("value", "")
        for event in events(path, _declared(zipped(path, _ABOUT)))
        if event.starts and event.tag == "Attribute" and "id" in event.attributes
    }
