"""The security log: one JSON object per line, for the events in `events.py`, by the logger `mshield.security`.

The number of lines per event and minute is bounded, so that the log can't fill a disk; excess events are
counted and reported after the minute. Values are escaped to ASCII, so that no field can begin another line.
"""

import asyncio
import json
import logging
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

from mshield.server.keys.secrets import LookupKey
from mshield.server.runtime.security_log.events import LINES_LEFT_OUT, Event
from mshield.wire.times import MINUTE_MS

LOGGER: Final = "mshield.security"
_LEVELS: Final = logging.getLevelNamesMapping()
_LONGEST: Final = 128
_PSEUDONYM_HEX: Final = 32
_log: Final = logging.getLogger(LOGGER)


class SecurityLog:
    """Security log writer, one per process."""

    def __init__(self) -> None:
        self._minute = 0
        self._counts: dict[Event, int] = {}
        self.totals: dict[Event, int] = {}
        """Number of occurrences of each event since the process started, whether written or not."""

    def write(self, event: Event, *, now: int, **fields: object) -> None:
        """Writes a line of this event at `now` (ms), or only counts it once the minute's limit is reached.

        Fields that are None or empty are omitted. Raises: ValueError (the event has no such field).
        """
        self.write_lazily(event, lambda: fields, now=now)

    def write_lazily(self, event: Event, fields: Callable[[], Mapping[str, object]], *, now: int) -> None:
        """Like `write`, but computes the fields only if a line is written, so that a flood stays cheap."""
        self.turn(now=now)
        count = self._counts[event] = self._counts.get(event, 0) + 1
        self.totals[event] = self.totals.get(event, 0) + 1
        if event.most is None or count <= event.most:
            _write(event, now, fields())

    def turn(self, *, now: int) -> None:
        """Reports the lines left out in minutes before `now`."""
        minute = now // MINUTE_MS
        if minute == self._minute:
            return
        counts, self._counts, self._minute = self._counts, {}, minute
        for event, count in counts.items():
            if event.most is not None and count > event.most:
                _write(LINES_LEFT_OUT, now, {"of": event.name, "count": count - event.most})

    async def keep(self, clock: Callable[[], int]) -> None:
        """Reports left-out lines each minute until cancelled, and then once more."""
        try:
            while True:
                await asyncio.sleep(max(1.0, (MINUTE_MS - clock() % MINUTE_MS) / 1000))
                self.turn(now=clock())
        finally:
            self.turn(now=clock() + MINUTE_MS)


def pseudonym(lookup: LookupKey, text: str) -> str:
    """Returns 32 hex digits that replace a typed name or number: equal for all spellings, and permanent."""
    plain = unicodedata.normalize("NFKC", text).casefold().strip()
    return lookup.lookup_hash("security-log", ascii(plain)).hex()[:_PSEUDONYM_HEX]


def shown_time(at: int) -> str:
    """Formats ms since 1970 as `2026-11-28T10:36:02.123Z`; out-of-range values as the plain number."""
    try:
        text = datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds")
    except (OverflowError, ValueError):  # A stored row may have been tampered with.
        return str(at)
    return text.replace("+00:00", "Z")


def _write(event: Event, now: int, fields: Mapping[str, object]) -> None:
    if unknown := fields.keys() - event.fields:
        raise ValueError(f"{event.name} has no {sorted(unknown)}")
    level = _LEVELS[event.level.upper()]
    if _log.isEnabledFor(level):
        bounded = {
            name: _bounded(value) for name, value in fields.items() if value is not None and value != ""
        }
        line = {"time": shown_time(now), "event": event.name, "level": event.level, **bounded}
        _log.log(level, "%s", json.dumps(line, separators=(",", ":")))


def _bounded(value: object) -> int | str:
    return value if isinstance(value, int) else str(value)[:_LONGEST]
