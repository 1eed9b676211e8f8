"""The clock of the tests and their present."""

from dataclasses import dataclass
from typing import Final

START: Final = 1_795_500_000_000
"""2026-11-24, in milliseconds."""


@dataclass(slots=True)
class Clock:
    """A clock that moves only when told. Calling it gives milliseconds."""

    now: int = START

    def __call__(self) -> int:
        return self.now

    def advance(self, *, seconds: float) -> int:
        """Moves on and gives the new time."""
        self.now += round(seconds * 1000)
        return self.now
