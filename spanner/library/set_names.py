"""Which set is meant by the words that people have for it."""

import sqlite3
from collections.abc import Iterable

from spanner.errors import UsageError
from spanner.library.archived_sessions import sessions
from spanner.wording import printable


def find_sets(db: sqlite3.Connection, words: Iterable[str]) -> list[str]:
    """The ids of the sets that the words name: ids, beginnings of them, titles, sessions.

    Raises:
        UsageError: words name none.
    """
    named = db.execute("SELECT id, title FROM sets").fetchall()
    known = sessions(db)
    found: dict[str, None] = {}
    for each in words:
        folded = each.casefold()
        matching = [
            set_id
            for set_id, title in named
            if (each and set_id.startswith(each.lower()))
            or folded == title.casefold()
            or any(folded == session.name.casefold() for session in known.get(set_id, ()))
        ]
        if not matching:
            raise UsageError(
                f"no set or session {printable(each)!r} in the library: see `spanner list`"
            )
        found.update(dict.fromkeys(matching))
    return list(found)
