"""Log of sent SMS: time, purpose, masked number, outcome. Texts and codes are never stored."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

from mshield.server.database.interface import Database, Row
from mshield.server.database.queries import Queries
from mshield.server.notices.rules.sms_log import SmsLineMessage, SmsState

_SQL: Final = Queries("notices", "sms_log")


@dataclass(frozen=True, slots=True, kw_only=True)
class SentTo:
    """Filter for recipients, by the hashes of their numbers or by a number's last four digits."""

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
    """Inserts a message before it is handed over."""
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
    """Records the gateway's answer."""
    await db.run(_SQL["end"], id=id, state=state, reason=reason, took_ms=took_ms)


async def page(
    db: Database,
    *,
    before: str,
    sent_to: SentTo | None,
    state: str | None,
    purpose: str | None,
    most: int,
) -> list[SmsLineMessage]:
    """Returns messages with ids below `before`, newest first; to any number if `sent_to` is None."""
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
    if db.dialect == "sqlite":  # Older versions can't decode hexadecimal.
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
    """Returns how many messages were handed over since the one with this id, and how many of them failed."""
    row = await db.one(_SQL["since"], since=id)
    return (0, 0) if row is None else (row["sent"], row["failed"])


async def purge(db: Database, *, before: str) -> int:
    """Deletes messages older than the id and returns their number."""
    return await db.run(_SQL["purge"], before=before)


def _message(row: Row) -> SmsLineMessage:
    return SmsLineMessage(**{**row, "with_code": bool(row["with_code"])})
