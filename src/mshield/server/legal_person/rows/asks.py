"""Requests of operators to their legal person about a shield (请法人办理), sealed as made."""

from dataclasses import asdict, dataclass
from typing import Final

from mshield.server.database.interface import Database, Row, Tx
from mshield.server.database.queries import Queries
from mshield.server.seals.tables import SHIELD_ASKS

_SQL: Final = Queries("legal_person", "asks")
_ASK: Final = SHIELD_ASKS.joined("r_")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAsk:
    """Request to insert; times in ms."""

    id: str
    account_id: str
    credit_code: str
    shield_number: str
    kind: str
    note: str
    asked_at: int
    expires_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AskRow(NewAsk):
    """Stored request with its operator and outcome; times in ms."""

    state: str
    decided_at: int | None
    reason: str | None
    name: str
    phone: str


@dataclass(frozen=True, slots=True)
class OwnShield:
    """Certificate of the operator's own shield that is neither revoked nor superseded; `holds` as stored."""

    credit_code: str
    state: str
    holds: str


async def insert(tx: Tx, ask: NewAsk) -> None:
    """Inserts a request. Raises: Conflict (the same request is waiting)."""
    values = asdict(ask)
    await tx.run(_SQL["insert"], **values, seal=SHIELD_ASKS.seal(tx.sealer, values, version=1))


async def settle(db: Database, *, credit_code: str = "", account_id: str = "", now: int) -> None:
    """Ends requests that expired, or whose purpose was fulfilled without an answer."""
    await db.run(_SQL["expire"], now=now)
    for query in (_SQL["settle_revoked"], _SQL["settle_lifted"], _SQL["settle_lost"]):
        await db.run(query, credit_code=credit_code, account_id=account_id, now=now)


async def of_enterprise(
    db: Database, *, credit_code: str, state: str, before: str, page_size: int
) -> list[AskRow]:
    """Returns an enterprise's requests, newest first; an empty `state` means all. Raises: SealBroken."""
    rows = await db.all(
        _SQL["of_enterprise"], credit_code=credit_code, state=state, before=before, page_size=page_size
    )
    return [_row(db, row) for row in rows]


async def of_account(db: Database, *, account_id: str, page_size: int) -> list[AskRow]:
    """Returns an account's requests, newest first. Raises: SealBroken."""
    rows = await db.all(_SQL["of_account"], account_id=account_id, page_size=page_size)
    return [_row(db, row) for row in rows]


async def find(db: Database | Tx, *, ask_id: str, credit_code: str) -> AskRow | None:
    """Returns one request of an enterprise. Raises: SealBroken."""
    row = await db.one(_SQL["find"], id=ask_id, credit_code=credit_code)
    return None if row is None else _row(db, row)


async def counts(db: Database, *, credit_code: str) -> dict[str, int]:
    """Counts the enterprise's requests by state."""
    return {row["state"]: row["asks"] for row in await db.all(_SQL["counts"], credit_code=credit_code)}


async def end(tx: Tx, *, ask_id: str, state: str, by: str, reason: str | None, now: int) -> bool:
    """Ends a waiting request; False if it isn't waiting any more."""
    return await tx.run(_SQL["end"], id=ask_id, state=state, by=by, reason=reason, now=now) == 1


async def withdraw(tx: Tx, *, ask_id: str, account_id: str, now: int) -> bool:
    """Withdraws the account's own request; False if it isn't waiting any more."""
    return await tx.run(_SQL["withdraw"], id=ask_id, account_id=account_id, now=now) == 1


async def own_shield(db: Database | Tx, *, account_id: str, shield_number: str) -> list[OwnShield]:
    """Returns the account's certificates of this shield that are neither revoked nor superseded."""
    rows = await db.all(_SQL["own_shield"], account_id=account_id, shield_number=shield_number)
    return [OwnShield(row["credit_code"], row["state"], row["holds"]) for row in rows]


def _row(db: Database | Tx, row: Row) -> AskRow:
    _ASK.check(db.sealer, row)
    columns = {name: row[f"r_{name}"] for name in SHIELD_ASKS.columns}
    outcome = {name: row[name] for name in ("state", "decided_at", "reason", "name", "phone")}
    return AskRow(**columns | outcome)
