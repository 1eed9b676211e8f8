"""Consents with the person's existing shield (本人现有手机盾同意): requesting account, record, and consenting keys."""

from dataclasses import dataclass
from typing import Final

from mshield.server.database.interface import Database, Row, Tx
from mshield.server.database.queries import Queries
from mshield.server.seals.sealing import changing, seal_new
from mshield.server.seals.tables import (
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
    """Consent that a request asks for; `phone` is the requesting account's number as displayed."""

    request_id: str
    account_id: str
    person_id: str
    phone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRow:
    """Consent that a key could give: the requesting account, the record, and the key's owner."""

    account_id: str
    person_id: str
    role: str
    filed_name: str
    account_name: str
    signer_name: str
    signer_id: str
    content: bytes


async def insert(tx: Tx, consent: NewConsent) -> None:
    """Stores the consent that a request asks for; without it the request's document can't be signed."""
    await tx.run(
        _SQL["insert"],
        request_id=consent.request_id,
        account_id=consent.account_id,
        person_id=consent.person_id,
        phone=consent.phone,
    )
    await seal_new(tx, CONSENTS, consent.request_id)


async def of_request(db: Database | Tx, *, request_id: str) -> Row | None:
    """Returns the document (sid) of a request for consent, and the key (uid) that it was given to."""
    return await db.one(_SQL["of_request"], request_id=request_id)


async def refuse(tx: Tx, *, request_id: str, now: int) -> None:
    """Records that the person's phone reported the request as somebody else's."""
    async with changing(tx, CONSENTS, request_id):
        await tx.run(_SQL["refuse"], request_id=request_id, now=now)


async def refused_at(db: Database | Tx, *, account_id: str) -> int | None:
    """Returns when (ms) the person's phone last reported this account's request as somebody else's."""
    row = await db.one(_SQL["refused_at"], account_id=account_id)
    return None if row is None or row["refused_at"] is None else int(row["refused_at"])


async def may_consent(db: Database | Tx, *, sid: bytes, uid: bytes, now: int) -> ConsentRow | None:
    """Returns the consent that this key would give by signing this document; None if it may not.

    Raises: SealBroken.
    """
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
