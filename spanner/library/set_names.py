"""Which set is meant by the words that people have for it."""

import sqlite3
from collections.abc import Iterable

from spanner.errors import UsageError
from spanner.library.archived_sessions import sessions
from spanner.library.summaries import SetSummary, set_summaries
from spanner.wording import printable


def is_named(words: str, set_id: str, title: str) -> bool:
    """Whether words name a set: its id, the beginning of that, or its title in upper or lower case.

    Nothing is the beginning of no id.
    """
    begins = bool(words) and set_id.startswith(words.lower())
    return begins or title.casefold() == words.casefold()


def find_set(db: sqlite3.Connection, words: str) -> SetSummary:
    """The set that an id, the beginning of one, or a title names.

    Raises:
        UsageError: none, or several.
    """
    sets = set_summaries(db)
    found = [each for each in sets if each.id == words] or [
        each for each in sets if is_named(words, each.id, each.title)
    ]
    if not found:
        raise UsageError(f"no set {printable(words)!r} in the library: see `spanner list`")
    if len(found) > 1:
        ids = ", ".join(each.id[:8] for each in found)
        raise UsageError(f"{printable(words)!r} names {len(found)} sets, say which: {ids}")
    return found[0]


def find_sets(db: sqlite3.Connection, words: Iterable[str]) -> list[str]:
    """The ids of the sets that the words name: ids, beginnings of them, titles, sessions.

    Raises:
        UsageError: words name none.
    """
    titles = db.execute("SELECT id, title FROM sets").fetchall()
    known = sessions(db)
    found: dict[str, None] = {}
    for each in words:
        matching = [
            set_id
            for set_id, title in titles
            if is_named(each, set_id, title)
            or any(each.casefold() == session.name.casefold() for session in known.get(set_id, ()))
        ]
        if not matching:
            raise UsageError(
                f"no set or session {printable(each)!r} in the library: see `spanner list`"
            )
        found.update(dict.fromkeys(matching))
    return list(found)
