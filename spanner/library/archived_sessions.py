"""The sessions of each set: its sources' names, where they lay, what they lacked when archived.

They are read from the plan once: to read all plans takes long where there are many.
"""

import sqlite3
import zlib
from collections import Counter
from collections.abc import Mapping

import msgspec

from spanner.catalog.escaping import escape, unescape
from spanner.errors import UsageError
from spanner.model.plan import Plan
from spanner.model.tree import MISSING, UNREADABLE
from spanner.planning.plan_file import decode


class ArchivedSession(msgspec.Struct, frozen=True):
    """A source of a set, and where it lay.

    `missing`: media that it needs and that were not found when it was archived; `unread`: session
    files whose needs nobody knows.
    """

    name: str
    path: str
    missing: int = 0
    unread: int = 0


def remember(db: sqlite3.Connection, plan: Plan) -> None:
    """Record the sessions of a set, within a transaction of the caller's."""
    names = [root.name for root in plan.sources]
    lacking = Counter(
        (_session_of(need.session, names), need.status)
        for need in plan.references
        if need.status in (MISSING, UNREADABLE)
    )
    db.executemany(
        "INSERT OR REPLACE INTO sessions VALUES (?, ?, ?, ?, ?)",
        [
            (
                plan.set.id,
                escape(root.name),
                escape(root.path),
                lacking[root.name, MISSING],
                lacking[root.name, UNREADABLE],
            )
            for root in plan.sources
        ],
    )


def sessions(db: sqlite3.Connection) -> dict[str, list[ArchivedSession]]:
    """The sessions of all sets, by the sets' ids."""
    _learn(db)
    found: dict[str, list[ArchivedSession]] = {}
    rows = db.execute("SELECT set_id, name, path, missing, unread FROM sessions")
    for set_id, name, path, missing, unread in rows:
        session = ArchivedSession(unescape(name), unescape(path), missing, unread)
        found.setdefault(set_id, []).append(session)
    return found


def of_source(known: Mapping[str, list[ArchivedSession]], path: str, name: str) -> list[str]:
    """The ids of the sets that have a source of this name, or from this place."""
    return [
        set_id
        for set_id, each in known.items()
        if any(session.path == path or session.name == name for session in each)
    ]


def plan_of(db: sqlite3.Connection, set_id: str) -> Plan | None:
    """The plan of a set; None where the library has none that can be read."""
    row = db.execute("SELECT plan FROM sets WHERE id = ?", (set_id,)).fetchone()
    try:
        return decode(zlib.decompress(row[0])) if row and row[0] else None
    except (zlib.error, UsageError):
        return None


def _session_of(path: str, names: list[str]) -> str:
    """The source that a session file is in; one that lies elsewhere counts to the first."""
    name = path.partition("/")[0]
    return name if name in names else names[0]


def _learn(db: sqlite3.Connection) -> None:
    """Read the plans of the sets whose sessions are not recorded yet."""
    new = db.execute(
        "SELECT id FROM sets WHERE NOT EXISTS (SELECT 1 FROM sessions WHERE set_id = sets.id)"
    ).fetchall()
    for (set_id,) in new:
        plan = plan_of(db, set_id)
        with db:
            if plan:
                remember(db, plan)
            else:
                db.execute(
                    "INSERT INTO sessions SELECT DISTINCT set_id,"
                    " substr(path, 1, instr(path || '/', '/') - 1), '', 0, 0"
                    " FROM files WHERE set_id = ?",
                    (set_id,),
                )
