"""How the library's tables are read and written: records of rows, transactions, times."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TypeVar

_FORMAT = "%Y-%m-%dT%H:%M:%SZ"

_Record = TypeVar("_Record")


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


def records(kind: Callable[..., _Record], rows: sqlite3.Cursor) -> Iterator[_Record]:
    """A record of each row; the columns are called as its fields are."""
    names = [column[0] for column in rows.description]
    for row in rows:
        yield kind(**dict(zip(names, row, strict=True)))


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
