"""Shares and media against all that could be chosen, and what is said when the stock is short."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spanner.errors import DoesNotFitError, UsageError
from spanner.model.media_types import Medium
from spanner.model.plan import Item
from spanner.planning.assignment import (
    STRATEGIES,
    DiscAssignment,
    DiscCapacity,
    Strategy,
    choose,
    score,
)
from spanner.planning.contents import PackItem

CD = Medium(name="cd", sectors=10, description="", price=0.5)
DVD = Medium(name="dvd", sectors=40, description="", price=1.0)
BD = Medium(name="bd", sectors=100, description="", price=10.0)


def room(medium: Medium, price: float | None = -1.0, stock: int | None = None) -> DiscCapacity:
    """A room of as many bytes as the medium has sectors."""
    if price != -1.0:
        medium = replace(medium, price=price)
    return DiscCapacity(replace(medium, stock=stock), medium.sectors)


def units_of(paths: Sequence[str]) -> list[PackItem]:
    return [
        PackItem((Item(path=path, size=1, mtime_ns=0, mode=0o644),), 1, frozenset())
        for path in paths
    ]


def shares_of(strategy: str, costs: Sequence[int], *rooms: DiscCapacity) -> list[DiscAssignment]:
    """The shares of units `S/A/a`, `S/A/b`, ... with these costs."""
    units = units_of([f"S/A/{chr(ord('a') + index)}" for index in range(len(costs))])
    return choose(units, costs, Strategy(strategy), rooms).shares


def by_letters(
    paths: Sequence[str], costs: Sequence[int], *rooms: DiscCapacity
) -> list[DiscAssignment]:
    return choose(units_of(paths), costs, Strategy("letters"), rooms).shares


def media_of(shares: Sequence[DiscAssignment]) -> list[str]:
    return [share.medium.name for share in shares]


def loads_of(shares: Sequence[DiscAssignment], costs: Sequence[int]) -> list[int]:
    return [sum(costs[index] for index in share.units) for share in shares]


# strategies


def test_an_unknown_strategy() -> None:
    with pytest.raises(UsageError, match=r"^unknown --pack tetris: say letters, order, optimal$"):
        shares_of("tetris", [1], room(CD))


def test_order_keeps_the_order_with_as_few_discs_as_can_be_and_evenly() -> None:
    shares = shares_of("order", [6, 3, 2, 5, 3, 2], room(CD))
    assert [share.units for share in shares] == [(0, 1), (2, 3), (4, 5)]
    assert [share.title for share in shares] == ["a – b", "c – d", "e – f"]
    shares = shares_of("order", [9, 1, 1, 1], room(CD))
    assert [share.units for share in shares] == [(0,), (1, 2, 3)]
    assert shares[0].title == "a"


def test_order_names_the_parts_of_files() -> None:
    items = [
        Item(path="S/x.mov", size=1, mtime_ns=0, mode=0, part=part, parts=3, file_size=3)
        for part in (1, 2, 3)
    ]
    units = [PackItem((item,), 1, frozenset()) for item in items]
    titles = [
        share.title for share in choose(units, [5, 5, 5], Strategy("order"), [room(CD)]).shares
    ]
    assert titles == ["x.mov.001", "x.mov.002 – x.mov.003"]


def test_optimal_packs() -> None:
    costs = [6, 6, 6, 4, 4, 4]
    shares = shares_of("optimal", costs, room(CD))
    assert loads_of(shares, costs) == [10, 10, 10]
    assert [share.title for share in shares] == ["", "", ""]
    assert len(shares_of("order", costs, room(CD))) == 4


def test_letters_are_contiguous_and_even() -> None:
    paths = ["S/A/d", "S/A/b", "S/A/a", "S/A/c", "S/A/B", "S/V/x"]
    shares = choose(units_of(paths), [3] * 6, Strategy("letters"), [room(CD)]).shares
    assert [[paths[index] for index in share.units] for share in shares] == [
        ["S/A/a", "S/A/B", "S/A/b"],
        ["S/A/c", "S/A/d", "S/V/x"],
    ]
    assert [share.title for share in shares] == ["A A–B", "A C–D, V"]


def test_letters_are_divided_to_fit_the_discs_that_are_taken() -> None:
    paths = [f"S/A/a{number}" for number in range(6)] + ["S/A/b"]
    costs = [6] * 6 + [4]
    shares = choose(
        units_of(paths), costs, Strategy("letters"), [room(DVD, 1.0), room(CD, 9.0)]
    ).shares
    assert media_of(shares) == ["dvd"]
    shares = choose(
        units_of(paths), costs, Strategy("letters"), [room(DVD, 99.0), room(CD, 1.0)]
    ).shares
    assert media_of(shares) == ["cd"] * 6
    assert shares[0].title == "A A0"
    costs = [6] * 6 + [20]
    shares = choose(
        units_of(paths), costs, Strategy("letters"), [room(CD, None), room(DVD, None)]
    ).shares
    assert [(share.title, share.medium.name) for share in shares] == [
        ("A A", "dvd"),
        ("A B", "dvd"),
    ]


# media


def test_without_prices_the_fewest_discs_then_the_smallest() -> None:
    rooms = [room(CD, None), room(DVD, None), room(BD, None)]
    for strategy in STRATEGIES:
        assert media_of(shares_of(strategy, [9, 9], *rooms)) == ["dvd"]
        assert media_of(shares_of(strategy, [60, 40, 39], *rooms)) == ["bd", "dvd"]
        assert media_of(shares_of(strategy, [60, 40, 9], *rooms)) == ["bd", "cd"]


def test_one_price_is_none_for_all() -> None:
    for strategy in STRATEGIES:
        shares = shares_of(strategy, [9] * 9, room(BD, 1.2), room(CD, None))
        assert media_of(shares) == ["bd"]


def test_with_prices_the_cheapest() -> None:
    costs = [9] * 9
    for strategy in STRATEGIES:
        assert media_of(shares_of(strategy, costs, room(BD), room(CD))) == ["cd"] * 9
        assert media_of(shares_of(strategy, costs, room(BD, 4.0), room(CD))) == ["bd"]
        assert media_of(shares_of(strategy, costs, room(BD), room(DVD), room(CD))) == [
            "dvd",
            "dvd",
            "cd",
        ]


def test_of_equal_prices_the_fewest_discs_then_the_smallest() -> None:
    for strategy in STRATEGIES:
        assert media_of(shares_of(strategy, [8] * 8, room(CD, 0.1), room(BD, 0.8))) == ["bd"]
        assert media_of(shares_of(strategy, [8], room(BD, 0.0), room(DVD, 0.0))) == ["dvd"]


def test_the_stock_is_respected() -> None:
    costs = [9] * 9
    for strategy in STRATEGIES:
        shares = shares_of(strategy, costs, room(BD), room(DVD, stock=1), room(CD, stock=5))
        assert sorted(media_of(shares)) == ["cd"] * 5 + ["dvd"]
        shares = shares_of(strategy, costs, room(BD), room(DVD, stock=1), room(CD, stock=4))
        assert "bd" in media_of(shares)


@pytest.mark.parametrize(
    ("costs", "rooms", "said"),
    [
        (
            [9] * 3,
            [room(CD, stock=1)],
            "27 B do not fit on 1 cd: 3 discs are needed, 3 cd, which is 2 cd more",
        ),
        (
            [5],
            [room(CD, stock=0)],
            "5 B do not fit on 0 cd: 1 disc is needed, 1 cd, which is 1 cd more",
        ),
        (
            [90, 90, 35],
            [room(BD, None, 1), room(DVD, None)],
            "215 B do not fit on 1 bd: 3 discs are needed, 2 bd and 1 dvd, which is 1 bd more",
        ),
        (
            [9] * 9,
            [room(DVD, stock=1), room(CD, stock=1)],
            (
                "81 B do not fit on 1 dvd and 1 cd: 3 discs are needed, 2 dvd and 1 cd, "
                "which is 1 dvd more"
            ),
        ),
    ],
)
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_too_little_stock(
    strategy: str, costs: list[int], rooms: list[DiscCapacity], said: str
) -> None:
    with pytest.raises(DoesNotFitError) as caught:
        shares_of(strategy, costs, *rooms)
    assert str(caught.value) == said
    assert caught.value.exit_code == 3


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_media_that_cannot_be_used_are_left_alone(strategy: str) -> None:
    none, negative = room(BD, 0.1, 0), DiscCapacity(replace(CD, price=0.1), -5)
    assert media_of(shares_of(strategy, [30, 30], none, negative, room(DVD))) == ["dvd", "dvd"]
    full = DiscCapacity(replace(BD, price=0.1), 0)
    assert media_of(shares_of(strategy, [30, 30], full, room(DVD))) == ["dvd", "dvd"]
    assert media_of(shares_of(strategy, [], negative, full, room(DVD))) == ["dvd"]
    unpriced = room(BD, None, 0)
    assert media_of(shares_of(strategy, [9, 9], unpriced, room(DVD, 9.0), room(CD))) == ["cd"] * 2


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_nothing_to_divide_is_one_disc(strategy: str) -> None:
    (share,) = shares_of(strategy, [], room(BD), room(CD), room(DVD))
    assert (share.units, share.medium.name) == ((), "cd")
    with pytest.raises(DoesNotFitError, match=r"1 disc is needed, 1 cd, which is 1 cd more$"):
        shares_of(strategy, [], room(CD, stock=0))


def test_a_score_counts_prices_exactly() -> None:
    cheap, dear = replace(CD, price=0.1), replace(DVD, price=0.3)
    assert score([cheap] * 3, [cheap, dear])[0] == score([dear], [cheap, dear])[0]
    assert score([dear], [cheap, dear]) < score([cheap] * 3, [cheap, dear])


def test_many_discs_of_several_media_take_no_long_time() -> None:
    costs = [7 + index % 4 for index in range(300)]
    rooms = [room(CD, stock=200), room(DVD, stock=200), room(BD)]
    assert sum(loads_of(shares_of("order", costs, *rooms), costs)) == sum(costs)


# against all that there is

ROOMS = st.lists(
    st.tuples(
        st.integers(3, 12),
        st.sampled_from([None, 0.1, 0.3, 1.0, 2.5]),
        st.sampled_from([None, None, 0, 1, 2]),
    ),
    min_size=1,
    max_size=3,
).map(
    lambda rooms: [
        DiscCapacity(
            Medium(name=f"m{index}", sectors=size, description="", price=price, stock=stock), size
        )
        for index, (size, price, stock) in enumerate(rooms)
    ]
)
COSTS = st.lists(st.integers(1, 8), min_size=1, max_size=6)


def contiguous(costs: Sequence[int], rooms: Sequence[DiscCapacity]) -> Iterator[tuple[Medium, ...]]:
    """The media of every division into runs of neighbours that the stock allows."""

    def put(
        start: int, used: tuple[int, ...], media: tuple[Medium, ...]
    ) -> Iterator[tuple[Medium, ...]]:
        if start == len(costs):
            yield media
            return
        for index, each in enumerate(rooms):
            if each.medium.stock is not None and used[index] >= each.medium.stock:
                continue
            taken = (*used[:index], used[index] + 1, *used[index + 1 :])
            for end in range(start + 1, len(costs) + 1):
                if sum(costs[start:end]) <= each.size:
                    yield from put(end, taken, (*media, each.medium))

    yield from put(0, (0,) * len(rooms), ())


def checked(
    costs: Sequence[int], rooms: Sequence[DiscCapacity], shares: Sequence[DiscAssignment]
) -> None:
    sizes = {each.medium.name: each.size for each in rooms}
    assert sorted(index for share in shares for index in share.units) == list(range(len(costs)))
    loads = loads_of(shares, costs)
    assert all(
        0 < load <= sizes[share.medium.name] for load, share in zip(loads, shares, strict=True)
    )
    for each in rooms:
        if each.medium.stock is not None:
            assert media_of(shares).count(each.medium.name) <= each.medium.stock


@settings(max_examples=150)
@given(COSTS, ROOMS)
def test_order_is_the_best_that_keeps_the_order_and_optimal_no_worse(
    costs: list[int], rooms: list[DiscCapacity]
) -> None:
    offered = [each.medium for each in rooms if each.medium.stock != 0]
    best = min((score(media, offered) for media in contiguous(costs, rooms)), default=None)
    if best is None:
        with pytest.raises(DoesNotFitError):
            shares_of("order", costs, *rooms)
        return
    in_order = shares_of("order", costs, *rooms)
    checked(costs, rooms, in_order)
    assert [index for share in in_order for index in share.units] == list(range(len(costs)))
    assert score([share.medium for share in in_order], offered) == best
    packed = shares_of("optimal", costs, *rooms)
    checked(costs, rooms, packed)
    assert score([share.medium for share in packed], offered) <= best


@settings(max_examples=150)
@given(COSTS, st.integers(8, 14), st.none() | st.floats(0, 9))
def test_of_one_medium_the_fullest_disc_in_order_is_as_empty_as_can_be(
    costs: list[int], size: int, price: float | None
) -> None:
    only = DiscCapacity(Medium(name="m", sectors=size, description="", price=price), size)
    shares = shares_of("order", costs, only)
    loads = loads_of(shares, costs)
    counts = {len(media) for media in contiguous(costs, [only])}
    assert len(shares) == min(counts)
    tighter = DiscCapacity(only.medium, max(loads) - 1)
    assert all(len(media) > len(shares) for media in contiguous(costs, [tighter]))


@settings(max_examples=150)
@given(st.lists(st.tuples(st.sampled_from(["a", "b", "s1", "s2", "sb"]), st.integers(1, 8))), ROOMS)
def test_letters_are_contiguous_over_any_media(
    named: list[tuple[str, int]], rooms: list[DiscCapacity]
) -> None:
    paths = [f"S/A/{name}{number:03}" for number, (name, _) in enumerate(named)]
    costs = [cost for _, cost in named]
    try:
        shares = choose(units_of(paths), costs, Strategy("letters"), rooms).shares
    except DoesNotFitError:
        return
    if costs:
        checked(costs, rooms, shares)
        in_order = [paths[index] for share in shares for index in share.units]
        assert in_order == sorted(paths)
