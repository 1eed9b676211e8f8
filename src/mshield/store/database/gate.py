"""While commits wait for a standby no further write begins: each would leave one more session waiting at the server.

A write that was given up is at the server still, and counts against its connections until the standby is back. Nodes
that go on trying use up all that there are, and then nobody reads either.
"""

import logging
import time
from collections.abc import Awaitable, Callable
from typing import Final

from mshield.store.database.interface import Unavailable

WAITING: Final = (
    "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE usename = current_user AND wait_event = 'SyncRep'"
    " AND query_start < clock_timestamp() - interval '2 seconds') AS waiting"
)
"""Whether a session of this user waits for the standby longer than a commit ever does while there is one."""

_HOLDS_SECONDS: Final = 0.5
_log = logging.getLogger(__name__)


class CommitGate:
    """Shut from a write that took too long until no commit waits for a standby any more."""

    def __init__(self, ask: Callable[[], Awaitable[bool]]) -> None:
        """`ask` says whether one waits; it raises Unavailable where nobody can say."""
        self.shut = False
        self._ask = ask
        self._ask_at = 0.0
        self._waited = False

    def doubt(self) -> None:
        """Something took too long: whoever writes next asks why."""
        self.shut = True

    async def require(self) -> None:
        """Raises Unavailable while a commit waits. Asks twice a second at most, and others meanwhile are refused."""
        if time.monotonic() >= self._ask_at:
            self._ask_at = time.monotonic() + _HOLDS_SECONDS
            self.shut = await self._ask()
            self._tell()
        if self.shut:
            raise Unavailable("commits wait for a standby that is away")

    def _tell(self) -> None:
        if self.shut != self._waited:
            self._waited = self.shut
            if self.shut:
                _log.error("commits wait for a standby that is away: nothing is written until it is back")
            else:
                _log.warning("commits wait no more: writing goes on")
