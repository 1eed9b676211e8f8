"""Password hashing with Argon2id (RFC 9106, second recommended option), outside the event loop.

At most two hashes run at once, since each takes 64 MiB. Calls wait in one queue per audience, each of bounded
length, and the queues are served in turn: however many attempts one kind of login gets, a login of another
kind waits for a few hashes at most. A login with an unknown account takes as long as one with a wrong
password.
"""

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from typing import Final, Literal, TypeVar
from weakref import WeakKeyDictionary

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from mshield.server.errors import Unavailable
from mshield.server.values.throttling import prefix_subject

R = TypeVar("R")
Audience = Literal["phone", "portal", "new_password", "console", "staff"]
"""Logins at phone, portal or console; new passwords set by SMS code; staff who are logged in or have their code."""

AT_ONCE: Final = 2
MOST_PLACES: Final = 32
"""Places in one queue, about two seconds' worth of hashing."""

OF_ONE_NETWORK: Final = 8
"""Places in one queue that one network may occupy."""

_RETRY_AFTER: Final = 3
_HASHER: Final = PasswordHasher()
_POOL: Final = ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="passwords")


class Turn:
    """A place in a queue, returned by `take_turn`."""

    __slots__ = ("audience", "network", "queues")

    def __init__(self, queues: "_Queues", audience: Audience, network: str | None) -> None:
        self.queues, self.audience, self.network = queues, audience, network


@contextmanager
def take_turn(audience: Audience, address: str | None = None) -> Iterator[Turn]:
    """Reserves a place in the queue for one password; call it before counting an attempt or spending a code.

    `address` is the caller's; None for callers who have already proved who they are. Raises: Unavailable
    (queue full).
    """
    queues = _ALL_QUEUES.setdefault(asyncio.get_running_loop(), _Queues())
    turn = Turn(queues, audience, None if address is None else prefix_subject(address))
    queues.admit(turn)
    try:
        yield turn
    finally:
        queues.dismiss(turn)


async def hash_password(password: str, turn: Turn) -> str:
    """Returns the password's hash with its parameters, in the stored form."""
    return await _in_turn(turn, _HASHER.hash, password)


async def verify_password(stored: str | None, password: str, turn: Turn) -> bool:
    """Reports whether the password matches the stored hash.

    If `stored` is None (no such account) it takes the same time and returns False.
    """
    return await _in_turn(turn, _verify, stored, password)


def needs_new_hash(stored: str) -> bool:
    """Reports whether the hash was made with parameters other than the current ones."""
    return _HASHER.check_needs_rehash(stored)


class _Queues:
    """Queues of one process and event loop."""

    def __init__(self) -> None:
        self._free = AT_ONCE
        self._places: Counter[tuple[Audience, str | None]] = Counter()
        self._queues: OrderedDict[Audience, deque[asyncio.Future[None]]] = OrderedDict()

    def admit(self, turn: Turn) -> None:
        """Occupies a place in the queue.

        Raises: Unavailable (queue full, or the network occupies all of its places).
        """
        own = turn.audience, turn.network
        is_crowded = turn.network is not None and self._places[own] >= OF_ONE_NETWORK
        if is_crowded or self._places[turn.audience, None] >= MOST_PLACES:
            raise Unavailable(retry_after=_RETRY_AFTER)
        self._places[turn.audience, None] += 1
        if turn.network is not None:
            self._places[own] += 1

    def dismiss(self, turn: Turn) -> None:
        """Frees the place."""
        for name in {(turn.audience, None), (turn.audience, turn.network)}:
            self._places[name] -= 1
            if not self._places[name]:
                del self._places[name]

    async def enter(self, audience: Audience) -> None:
        """Waits for a free hashing slot, in the order of the audience's queue."""
        if self._free:
            self._free -= 1
            return
        waiter = asyncio.get_running_loop().create_future()
        self._queues.setdefault(audience, deque()).append(waiter)
        try:
            await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():
                self.leave()
            raise

    def leave(self) -> None:
        """Hands the slot to the first waiter of the queue that was served least recently; frees it if nobody waits."""
        for audience in tuple(self._queues):
            queue = self._queues[audience]
            self._queues.move_to_end(audience)
            while queue:
                waiter = queue.popleft()
                if not waiter.done():
                    waiter.set_result(None)
                    return
            del self._queues[audience]
        self._free += 1


_ALL_QUEUES: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, _Queues]] = WeakKeyDictionary()


async def _in_turn(turn: Turn, work: Callable[..., R], *arguments: object) -> R:
    await turn.queues.enter(turn.audience)
    try:
        return await asyncio.get_running_loop().run_in_executor(_POOL, work, *arguments)
    finally:
        turn.queues.leave()


def _verify(stored: str | None, password: str) -> bool:
    # Compute it even if it may not be needed, so that the first login takes the same time either way.
    nobodys = _dummy_hash(_HASHER)
    try:
        _HASHER.verify(nobodys if stored is None else stored, password)
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


@lru_cache(maxsize=1)
def _dummy_hash(hasher: PasswordHasher) -> str:
    return hasher.hash("nobody")
