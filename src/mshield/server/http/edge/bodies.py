"""Reads the body of a call, within its route's size limit, a time limit, and a limit on the memory of all bodies.

A body still being received occupies memory. The total is bounded, and each address may use a part of it.
Authenticated callers have a budget of their own, so that strangers can't keep business systems from sending
documents. A caller's large bodies are received and processed one at a time, so that sending many at once
occupies no more memory.

One timer serves the timeouts of all calls: a timer per call costs more than a call itself. Otherwise timeouts
are like `asyncio.timeout`: the call's task is cancelled, and a cancellation by somebody else stays one.
"""

import asyncio
import io
from collections import Counter
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self

from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope

from mshield.server.errors import Unavailable
from mshield.server.http.caller import ACTOR, address_of
from mshield.server.http.edge.exchange import WHOLE, Exchange
from mshield.server.http.problems import TookTooLong, TooLarge, TooSlow
from mshield.server.values.throttling import address_subject

_LOOK_SECONDS: Final = 0.1
"""Interval of the timer: a call may end this much later than its timeout."""


class Deadlines:
    """Timeouts of all calls of one process."""

    def __init__(self) -> None:
        self._open: dict[Deadline, None] = {}
        self._timer: asyncio.TimerHandle | None = None

    def within(self, seconds: float, late: type[Exception] = TookTooLong) -> "Deadline":
        """Returns a context manager that cancels its task after `seconds` and then raises `late`."""
        return Deadline(self, seconds, late)

    def add(self, deadline: "Deadline", loop: asyncio.AbstractEventLoop) -> None:
        """Watches one more timeout, and starts the timer if necessary."""
        self._open[deadline] = None
        if self._timer is None:
            self._timer = loop.call_later(_LOOK_SECONDS, self._check, loop)

    def remove(self, deadline: "Deadline") -> None:
        """Stops watching a timeout."""
        del self._open[deadline]

    def _check(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for deadline in self._open:
            deadline.end_if_over(now)
        self._timer = loop.call_later(_LOOK_SECONDS, self._check, loop) if self._open else None


class Deadline:
    """Timeout of one call, as a context manager."""

    __slots__ = ("_among", "_cancelling", "_due", "_is_over", "_late", "_seconds", "_task")

    _task: asyncio.Task[object]

    def __init__(self, among: Deadlines, seconds: float, late: type[Exception]) -> None:
        self._among, self._seconds, self._late = among, seconds, late
        self._due, self._cancelling, self._is_over = 0.0, 0, False

    def __enter__(self) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  # for the type
        loop = task.get_loop()
        self._task, self._cancelling, self._due = task, task.cancelling(), loop.time() + self._seconds
        self._among.add(self, loop)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._among.remove(self)
        if not self._is_over:
            return
        # If somebody else cancelled the task too, the cancellation propagates instead of `late`.
        if self._task.uncancel() <= self._cancelling and isinstance(
            error, asyncio.CancelledError | TimeoutError
        ):
            raise self._late from error

    def end_if_over(self, now: float) -> None:
        """Cancels the task, once, if its time limit is exceeded."""
        if now >= self._due and not self._is_over:
            self._is_over = True
            self._task.cancel()


_MIB: Final = 1024 * 1024
STRANGERS_HOLD: Final = 32 * _MIB
KNOWN_HOLD: Final = 128 * _MIB
_EACH: Final = 16 * 1024
"""Memory in bytes that a call occupies besides its body: task, scope, headers, the server's own buffer."""

SECONDS: Final = 10
"""Time within which a body must have arrived."""
OCTETS_PER_SECOND: Final = 32 * 1024
"""Minimum rate of an authenticated caller's body, which may be large and so take longer than `SECONDS`."""
LARGE: Final = 256 * 1024
"""Size in bytes from which a known caller's body waits for its turn."""
MOST_WAITING: Final = 20
"""Maximum large bodies of one caller that wait or are processed."""
TURN_SECONDS: Final = 30
"""Maximum time that a large body waits for its turn."""
_RETRY_AFTER: Final = 5


class Held:
    """Memory of unfinished bodies, in bytes: the total and per address."""

    def __init__(self, most: int, *, of_one_address: int) -> None:
        self._most, self._of_one_address = most, of_one_address
        self._all = 0
        self._by_address: Counter[str] = Counter()

    @property
    def octets(self) -> int:
        """Bytes held now."""
        return self._all

    def account(self, address: str) -> "Account":
        """Returns a context manager that accounts for one body until it has arrived or was given up."""
        return Account(self, address_subject(address))

    def require_room(self, address: str, octets: int) -> None:
        """Raises: Unavailable (no room for that many bytes)."""
        subject = address_subject(address)
        if octets > min(self._most - self._all, self._of_one_address - self._by_address.get(subject, 0)):
            raise Unavailable(retry_after=_RETRY_AFTER)

    def change(self, address: str, octets: int) -> None:
        """Adds `octets`, which may be negative. Raises: Unavailable (no room; nothing is added)."""
        room = self._most - self._all, self._of_one_address - self._by_address[address]
        if octets > min(room):
            raise Unavailable(retry_after=_RETRY_AFTER)
        self._all += octets
        self._by_address[address] += octets
        if not self._by_address[address]:
            del self._by_address[address]


class Account:
    """Context manager that accounts for one body's memory. Raises: Unavailable on entry, if there is no room."""

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
        """Accounts for bytes that have arrived. Raises: Unavailable."""
        self._held.change(self._address, octets)
        self._octets += octets

    def close(self) -> None:
        """Releases everything that this body holds."""
        self._held.change(self._address, -self._octets)


@dataclass(slots=True)
class _Queue:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    calls: int = 0


class Turns:
    """Order of large bodies: each caller has one turn at a time."""

    def __init__(self) -> None:
        self._queues: dict[object, _Queue] = {}

    async def begin(self, caller: object, account: Account) -> "Turn":
        """Waits for the caller's turn. Raises: Unavailable (too many wait, or waited too long)."""
        queue = self._queues.setdefault(caller, _Queue())
        if queue.calls >= MOST_WAITING:
            raise Unavailable(retry_after=_RETRY_AFTER)
        queue.calls += 1
        try:
            async with asyncio.timeout(TURN_SECONDS):
                await queue.lock.acquire()
        except BaseException as error:
            self._leave(caller, queue)
            if isinstance(error, TimeoutError):
                raise Unavailable(retry_after=_RETRY_AFTER) from None
            raise
        return Turn(self, caller, account)

    def end(self, caller: object) -> None:
        """Ends the caller's turn; its next one begins."""
        queue = self._queues[caller]
        queue.lock.release()
        self._leave(caller, queue)

    def _leave(self, caller: object, queue: _Queue) -> None:
        queue.calls -= 1
        if not queue.calls:
            del self._queues[caller]


@dataclass(slots=True)
class Turn:
    """Turn of a caller's large body, until its call is answered; the body's memory is accounted for as long."""

    _turns: Turns
    _caller: object
    _account: Account

    def hold(self, octets: int) -> None:
        """Accounts for the body, which has arrived. Raises: Unavailable."""
        self._account.add(octets)

    def end(self) -> None:
        """Ends the turn and releases the memory."""
        self._account.close()
        self._turns.end(self._caller)


class Bodies:
    """Reader of all bodies of this process, with a memory budget for strangers and one for known callers."""

    def __init__(self, deadlines: Deadlines) -> None:
        self._deadlines = deadlines
        self.strangers = Held(STRANGERS_HOLD, of_one_address=STRANGERS_HOLD // 8)
        self.known = Held(KNOWN_HOLD, of_one_address=KNOWN_HOLD // 2)
        self._turns = Turns()

    async def turn(self, request: Request, announced: int | None) -> Turn | None:
        """Waits for a known caller's turn if the body may be large. Raises: Unavailable."""
        if announced is not None and announced < LARGE:
            return None
        address = address_of(request)
        self.known.require_room(address, announced or 0)
        return await self._turns.begin(request.scope.get(ACTOR, address), self.known.account(address))

    async def take(
        self, request: Request, receive: Receive, *, announced: int | None, most: int, known: bool
    ) -> bytes:
        """Reads and returns the body; `announced` is its length in bytes, None if unknown.

        Raises: TooLarge, TooSlow, Unavailable (memory budget exhausted), ClientDisconnect.
        """
        if announced == 0:
            return b""
        if announced is not None and announced > most:
            raise TooLarge
        budget = self.known if known else self.strangers
        exchange: Exchange | None = request.scope.pop(WHOLE, None)
        if exchange is not None and exchange.is_whole():
            # The body has arrived completely: there is nothing to wait for, and nothing is held after this
            # branch.
            if len(exchange.body) > most:
                raise TooLarge
            budget.require_room(address_of(request), _EACH + len(exchange.body))
            return exchange.taken()
        with budget.account(address_of(request)) as account:
            if announced is not None and not known:
                # The common case is a small body right after its head: the shared timer is cheaper than
                # `asyncio.timeout`.
                with self._deadlines.within(SECONDS, TooSlow):
                    return await _read_all(receive, account, most, None)
            try:
                async with asyncio.timeout(SECONDS) as patience:
                    return await _read_all(receive, account, most, patience if known else None)
            except TimeoutError:
                raise TooSlow from None


def announced_length(scope: Scope) -> int | None:
    """Returns the body's announced length in bytes; None for a chunked body, whose length is unknown."""
    length = 0
    for name, value in scope["headers"]:
        if name == b"transfer-encoding":
            return None
        if name == b"content-length":
            length = int(value)  # the server has already checked that it is a number
    return length


async def _read_all(receive: Receive, account: Account, most: int, patience: asyncio.Timeout | None) -> bytes:
    """Reads the body to its end; with `patience`, every part prolongs the timeout at `OCTETS_PER_SECOND`."""
    start = asyncio.get_running_loop().time()
    # Not a list of parts: thousands of small blocks would leave the process's heap large and empty behind them,
    # while one large block is returned to the system. `getvalue` returns that block without a copy.
    body = io.BytesIO()
    first, octets, more = b"", 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        part = message.get("body", b"")
        octets += len(part)
        if octets > most:
            raise TooLarge
        account.add(len(part))
        if octets == len(part):
            first = part
        else:
            if first:
                body.write(first)
                first = b""
            body.write(part)
        if (more := message.get("more_body", False)) and patience is not None:
            patience.reschedule(start + SECONDS + octets / OCTETS_PER_SECOND)
    return first or body.getvalue()
