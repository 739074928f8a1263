"""The sizes of augmented images: exact, as small as can be, and what dvdisaster makes."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from burners import silent
from spanner.ecc.dvdisaster import augment
from spanner.ecc.rs03 import (
    LAYERS,
    Rs03,
    is_percent,
    least_total,
    parse_checksums,
    parse_header,
    parse_percent,
    planned,
    room,
)
from spanner.errors import UsageError
from spanner.model.units import SECTOR
from support.ecc import assert_good, layout_in, noise_image

PERCENTS = st.floats(3, 200).map(lambda value: round(value, 3))


@pytest.mark.parametrize(
    ("text", "percent"), [("20", 20), ("20%", 20), (" 12.5 % ", 12.5), ("3", 3), ("200", 200)]
)
def test_percentages(text: str, percent: float) -> None:
    assert parse_percent(text) == percent
    assert is_percent(percent)


@pytest.mark.parametrize(
    "text", ["", "0", "2.9", "200.1", "1000", "-20", "many", "٢٠", "1e2", "nan"]
)
def test_what_is_no_percentage(text: str) -> None:
    with pytest.raises(UsageError, match=r"--ecc .*: say a percentage from 3 to 200"):
        parse_percent(text)


@given(data=st.integers(1, 60_000_000), percent=PERCENTS)
def test_as_much_as_is_asked_for_and_no_layer_more(data: int, percent: float) -> None:
    layout = planned(data, percent)
    assert layout.sound
    assert layout.total == LAYERS * layout.layer
    assert layout.roots / (LAYERS - layout.roots) * 100 >= percent - 1e-9
    if layout.layer > 1:  # with shorter layers the data would take those that parity needs
        shorter = -(-(data + 2) // (layout.layer - 1))
        roots = LAYERS - 1 - shorter
        assert roots < 8 or roots / (LAYERS - roots) * 100 < percent


@given(sectors=st.integers(0, 70_000_000), percent=PERCENTS)
def test_the_room_is_the_largest_image_that_fits(sectors: int, percent: float) -> None:
    most = room(sectors, percent)
    if most:
        assert planned(most, percent).total <= sectors
    assert planned(most + 1, percent).total > sectors


@given(data=st.integers(1, 60_000_000), percent=PERCENTS)
def test_none_is_smaller_than_the_smallest(data: int, percent: float) -> None:
    assert data < least_total(data) <= planned(data, percent).total


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    data=st.one_of(st.integers(1, 700), st.integers(300, 9000)),
    percent=st.one_of(st.sampled_from([3.0, 10.0, 20.0, 33.3, 100.0, 200.0]), PERCENTS),
)
def test_dvdisaster_makes_exactly_what_is_planned(
    tmp_path_factory: pytest.TempPathFactory,
    program: Callable[[str], str],
    data: int,
    percent: float,
) -> None:
    program("dvdisaster")
    path = tmp_path_factory.mktemp("ecc") / "image"
    before = noise_image(path, data)
    layout = planned(data, percent)
    augment(str(path), layout, silent)
    image = path.read_bytes()
    assert len(image) == layout.total * SECTOR
    assert image.startswith(before)
    assert layout_in(str(path), data) == layout
    for number in range(layout.checksums, layout.checksums + layout.layer):
        assert parse_checksums(image[number * SECTOR : (number + 1) * SECTOR]) == layout
    assert_good(str(path))


def test_damaged_marks_are_no_marks(tmp_path: Path, program: Callable[[str], str]) -> None:
    program("dvdisaster")
    noise_image(tmp_path / "image", 600)
    layout = planned(600, 20)
    augment(str(tmp_path / "image"), layout, silent)
    data = (tmp_path / "image").read_bytes()
    header = data[600 * SECTOR : 602 * SECTOR]
    checksums = data[layout.checksums * SECTOR : (layout.checksums + 1) * SECTOR]
    assert parse_header(header) == parse_checksums(checksums) == layout
    assert parse_header(header[:-1]) is None
    for place in (0, 13, 68, 80, 96, 120, 3000):
        assert (
            parse_header(header[:place] + bytes([header[place] ^ 1]) + header[place + 1 :]) is None
        )
    for place in (0, 1024, 1088, 1104, 1112, 1120, 2047):
        flipped = bytes([checksums[place] ^ 1])
        assert parse_checksums(checksums[:place] + flipped + checksums[place + 1 :]) is None


@pytest.mark.parametrize(
    "layout", [Rs03(0, 3, 20), Rs03(10, 0, 20), Rs03(10, 3, 7), Rs03(10, 3, 171), Rs03(701, 3, 20)]
)
def test_layouts_that_cannot_be(layout: Rs03) -> None:
    assert not layout.sound
