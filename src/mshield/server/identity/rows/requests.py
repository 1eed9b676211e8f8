"""Requests to a legal person to confirm an operator's identity (待确认的申请)."""

from dataclasses import asdict, dataclass, field, replace
from typing import Final

from mshield.server.database.interface import Database, Row, Tx
from mshield.server.database.queries import Queries
from mshield.server.identity.rules import REMIND_MS
from mshield.server.seals.tables import ACCOUNTS, FILED_PERSONS, IDENTITY_REQUESTS
from mshield.wire.portal import ApplicationState, RoleName

_SQL: Final = Queries("identity", "requests")
_REQUEST: Final = IDENTITY_REQUESTS.joined("r_")
_ACCOUNT: Final = ACCOUNTS.joined("a_")
_FILED: Final = FILED_PERSONS.joined("f_")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRequest:
    """Request to insert; times in ms."""

    id: str
    account_id: str
    person_id: str
    address: str | None
    browser: str | None
    expires_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRequest:
    """Request as shown to the operator; times in ms."""

    id: str
    person_id: str
    state: str
    asked_at: int
    expires_at: int
    reminded_at: int
    decided_at: int | None
    credit_code: str
    enterprise: str

    @property
    def remind_from(self) -> int:
        """Time in ms from which the legal person can be reminded again."""
        return self.reminded_at + REMIND_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRow:
    """Request as shown to its enterprise: the account's data beside the filed data; times in ms."""

    id: str
    account_id: str
    person_id: str
    state: ApplicationState
    address: str | None
    browser: str | None
    asked_at: int
    expires_at: int
    decided_at: int | None
    account_name: str
    id_type: str
    account_phone: str
    id_number_box: bytes = field(repr=False)
    filed_name: str
    role: RoleName
    filed_phone: str | None
    shields: int


async def insert(tx: Tx, request: NewRequest, *, now: int) -> None:
    """Inserts a request. Raises: Conflict (the account has one waiting)."""
    await tx.run(_SQL["expire"], now=now)
    values = {**asdict(request), "asked_at": now}
    await tx.run(_SQL["insert"], **values, seal=IDENTITY_REQUESTS.seal(tx.sealer, values, version=1))


async def newest(db: Database | Tx, *, account_id: str, now: int) -> OwnRequest | None:
    """Returns the account's newest request with its current state."""
    row = await db.one(_SQL["newest"], account_id=account_id)
    if row is None:
        return None
    request = OwnRequest(**row)
    is_over = request.state == "waiting" and request.expires_at <= now
    return replace(request, state="expired") if is_over else request


async def withdraw(tx: Tx, *, account_id: str, now: int) -> bool:
    """Withdraws the account's waiting request; False without one."""
    return await tx.run(_SQL["withdraw"], account_id=account_id, now=now) == 1


async def remind(tx: Tx, *, account_id: str, before: int, now: int) -> bool:
    """Records a reminder; False without a waiting request, or if the last one was after `before` (ms)."""
    return await tx.run(_SQL["remind"], account_id=account_id, before=before, now=now) == 1


async def page(
    db: Database, *, credit_code: str, state: str, before: str, page_size: int, now: int
) -> list[RequestRow]:
    """Returns an enterprise's requests, newest first; an empty `state` means all. Raises: SealBroken."""
    await db.run(_SQL["expire"], now=now)
    rows = await db.all(
        _SQL["page"], credit_code=credit_code, state=state, before=before, page_size=page_size
    )
    for row in rows:  # the reader decides by it, so check the seals
        if row["state"] == "waiting":
            _REQUEST.check(db.sealer, row)
        _ACCOUNT.check(db.sealer, row)
        _FILED.check(db.sealer, row)
    return [_request_row(row) for row in rows]


async def counts(db: Database, *, credit_code: str) -> dict[str, int]:
    """Counts the enterprise's requests by state."""
    return {row["state"]: row["requests"] for row in await db.all(_SQL["counts"], credit_code=credit_code)}


async def find(db: Database | Tx, *, request_id: str, credit_code: str) -> Row | None:
    """Returns one of the enterprise's requests as `r_…`, with the filed person as `f_…`. Raises: SealBroken."""
    row = await db.one(_SQL["find"], id=request_id, credit_code=credit_code)
    if row is not None:
        _REQUEST.check(db.sealer, row)
        _FILED.check(db.sealer, row)
    return row


async def decide(tx: Tx, *, request_id: str, state: str, by: str, now: int) -> bool:
    """Ends a waiting request; False if it isn't waiting any more."""
    return await tx.run(_SQL["decide"], id=request_id, state=state, by=by, now=now) == 1


async def legal_persons(db: Database | Tx, *, credit_code: str, now: int) -> list[str]:
    """Returns the proven accounts of the enterprise's legal persons."""
    return [row["id"] for row in await db.all(_SQL["legal_persons"], credit_code=credit_code, now=now)]


def _request_row(row: Row) -> RequestRow:
    return RequestRow(
        id=row["r_id"],
        account_id=row["r_account_id"],
        person_id=row["r_person_id"],
        state=row["state"],
        address=row["r_address"],
        browser=row["r_browser"],
        asked_at=row["r_asked_at"],
        expires_at=row["r_expires_at"],
        decided_at=row["decided_at"],
        account_name=row["a_name"],
        id_type=row["a_id_type"],
        account_phone=row["a_phone"],
        id_number_box=row["id_number_box"],
        filed_name=row["f_name"],
        role=row["f_role"],
        filed_phone=row["f_phone"],
        shields=row["shields"],
    )
