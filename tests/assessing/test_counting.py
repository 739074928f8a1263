"""Counting: whatever copies there are, what counts is counted, once."""

from hypothesis import given
from hypothesis import strategies as st

from spanner.assessing.copy_status import CopyStatus
from spanner.assessing.counting import Count, Rule, count, least, numbers

STATES = ("good", "good", "good", "unchecked", "failing", "spoilt", "lost", "not seen", "double")


def copy_status(
    medium: str = "dvd",
    site: str = "",
    state: str = "good",
    number: int = 1,
    verified: str = "2025-01-01T00:00:00Z",
) -> CopyStatus:
    return CopyStatus(
        set_id="set",
        disc=1,
        volume_id="X_01OF01",
        medium=medium,
        number=number,
        path="",
        place=site,
        site=site,
        state=state,
        verified=verified,
    )


HOLDINGS = st.lists(
    st.builds(
        copy_status,
        st.sampled_from(["cd", "dvd", "bd", "file"]),
        st.sampled_from(["", "said a", "said b", "device 1"]),
        st.sampled_from(STATES),
        st.integers(0, 2),
        st.sampled_from(["2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z"]),
    ),
    max_size=6,
)


@given(HOLDINGS)
def test_a_count_is_of_what_is_good(copies: list[CopyStatus]) -> None:
    good = [each for each in copies if each.state == "good"]
    found = count(copies)
    assert found.copies == len(good)
    assert found.media == len({each.medium for each in good})
    told = {each.site for each in good} - {""}
    assert found.places == (len(told) or bool(good))
    assert found.last_checked == max([each.verified for each in good], default="")
    assert found == count(good) == count(reversed(copies))


@given(HOLDINGS)
def test_nothing_counts_more_than_there_are(copies: list[CopyStatus]) -> None:
    found = count(copies)
    assert max(found.media, found.places) <= found.copies <= len(copies)
    assert bool(found.copies) == bool(found.media) == bool(found.places)


@given(HOLDINGS, st.integers(0, 5))
def test_one_good_copy_less_is_never_more(copies: list[CopyStatus], index: int) -> None:
    if index < len(copies):
        fewer = count(copies[:index] + copies[index + 1 :])
        whole = count(copies)
        assert least([fewer, whole]) == fewer


@given(HOLDINGS)
def test_doubt_takes_the_burnt_disc_that_matters_most(copies: list[CopyStatus]) -> None:
    doubted, whole = count(copies, doubtful=True), count(copies)
    burnt = [each for each in copies if each.number and each.counts]
    if not burnt:
        assert doubted == whole
        return
    assert doubted.copies == whole.copies - 1
    without = [count([each for each in copies if each is not bad]) for bad in burnt]
    assert doubted.media == min(each.media for each in without)
    assert doubted.places == min(each.places for each in without)


@given(st.lists(st.builds(Count, *[st.integers(0, 4)] * 3), min_size=1, max_size=5))
def test_a_set_has_what_its_poorest_disc_has(counts: list[Count]) -> None:
    rule = Rule(2, 2, 1)
    whole = least(counts)
    assert whole.meets(rule) == all(each.meets(rule) for each in counts)
    assert whole.copies == min(each.copies for each in counts)


def test_the_rule() -> None:
    three = [
        copy_status("dvd", "said shelf"),
        copy_status("bd", "said vault"),
        copy_status("bd", "said vault"),
    ]
    assert count(three).meets(Rule())
    assert count(three[:2]).lacks(Rule()) == "2 of 3 copies"
    assert count(three[1:] + three[1:]).lacks(Rule()) == (
        "on 1 of 2 kinds of media, in 1 of 2 places"
    )
    assert Count().lacks(Rule()) == "no verified copy"
    assert count(three[:1]).meets(Rule(1, 1, 1))
    assert least([]) == Count()


def test_a_place_that_nobody_named_is_no_second_one() -> None:
    assert count([copy_status(site=""), copy_status(site="")]).places == 1
    assert count([copy_status(site=""), copy_status(site="said vault")]).places == 1


def test_numbers() -> None:
    assert numbers([3]) == "disc 3"
    assert numbers([4, 1, 2, 7]) == "discs 1–2, 4, 7"
    assert numbers([2, 1]) == "discs 1–2"


@given(st.sets(st.integers(1, 30), min_size=1))
def test_numbers_name_each_once(discs: set[int]) -> None:
    found = set()
    for run in numbers(discs).partition(" ")[2].split(", "):
        first, _, last = run.partition("–")
        found |= set(range(int(first), int(last or first) + 1))
    assert found == discs
