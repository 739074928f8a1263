"""How much a search may take: asked for in every loop that can be long."""

import time


class Clock:
    """Runs from when it is made.

    `dives`: so many are enough; a search that ends by them, not by the time, is repeatable.
    """

    def __init__(self, seconds: float, dives: int | None = None) -> None:
        self._end = time.monotonic() + seconds
        self.dives = dives

    @property
    def left(self) -> float:
        """Seconds until the time is over, not below 0."""
        return max(0.0, self._end - time.monotonic())

    def over(self) -> bool:
        """Whether no time is left."""
        return time.monotonic() >= self._end
