"""Which set's state is taken, where discs of several are given."""

from itertools import permutations

import pytest

from spanner.catalog.reader import DiscCatalog, DiscInfo, SetCatalog
from spanner.errors import UsageError
from spanner.model.base_set import BaseSet
from spanner.restoring.set_choice import chosen_set, moment


@pytest.mark.parametrize(
    ("text", "latest"),
    [
        ("2026-11-23", "2026-11-23T23:59:59Z"),
        ("2026-11-23T19:08", "2026-11-23T19:08:00Z"),
        ("2026-11-23 19:08:07", "2026-11-23T19:08:07Z"),
        ("2026-11-23T19:08:07Z", "2026-11-23T19:08:07Z"),
        ("2026-11-23T00:08:07+02:00", "2026-11-22T22:08:07Z"),
    ],
)
def test_moments(text: str, latest: str) -> None:
    assert moment(text) == latest


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "23.11.2026", "19:08", "2026-11-23T"])
def test_what_is_no_moment(text: str) -> None:
    with pytest.raises(UsageError, match=f"--as-of {text} is no date"):
        moment(text)


def disc(name: str, day: int, *refers: str, sources: tuple[str, ...] = ("S",)) -> DiscCatalog:
    created = f"2026-11-{day:02}T12:00:00Z"
    earlier = tuple(BaseSet(each, each, "", ()) for each in refers)
    infos = (DiscInfo(number=1, volume_id="V", title="T", medium="cd", files=1, bytes=1),)
    known = SetCatalog(
        format="spanner-set",
        version=1,
        id=name,
        title=f"Title {name}",
        created=created,
        tool="tool",
        sources=sources,
        discs=infos,
        base_sets=earlier,
    )
    return DiscCatalog(name, known, 1, b"")


def chosen(*discs: DiscCatalog, words: str = "", as_of: str = "") -> str:
    found = {chosen_set(order, words, as_of).id for order in permutations(discs)}
    assert len(found) == 1
    return found.pop()


def test_the_newest_of_the_same_sources() -> None:
    assert chosen(disc("a", 1), disc("b", 3), disc("c", 2), disc("c", 2)) == "b"
    assert chosen(disc("a", 1), disc("b", 2, sources=("T", "S"))) == "b"


def test_the_newest_of_a_date() -> None:
    discs = disc("a", 1), disc("b", 3), disc("c", 2)
    assert chosen(*discs, as_of="2026-11-02") == "c"
    assert chosen(*discs, as_of="2026-11-02T11:59") == "a"
    assert chosen(*discs, as_of="2030-01-01") == "b"
    assert chosen(*discs, words="a", as_of="2030-01-01") == "a"
    with pytest.raises(UsageError, match="of 2026-11-01T12:00:00Z, after 2026-10-31"):
        chosen(*discs, as_of="2026-10-31")


def test_a_set_and_those_that_hold_files_for_it() -> None:
    assert chosen(disc("a", 1, sources=("T",)), disc("b", 2, "a")) == "b"
    assert chosen(disc("a", 2, sources=("T",)), disc("b", 2, "a")) == "b"


def test_sets_that_are_no_states_of_each_other() -> None:
    for other in (disc("b", 2, sources=("T",)), disc("b", 1), disc("b", 2, "x", sources=("T",))):
        with pytest.raises(UsageError, match=r"several sets, say which with --set: .*Title"):
            chosen(disc("a", 1), other)
        assert chosen(disc("a", 1), other, words="b") == "b"
    with pytest.raises(UsageError, match="several sets"):
        chosen(disc("a", 1, sources=("S", "T")), disc("b", 2))


def test_no_such_set() -> None:
    with pytest.raises(UsageError, match="none of the discs is of the set 'x'"):
        chosen(disc("a", 1), words="x")
