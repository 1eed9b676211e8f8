"""Idempotent calls: one row per call, held while it is processed, then with its sealed answer for a day."""

from dataclasses import dataclass, field
from typing import Final

from mshield.server.database.interface import Database
from mshield.server.database.queries import Queries

_SQL: Final = Queries("runtime", "idempotency")


@dataclass(frozen=True, slots=True)
class CallRow:
    """Earlier call; `answer_box` is None while it is being processed."""

    request_hash: bytes
    answer_box: bytes | None = field(repr=False)


async def begin(
    db: Database, *, call: str, request_hash: bytes, holder: str, held_until: int, now: int
) -> bool:
    """Holds a call that is new or whose holder's time (ms) has run out; False if it came before."""
    row = await db.run_one(
        _SQL["begin"], call=call, request_hash=request_hash, holder=holder, held_until=held_until, now=now
    )
    return row is not None


async def find(db: Database, *, call: str) -> CallRow | None:
    """Returns the stored call, if any."""
    row = await db.one(_SQL["find"], call=call)
    return None if row is None else CallRow(**row)


async def keep(db: Database, *, call: str, holder: str, status: int, answer_box: bytes) -> None:
    """Stores the answer of a call processed by this holder."""
    await db.run(_SQL["keep"], call=call, holder=holder, status=status, answer_box=answer_box)


async def abandon(db: Database, *, call: str, holder: str) -> None:
    """Deletes a call that had no effect, so that a repeat is processed."""
    await db.run(_SQL["abandon"], call=call, holder=holder)


async def purge(db: Database, *, before: int) -> int:
    """Deletes calls from before `before` (ms) and returns their number."""
    return await db.run(_SQL["purge"], before=before)
