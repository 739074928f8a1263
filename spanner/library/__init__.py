"""The library: the local record of all sets, their files, images, burnt copies and checks.

SQLite in WAL mode.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from spanner.errors import SpannerError, UsageError
from spanner.library.ages import before, parse_age
from spanner.library.checks import (
    BURN,
    DISC,
    FILE,
    FOLDER,
    OTHER,
    RESTORE,
    VERIFY,
    WRITE,
    Finding,
    Recorded,
)
from spanner.library.copies import BURNING, BURNT, SPOILT, VERIFIED, Copies, Copy, image_key
from spanner.library.library import DiscRecord, Library, SetSummary
from spanner.library.schema import prepare
from spanner.library.search.query import Found, FoundFile, OnDisc, Query
from spanner.status.copy_status import Holding
from spanner.status.counting import Rule
from spanner.wording import printable

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
    "Copies",
    "Copy",
    "DiscRecord",
    "Finding",
    "Found",
    "FoundFile",
    "Holding",
    "Library",
    "OnDisc",
    "Query",
    "Recorded",
    "Rule",
    "SetSummary",
    "before",
    "image_key",
    "open_library",
    "parse_age",
]


@contextmanager
def open_library(path: str) -> Iterator[Library]:
    """Open the library, made where there is none. One thread at a time may use it.

    Raises:
        UsageError: the file is no library, or of a later version.
        SpannerError: it cannot be used.
    """
    name = printable(path)
    try:
        os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
        db = sqlite3.connect(path, timeout=60, check_same_thread=False)
    except (OSError, sqlite3.Error) as error:
        raise SpannerError(f"cannot open the library {name}: {error}") from error
    try:
        prepare(db, name)
        db.execute("PRAGMA foreign_keys = ON")
        # While others have it open this may have to wait for the next who opens it.
        with suppress(sqlite3.OperationalError):
            db.execute("PRAGMA journal_mode = WAL")
        yield Library(db, path)
    except sqlite3.Error as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_NOTADB:
            raise UsageError(f"{name} is no library of spanner's") from error
        raise SpannerError(f"the library {name}: {error}") from error
    finally:
        db.close()
