"""Ages as people say them: "6months", "1 year", "90 days"."""

import re
from datetime import UTC, datetime, timedelta

from spanner.errors import UsageError
from spanner.wording import printable

_AGE = re.compile(r"(\d{1,4})\s*(d|days?|w|weeks?|m|months?|y|years?)", re.IGNORECASE | re.ASCII)
_DAYS = {"d": 1.0, "w": 7.0, "m": 365.25 / 12, "y": 365.25}


def parse_age(text: str) -> timedelta:
    """The time that an age means; a month is a twelfth of a year of 365.25 days.

    Raises:
        UsageError: it is no age.
    """
    match = _AGE.fullmatch(text.strip())
    if not match:
        raise UsageError(f"{printable(text)!r} is no age: say 6months, 1year, 8weeks or 90days")
    return timedelta(days=int(match[1]) * _DAYS[match[2][0].lower()])


def before(age: timedelta, moment: datetime | None = None) -> str:
    """The second that lies so long before a moment, or before now, as the library writes times."""
    try:
        then = (moment or datetime.now(UTC)) - age
    except OverflowError:
        then = datetime.min.replace(tzinfo=UTC)
    return then.strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")
