"""What can go wrong at a drive."""


class BurnError(Exception):
    """The drive or the medium refused, and what to do next."""


class TargetFullError(BurnError):
    """There is no room for the image."""
