"""What was sent by SMS: when, for what, to which masked number, with which outcome. Texts and codes stand nowhere."""

from collections.abc import Collection
from dataclasses import dataclass, field
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


@dataclass(frozen=True, slots=True, kw_only=True)
class SentTo:
    """Numbers, one of which a message went to: by their hashes, or by their last four digits."""

    phone_hashes: Collection[bytes] = field(default=(), repr=False)
    end: str | None = None


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
    db: Database,
    *,
    before: str,
    sent_to: SentTo | None,
    state: str | None,
    purpose: str | None,
    most: int,
) -> list[SmsRow]:
    """Messages with an id below `before`, the newest first; to any number where `sent_to` is None."""
    values: dict[str, object] = {"before": before, "state": state, "purpose": purpose, "most": most}
    if sent_to is None:
        query = _SQL["page"] if state in {None, "sent"} else _SQL["of_state"]
        return [_message(row) for row in await db.all(query, **values)]
    rows = await _of_numbers(db, sent_to.phone_hashes, values)
    if sent_to.end is not None:
        rows += await db.all(_SQL["of_end"], piece=sent_to.end, **values)
    by_id = {row["id"]: row for row in rows}
    return [_message(by_id[sms_id]) for sms_id in sorted(by_id, reverse=True)[:most]]


async def _of_numbers(db: Database, hashes: Collection[bytes], values: dict[str, object]) -> list[Row]:
    if db.dialect == "sqlite":  # older ones make no octets of hexadecimal
        return [
            row
            for phone_hash in hashes
            for row in await db.all(_SQL["of_number"], phone_hash=phone_hash, **values)
        ]
    if not hashes:
        return []
    text = ",".join(phone_hash.hex() for phone_hash in hashes)
    return await db.all(_SQL["of_numbers"], phone_hashes=text, **values)


async def since(db: Database, *, id: str) -> tuple[int, int]:  # noqa: A002
    """How many messages were handed over since that one (its id), and how many of them were not taken."""
    row = await db.one(_SQL["since"], since=id)
    return (0, 0) if row is None else (row["sent"], row["failed"])


async def purge(db: Database, *, before: str) -> int:
    """Deletes messages older than the id; gives their number."""
    return await db.run(_SQL["purge"], before=before)


def _message(row: Row) -> SmsRow:
    return SmsRow(**{**row, "with_code": bool(row["with_code"])})
