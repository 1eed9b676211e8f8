"""Wakes the calls in this process that wait for a request to change. Losing it loses nothing: they also look again."""

import asyncio
from collections import defaultdict


class Events:
    """Waiting calls by request id."""

    def __init__(self) -> None:
        self._waiting: defaultdict[str, set[asyncio.Future[None]]] = defaultdict(set)

    def notify(self, request_id: str) -> None:
        """Wakes all calls that wait for this request."""
        for future in self._waiting.pop(request_id, ()):
            if not future.done():
                future.set_result(None)

    def register(self, request_id: str) -> asyncio.Future[None]:
        """A future that the next `notify` resolves. Register before reading the state, so that no change is missed."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[request_id].add(future)
        return future

    def forget(self, request_id: str, future: asyncio.Future[None]) -> None:
        """Ends a registration."""
        waiting = self._waiting.get(request_id)
        if waiting is not None:
            waiting.discard(future)
            if not waiting:
                del self._waiting[request_id]
