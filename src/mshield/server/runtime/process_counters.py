"""Counters in this process's memory, in addition to those in the database.

Write access to the database can reset those, but not these.
"""

from typing import Final

_FEW: Final = 1024


class CountedHere:
    """Event counts by subject, each within a window that begins with its first event.

    Expired windows are dropped.
    """

    def __init__(self) -> None:
        self._counts: dict[str, tuple[int, int]] = {}
        self._clean_at = _FEW

    def count(self, subject: str, *, window: int, now: int) -> int:
        """Counts one event and returns the number so far in the window; `window` and `now` in ms."""
        if len(self._counts) >= self._clean_at:
            self._counts = {key: entry for key, entry in self._counts.items() if entry[1] > now}
            self._clean_at = max(_FEW, 2 * len(self._counts))
        before, until = self._counts.get(subject, (0, 0))
        if until <= now:
            before, until = 0, now + window
        self._counts[subject] = before + 1, until
        return before + 1

    def take_back(self, subject: str) -> None:
        """Takes back the count of one event."""
        count, until = self._counts.get(subject, (0, 0))
        if count > 0:
            self._counts[subject] = count - 1, until
