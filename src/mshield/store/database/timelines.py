"""Which server is the newest primary: one that was replaced, and thaws or is reached again, is asked nothing any more.

PostgreSQL counts promotions in its timeline. A former primary acknowledges no commit, as its standby has left it, but
it answers reads until somebody stops it: a spent one-time value as unspent, a revoked certificate as valid.
"""

from typing import Any, Final

import asyncpg

from mshield.store.database.interface import Unavailable

# The timeline of the log that is being written: that of pg_control_checkpoint is the old one for seconds.
_QUESTION: Final = (
    "SELECT (SELECT system_identifier FROM pg_control_system()) AS cluster,"
    " CASE WHEN pg_is_in_recovery() THEN NULL"
    " ELSE left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) END AS timeline"
)


class Timelines:
    """The newest timeline that a process has met, of the cluster that it met last; another cluster counts anew."""

    def __init__(self) -> None:
        self.newest = 0
        self._cluster = 0

    async def of(self, connection: Any) -> int | None:
        """A new connection's timeline, None of a standby or a server that doesn't say.

        Raises Unavailable where the server was replaced.
        """
        try:
            row = await connection.fetchrow(_QUESTION)
        except (asyncpg.InsufficientPrivilegeError, asyncpg.FeatureNotSupportedError):  # of some providers
            return None
        if row["timeline"] is None:
            return None
        timeline = int(row["timeline"], 16)
        if row["cluster"] != self._cluster:
            self._cluster, self.newest = row["cluster"], timeline
        if timeline < self.newest:
            raise Unavailable("this server is a former primary")
        self.newest = timeline
        return timeline

    def is_former(self, timeline: int | None) -> bool:
        """Whether a connection of this timeline leads to a server that was replaced."""
        return timeline is not None and timeline < self.newest
