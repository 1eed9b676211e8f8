"""Takes a call's body as it arrives: counted against its route's limit, against time, and against what all hold.

A body that is still under way holds memory. All of them together hold a bounded amount, and one address a part of it;
callers who are known have an amount of their own, so that strangers can't keep business systems from sending documents.
"""

import asyncio
from collections import Counter
from types import TracebackType
from typing import Final, Self

from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope

from mshield.domain import errors
from mshield.domain.throttling import address_subject
from mshield.web.caller import address_of
from mshield.web.edge.deadlines import Deadlines
from mshield.web.edge.exchange import WHOLE, Exchange
from mshield.web.problems import TooLarge, TooSlow

_MIB: Final = 1024 * 1024
STRANGERS_HOLD: Final = 32 * _MIB
KNOWN_HOLD: Final = 128 * _MIB
_EACH: Final = 16 * 1024
"""What a call under way costs beside its body: task, scope, headers, the server's own buffer."""

SECONDS: Final = 10
"""Within which a body has come."""
OCTETS_PER_SECOND: Final = 32 * 1024
"""How fast a body must go on coming of a caller who is known, and so may send a large one."""
_RETRY_AFTER: Final = 5


class Held:
    """Memory of unfinished bodies, counted in all and by address."""

    def __init__(self, most: int, *, of_one_address: int) -> None:
        self._most, self._of_one_address = most, of_one_address
        self._all = 0
        self._by_address: Counter[str] = Counter()

    @property
    def octets(self) -> int:
        """How much is held now."""
        return self._all

    def account(self, address: str) -> "Account":
        """What one body holds, as a context: until it has come or was given up."""
        return Account(self, address_subject(address))

    def require_room(self, address: str, octets: int) -> None:
        """Raises Unavailable where there is no room for so much."""
        subject = address_subject(address)
        if octets > min(self._most - self._all, self._of_one_address - self._by_address.get(subject, 0)):
            raise errors.Unavailable(retry_after=_RETRY_AFTER)

    def change(self, address: str, octets: int) -> None:
        """Adds, or takes away. Raises Unavailable where there is no room, and then adds nothing."""
        room = self._most - self._all, self._of_one_address - self._by_address[address]
        if octets > min(room):
            raise errors.Unavailable(retry_after=_RETRY_AFTER)
        self._all += octets
        self._by_address[address] += octets
        if not self._by_address[address]:
            del self._by_address[address]


class Account:
    """One body's part, as a context manager. Entering raises Unavailable where there is no room for any."""

    __slots__ = ("_address", "_held", "_octets")

    def __init__(self, held: Held, address: str) -> None:
        self._held, self._address, self._octets = held, address, 0

    def __enter__(self) -> Self:
        self.add(_EACH)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def add(self, octets: int) -> None:
        """So much more has come. Raises Unavailable."""
        self._held.change(self._address, octets)
        self._octets += octets

    def close(self) -> None:
        """Nothing is held any more."""
        self._held.change(self._address, -self._octets)


class Bodies:
    """One per process."""

    def __init__(self, deadlines: Deadlines) -> None:
        self._deadlines = deadlines
        self.strangers = Held(STRANGERS_HOLD, of_one_address=STRANGERS_HOLD // 8)
        self.known = Held(KNOWN_HOLD, of_one_address=KNOWN_HOLD // 2)

    async def take(
        self, request: Request, receive: Receive, *, announced: int | None, most: int, known: bool
    ) -> bytes:
        """The body, of whose octets so many were announced.

        Raises TooLarge, TooSlow, Unavailable where too much is under way, ClientDisconnect.
        """
        if announced == 0:
            return b""
        if announced is not None and announced > most:
            raise TooLarge
        held = self.known if known else self.strangers
        exchange: Exchange | None = request.scope.pop(WHOLE, None)
        if exchange is not None and exchange.is_whole():
            # Nothing is waited for, and nothing held beyond this line.
            if len(exchange.body) > most:
                raise TooLarge
            held.require_room(address_of(request), _EACH + len(exchange.body))
            return exchange.taken()
        with held.account(address_of(request)) as account:
            if announced is not None and not known:
                # Nearly always: a small body that comes right after its head.
                with self._deadlines.within(SECONDS, TooSlow):
                    return await _taken(receive, account, most, None)
            try:
                async with asyncio.timeout(SECONDS) as patience:
                    return await _taken(receive, account, most, patience if known else None)
            except TimeoutError:
                raise TooSlow from None


def announced_length(scope: Scope) -> int | None:
    """Octets of the body that a call announces; None where it comes in chunks, of unknown number."""
    length = 0
    for name, value in scope["headers"]:
        if name == b"transfer-encoding":
            return None
        if name == b"content-length":
            length = int(value)  # the server has checked that it is a number
    return length


async def _taken(receive: Receive, account: Account, most: int, patience: asyncio.Timeout | None) -> bytes:
    """`patience` is there where a large body may take longer, as long as it goes on coming."""
    start = asyncio.get_running_loop().time()
    parts: list[bytes] = []
    octets, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        part = message.get("body", b"")
        octets += len(part)
        if octets > most:
            raise TooLarge
        account.add(len(part))
        parts.append(part)
        if (more := message.get("more_body", False)) and patience is not None:
            patience.reschedule(start + SECONDS + octets / OCTETS_PER_SECOND)
    return parts[0] if len(parts) == 1 else b"".join(parts)
