"""Resolves names that strangers chose, apart from the threads that the whole service resolves by.

The system's resolver can't be interrupted, and may hang for a minute. Each name has one look-up at a time, in a thread
of its own: the calls that want the same name wait for that one, and no other call waits for it.
"""

import asyncio
import contextlib
import socket
import threading
from dataclasses import dataclass
from typing import Final

SECONDS: Final = 10.0
"""How long a look-up is waited for: two of the system's name servers get their five seconds each."""

MOST: Final = 128
"""Look-ups under way, those included that nobody waits for any more: as many again as webhooks are sent at once."""


@dataclass(frozen=True, slots=True)
class _Lookup:
    addresses: asyncio.Future[list[str]]
    until: float


class Names:
    """The look-ups of one process. Keep it: what hangs in one must be known to the next."""

    def __init__(self, *, most: int = MOST, seconds: float = SECONDS) -> None:
        self._most, self._seconds = most, seconds
        self._under_way: dict[str, _Lookup] = {}

    async def addresses(self, host: str) -> list[str]:
        """The name's addresses now, each once. Raises OSError; TimeoutError, at once where its look-up is overdue."""
        lookup = self._under_way.get(host) or self._begin(host)
        async with asyncio.timeout_at(lookup.until):
            return await asyncio.shield(lookup.addresses)

    def _begin(self, host: str) -> _Lookup:
        if len(self._under_way) >= self._most:
            raise TimeoutError
        loop = asyncio.get_running_loop()
        lookup = _Lookup(loop.create_future(), loop.time() + self._seconds)
        # A daemon, so that a process that ends doesn't wait for somebody's name server.
        threading.Thread(target=self._look_up, args=(host, lookup, loop), daemon=True).start()
        self._under_way[host] = lookup
        return lookup

    def _look_up(self, host: str, lookup: _Lookup, loop: asyncio.AbstractEventLoop) -> None:
        """In its thread."""
        outcome: list[str] | Exception
        try:
            answers = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
            outcome = list(dict.fromkeys(str(address[0]) for *_, address in answers))
        except OSError as error:
            outcome = error
        except Exception as error:  # noqa: BLE001  # a name that can't be asked for resolves to nothing either
            outcome = OSError(type(error).__name__)
        with contextlib.suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(self._end, host, lookup, outcome)

    def _end(self, host: str, lookup: _Lookup, outcome: list[str] | Exception) -> None:
        del self._under_way[host]
        if isinstance(outcome, Exception):
            lookup.addresses.set_exception(outcome)
            lookup.addresses.exception()  # counts as seen: those who waited may all have left
        else:
            lookup.addresses.set_result(outcome)
