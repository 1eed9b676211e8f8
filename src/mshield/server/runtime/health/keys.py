"""Checks that this process's keys fit the database, and that the devices of the settings answer."""

import asyncio
import logging
import time
from dataclasses import dataclass, field
from typing import Literal

from mshield.server.database.interface import Database, StoreError
from mshield.server.keys import seals, secrets
from mshield.server.keys.errors import HardwareError, KeysError, NotUnderThisKey
from mshield.server.keys.keyring import Keyring
from mshield.server.keys.rows.secrets import find_secret

FRESH_SECONDS: float = 10.0
"""Time for which a result is reused."""

KeyState = Literal["ok", "wrong", "lost", "device", "unknown"]
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class KeyCheck:
    """Check of master keys and devices. A result is cached, and at most one check runs at a time."""

    db: Database
    keyring: Keyring
    _state: KeyState = "unknown"
    _asked_at: float = float("-inf")
    _running: asyncio.Task[None] | None = field(default=None)

    async def __call__(self, seconds: float) -> KeyState:
        """Returns the latest result; waits at most `seconds` for a new one."""
        if self._running is None and time.monotonic() - self._asked_at >= FRESH_SECONDS:
            self._running = asyncio.create_task(self._ask())
        if self._running is not None:
            await asyncio.wait({self._running}, timeout=seconds)
        return self._state

    async def aclose(self) -> None:
        """Cancels the running check."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait({self._running})

    async def _ask(self) -> None:
        state: KeyState = "unknown"
        try:
            state = await self._look()
        except StoreError:
            pass  # the check of the database reports it
        except KeysError as error:
            is_device = isinstance(error, HardwareError) and not isinstance(error, NotUnderThisKey)
            state = "device" if is_device else "wrong"
            self._warn(state, error)
        finally:
            self._state, self._asked_at, self._running = state, time.monotonic(), None

    async def _look(self) -> KeyState:
        """Returns `ok` or `lost`. Raises: KeysError (a key doesn't fit, or a device doesn't answer), StoreError."""
        # In threads, since a device may take seconds to answer.
        await asyncio.to_thread(self.keyring.refresh)
        for name in (secrets.NAME, seals.KEY):
            box = await find_secret(self.db, name=name)
            if box is None:
                return "lost"
            await asyncio.to_thread(self.keyring.open, box, purpose="secret", context=name.encode())
        await asyncio.to_thread(self.keyring.devices.require_present)
        return "ok"

    def _warn(self, state: KeyState, error: KeysError) -> None:
        if state != self._state:
            _log.error("keys: %s: %s", error.code, error.en)
