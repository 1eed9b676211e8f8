"""Whose clock is wrong, where the service refuses a call for its time: the phone's own, the service's, or nobody knows.

A proof that was accepted shows that both clocks agreed then. Since then the phone's has gone on evenly, beside its
steady clock, or it jumped: by as much as the two are apart now, or not.
"""

from collections.abc import Callable
from typing import Final

from mshield.client.errors import ClockError, ProblemError, Whose

EVEN_MS: Final = 30_000
"""A clock that is this near to where it should be hasn't jumped."""

APART_MS: Final = 90_000
"""By what a proof may be off (60 s), and that: so far a jump may be from the difference that it explains."""


class Agreement:
    """When a service last took this phone's time for right; `wall` and `steady` give ms."""

    def __init__(self, wall: Callable[[], int], steady: Callable[[], int]) -> None:
        self._wall, self._steady = wall, steady
        self._offset: int | None = None

    def agreed(self) -> None:
        """A proof made just now was accepted."""
        self._offset = self._wall() - self._steady()

    def whose(self, ahead: int) -> Whose:
        """Whose fault it is that this phone's clock is so many ms ahead of the service's.

        A steady clock may stand while the phone sleeps: then the wall clock went on without being set.
        """
        if self._offset is None:
            return "unknown"
        jump = self._wall() - self._steady() - self._offset
        if abs(jump) <= EVEN_MS:
            return "service"
        return "phone" if abs(jump - ahead) <= APART_MS else "unknown"

    def judged(self, error: Exception) -> Exception:
        """The refusal, where it is for the time with the sentence that says whose clock is wrong; else as it came."""
        if not isinstance(error, ProblemError):
            return error
        if error.code == "clock_doubted":
            return ClockError.of(error, "service", 0)
        seconds = error.extra.get("seconds")
        if error.code != "clock_skewed" or type(seconds) is not int:
            return error
        return ClockError.of(error, self.whose(seconds * 1000), seconds)
