"""Watches this process's clock: beside the machine's steady clock at each look, beside the database's each second.

Once the clock is doubted nothing is purged, expires or is issued: jobs wait, and what would bear a time isn't signed
(`require_sure`). Where the clock jumped, the time that it gives goes on from before the jump, so that one wrong half
minute ends no session; it is for nobody's signature. The doubt ends when the clock agrees again, or by `mshield clock
confirm`.
"""

from collections.abc import Callable
from typing import Final

from mshield.domain import errors
from mshield.domain.times import FOLLOWED, SECOND_MS, TOLERANCE_MS, Doubt
from mshield.gateways.clocks.steady_clock import reader
from mshield.services.process.clock import Clock, wall_clock

SLOWEST_MS: Final = 5 * SECOND_MS
"""An answer of the database that took longer says nothing about its clock."""


class ClockWatch:
    """One per process. Calling it gives the time (ms) as far as it is believed."""

    def __init__(self, wall: Clock = wall_clock, steady: Clock | None = None) -> None:
        """Without `steady` it is the machine's own."""
        steady = steady or reader()
        self._wall, self._steady = wall, steady
        self._looked = steady()
        self._offset = wall() - self._looked
        self.watched = steady is not wall
        self._database_offset: int | None = None
        self._database_seen: int | None = None
        self._has_met = self._was_kept = False
        self._database_ahead = 0
        self._confirmed_ahead = 0
        self._not_before = 0

    def __call__(self) -> int:
        """The wall clock, while it hasn't jumped; else the time as it goes on from before.

        The database's, where this one has never agreed with it: that is the time of all who were there before.
        """
        wall, steady = self._wall(), self._steady()
        if (
            not -TOLERANCE_MS <= wall - steady - self._offset <= TOLERANCE_MS
        ):  # asked several times for each call
            return steady + self._offset
        if self._has_met or self._database_seen is None:
            return wall
        return steady + self._database_seen

    @property
    def wall(self) -> int:
        """The wall clock as it is."""
        return self._wall()

    @property
    def steady(self) -> int:
        """The steady clock (ms since the machine was started)."""
        return self._steady()

    @property
    def doubt(self) -> Doubt | None:
        """Why the clock isn't believed now; None where it is."""
        wall = self._wall()
        apart = wall - self._steady() - self._offset
        if abs(apart) > TOLERANCE_MS:
            return Doubt("jumped", apart)
        if wall < self._not_before - TOLERANCE_MS:
            return Doubt("set_back", wall - self._not_before)
        return None if self._agrees_with_database() else Doubt("database", self._database_ahead)

    @property
    def doubts_database(self) -> bool:
        """Whether there is a doubt, and it is the database's clock that moved.

        This one agreed with it, or goes on as was kept of this start of the machine, and hasn't jumped since.
        """
        doubt = self.doubt
        return doubt is not None and doubt.reason == "database" and (self._has_met or self._was_kept)

    def _agrees_with_database(self) -> bool:
        return _agree(self._database_ahead, 0) or _agree(self._database_ahead, self._confirmed_ahead)

    @property
    def database_ahead(self) -> int:
        """By how many ms this clock was ahead of the database's when they were last compared."""
        return self._database_ahead

    @property
    def confirmed_ahead(self) -> int:
        """The difference to the database's clock that somebody took for right (ms)."""
        return self._confirmed_ahead

    @property
    def database_time(self) -> int:
        """The database's time (ms), reckoned from when its clock was last seen; this machine's where it never was."""
        return self() if self._database_seen is None else self._steady() + self._database_seen

    def require_sure(self) -> None:
        """Raises ClockDoubted where the clock isn't believed."""
        if self.doubt is not None:
            raise errors.ClockDoubted

    def begin(self, *, offset: int | None, latest: int, confirmed_ahead: int) -> None:
        """Goes on from what was kept: of this boot `offset` (wall less steady), of any the `latest` wall time (ms)."""
        if offset is None:
            self._not_before = latest
        else:
            self._offset = offset
        self._was_kept = offset is not None
        self._confirmed_ahead = confirmed_ahead

    def look(self, database: int | None = None, *, took: int = 0) -> None:
        """Follows a clock that is moved slowly, and compares it with the database's, asked `took` ms ago."""
        steady, wall = self._steady(), self._wall()
        most = (steady - self._looked) // FOLLOWED + 1
        self._offset = _followed(self._offset, wall - steady, most)
        self._looked = steady
        if database is not None and took <= SLOWEST_MS:
            self._compare(wall - took // 2, steady - took // 2, database, most)

    def _compare(self, wall: int, steady: int, database: int, most: int) -> None:
        self._database_ahead = wall - database
        offset = self._database_seen = database - steady
        self._has_met = self._has_met or self._agrees_with_database()
        if _agree(wall - steady, self._offset):
            # Only a small step is followed: had both clocks jumped, each would vouch for the other.
            known = self._database_offset
            self._database_offset = offset if known is None else _followed(known, offset, most)
            return
        # One that jumped to where the database's clock has been all along was set right. Where the database's jumped
        # along, it is the same machine's, and tells nothing.
        stayed = self._database_offset is not None and _agree(offset, self._database_offset)
        if stayed and _agree(self._database_ahead, 0):
            self._offset = wall - steady

    def confirm(self, time: int, *, ago: int, database_ahead: int | None) -> bool:
        """Takes the clock for right where it agrees with a `time` (ms) that somebody said up to `ago` ms ago.

        `database_ahead` is the difference to the database's clock that they took for right, too. False where this
        clock shows another time: it is doubted as before.
        """
        wall = self._wall()
        if not time - TOLERANCE_MS <= wall <= time + ago + TOLERANCE_MS:
            return False
        self._offset, self._not_before = wall - self._steady(), 0
        self._database_offset = None
        self._confirmed_ahead = database_ahead or 0
        self._has_met = True
        return True


def unwatched(clock: Callable[[], int]) -> ClockWatch:
    """The watch of a clock that is no machine's, such as a test's: it goes as it likes, and is believed."""
    return ClockWatch(clock, clock)


def _followed(offset: int, now: int, most: int) -> int:
    """An offset between two clocks, moved towards what it is `now` by `most` ms; one that jumped isn't followed."""
    return offset + max(-most, min(most, now - offset)) if _agree(now, offset) else offset


def _agree(one: int, other: int) -> bool:
    return abs(one - other) <= TOLERANCE_MS
