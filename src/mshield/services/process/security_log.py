"""The security log: a JSON object a line, of the events in `security_events.py`, by the logger `mshield.security`.

Of each event a minute has a bounded number of lines, so that nobody fills a disk; what is beyond is counted, and told
once the minute is over. What a line says is escaped to ASCII, so that no field can begin another line.
"""

import asyncio
import json
import logging
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

from mshield.domain.times import MINUTE_MS
from mshield.keys.secrets import LookupKey
from mshield.services.process.security_events import LINES_LEFT_OUT, Event

LOGGER: Final = "mshield.security"
_LEVELS: Final = logging.getLevelNamesMapping()
_LONGEST: Final = 128
_PSEUDONYM_HEX: Final = 32
_log: Final = logging.getLogger(LOGGER)


class SecurityLog:
    """One per process."""

    def __init__(self) -> None:
        self._minute = 0
        self._counts: dict[Event, int] = {}
        self.totals: dict[Event, int] = {}
        """How often each event was, written or not, since the process began."""

    def write(self, event: Event, *, now: int, **fields: object) -> None:
        """A line of this event at `now` (ms), or one more that is counted; what is None or empty is left out.

        Raises ValueError for a field that the event doesn't have.
        """
        self.tell(event, lambda: fields, now=now)

    def tell(self, event: Event, fields: Callable[[], Mapping[str, object]], *, now: int) -> None:
        """The same, with fields that are made only where a line is written: a flood costs a count."""
        self.turn(now=now)
        count = self._counts[event] = self._counts.get(event, 0) + 1
        self.totals[event] = self.totals.get(event, 0) + 1
        if event.most is None or count <= event.most:
            _write(event, now, fields())

    def turn(self, *, now: int) -> None:
        """Tells what was left out of the minutes before that of `now`."""
        minute = now // MINUTE_MS
        if minute == self._minute:
            return
        counts, self._counts, self._minute = self._counts, {}, minute
        for event, count in counts.items():
            if event.most is not None and count > event.most:
                _write(LINES_LEFT_OUT, now, {"of": event.name, "count": count - event.most})

    async def keep(self, clock: Callable[[], int]) -> None:
        """Tells each minute what was left out of it, until it is cancelled, and then once more."""
        try:
            while True:
                await asyncio.sleep(max(1.0, (MINUTE_MS - clock() % MINUTE_MS) / 1000))
                self.turn(now=clock())
        finally:
            self.turn(now=clock() + MINUTE_MS)


def pseudonym(lookup: LookupKey, text: str) -> str:
    """32 hex digits in place of what somebody typed as a name or number: the same in all spellings, and for ever."""
    plain = unicodedata.normalize("NFKC", text).casefold().strip()
    return lookup.lookup_hash("security-log", ascii(plain)).hex()[:_PSEUDONYM_HEX]


def shown_time(at: int) -> str:
    """`2026-11-28T10:36:02.123Z` of ms since 1970."""
    try:
        shown = datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds")
    except (OverflowError, ValueError):  # a stored row may have been written into
        return str(at)
    return shown.replace("+00:00", "Z")


def _write(event: Event, now: int, fields: Mapping[str, object]) -> None:
    if unknown := fields.keys() - event.fields:
        raise ValueError(f"{event.name} has no {sorted(unknown)}")
    level = _LEVELS[event.level.upper()]
    if _log.isEnabledFor(level):
        written = {
            name: _bounded(value) for name, value in fields.items() if value is not None and value != ""
        }
        line = {"time": shown_time(now), "event": event.name, "level": event.level, **written}
        _log.log(level, "%s", json.dumps(line, separators=(",", ":")))


def _bounded(value: object) -> int | str:
    return value if isinstance(value, int) else str(value)[:_LONGEST]
