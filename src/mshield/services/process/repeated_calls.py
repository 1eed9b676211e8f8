"""A call that comes again with its idempotency key gets the same answer as before; nothing is done twice (R17).

An answer is kept for a day, sealed, since it may hold a token. Where a process dies between carrying a call out and
keeping its answer, the repeat is carried out anew, as any call would be.
"""

import asyncio
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from typing import Final

import msgspec

from mshield.domain import errors
from mshield.domain.times import MINUTE_MS
from mshield.keys.keyring import Keyring
from mshield.keys.secrets import LookupKey
from mshield.store.database.interface import Database
from mshield.store.process import idempotency as store

HELD_MS: Final = MINUTE_MS
"""How long a call may take; after that its process counts as dead."""

_WAIT_SECONDS: Final = 5.0
_LOOK_SECONDS: Final = 0.1
_PURPOSE: Final = "answer"
_KIND: Final = "idempotent-request"


class KeptAnswer(msgspec.Struct, frozen=True):
    """An answer as it left: status, headers in their order, body."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Begun:
    """A call that is to be carried out now, and then kept or abandoned."""

    call: str
    holder: str


@dataclass(frozen=True, slots=True)
class AnswerOnce:
    """Remembers calls and their answers."""

    db: Database
    keyring: Keyring = field(repr=False)
    lookup: LookupKey = field(repr=False)

    async def begin(self, *, who: str, key: str, content: bytes, now: int) -> Begun | KeptAnswer:
        """Whether to carry the call out, or its answer; waits a little for one that is under way.

        `who` calls, so that nobody gets another's answer. Raises IdempotencyMismatch where the key stood for other
        content, InProgress.
        """
        call, holder = f"{who} {key}", secrets.token_hex(8)
        # Keyed, since the content may hold a password.
        request_hash = self.lookup.lookup_hash(_KIND, hashlib.sha256(content).hexdigest())
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _WAIT_SECONDS
        while True:
            if await store.begin(
                self.db,
                call=call,
                request_hash=request_hash,
                holder=holder,
                held_until=now + HELD_MS,
                now=now,
            ):
                return Begun(call, holder)
            row = await store.find(self.db, call=call)
            if row is not None and not hmac.compare_digest(row.request_hash, request_hash):
                raise errors.IdempotencyMismatch
            if row is not None and row.answer_box is not None:
                box = self.keyring.open(row.answer_box, purpose=_PURPOSE, context=call.encode())
                return msgspec.msgpack.decode(box, type=KeptAnswer)
            if loop.time() >= deadline:
                raise errors.InProgress(retry_after=1)
            await asyncio.sleep(_LOOK_SECONDS)

    async def keep(self, held: Begun, answer: KeptAnswer) -> None:
        """Keeps the answer; call this before it is sent."""
        box = self.keyring.seal(msgspec.msgpack.encode(answer), purpose=_PURPOSE, context=held.call.encode())
        await store.keep(self.db, call=held.call, holder=held.holder, status=answer.status, answer_box=box)

    async def abandon(self, held: Begun) -> None:
        """Forgets a call that had no effect."""
        await store.abandon(self.db, call=held.call, holder=held.holder)
