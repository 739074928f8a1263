"""The library: the local record of all sets, their files, images, burnt copies and checks.

SQLite in WAL mode.
"""

from spanner.library.checks import (
    BURN,
    DISC,
    FILE,
    FOLDER,
    OTHER,
    RESTORE,
    VERIFY,
    WRITE,
    CheckResult,
    RecordedCheck,
)
from spanner.library.connection import library_file
from spanner.library.copies import BURNING, BURNT, SPOILT, VERIFIED, Copies, Copy, image_key
from spanner.library.database import before
from spanner.library.library import Library, open_library
from spanner.library.search.query import FileQuery, FoundFile, OnDisc, SearchResult
from spanner.library.summaries import DiscRecord, SetSummary

__all__ = [
    "BURN",
    "BURNING",
    "BURNT",
    "DISC",
    "FILE",
    "FOLDER",
    "OTHER",
    "RESTORE",
    "SPOILT",
    "VERIFIED",
    "VERIFY",
    "WRITE",
    "CheckResult",
    "Copies",
    "Copy",
    "DiscRecord",
    "FileQuery",
    "FoundFile",
    "Library",
    "OnDisc",
    "RecordedCheck",
    "SearchResult",
    "SetSummary",
    "before",
    "image_key",
    "library_file",
    "open_library",
]
