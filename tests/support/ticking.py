"""A clock that goes on whenever it is asked: how long a search takes is how often it asks."""

import pytest


class Ticking:
    """Stands for the module `time`; `looks` counts how often it was asked."""

    def __init__(self, tick: float) -> None:
        self._tick = tick
        self._now = 0.0
        self.looks = 0

    def monotonic(self) -> float:
        self.looks += 1
        self._now += self._tick
        return self._now


def ticking(monkeypatch: pytest.MonkeyPatch, seconds: float, looks: int = 100) -> Ticking:
    """The solver's clock, by which so many seconds are so many looks."""
    clock = Ticking(seconds / looks)
    monkeypatch.setattr("spanner.planning.packing.clock.time", clock)
    return clock
