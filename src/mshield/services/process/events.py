"""Wakes the calls that wait for a request to change: in this process, and on PostgreSQL in all others of the database.

News may come late or twice and nothing is lost by it: who is woken looks at the database, and looks again unasked.
"""

from collections.abc import Callable
from itertools import chain
from typing import Final

from mshield.store.database.notifying import Link

Wake = Callable[[], None]
Hear = Callable[[str], None]
LOOK_AGAIN_SECONDS: Final = 15.0
"""After which a waiting call looks by itself: a process may die between its commit and its news."""

ALONE_LOOK_AGAIN_SECONDS: Final = 2.0
"""The same while other processes can't be heard."""


class Events:
    """Who waits, by request id."""

    def __init__(self, url: str | None = None) -> None:
        """`url` is PostgreSQL's, past any pooler; None where one process is all there is."""
        self._waiting: dict[str, list[Wake]] = {}
        self._always: list[Wake] = []
        self._hearing: dict[str, Hear] = {}
        self._link = None if url is None else Link(url, hear=self._wake, hear_all=self._wake_all)
        self.stopped = False
        """Whether this process is about to end: then nothing waits any more."""

    @property
    def look_again_seconds(self) -> float:
        """How long a waiting call may rely on being woken."""
        in_touch = self._link is None or self._link.connected
        return LOOK_AGAIN_SECONDS if in_touch else ALONE_LOOK_AGAIN_SECONDS

    async def keep(self) -> None:
        """Keeps in touch with the other processes until it is cancelled."""
        if self._link is not None:
            await self._link.keep()

    def notify(self, request_id: str) -> None:
        """Wakes all that wait for this request. To be called after the commit."""
        self._wake(request_id)
        if self._link is not None:
            self._link.tell(request_id)

    def stop(self) -> None:
        """Ends all waiting in this process."""
        self.stopped = True
        self._wake_all()

    def watch(self, request_id: str, wake: Wake) -> None:
        """Has `wake` called at each change of the request. Watch before reading the state, so that none is missed."""
        self._waiting.setdefault(request_id, []).append(wake)

    def unwatch(self, request_id: str, wake: Wake) -> None:
        """Ends a watch."""
        waiting = self._waiting[request_id]
        waiting.remove(wake)
        if not waiting:
            del self._waiting[request_id]

    def watch_all(self, wake: Wake) -> None:
        """Has `wake` called at each change of any request."""
        self._always.append(wake)

    def hear(self, prefix: str, hear: Hear) -> None:
        """Has `hear` called with each name that begins so, whichever process notified of it."""
        self._hearing[prefix] = hear

    def _wake(self, request_id: str) -> None:
        for prefix, hear in self._hearing.items():
            if request_id.startswith(prefix):
                hear(request_id)
                return
        for wake in (*self._waiting.get(request_id, ()), *self._always):
            wake()

    def _wake_all(self) -> None:
        for wake in [*chain.from_iterable(self._waiting.values()), *self._always]:
            wake()
