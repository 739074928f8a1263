"""The status of the sets: what is complete, how safe it is, which copies want attention."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

import msgspec

from spanner.assessing.copy_status import (
    CHANGED,
    DOUBLE,
    FAILING,
    GOOD,
    NOT_SEEN,
    THROWN_AWAY,
    UNCHECKED,
    CopyStatus,
    CopyStatuses,
    DoubtfulDisc,
)
from spanner.assessing.counting import Count, Rule, count, least, numbers
from spanner.library import Library
from spanner.library.archived_sessions import ArchivedSession, sessions
from spanner.model.plan import DiscKey


class SetStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One set: its least secure disc counts.

    `complete`: every disc was written and has a verified copy, and nothing that its sessions need
    was missing; `rule_met`: of each disc there are as many copies, on as many kinds of media, in
    as many places as wanted. `lacks` says what is not so, `notes` what else is to be known.
    """

    id: str
    title: str
    created: str
    sessions: tuple[str, ...]
    discs: int
    complete: bool
    copies: int
    media: int
    places: int
    last_checked: str
    rule_met: bool
    lacks: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def well(self) -> bool:
        """Nothing is to be done for it."""
        return self.complete and self.rule_met


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """The status of some sets, and of the copies of their discs.

    `due`: not found good for too long. `failing`: found bad by their last check; `doubtful`: of
    several discs alike one was, not known which. `changed`: files that are no more what was
    checked. `not_seen`: files that are not there now; those count whose place is known. `spoilt`:
    discs that never were good.
    """

    sets: tuple[SetStatus, ...]
    due: tuple[CopyStatus, ...]
    failing: tuple[CopyStatus, ...]
    doubtful: tuple[DoubtfulDisc, ...]
    changed: tuple[CopyStatus, ...]
    not_seen: tuple[CopyStatus, ...]
    spoilt: tuple[CopyStatus, ...]

    @property
    def well(self) -> bool:
        """Nothing is to be done."""
        urgent = self.due or self.failing or self.doubtful or self.changed
        return not urgent and all(each.well for each in self.sets)


def counts_of_all(library: Library) -> dict[DiscKey, Count]:
    """The verified copies of each disc in the library."""
    statuses = CopyStatuses(library.db)
    by_disc: dict[DiscKey, list[CopyStatus]] = defaultdict(list)
    for each in statuses.of():
        by_disc[DiscKey(each.set_id, each.disc)].append(each)
    return _counted(by_disc, statuses.doubtful())


def status(
    library: Library,
    rule: Rule,
    since: str,
    sets: Collection[str] | None = None,
    *,
    allow_missing: bool = False,
) -> Status:
    """The status of these sets, or of all.

    Copies that were not found good since then (UTC) are due for a check. `allow_missing`: media
    that were missing when a set was archived do not make it incomplete.
    """
    statuses = CopyStatuses(library.db)
    by_disc: dict[DiscKey, list[CopyStatus]] = defaultdict(list)
    sorted_out: dict[str, list[CopyStatus]] = defaultdict(list)
    for each in statuses.of(sets):
        by_disc[DiscKey(each.set_id, each.disc)].append(each)
        state = each.state
        if state != GOOD:
            sorted_out[state].append(each)
        elif not each.seen:
            sorted_out[NOT_SEEN].append(each)
        if each.verified < since and state in (GOOD, UNCHECKED):
            sorted_out["due"].append(each)
    doubtful = statuses.doubtful(sets)
    counts = _counted(by_disc, doubtful)
    double = {each.set_id for each in sorted_out[DOUBLE]}
    return Status(
        sets=tuple(_sets(library, rule, counts, sets, double, allow_missing)),
        due=tuple(sorted(sorted_out["due"], key=lambda each: each.verified)),
        failing=tuple(sorted_out[FAILING]),
        doubtful=tuple(doubtful),
        changed=tuple(sorted_out[CHANGED]),
        not_seen=tuple(sorted_out[NOT_SEEN]),
        spoilt=tuple(sorted_out[THROWN_AWAY]),
    )


def _counted(
    by_disc: Mapping[DiscKey, list[CopyStatus]], doubtful: Iterable[DoubtfulDisc]
) -> dict[DiscKey, Count]:
    """The verified copies of each disc, of those that are doubtful one fewer."""
    doubted = {DiscKey(each.set_id, each.disc) for each in doubtful}
    return {key: count(each, doubtful=key in doubted) for key, each in by_disc.items()}


def _sets(
    library: Library,
    rule: Rule,
    counts: Mapping[DiscKey, Count],
    wanted: Collection[str] | None,
    double: Collection[str],
    allow_missing: bool,
) -> Iterable[SetStatus]:
    """The status of each of the wanted sets, oldest first."""
    known = sessions(library.db)
    discs: dict[str, list[int]] = defaultdict(list)
    for set_id, number in library.db.execute(
        "SELECT set_id, number FROM discs ORDER BY set_id, number"
    ):
        discs[set_id].append(number)
    for set_id, title, created in library.db.execute(
        "SELECT id, title, created FROM sets ORDER BY created, id"
    ).fetchall():
        if wanted is not None and set_id not in wanted:
            continue
        nothing = Count()
        own = {disc: counts.get(DiscKey(set_id, disc), nothing) for disc in discs[set_id]}
        sources = known.get(set_id, [])
        whole = least(own.values())
        missing = 0 if allow_missing else sum(session.missing for session in sources)
        lacks = list(_lacks(rule, own))
        if missing:
            were = "1 medium that its sessions need was"
            if missing > 1:
                were = f"{missing} media that its sessions need were"
            lacks.append(f"{were} missing when it was archived")
        yield SetStatus(
            id=set_id,
            title=title,
            created=created,
            sessions=tuple(session.name for session in sources),
            discs=len(own),
            complete=whole.copies > 0 and not missing,
            copies=whole.copies,
            media=whole.media,
            places=whole.places,
            last_checked=whole.last_checked,
            rule_met=all(each.meets(rule) for each in own.values()),
            lacks=tuple(lacks),
            notes=tuple(_notes(sources, double=set_id in double)),
        )


def _lacks(rule: Rule, counts: Mapping[int, Count]) -> Iterable[str]:
    """What discs have too little of, in words; those that lack the same in one line."""
    grouped: dict[str, list[int]] = defaultdict(list)
    for disc, each in counts.items():
        words = each.lacks(rule)
        if words:
            grouped[words].append(disc)
    if not counts:
        yield "its discs are not known"
    for words, discs in grouped.items():
        every = len(discs) == len(counts) and len(discs) > 1
        yield f"{'every disc' if every else numbers(discs)}: {words}"


def _notes(sources: Iterable[ArchivedSession], *, double: bool) -> Iterable[str]:
    """What else is to be known of a set, a line each."""
    unread = sum(session.unread for session in sources)
    if unread:
        files = "1 session file" if unread == 1 else f"{unread} session files"
        yield f"{files} could not be read: what else they need from elsewhere is not known"
    if double:
        yield "files that are one and the same under several names count once"
