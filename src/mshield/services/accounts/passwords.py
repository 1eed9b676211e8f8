"""Hashing passwords with Argon2id (RFC 9106, second recommended option), away from the event loop.

At most two at once: each takes 64 MiB. Who waits stands in the queue of their audience, each of a bounded length, and the
queues take turns: however many strangers try logins of one kind, a login of another waits for a few hashes at most. A
login without an account costs the same as one with a wrong password.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal, TypeVar
from weakref import WeakKeyDictionary

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from mshield.domain import errors
from mshield.services.accounts.budgets import network_subject

R = TypeVar("R")
Audience = Literal["phone", "portal", "new_password", "console", "staff"]
"""Logins of phones, portal and console; passwords set with an SMS code; staff who are logged in or have their code."""

AT_ONCE: Final = 2
MOST_WAITING: Final = 32
"""In one queue: about two seconds."""

OF_ONE_NETWORK: Final = 8
"""Places that one network may have in a queue."""

_RETRY_AFTER: Final = 3
_HASHER: Final = PasswordHasher()
_POOL: Final = ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="passwords")


@dataclass(frozen=True, slots=True)
class Turn:
    """In which queue a password waits, and from which address it came; none for who has proved themself already."""

    audience: Audience
    address: str | None = None


async def hash_password(password: str, turn: Turn) -> str:
    """The password's hash with its parameters, as it is stored. Raises Unavailable where the queue is full."""
    return await _in_turn(turn, _HASHER.hash, password)


async def verify_password(stored: str | None, password: str, turn: Turn) -> bool:
    """Whether the password fits; `stored` None stands for an account that doesn't exist and takes as long.

    Raises Unavailable where the queue is full.
    """
    return await _in_turn(turn, _verify, stored, password)


def require_place(turn: Turn) -> None:
    """Raises Unavailable where the queue is full, before anything is counted or used up for this password."""
    _turns_here().require_place(turn)


def needs_new_hash(stored: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(stored)


class _Turns:
    """The queues of a process."""

    def __init__(self) -> None:
        self._free = AT_ONCE
        self._queues: OrderedDict[Audience, deque[tuple[str | None, asyncio.Future[None]]]] = OrderedDict()

    def require_place(self, turn: Turn) -> str | None:
        """The network that this turn counts for. Raises Unavailable where there is no place to wait."""
        network = None if turn.address is None else network_subject(turn.address)
        queue = self._queues.get(turn.audience, ())
        own = sum(network == other for other, _ in queue) if network is not None else 0
        if len(queue) >= MOST_WAITING or own >= OF_ONE_NETWORK:
            raise errors.Unavailable(retry_after=_RETRY_AFTER)
        return network

    async def enter(self, turn: Turn) -> None:
        """Returns when it is this one's turn. Raises Unavailable."""
        if self._free:
            self._free -= 1
            return
        network = self.require_place(turn)
        waiter = asyncio.get_running_loop().create_future()
        self._queues.setdefault(turn.audience, deque()).append((network, waiter))
        try:
            await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():
                self.leave()
            raise

    def leave(self) -> None:
        """Gives the place to the first of the queue that has waited longest for its turn."""
        for audience in tuple(self._queues):
            queue = self._queues[audience]
            self._queues.move_to_end(audience)
            while queue:
                _, waiter = queue.popleft()
                if not waiter.done():
                    waiter.set_result(None)
                    return
            del self._queues[audience]
        self._free += 1


_ALL_TURNS: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, _Turns]] = WeakKeyDictionary()


def _turns_here() -> _Turns:
    return _ALL_TURNS.setdefault(asyncio.get_running_loop(), _Turns())


async def _in_turn(turn: Turn, work: Callable[..., R], *arguments: object) -> R:
    turns = _turns_here()
    await turns.enter(turn)
    try:
        return await asyncio.get_running_loop().run_in_executor(_POOL, work, *arguments)
    finally:
        turns.leave()


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
