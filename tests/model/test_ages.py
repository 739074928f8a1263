"""Ages in words."""

from datetime import UTC, datetime, timedelta

import pytest

from spanner.errors import UsageError
from spanner.library import before
from spanner.model.units import parse_age


@pytest.mark.parametrize(
    ("text", "days"),
    [("6months", 182.625), ("1 year", 365.25), ("2Y", 730.5), ("90days", 90), ("3w", 21)],
)
def test_ages(text: str, days: float) -> None:
    assert parse_age(text) == timedelta(days=days)


@pytest.mark.parametrize(
    "text", ["", "6", "months", "-1 year", "1.5 years", "6 moons", "1 year 2d"]
)
def test_what_is_no_age(text: str) -> None:
    with pytest.raises(UsageError, match="is no age: say 6months"):
        parse_age(text)


def test_before() -> None:
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    assert before(timedelta(days=1), moment) == "2026-02-28T00:00:00Z"
    assert before(parse_age("9999years"), moment) == "0001-01-01T00:00:00Z"
    assert before(timedelta()) > "2026"
