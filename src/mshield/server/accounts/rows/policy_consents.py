"""Consents of accounts: to privacy policy, user agreement, and separately to the use of the id number."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

from mshield.server.accounts.rules.policies import PastConsentMessage
from mshield.server.database.interface import Database, Tx
from mshield.server.database.queries import Queries

_SQL: Final = Queries("accounts", "policy_consents")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewConsent:
    """Consent to store; `digest` is the SHA-256 of the text (32 bytes), `place` is where it was given."""

    id: str
    account_id: str
    policy: str
    version: str
    digest: bytes
    place: str


@dataclass(frozen=True, slots=True)
class Agreed:
    """Version of a policy that was agreed to last, and when (ms)."""

    policy: str
    version: str
    agreed_at: int


async def insert(tx: Tx, consent: NewConsent, *, now: int) -> None:
    await tx.run(_SQL["insert"], **asdict(consent), now=now)


async def current(db: Database | Tx, *, account_id: str) -> Mapping[str, Agreed]:
    """Returns the newest consent to each policy, except withdrawn ones."""
    rows = await db.all(_SQL["current"], account_id=account_id)
    return {row["policy"]: Agreed(**row) for row in rows}


async def history(db: Database | Tx, *, account_id: str) -> tuple[PastConsentMessage, ...]:
    """Returns all consents of an account, oldest first."""
    return tuple(PastConsentMessage(**row) for row in await db.all(_SQL["history"], account_id=account_id))


async def withdraw(tx: Tx, *, account_id: str, now: int) -> None:
    """Withdraws all consents of the account."""
    await tx.run(_SQL["withdraw"], account_id=account_id, now=now)
