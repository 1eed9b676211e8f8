"""Counts in this process's memory, beside those in the database: who writes there sets theirs back, but not these."""

from typing import Final

_FEW: Final = 1024


class CountedHere:
    """Events by subject, each within a window from its first one on. Those that are over are forgotten."""

    def __init__(self) -> None:
        self._counts: dict[str, tuple[int, int]] = {}
        self._clean_at = _FEW

    def count(self, subject: str, *, window: int, now: int) -> int:
        """Counts one event, and gives how many there were by now; `window` and `now` in ms."""
        if len(self._counts) >= self._clean_at:
            self._counts = {key: entry for key, entry in self._counts.items() if entry[1] > now}
            self._clean_at = max(_FEW, 2 * len(self._counts))
        before, until = self._counts.get(subject, (0, 0))
        if until <= now:
            before, until = 0, now + window
        self._counts[subject] = before + 1, until
        return before + 1

    def take_back(self, subject: str) -> None:
        """One event that was counted doesn't count."""
        count, until = self._counts.get(subject, (0, 0))
        if count > 0:
            self._counts[subject] = count - 1, until
