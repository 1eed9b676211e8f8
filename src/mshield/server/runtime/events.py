"""Wakes calls that wait for a change of a request: in this process and, on PostgreSQL, in all others.

Notifications may come late or twice without harm: a woken call reads the database, and also polls it regularly.
"""

from collections.abc import Callable
from itertools import chain
from typing import Final

from mshield.server.database.notifying import Link

Wake = Callable[[], None]
Listener = Callable[[str], None]
LOOK_AGAIN_SECONDS: Final = 15.0
"""Polling interval of a waiting call, since a process may die between its commit and its notification."""

ALONE_LOOK_AGAIN_SECONDS: Final = 2.0
"""Polling interval while notifications from other processes can't be received."""


class Events:
    """Waiting calls by request id."""

    def __init__(self, url: str | None = None) -> None:
        """`url` is a direct PostgreSQL connection, not through a pooler; None with a single process."""
        self._waiting: dict[str, list[Wake]] = {}
        self._always: list[Wake] = []
        self._listeners: dict[str, Listener] = {}
        self._link = None if url is None else Link(url, hear=self._wake, hear_all=self._wake_all)
        self.stopped = False
        """Whether this process is about to end, so that no call may wait any longer."""

    @property
    def look_again_seconds(self) -> float:
        """Seconds after which a waiting call must poll, since its notification may have been lost."""
        in_touch = self._link is None or self._link.connected
        return LOOK_AGAIN_SECONDS if in_touch else ALONE_LOOK_AGAIN_SECONDS

    async def keep(self) -> None:
        """Keeps the connection to the other processes until cancelled."""
        if self._link is not None:
            await self._link.keep()

    def notify(self, request_id: str) -> None:
        """Wakes all calls waiting for this request. Call it after the commit."""
        self._wake(request_id)
        if self._link is not None:
            self._link.send(request_id)

    def stop(self) -> None:
        """Ends all waiting in this process."""
        self.stopped = True
        self._wake_all()

    def watch(self, request_id: str, wake: Wake) -> None:
        """Calls `wake` at each change of the request. Watch before reading the state, so that no change is missed."""
        self._waiting.setdefault(request_id, []).append(wake)

    def unwatch(self, request_id: str, wake: Wake) -> None:
        """Ends a watch."""
        waiting = self._waiting[request_id]
        waiting.remove(wake)
        if not waiting:
            del self._waiting[request_id]

    def watch_all(self, wake: Wake) -> None:
        """Calls `wake` at each change of any request."""
        self._always.append(wake)

    def subscribe(self, prefix: str, listener: Listener) -> None:
        """Calls `listener` with each notified name that begins with `prefix`, from any process."""
        self._listeners[prefix] = listener

    def _wake(self, request_id: str) -> None:
        for prefix, listener in self._listeners.items():
            if request_id.startswith(prefix):
                listener(request_id)
                return
        for wake in (*self._waiting.get(request_id, ()), *self._always):
            wake()

    def _wake_all(self) -> None:
        for wake in [*chain.from_iterable(self._waiting.values()), *self._always]:
            wake()
