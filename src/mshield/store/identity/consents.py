"""Consents by an own shield (本人现有手机盾同意): who asks for which record, and which key may give it."""

from dataclasses import dataclass
from typing import Final

from mshield.store.database.interface import Database, Row, Tx
from mshield.store.database.queries import Queries
from mshield.store.seals.sealing import changing, seal_new
from mshield.store.seals.tables import (
    ACCOUNTS,
    CERTIFICATES,
    CONSENTS,
    ENTERPRISES,
    FILED_PERSONS,
    KEYS,
    TASKS,
)

_SQL: Final = Queries("identity", "consents")
_JOINED: Final = (
    CONSENTS.joined("i_"),
    KEYS.joined("k_"),
    FILED_PERSONS.joined("f_"),
    ENTERPRISES.joined("e_"),
    ACCOUNTS.joined("a_"),
    ACCOUNTS.joined("s_"),
    CERTIFICATES.joined("c_"),
    TASKS.joined("t_"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewConsent:
    """What is asked for by a request; `phone` is the asking account's number as it is shown."""

    request_id: str
    account_id: str
    person_id: str
    phone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRow:
    """A consent that a key could give: the asking account, the record, and whose the key is."""

    account_id: str
    person_id: str
    role: str
    filed_name: str
    account_name: str
    signer_name: str
    signer_id: str
    content: bytes


async def insert(tx: Tx, consent: NewConsent) -> None:
    """Notes what a request asks for; without it its document can't be signed."""
    await tx.run(
        _SQL["insert"],
        request_id=consent.request_id,
        account_id=consent.account_id,
        person_id=consent.person_id,
        phone=consent.phone,
    )
    await seal_new(tx, CONSENTS, consent.request_id)


async def of_request(db: Database | Tx, *, request_id: str) -> Row | None:
    """The document (sid) of a request that asks for a consent, and the key (uid) that it was handed to."""
    return await db.one(_SQL["of_request"], request_id=request_id)


async def refuse(tx: Tx, *, request_id: str, now: int) -> None:
    """Notes that the person's phone says that somebody else asks."""
    async with changing(tx, CONSENTS, request_id):
        await tx.run(_SQL["refuse"], request_id=request_id, now=now)


async def refused_at(db: Database | Tx, *, account_id: str) -> int | None:
    """When the person's phone last said of this account's request that somebody else asks (ms)."""
    row = await db.one(_SQL["refused_at"], account_id=account_id)
    return None if row is None or row["refused_at"] is None else int(row["refused_at"])


async def may_consent(db: Database | Tx, *, sid: bytes, uid: bytes, now: int) -> ConsentRow | None:
    """What this key would consent to by signing this document; None where it may not. Raises SealBroken."""
    row = await db.one(_SQL["may_consent"], sid=sid, uid=uid, now=now)
    if row is None:
        return None
    for table in _JOINED:
        table.check(db.sealer, row)
    return ConsentRow(
        account_id=row["i_account_id"],
        person_id=row["i_person_id"],
        role=row["f_role"],
        filed_name=row["f_name"],
        account_name=row["a_name"],
        signer_name=row["s_name"],
        signer_id=row["s_id"],
        content=row["content"],
    )
