"""Opens the library's database, with the tables of this version in it."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import platformdirs

from spanner.errors import SpannerError, UsageError
from spanner.library.schema import prepare
from spanner.wording import printable


def library_file(path: str = "") -> str:
    """The library's file: this one, SPANNER_LIBRARY, or the one in the user's data folder."""
    known = path or os.environ.get("SPANNER_LIBRARY", "")
    return known or os.path.join(platformdirs.user_data_dir("spanner"), "library.sqlite")


@contextmanager
def opened(path: str) -> Iterator[sqlite3.Connection]:
    """The database at the path, made where there is none, in WAL mode with foreign keys.

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
        yield db
    except sqlite3.Error as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_NOTADB:
            raise UsageError(f"{name} is no library of spanner's") from error
        raise SpannerError(f"the library {name}: {error}") from error
    finally:
        db.close()
