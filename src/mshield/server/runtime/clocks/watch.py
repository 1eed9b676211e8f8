"""Checks this process's clock: against the machine's steady clock at each reading, and the database's each second.

While the clock is in doubt nothing is purged, expired or issued: jobs wait, and nothing that contains a time
is signed (`require_sure`). After a jump, `ClockWatch` continues the time from before the jump, so that a
clock that is wrong for half a minute doesn't end sessions; that time is never used in a signature. The doubt
ends when the clocks agree again, or by `mshield clock confirm`.
"""

from collections.abc import Callable
from typing import Final

from mshield.server.errors import ClockDoubted
from mshield.server.runtime.clocks.clock import Clock, wall_clock
from mshield.server.runtime.clocks.steady_clock import reader
from mshield.wire.times import FOLLOWED, SECOND_MS, TOLERANCE_MS, Doubt

SLOWEST_MS: Final = 5 * SECOND_MS
"""Longest round trip (ms) for a clock comparison. Slower replies of the database are ignored."""


class ClockWatch:
    """Clock of this process, one per process. Calling it returns the trusted time (ms)."""

    def __init__(self, wall: Clock = wall_clock, steady: Clock | None = None) -> None:
        """`steady` defaults to the machine's own steady clock."""
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
        """Returns the wall clock while it hasn't jumped; otherwise the time continued from before the jump.

        If this clock has never agreed with the database's, returns the database's time, which all earlier
        processes used.
        """
        wall, steady = self._wall(), self._steady()
        if (
            not -TOLERANCE_MS <= wall - steady - self._offset <= TOLERANCE_MS
        ):  # Inlined, since it is called several times per request.
            return steady + self._offset
        if self._has_met or self._database_seen is None:
            return wall
        return steady + self._database_seen

    @property
    def wall(self) -> int:
        """Unadjusted wall clock (ms)."""
        return self._wall()

    @property
    def steady(self) -> int:
        """Steady clock (ms since boot)."""
        return self._steady()

    @property
    def doubt(self) -> Doubt | None:
        """Reason why the clock is in doubt; None if it is trusted."""
        wall = self._wall()
        apart = wall - self._steady() - self._offset
        if abs(apart) > TOLERANCE_MS:
            return Doubt("jumped", apart)
        if wall < self._not_before - TOLERANCE_MS:
            return Doubt("set_back", wall - self._not_before)
        return None if self._agrees_with_database() else Doubt("database", self._database_ahead)

    @property
    def doubts_database(self) -> bool:
        """Reports whether there is a doubt and the database's clock is the one that moved.

        That is so if this clock once agreed with the database's, or continues from a mark of this boot, and
        hasn't jumped since.
        """
        doubt = self.doubt
        return doubt is not None and doubt.reason == "database" and (self._has_met or self._was_kept)

    def _agrees_with_database(self) -> bool:
        return _agree(self._database_ahead, 0) or _agree(self._database_ahead, self._confirmed_ahead)

    @property
    def database_ahead(self) -> int:
        """Time in ms by which this clock was ahead of the database's at the last comparison."""
        return self._database_ahead

    @property
    def confirmed_ahead(self) -> int:
        """Difference (ms) to the database's clock that an operator confirmed as right."""
        return self._confirmed_ahead

    @property
    def database_time(self) -> int:
        """Time of the database (ms), extrapolated from its last reading; this machine's time if it was never read."""
        return self() if self._database_seen is None else self._steady() + self._database_seen

    def require_sure(self) -> None:
        """Raises ClockDoubted if the clock is in doubt."""
        if self.doubt is not None:
            raise ClockDoubted

    def begin(self, *, offset: int | None, latest: int, confirmed_ahead: int) -> None:
        """Continues from stored values.

        `offset` is wall minus steady time of this boot (None: unknown), `latest` the latest wall time of any
        machine (ms).
        """
        if offset is None:
            self._not_before = latest
        else:
            self._offset = offset
        self._was_kept = offset is not None
        self._confirmed_ahead = confirmed_ahead

    def look(self, database: int | None = None, *, took: int = 0) -> None:
        """Follows small clock adjustments, and compares with the time `database` (ms), whose query took `took` ms."""
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
            # Follow only small steps of the database's clock: if both clocks had jumped, each would confirm
            # the other.
            stored = self._database_offset
            self._database_offset = offset if stored is None else _followed(stored, offset, most)
            return
        # If this clock jumped to the time that the database's clock showed all along, it was corrected. If
        # the database's clock jumped too, both run on the same machine and the agreement proves nothing.
        stayed = self._database_offset is not None and _agree(offset, self._database_offset)
        if stayed and _agree(self._database_ahead, 0):
            self._offset = wall - steady

    def confirm(self, time: int, *, ago: int, database_ahead: int | None) -> bool:
        """Trusts the clock if it agrees with the `time` (ms) that an operator confirmed `ago` ms ago.

        `database_ahead` is the difference to the database's clock confirmed with it. Returns False if this
        clock shows another time: the doubt then remains.
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
    """Returns a watch that trusts `clock` whatever it shows, for clocks that aren't a machine's, such as a test's."""
    return ClockWatch(clock, clock)


def _followed(offset: int, now: int, most: int) -> int:
    """Moves an offset between two clocks towards `now` by at most `most` ms; unchanged if it jumped."""
    return offset + max(-most, min(most, now - offset)) if _agree(now, offset) else offset


def _agree(one: int, other: int) -> bool:
    return abs(one - other) <= TOLERANCE_MS
