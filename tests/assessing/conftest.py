"""Libraries and plans."""

from support.libraries import known, one_disc

__all__ = ["known", "one_disc"]
