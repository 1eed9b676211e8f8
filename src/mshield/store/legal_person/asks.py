"""What operators ask of their legal person about a shield (请法人办理): sealed as it was asked."""

from dataclasses import asdict, dataclass
from typing import Final

from mshield.store.database.interface import Database, Row, Tx
from mshield.store.database.queries import Queries
from mshield.store.seals.tables import SHIELD_ASKS

_SQL: Final = Queries("legal_person", "asks")
_ASK: Final = SHIELD_ASKS.joined("r_")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAsk:
    """What is asked; ms."""

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
    """An ask with who asked and how it ended; ms."""

    state: str
    decided_at: int | None
    reason: str | None
    name: str
    phone: str


@dataclass(frozen=True, slots=True)
class OwnShield:
    """A certificate of one's own shield that nobody has ended; `holds` as the table has them."""

    credit_code: str
    state: str
    holds: str


async def insert(tx: Tx, ask: NewAsk) -> None:
    """Asks. Raises Conflict where the same waits."""
    values = asdict(ask)
    await tx.run(_SQL["insert"], **values, seal=SHIELD_ASKS.seal(tx.sealer, values, version=1))


async def settle(db: Database, *, credit_code: str = "", account_id: str = "", now: int) -> None:
    """Ends what is over, and what was done without an answer."""
    await db.run(_SQL["expire"], now=now)
    for query in (_SQL["settle_revoked"], _SQL["settle_lifted"], _SQL["settle_lost"]):
        await db.run(query, credit_code=credit_code, account_id=account_id, now=now)


async def of_enterprise(
    db: Database, *, credit_code: str, state: str, before: str, page_size: int
) -> list[AskRow]:
    """The newest first; an empty state stands for all. Raises SealBroken."""
    rows = await db.all(
        _SQL["of_enterprise"], credit_code=credit_code, state=state, before=before, page_size=page_size
    )
    return [_row(db, row) for row in rows]


async def of_account(db: Database, *, account_id: str, page_size: int) -> list[AskRow]:
    """An account's, the newest first. Raises SealBroken."""
    rows = await db.all(_SQL["of_account"], account_id=account_id, page_size=page_size)
    return [_row(db, row) for row in rows]


async def find(db: Database | Tx, *, ask_id: str, credit_code: str) -> AskRow | None:
    """One of an enterprise. Raises SealBroken."""
    row = await db.one(_SQL["find"], id=ask_id, credit_code=credit_code)
    return None if row is None else _row(db, row)


async def counts(db: Database, *, credit_code: str) -> dict[str, int]:
    """How many there are in each state."""
    return {row["state"]: row["asks"] for row in await db.all(_SQL["counts"], credit_code=credit_code)}


async def end(tx: Tx, *, ask_id: str, state: str, by: str, reason: str | None, now: int) -> bool:
    """Whether this ended it; False where it doesn't wait any more."""
    return await tx.run(_SQL["end"], id=ask_id, state=state, by=by, reason=reason, now=now) == 1


async def withdraw(tx: Tx, *, ask_id: str, account_id: str, now: int) -> bool:
    """Whether its owner took it back by this."""
    return await tx.run(_SQL["withdraw"], id=ask_id, account_id=account_id, now=now) == 1


async def own_shield(db: Database | Tx, *, account_id: str, shield_number: str) -> list[OwnShield]:
    """The account's certificates of this shield that nobody has ended."""
    rows = await db.all(_SQL["own_shield"], account_id=account_id, shield_number=shield_number)
    return [OwnShield(row["credit_code"], row["state"], row["holds"]) for row in rows]


def _row(db: Database | Tx, row: Row) -> AskRow:
    _ASK.check(db.sealer, row)
    asked = {name: row[f"r_{name}"] for name in SHIELD_ASKS.columns}
    more = {name: row[name] for name in ("state", "decided_at", "reason", "name", "phone")}
    return AskRow(**asked | more)
