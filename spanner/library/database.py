"""The library's database: opened with the current tables, written to in transactions; its times."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

from spanner.errors import SpannerError, UsageError
from spanner.library.schema import prepare
from spanner.wording import printable

_FORMAT = "%Y-%m-%dT%H:%M:%SZ"


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


@contextmanager
def writing(db: sqlite3.Connection) -> Iterator[None]:
    """A transaction that holds the library from its beginning: what is read in it stays true."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.rollback()
        raise
    db.commit()


def now() -> str:
    """The present second in UTC, as the library writes times."""
    return datetime.now(UTC).strftime(_FORMAT)


def before(age: timedelta, moment: datetime | None = None) -> str:
    """The second that lies so long before a moment, or before now, as the library writes times."""
    try:
        then = (moment or datetime.now(UTC)) - age
    except OverflowError:
        then = datetime.min.replace(tzinfo=UTC)
    return then.strftime(_FORMAT).rjust(20, "0")
