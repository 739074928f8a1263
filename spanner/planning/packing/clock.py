"""How much time is left: asked for in every loop that can be long."""

import time


class Clock:
    """Runs from when it is made."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds, not below 0."""
        return max(0.0, self._end - time.monotonic())

    def over(self) -> bool:
        """No time is left."""
        return time.monotonic() >= self._end

    def part(self, seconds: float) -> "Clock":
        """A clock of so many seconds, but no longer than this."""
        return Clock(min(seconds, self.left))
