"""How the library writes times."""

from datetime import UTC, datetime


def now() -> str:
    """The present second, in UTC."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
