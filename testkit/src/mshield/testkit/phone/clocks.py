"""Detects whose clock is wrong when the service refuses a call for its time: the phone's, the service's, or unknown.

When a proof is accepted, both clocks agree. Afterwards the phone's wall clock either advances like its steady
clock, or it jumps; the jump may or may not match the current difference between the two sides.
"""

from collections.abc import Callable
from typing import Final

from mshield.client.errors import ClockError, ProblemError, Whose

EVEN_MS: Final = 30_000
"""Tolerance (ms) below which a clock is considered not to have jumped."""

APART_MS: Final = 90_000
"""Tolerance (ms) between a clock jump and the skew it must explain: the 60 s a proof may be off, plus EVEN_MS."""


class Agreement:
    """Memory of when the service last accepted this phone's time; `wall` and `steady` return ms."""

    def __init__(self, wall: Callable[[], int], steady: Callable[[], int]) -> None:
        self._wall, self._steady = wall, steady
        self._offset: int | None = None

    def agreed(self) -> None:
        """Records that a proof made just now was accepted."""
        self._offset = self._wall() - self._steady()

    def whose(self, ahead: int) -> Whose:
        """Returns whose clock is wrong if this phone's is `ahead` ms ahead of the service's.

        A steady clock may stop while the phone sleeps: then the wall clock seems to jump without having been
        set.
        """
        if self._offset is None:
            return "unknown"
        jump = self._wall() - self._steady() - self._offset
        if abs(jump) <= EVEN_MS:
            return "service"
        return "phone" if abs(jump - ahead) <= APART_MS else "unknown"

    def explain(self, error: Exception) -> Exception:
        """Returns a ClockError that names the wrong clock for time-related refusals; any other error unchanged."""
        if not isinstance(error, ProblemError):
            return error
        if error.code == "clock_doubted":
            return ClockError.of(error, "service", 0)
        seconds = error.extra.get("seconds")
        if error.code != "clock_skewed" or type(seconds) is not int:
            return error
        return ClockError.of(error, self.whose(seconds * 1000), seconds)
