"""Makes the library's tables: in a new file from `schema.sql`, in an older one step by step."""

import sqlite3
from collections.abc import Iterator
from importlib import resources

from spanner.errors import UsageError
from spanner.library.migrations import STEPS

VERSION = len(STEPS)


def prepare(db: sqlite3.Connection, name: str) -> None:
    """Make the tables of this version where they are not there, in one transaction.

    Foreign keys must be off: tables are replaced.

    Raises:
        UsageError: the file is another program's, or a later version's.
    """
    if _version(db) == VERSION:
        return
    # Two processes may make them at once: the second waits here, then sees that they are there.
    db.execute("BEGIN IMMEDIATE")
    version = _version(db)
    foreign = not version and db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if foreign or not 0 <= version <= VERSION:
        raise UsageError(f"{name} is no library that this version can use (version {version})")
    if version:
        for migrate in STEPS[version:]:
            migrate(db)
    else:
        _create(db)
    db.execute(f"PRAGMA user_version = {VERSION}")
    db.commit()


def _create(db: sqlite3.Connection) -> None:
    text = resources.files(__package__).joinpath("schema.sql").read_text("utf-8")
    for statement in _statements(text):
        db.execute(statement)


def _statements(text: str) -> Iterator[str]:
    """The statements, one after another: `executescript` would end the transaction."""
    statement = ""
    for line in text.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])
