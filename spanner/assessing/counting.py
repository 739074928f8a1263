"""Counts copies: how many of each disc, on how many kinds of media, in how many places.

All parts of a file are needed to have it, so a set has as much of each file as it has of that
disc of which it has least.
"""

from collections.abc import Iterable, Sequence

import msgspec

from spanner.assessing.copy_status import CopyStatus

COPIES, MEDIA, PLACES = 3, 2, 2
"""The 3-2-1 rule: three copies, on two kinds of media, one of them elsewhere."""


class Rule(msgspec.Struct, frozen=True):
    """How many copies there are to be, on how many kinds of media, in how many places."""

    copies: int = COPIES
    media: int = MEDIA
    places: int = PLACES


class Count(msgspec.Struct, frozen=True, gc=False):
    """Verified copies, the kinds of media that they are on, and the places that they are in.

    `last_checked`: when one of them was last found good (UTC, or empty where there is none).
    """

    copies: int = 0
    media: int = 0
    places: int = 0
    last_checked: str = ""

    def meets(self, rule: Rule) -> bool:
        """There are as many as the rule wants."""
        return not self.lacks(rule)

    def lacks(self, rule: Rule) -> str:
        """What there is too little of, in words; empty where the rule is met."""
        if not self.copies and rule.copies:
            return "no verified copy"
        words = []
        if self.copies < rule.copies:
            words.append(f"{self.copies} of {rule.copies} copies")
        if self.media < rule.media:
            words.append(f"on {self.media} of {rule.media} kinds of media")
        if self.places < rule.places:
            words.append(f"in {self.places} of {rule.places} places")
        return ", ".join(words)


def count(copies: Iterable[CopyStatus], *, doubtful: bool = False) -> Count:
    """Count the copies of one disc; `doubtful`: one of the burnt ones is bad, not known which.

    Discs of which nobody said where they are count as a place only where there is no other.
    """
    good = [each for each in copies if each.counts]
    whole = _count(good)
    burnt = [each for each in good if each.number] if doubtful else ()
    if not burnt:
        return whole
    return least(_count([each for each in good if each is not bad]) for bad in burnt)


def _count(good: Sequence[CopyStatus]) -> Count:
    if len(good) == 1:
        return Count(1, 1, 1, good[0].verified)
    sites = {each.site for each in good if each.site}
    return Count(
        len(good),
        len({each.medium for each in good}),
        max(len(sites), min(len(good), 1)),
        max([each.verified for each in good], default=""),
    )


def least(counts: Iterable[Count]) -> Count:
    """The least number of each, and the oldest date; zero and empty where there are no counts."""
    every = list(counts)
    if not every:
        return Count()
    return Count(
        min(each.copies for each in every),
        min(each.media for each in every),
        min(each.places for each in every),
        min(each.last_checked for each in every),
    )


def numbers(discs: Iterable[int]) -> str:
    """Numbers of discs in words: "disc 3", "discs 1–4, 7"."""
    runs: list[list[int]] = []
    for disc in sorted(discs):
        if runs and disc == runs[-1][1] + 1:
            runs[-1][1] = disc
        else:
            runs.append([disc, disc])
    words = ", ".join(str(a) if a == b else f"{a}–{b}" for a, b in runs)
    single = len(runs) == 1 and runs[0][0] == runs[0][1]
    return f"disc {words}" if single else f"discs {words}"
