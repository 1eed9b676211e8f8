"""Idempotency keys: a repeated call gets the stored answer and isn't carried out again (R17).

An answer is stored for a day, sealed, since that of a login contains its token. If a process dies after carrying out a
call and before storing the answer, the repeat is carried out again like a new call.
"""

import asyncio
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Final

import msgspec

from mshield.server.errors import IdempotencyMismatch, InProgress
from mshield.server.keys.sealed_data import SearchableData
from mshield.server.runtime.rows import idempotency as store
from mshield.wire.times import MINUTE_MS

HELD_MS: Final = MINUTE_MS
"""Longest duration of a call (ms), after which its process is presumed dead."""

_WAIT_SECONDS: Final = 5.0
_LOOK_SECONDS: Final = 0.1
_PURPOSE: Final = "answer"
_KIND: Final = "idempotent-request"


class StoredAnswer(msgspec.Struct, frozen=True):
    """Stored response: status, headers in their order, body.

    `needs`: what the caller was required to have besides a login, such as a role; None if another release
    stored the response without it. `secret`: the response held a secret, so neither headers nor body are stored.
    """

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    needs: tuple[str, ...] | None = None
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Begun:
    """Call to carry out now, and then to `keep` or `abandon`."""

    call: str
    holder: str


@dataclass(frozen=True, slots=True)
class AnswerOnce(SearchableData):
    """Store of calls and their answers by idempotency key."""

    async def begin(self, *, who: str, key: str, content: bytes, now: int) -> Begun | StoredAnswer:
        """Returns `Begun` if the call is to be carried out, or its stored answer. Waits up to 5 s for one in progress.

        `who` identifies the caller, so that keys of different callers never match. Raises:
        IdempotencyMismatch (same key with other content), InProgress.
        """
        call, holder = f"{who} {key}", secrets.token_hex(8)
        # Use a keyed hash, since the content may hold a password.
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
                raise IdempotencyMismatch
            if row is not None and row.answer_box is not None:
                box = self.keyring.open(row.answer_box, purpose=_PURPOSE, context=call.encode())
                return msgspec.msgpack.decode(box, type=StoredAnswer)
            if loop.time() >= deadline:
                raise InProgress(retry_after=1)
            await asyncio.sleep(_LOOK_SECONDS)

    async def keep(self, held: Begun, answer: StoredAnswer) -> None:
        """Stores the answer; call it before sending the answer."""
        box = self.keyring.seal(msgspec.msgpack.encode(answer), purpose=_PURPOSE, context=held.call.encode())
        await store.keep(self.db, call=held.call, holder=held.holder, status=answer.status, answer_box=box)

    async def abandon(self, held: Begun) -> None:
        """Forgets a call that had no effect."""
        await store.abandon(self.db, call=held.call, holder=held.holder)
