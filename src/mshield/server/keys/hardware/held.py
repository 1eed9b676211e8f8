"""Marker for keys in a device, whose signatures may take long."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class HeldByDevice:
    """Key held by a device."""


async def signing(key: object, work: Callable[[], T]) -> T:
    """Runs `work`, which signs with `key`, and returns its result.

    If a device holds the key, `work` runs in a thread, so that it doesn't block the event loop.
    """
    return await asyncio.to_thread(work) if isinstance(key, HeldByDevice) else work()
