"""DNS lookups of names supplied by others, separate from the threads of the service's own lookups.

The system's resolver can't be interrupted and may hang for a minute. Each name has at most one lookup at a
time, in its own thread: calls for the same name wait for that lookup, and other calls don't.
"""

import asyncio
import contextlib
import socket
import threading
from dataclasses import dataclass
from typing import Final

SECONDS: Final = 10.0
"""Time to wait for a lookup: five seconds for each of two name servers."""

MOST: Final = 128
"""Maximum number of lookups, abandoned ones included: twice as many as webhooks are sent at once."""


@dataclass(frozen=True, slots=True)
class _Lookup:
    addresses: asyncio.Future[list[str]]
    until: float


class Names:
    """Lookups of one process. Keep one instance, so that the next call knows about a hanging lookup."""

    def __init__(self, *, most: int = MOST, seconds: float = SECONDS) -> None:
        self._most, self._seconds = most, seconds
        self._under_way: dict[str, _Lookup] = {}

    async def addresses(self, host: str) -> list[str]:
        """Returns the name's addresses without duplicates.

        Raises: OSError, TimeoutError (at once if its lookup is overdue).
        """
        lookup = self._under_way.get(host) or self._begin(host)
        async with asyncio.timeout_at(lookup.until):
            return await asyncio.shield(lookup.addresses)

    def _begin(self, host: str) -> _Lookup:
        if len(self._under_way) >= self._most:
            raise TimeoutError
        loop = asyncio.get_running_loop()
        lookup = _Lookup(loop.create_future(), loop.time() + self._seconds)
        # A daemon thread, so that a process that ends doesn't wait for a name server.
        threading.Thread(target=self._look_up, args=(host, lookup, loop), daemon=True).start()
        self._under_way[host] = lookup
        return lookup

    def _look_up(self, host: str, lookup: _Lookup, loop: asyncio.AbstractEventLoop) -> None:
        """Runs the lookup, in its own thread."""
        outcome: list[str] | Exception
        try:
            answers = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
            outcome = list(dict.fromkeys(str(address[0]) for *_, address in answers))
        except OSError as error:
            outcome = error
        except Exception as error:  # noqa: BLE001  # an invalid name resolves to nothing as well
            outcome = OSError(type(error).__name__)
        with contextlib.suppress(RuntimeError):  # The loop has ended.
            loop.call_soon_threadsafe(self._end, host, lookup, outcome)

    def _end(self, host: str, lookup: _Lookup, outcome: list[str] | Exception) -> None:
        del self._under_way[host]
        if isinstance(outcome, Exception):
            lookup.addresses.set_exception(outcome)
            lookup.addresses.exception()  # Marks the error as retrieved: all waiting callers may have left.
        else:
            lookup.addresses.set_result(outcome)
