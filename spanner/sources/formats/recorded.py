r"""Recorded places: what a session's text says of where a media file lies, as a MediaReference.

Places are POSIX paths, Windows paths (with a drive or a share, also after `\\?\`), relative paths
with either slash, and `file:` URLs (RFC 8089 with its appendices E.2 and E.3 on drives and shares;
percent-encoded UTF-8).
"""

import re
from urllib.parse import unquote

from spanner.model.session import MediaReference
from spanner.model.session_types import PROJECT_EXTENSIONS

LONGEST = 8192
"""Characters in a recorded place: more is no path but damage. Linux opens none over 4096 bytes."""

_EXTENSIONS = {
    "audio": "wav wave bwf w64 rf64 bw64 aif aiff aifc afc caf flac ogg oga opus mp2 mp3 mpa m4a"
    " aac ac3 eac3 wma wv ape sd2 sd2f au snd voc rex rx2 rcy raw pcm amb mka",
    "video": "mov qt mp4 m4v avi mxf mkv webm mpg mpeg m2v m2t m2ts mts ts vob wmv asf dv flv 3gp"
    " ogv r3d braw",
    "midi": "mid midi smf kar rmi",
}
_KINDS = {extension: kind for kind, listed in _EXTENSIONS.items() for extension in listed.split()}
_KINDS |= dict.fromkeys(PROJECT_EXTENSIONS, "project")

MOST_FOLDERS = 1000
"""Folders in which a session looks for media, or that one path goes through."""

_EITHER = re.compile(r"[\\/]")
_DRIVE = re.compile(r"[A-Za-z]:(?=[\\/]|$)")
_URL_DRIVE = re.compile(r"/[A-Za-z]:(?=[\\/]|$)")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_LONG_SHARE = re.compile(r"[\\/]{2}\?[\\/]UNC[\\/]", re.IGNORECASE)
_LONG = re.compile(r"[\\/]{2}\?[\\/]")
_HERE = {"", "localhost", "127.0.0.1"}


class ElsewhereError(ValueError):
    """The place is a URL of another kind, such as http: no file that a disk could hold."""


def kind_of(name: str) -> str:
    """Which of the KINDS a file of that name is; "other" where its extension does not tell."""
    _, dot, extension = name.rpartition(".")
    return _KINDS.get(extension.lower(), "other") if dot else "other"


def place(
    kind: str,
    recorded: str,
    *,
    windows: bool | None = None,
    url: bool = False,
    otherwise: str = "other",
    embedded: bool = False,
    unique_id: str = "",
    frames: int | None = None,
    size: int | None = None,
) -> MediaReference:
    r"""The reference to the media file at the recorded place.

    `kind` may be empty: then the extension tells, or it is `otherwise`. `windows` says whether `\`
    separates folders; if that is unknown, it does unless the place begins with a single `/`. With
    `url`, paths without a scheme are percent-encoded too. In absolute places `..` is resolved; in
    relative ones it is kept.

    Raises:
        ElsewhereError: it is a URL, but not of a file.
        ValueError: it names no file.
    """
    volume, parts = _split(recorded, windows, url)
    if volume == "/" and len(parts) > 2 and parts[0] == "Volumes":
        volume, parts = f"/Volumes/{parts[1]}", parts[2:]
    if not parts or parts[-1] == "..":
        raise ValueError("names no file")
    if not kind:
        kind = kind_of(parts[-1])
        kind = otherwise if kind == "other" else kind
    return MediaReference(
        kind=kind,
        name=parts[-1],
        volume=volume,
        directory=tuple(parts[:-1]),
        recorded=recorded,
        embedded=embedded,
        unique_id=unique_id,
        frames=frames,
        size=size,
    )


def folder(recorded: str, *, windows: bool | None = None) -> str:
    """A recorded folder with forward slashes: "C:/a/b", "//host/share/a", "/a/b" or "a/b".

    Raises:
        ElsewhereError: it is a URL, but not of a file.
        ValueError: it is no path.
    """
    volume, parts = _split(recorded, windows, url=False)
    start = volume if volume in ("", "/") else f"{volume}/"
    return (start + "/".join(parts)) or "."


def _split(recorded: str, windows: bool | None, url: bool) -> tuple[str, list[str]]:
    """The volume ("" if relative) and the components below it."""
    if not recorded:
        raise ValueError("is empty")
    if len(recorded) > LONGEST:
        raise ValueError("is too long for a path")
    text = _decoded(recorded, url)
    if "\0" in text:
        raise ValueError("holds a NUL character")
    if _LONG_SHARE.match(text):
        text = _LONG_SHARE.sub(r"\\\\\\\\", text, count=1)
    else:
        text = _LONG.sub("", text, count=1)
    if _DRIVE.match(text):
        return text[:2].upper(), _clean(_EITHER.split(text[2:]), absolute=True)
    if text.startswith("\\\\") or (text.startswith("//") and windows is not False):
        shared = [part for part in _EITHER.split(text) if part]
        if len(shared) > 2:
            return f"//{shared[0]}/{shared[1]}", _clean(shared[2:], absolute=True)
    absolute = text.startswith("/") or (text.startswith("\\") and windows is not False)
    # Below "/" a backslash is a letter like any other, and audio files are called that way.
    either = windows if windows is not None else not text.startswith("/")
    parts = _EITHER.split(text) if either else text.split("/")
    return "/" if absolute else "", _clean(parts, absolute)


def _decoded(recorded: str, url: bool) -> str:
    """The path that a URL means, or the text itself if it is none."""
    if recorded[:5].lower() != "file:":
        if _SCHEME.match(recorded):
            raise ElsewhereError("is no file's URL")
        is_path = not url or _DRIVE.match(recorded) or recorded.startswith("\\\\")
        return recorded if is_path else _unquoted(recorded)
    text = recorded[5:]
    if text.startswith("//"):
        host, slash, path = text[2:].partition("/")
        host = _unquoted(host)
        if host.lower() in _HERE:
            text = slash + path
        elif _DRIVE.match(host):  # file://C:/a, one slash short, is common
            text = host + slash + path
        else:
            text = f"//{host}{slash}{path}"
    text = _unquoted(text)
    return text[1:] if _URL_DRIVE.match(text) else text


def _unquoted(text: str) -> str:
    """Percent-encoding undone; bytes that are no UTF-8 become surrogates, as for names on disk."""
    return unquote(text, errors="surrogateescape")


def _clean(parts: list[str], absolute: bool) -> list[str]:
    kept: list[str] = []
    for part in parts:
        if part in ("", "."):
            continue
        if part == ".." and absolute:
            del kept[-1:]
        else:
            kept.append(part)
    return kept
