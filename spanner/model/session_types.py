"""The kinds of session files by their extensions: the one table that all lists of them come from.

A new session format takes a line here, a module in `spanner/sources/formats/` and a line in its
registry (`detect`). A format that is only to be known by its name takes the line here alone.
"""

from enum import Flag, auto
from functools import cache
from typing import NamedTuple


class Use(Flag):
    """What an extension tells of a file."""

    READ = auto()
    """A module in `spanner/sources/formats/` reads it, or says why it cannot be read."""
    PROJECT = auto()
    """Where another session refers to it, it is a project, not audio or video."""
    DOCUMENT = auto()
    """At the top of a source it goes on every disc: without it, media are just files."""


class SessionType(NamedTuple):
    """Extensions (lower case, no dot) of one application's or format's files, of one use."""

    application: str
    extensions: tuple[str, ...]
    use: Use


def _type(application: str, extensions: str, use: Use) -> SessionType:
    return SessionType(application, tuple(extensions.split()), use)


_READ, _PROJECT, _DOCUMENT = Use.READ, Use.PROJECT, Use.DOCUMENT
_ALL = _READ | _PROJECT | _DOCUMENT
SESSION_TYPES = (
    _type("Pro Tools", "ptx ptf pt5 pts", _ALL),
    _type("Pro Tools", "ptxp", _READ),  # of the cloud: the reader says that it cannot be read
    _type("Pro Tools", "ptxt", _PROJECT),
    _type("Pro Tools text export", "txt", _READ),
    _type("Reaper", "rpp", _ALL),
    _type("Reaper", "rpp-bak", _PROJECT),
    _type("Ardour", "ardour", _ALL),
    _type("Ableton Live", "als", _ALL),
    _type("Ableton Live", "alc", _PROJECT),
    _type("Final Cut", "fcpxml", _ALL),
    _type("Final Cut", "fcpxmld", _READ | _PROJECT),  # a folder
    _type("Final Cut", "xml", _READ | _DOCUMENT),
    _type("Final Cut", "xmeml", _PROJECT),
    _type("OpenTimelineIO", "otio", _ALL),
    _type("OpenTimelineIO", "otioz otiod", _PROJECT),
    _type("AAF", "aaf", _ALL),
    _type("FL Studio", "flp", _ALL),
    _type("Studio One", "song", _ALL),
    _type("DAWproject", "dawproject", _ALL),
    _type("Cubase", "cpr npr", _ALL),  # recognised; the media cannot be listed
    _type("Logic", "logicx band", _READ | _PROJECT),  # folders
    _type("Logic", "logic", _PROJECT),
    _type("OMF", "omf", _PROJECT | _DOCUMENT),
    _type("EDL", "edl", _DOCUMENT),
    _type("Audacity", "aup3", _PROJECT | _DOCUMENT),
    _type("Audacity", "aup", _PROJECT),
    _type("Bitwig Studio", "bwproject", _PROJECT | _DOCUMENT),
    _type("Premiere Pro", "prproj", _PROJECT),
    _type("Reason", "reason rns", _PROJECT),
    _type("Audition", "sesx ses", _PROJECT),
    _type("Cakewalk", "cwp", _PROJECT),
)


def _extensions(use: Use) -> frozenset[str]:
    return frozenset(x for each in SESSION_TYPES if use in each.use for x in each.extensions)


DOCUMENT_EXTENSIONS = _extensions(Use.DOCUMENT)
"""Extensions of session documents, which go on every disc."""

PROJECT_EXTENSIONS = _extensions(Use.PROJECT)
"""Extensions of what is a project where another session refers to it."""


@cache
def read_extensions(application: str) -> tuple[str, ...]:
    """The extensions of the application's files that are read, in the order of the table.

    Raises:
        KeyError: none of its files are.
    """
    found = [
        extension
        for each in SESSION_TYPES
        if Use.READ in each.use and each.application == application
        for extension in each.extensions
    ]
    if not found:
        raise KeyError(application)
    return tuple(found)
