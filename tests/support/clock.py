"""The tests' clock and its start time."""

from dataclasses import dataclass
from typing import Final

START: Final = 1_795_500_000_000
"""2026-11-24, in ms."""


@dataclass(slots=True)
class Clock:
    """A clock that only moves when told. Calling it returns ms."""

    now: int = START

    def __call__(self) -> int:
        return self.now

    def advance(self, *, seconds: float) -> int:
        """Advances the clock and returns the new time."""
        self.now += round(seconds * 1000)
        return self.now
