"""What was sent by SMS: when, for what, to which masked number, with which outcome. Texts and codes stand nowhere."""

from dataclasses import dataclass
from typing import Final, Literal

from mshield.store.database.interface import Database, Row
from mshield.store.database.queries import Queries

_SQL: Final = Queries("notices", "sms_log")

SmsState = Literal["sending", "sent", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsRow:
    """One message; `reason` is the gateway's word for a failure, `took_ms` how long it took to answer."""

    id: str
    phone_masked: str
    purpose: str
    with_code: bool
    state: str
    reason: str | None
    sent_at: int
    took_ms: int | None


async def insert(
    db: Database,
    *,
    id: str,  # noqa: A002  # the field's name
    phone_hash: bytes,
    phone_masked: str,
    purpose: str,
    with_code: bool,
    now: int,
) -> None:
    """Notes a message before it is handed over."""
    await db.run(
        _SQL["insert"],
        id=id,
        phone_hash=phone_hash,
        phone_masked=phone_masked,
        purpose=purpose,
        with_code=with_code,
        now=now,
    )


async def end(
    db: Database,
    *,
    id: str,  # noqa: A002
    state: SmsState,
    reason: str | None,
    took_ms: int,
) -> None:
    """Notes what the gateway answered."""
    await db.run(_SQL["end"], id=id, state=state, reason=reason, took_ms=took_ms)


async def page(
    db: Database, *, before: str, phone_hash: bytes | None, state: str | None, purpose: str | None, most: int
) -> list[SmsRow]:
    """Messages with an id below `before`, the newest first."""
    rows = await db.all(
        _SQL["page"],
        before=before,
        any_number=int(phone_hash is None),
        phone_hash=phone_hash or b"",
        state=state,
        purpose=purpose,
        most=most,
    )
    return [_message(row) for row in rows]


async def since(db: Database, *, id: str) -> tuple[int, int]:  # noqa: A002
    """How many messages were handed over since that one (its id), and how many of them were not taken."""
    row = await db.one(_SQL["since"], since=id)
    return (0, 0) if row is None else (row["sent"], row["failed"])


async def purge(db: Database, *, before: str) -> int:
    """Deletes messages older than the id; gives their number."""
    return await db.run(_SQL["purge"], before=before)


def _message(row: Row) -> SmsRow:
    return SmsRow(**{**row, "with_code": bool(row["with_code"])})
