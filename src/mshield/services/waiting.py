"""A call that is held until a request's state is another one than the caller knows, or its time is over."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Protocol, TypeVar

from mshield.domain.requests import OPEN
from mshield.services.events import Events

_JUST_AFTER_SECONDS: Final = 0.002


class State(Protocol):
    """What is waited for."""

    @property
    def state(self) -> str: ...

    @property
    def expires_at(self) -> int: ...


S = TypeVar("S", bound=State)


async def wait_for_change(
    events: Events,
    request_id: str,
    look: Callable[[int], Awaitable[S]],
    *,
    known: str,
    seconds: int,
    now: int,
) -> S:
    """What `look` gives at a time (ms) as soon as its state differs from `known`, or after `seconds`.

    It looks when it is woken, when the request's time is over, and now and then; at once where the process ends.
    """
    loop = asyncio.get_running_loop()
    start = loop.time()
    with events.watching(request_id) as changed:
        while True:
            changed.clear()
            elapsed = loop.time() - start
            at = now + int(elapsed * 1000)
            found = await look(at)
            if found.state != known or elapsed >= seconds or events.stopped:
                return found
            pause = min(seconds - elapsed, events.look_again_seconds)
            if found.state in OPEN:
                pause = min(pause, (found.expires_at - at) / 1000 + _JUST_AFTER_SECONDS)
            await changed.wait(pause)
