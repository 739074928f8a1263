"""Assignments against all that there could be, and what is said when the stock is short."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spanner.errors import DoesNotFitError, UsageError
from spanner.model.media_types import Medium
from spanner.model.plan import Item
from spanner.planning.assigning import assign
from spanner.planning.assignment import DiscAssignment, DiscCapacity, Strategy, score
from spanner.planning.contents import PackItem
from spanner.planning.strategies import STRATEGIES

CD = Medium(name="cd", sectors=10, description="", price=0.5)
DVD = Medium(name="dvd", sectors=40, description="", price=1.0)
BD = Medium(name="bd", sectors=100, description="", price=10.0)


def capacity(medium: Medium, price: float | None = -1.0, stock: int | None = None) -> DiscCapacity:
    """A capacity of as many bytes as the medium has sectors."""
    if price != -1.0:
        medium = replace(medium, price=price)
    return DiscCapacity(replace(medium, stock=stock), medium.sectors)


def pack_items_of(paths: Sequence[str]) -> list[PackItem]:
    return [
        PackItem((Item(path=path, size=1, mtime_ns=0, mode=0o644),), 1, frozenset())
        for path in paths
    ]


def assignments_of(
    strategy: str, costs: Sequence[int], *capacities: DiscCapacity
) -> list[DiscAssignment]:
    """What discs get of pack items `S/A/a`, `S/A/b`, ... with these costs."""
    pack_items = pack_items_of([f"S/A/{chr(ord('a') + index)}" for index in range(len(costs))])
    return assign(pack_items, costs, Strategy(strategy), capacities).discs


def by_letters(
    paths: Sequence[str], costs: Sequence[int], *capacities: DiscCapacity
) -> list[DiscAssignment]:
    return assign(pack_items_of(paths), costs, Strategy("letters"), capacities).discs


def media_of(assignments: Sequence[DiscAssignment]) -> list[str]:
    return [disc.medium.name for disc in assignments]


def loads_of(assignments: Sequence[DiscAssignment], costs: Sequence[int]) -> list[int]:
    return [sum(costs[index] for index in disc.pack_items) for disc in assignments]


# strategies


def test_an_unknown_strategy() -> None:
    with pytest.raises(UsageError, match=r"^unknown --pack tetris: say letters, order, optimal$"):
        assignments_of("tetris", [1], capacity(CD))


def test_order_keeps_the_order_with_as_few_discs_as_can_be_and_evenly() -> None:
    assignments = assignments_of("order", [6, 3, 2, 5, 3, 2], capacity(CD))
    assert [disc.pack_items for disc in assignments] == [(0, 1), (2, 3), (4, 5)]
    assert [disc.title for disc in assignments] == ["a – b", "c – d", "e – f"]
    assignments = assignments_of("order", [9, 1, 1, 1], capacity(CD))
    assert [disc.pack_items for disc in assignments] == [(0,), (1, 2, 3)]
    assert assignments[0].title == "a"


def test_order_names_the_parts_of_files() -> None:
    items = [
        Item(path="S/x.mov", size=1, mtime_ns=0, mode=0, part=part, parts=3, file_size=3)
        for part in (1, 2, 3)
    ]
    pack_items = [PackItem((item,), 1, frozenset()) for item in items]
    titles = [
        disc.title
        for disc in assign(pack_items, [5, 5, 5], Strategy("order"), [capacity(CD)]).discs
    ]
    assert titles == ["x.mov.001", "x.mov.002 – x.mov.003"]


def test_optimal_packs() -> None:
    costs = [6, 6, 6, 4, 4, 4]
    assignments = assignments_of("optimal", costs, capacity(CD))
    assert loads_of(assignments, costs) == [10, 10, 10]
    assert [disc.title for disc in assignments] == ["", "", ""]
    assert len(assignments_of("order", costs, capacity(CD))) == 4


def test_letters_are_contiguous_and_even() -> None:
    paths = ["S/A/d", "S/A/b", "S/A/a", "S/A/c", "S/A/B", "S/V/x"]
    assignments = assign(pack_items_of(paths), [3] * 6, Strategy("letters"), [capacity(CD)]).discs
    assert [[paths[index] for index in disc.pack_items] for disc in assignments] == [
        ["S/A/a", "S/A/B", "S/A/b"],
        ["S/A/c", "S/A/d", "S/V/x"],
    ]
    assert [disc.title for disc in assignments] == ["A A–B", "A C–D, V"]


def test_letters_are_divided_to_fit_the_discs_that_are_taken() -> None:
    paths = [f"S/A/a{number}" for number in range(6)] + ["S/A/b"]
    costs = [6] * 6 + [4]
    assignments = assign(
        pack_items_of(paths), costs, Strategy("letters"), [capacity(DVD, 1.0), capacity(CD, 9.0)]
    ).discs
    assert media_of(assignments) == ["dvd"]
    assignments = assign(
        pack_items_of(paths), costs, Strategy("letters"), [capacity(DVD, 99.0), capacity(CD, 1.0)]
    ).discs
    assert media_of(assignments) == ["cd"] * 6
    assert assignments[0].title == "A A0"
    costs = [6] * 6 + [20]
    assignments = assign(
        pack_items_of(paths), costs, Strategy("letters"), [capacity(CD, None), capacity(DVD, None)]
    ).discs
    assert [(disc.title, disc.medium.name) for disc in assignments] == [
        ("A A", "dvd"),
        ("A B", "dvd"),
    ]


# media


def test_without_prices_the_fewest_discs_then_the_smallest() -> None:
    capacities = [capacity(CD, None), capacity(DVD, None), capacity(BD, None)]
    for strategy in STRATEGIES:
        assert media_of(assignments_of(strategy, [9, 9], *capacities)) == ["dvd"]
        assert media_of(assignments_of(strategy, [60, 40, 39], *capacities)) == ["bd", "dvd"]
        assert media_of(assignments_of(strategy, [60, 40, 9], *capacities)) == ["bd", "cd"]


def test_one_price_is_none_for_all() -> None:
    for strategy in STRATEGIES:
        assignments = assignments_of(strategy, [9] * 9, capacity(BD, 1.2), capacity(CD, None))
        assert media_of(assignments) == ["bd"]


def test_with_prices_the_cheapest() -> None:
    costs = [9] * 9
    for strategy in STRATEGIES:
        assert media_of(assignments_of(strategy, costs, capacity(BD), capacity(CD))) == ["cd"] * 9
        assert media_of(assignments_of(strategy, costs, capacity(BD, 4.0), capacity(CD))) == ["bd"]
        assert media_of(
            assignments_of(strategy, costs, capacity(BD), capacity(DVD), capacity(CD))
        ) == [
            "dvd",
            "dvd",
            "cd",
        ]


def test_of_equal_prices_the_fewest_discs_then_the_smallest() -> None:
    for strategy in STRATEGIES:
        assert media_of(
            assignments_of(strategy, [8] * 8, capacity(CD, 0.1), capacity(BD, 0.8))
        ) == ["bd"]
        assert media_of(assignments_of(strategy, [8], capacity(BD, 0.0), capacity(DVD, 0.0))) == [
            "dvd"
        ]


def test_the_stock_is_respected() -> None:
    costs = [9] * 9
    for strategy in STRATEGIES:
        assignments = assignments_of(
            strategy, costs, capacity(BD), capacity(DVD, stock=1), capacity(CD, stock=5)
        )
        assert sorted(media_of(assignments)) == ["cd"] * 5 + ["dvd"]
        assignments = assignments_of(
            strategy, costs, capacity(BD), capacity(DVD, stock=1), capacity(CD, stock=4)
        )
        assert "bd" in media_of(assignments)


@pytest.mark.parametrize(
    ("costs", "capacities", "said"),
    [
        (
            [9] * 3,
            [capacity(CD, stock=1)],
            "27 B do not fit on 1 cd: 3 discs are needed, 3 cd, which is 2 cd more",
        ),
        (
            [5],
            [capacity(CD, stock=0)],
            "5 B do not fit on 0 cd: 1 disc is needed, 1 cd, which is 1 cd more",
        ),
        (
            [90, 90, 35],
            [capacity(BD, None, 1), capacity(DVD, None)],
            "215 B do not fit on 1 bd: 3 discs are needed, 2 bd and 1 dvd, which is 1 bd more",
        ),
        (
            [9] * 9,
            [capacity(DVD, stock=1), capacity(CD, stock=1)],
            (
                "81 B do not fit on 1 dvd and 1 cd: 3 discs are needed, 2 dvd and 1 cd, "
                "which is 1 dvd more"
            ),
        ),
    ],
)
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_too_little_stock(
    strategy: str, costs: list[int], capacities: list[DiscCapacity], said: str
) -> None:
    with pytest.raises(DoesNotFitError) as caught:
        assignments_of(strategy, costs, *capacities)
    assert str(caught.value) == said
    assert caught.value.exit_code == 3


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_media_that_cannot_be_used_are_left_alone(strategy: str) -> None:
    none, negative = capacity(BD, 0.1, 0), DiscCapacity(replace(CD, price=0.1), -5)
    assert media_of(assignments_of(strategy, [30, 30], none, negative, capacity(DVD))) == [
        "dvd",
        "dvd",
    ]
    full = DiscCapacity(replace(BD, price=0.1), 0)
    assert media_of(assignments_of(strategy, [30, 30], full, capacity(DVD))) == ["dvd", "dvd"]
    assert media_of(assignments_of(strategy, [], negative, full, capacity(DVD))) == ["dvd"]
    unpriced = capacity(BD, None, 0)
    assert (
        media_of(assignments_of(strategy, [9, 9], unpriced, capacity(DVD, 9.0), capacity(CD)))
        == ["cd"] * 2
    )


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_nothing_to_divide_is_one_disc(strategy: str) -> None:
    (disc,) = assignments_of(strategy, [], capacity(BD), capacity(CD), capacity(DVD))
    assert (disc.pack_items, disc.medium.name) == ((), "cd")
    with pytest.raises(DoesNotFitError, match=r"1 disc is needed, 1 cd, which is 1 cd more$"):
        assignments_of(strategy, [], capacity(CD, stock=0))


def test_a_score_counts_prices_exactly() -> None:
    cheap, dear = replace(CD, price=0.1), replace(DVD, price=0.3)
    assert score([cheap] * 3, [cheap, dear])[0] == score([dear], [cheap, dear])[0]
    assert score([dear], [cheap, dear]) < score([cheap] * 3, [cheap, dear])


def test_many_discs_of_several_media_take_no_long_time() -> None:
    costs = [7 + index % 4 for index in range(300)]
    capacities = [capacity(CD, stock=200), capacity(DVD, stock=200), capacity(BD)]
    assert sum(loads_of(assignments_of("order", costs, *capacities), costs)) == sum(costs)


# against all that there is

CAPACITIES = st.lists(
    st.tuples(
        st.integers(3, 12),
        st.sampled_from([None, 0.1, 0.3, 1.0, 2.5]),
        st.sampled_from([None, None, 0, 1, 2]),
    ),
    min_size=1,
    max_size=3,
).map(
    lambda capacities: [
        DiscCapacity(
            Medium(name=f"m{index}", sectors=size, description="", price=price, stock=stock), size
        )
        for index, (size, price, stock) in enumerate(capacities)
    ]
)
COSTS = st.lists(st.integers(1, 8), min_size=1, max_size=6)


def contiguous(
    costs: Sequence[int], capacities: Sequence[DiscCapacity]
) -> Iterator[tuple[Medium, ...]]:
    """The media of every division into runs of neighbours that the stock allows."""

    def put(
        start: int, used: tuple[int, ...], media: tuple[Medium, ...]
    ) -> Iterator[tuple[Medium, ...]]:
        if start == len(costs):
            yield media
            return
        for index, each in enumerate(capacities):
            if each.medium.stock is not None and used[index] >= each.medium.stock:
                continue
            taken = (*used[:index], used[index] + 1, *used[index + 1 :])
            for end in range(start + 1, len(costs) + 1):
                if sum(costs[start:end]) <= each.size:
                    yield from put(end, taken, (*media, each.medium))

    yield from put(0, (0,) * len(capacities), ())


def checked(
    costs: Sequence[int], capacities: Sequence[DiscCapacity], assignments: Sequence[DiscAssignment]
) -> None:
    sizes = {each.medium.name: each.size for each in capacities}
    assert sorted(index for disc in assignments for index in disc.pack_items) == list(
        range(len(costs))
    )
    loads = loads_of(assignments, costs)
    assert all(
        0 < load <= sizes[disc.medium.name] for load, disc in zip(loads, assignments, strict=True)
    )
    for each in capacities:
        if each.medium.stock is not None:
            assert media_of(assignments).count(each.medium.name) <= each.medium.stock


@settings(max_examples=150)
@given(COSTS, CAPACITIES)
def test_order_is_the_best_that_keeps_the_order_and_optimal_no_worse(
    costs: list[int], capacities: list[DiscCapacity]
) -> None:
    offered = [each.medium for each in capacities if each.medium.stock != 0]
    best = min((score(media, offered) for media in contiguous(costs, capacities)), default=None)
    if best is None:
        with pytest.raises(DoesNotFitError):
            assignments_of("order", costs, *capacities)
        return
    in_order = assignments_of("order", costs, *capacities)
    checked(costs, capacities, in_order)
    assert [index for disc in in_order for index in disc.pack_items] == list(range(len(costs)))
    assert score([disc.medium for disc in in_order], offered) == best
    packed = assignments_of("optimal", costs, *capacities)
    checked(costs, capacities, packed)
    assert score([disc.medium for disc in packed], offered) <= best


@settings(max_examples=150)
@given(COSTS, st.integers(8, 14), st.none() | st.floats(0, 9))
def test_of_one_medium_the_fullest_disc_in_order_is_as_empty_as_can_be(
    costs: list[int], size: int, price: float | None
) -> None:
    only = DiscCapacity(Medium(name="m", sectors=size, description="", price=price), size)
    assignments = assignments_of("order", costs, only)
    loads = loads_of(assignments, costs)
    counts = {len(media) for media in contiguous(costs, [only])}
    assert len(assignments) == min(counts)
    tighter = DiscCapacity(only.medium, max(loads) - 1)
    assert all(len(media) > len(assignments) for media in contiguous(costs, [tighter]))


@settings(max_examples=150)
@given(
    st.lists(st.tuples(st.sampled_from(["a", "b", "s1", "s2", "sb"]), st.integers(1, 8))),
    CAPACITIES,
)
def test_letters_are_contiguous_over_any_media(
    named: list[tuple[str, int]], capacities: list[DiscCapacity]
) -> None:
    paths = [f"S/A/{name}{number:03}" for number, (name, _) in enumerate(named)]
    costs = [cost for _, cost in named]
    try:
        assignments = assign(pack_items_of(paths), costs, Strategy("letters"), capacities).discs
    except DoesNotFitError:
        return
    if costs:
        checked(costs, capacities, assignments)
        in_order = [paths[index] for disc in assignments for index in disc.pack_items]
        assert in_order == sorted(paths)
