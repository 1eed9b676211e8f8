"""Hashing passwords with Argon2id (RFC 9106, second recommended option), away from the event loop.

At most two at once: each takes 64 MiB. Who waits stands in the queue of their audience, each of a bounded length, and
the queues take turns: however many strangers try logins of one kind, a login of another waits for a few hashes at most.
A login without an account costs the same as one with a wrong password.
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

from mshield.domain import errors
from mshield.domain.throttling import prefix_subject

R = TypeVar("R")
Audience = Literal["phone", "portal", "new_password", "console", "staff"]
"""Logins of phones, portal and console; passwords set with an SMS code; staff who are logged in or have their code."""

AT_ONCE: Final = 2
MOST_PLACES: Final = 32
"""In one queue: about two seconds."""

OF_ONE_NETWORK: Final = 8
"""How many of those places one network may take."""

_RETRY_AFTER: Final = 3
_HASHER: Final = PasswordHasher()
_POOL: Final = ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="passwords")


class Turn:
    """A place in a queue, given by `take_turn`."""

    __slots__ = ("audience", "network", "queues")

    def __init__(self, queues: "_Queues", audience: Audience, network: str | None) -> None:
        self.queues, self.audience, self.network = queues, audience, network


@contextmanager
def take_turn(audience: Audience, address: str | None = None) -> Iterator[Turn]:
    """A place in the queue for one password, before anything is counted or used up for it.

    `address` is whence it came; none for who has proved themself already. Raises Unavailable where the queue is full.
    """
    queues = _ALL_QUEUES.setdefault(asyncio.get_running_loop(), _Queues())
    turn = Turn(queues, audience, None if address is None else prefix_subject(address))
    queues.admit(turn)
    try:
        yield turn
    finally:
        queues.dismiss(turn)


async def hash_password(password: str, turn: Turn) -> str:
    """The password's hash with its parameters, as it is stored."""
    return await _in_turn(turn, _HASHER.hash, password)


async def verify_password(stored: str | None, password: str, turn: Turn) -> bool:
    """Whether the password fits; `stored` None stands for an account that doesn't exist and takes as long."""
    return await _in_turn(turn, _verify, stored, password)


def needs_new_hash(stored: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(stored)


class _Queues:
    """The queues of a process."""

    def __init__(self) -> None:
        self._free = AT_ONCE
        self._places: Counter[tuple[Audience, str | None]] = Counter()
        self._queues: OrderedDict[Audience, deque[asyncio.Future[None]]] = OrderedDict()

    def admit(self, turn: Turn) -> None:
        """Counts a place. Raises Unavailable where there is none."""
        own = turn.audience, turn.network
        is_crowded = turn.network is not None and self._places[own] >= OF_ONE_NETWORK
        if is_crowded or self._places[turn.audience, None] >= MOST_PLACES:
            raise errors.Unavailable(retry_after=_RETRY_AFTER)
        self._places[turn.audience, None] += 1
        if turn.network is not None:
            self._places[own] += 1

    def dismiss(self, turn: Turn) -> None:
        """It is free again."""
        for name in {(turn.audience, None), (turn.audience, turn.network)}:
            self._places[name] -= 1
            if not self._places[name]:
                del self._places[name]

    async def enter(self, audience: Audience) -> None:
        """Returns when it is this one's turn."""
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
        """Lets in the first of the queue that has waited longest for its turn."""
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
    nobodys = _nobodys_hash(_HASHER)  # made by whichever login comes first, so that its time tells nothing
    try:
        _HASHER.verify(nobodys if stored is None else stored, password)
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


@lru_cache(maxsize=1)
def _nobodys_hash(hasher: PasswordHasher) -> str:
    return hasher.hash("nobody")
