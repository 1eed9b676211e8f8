"""What tells a key that a device holds from one in memory: its signatures may take their time."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class HeldByDevice:
    """A key that a device holds."""


async def signing(key: object, work: Callable[[], T]) -> T:
    """What `work` makes, which has `key` sign: in a thread where a device does, so that the loop goes on meanwhile."""
    return await asyncio.to_thread(work) if isinstance(key, HeldByDevice) else work()
