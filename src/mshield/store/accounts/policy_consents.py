"""What accounts agreed to: privacy policy, user agreement, and the id number by itself."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

from mshield.store.database.interface import Database, Tx
from mshield.store.database.queries import Queries

_SQL: Final = Queries("accounts", "policy_consents")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewConsent:
    """A consent; `digest` is SHA-256 of the text (32 bytes), `place` where it was expressed."""

    id: str
    account_id: str
    policy: str
    version: str
    digest: bytes
    place: str


@dataclass(frozen=True, slots=True)
class Agreed:
    """The version that a policy was last agreed to, and when (ms)."""

    policy: str
    version: str
    agreed_at: int


@dataclass(frozen=True, slots=True)
class PastConsent:
    """A consent as its account reads it; ms."""

    policy: str
    version: str
    place: str
    agreed_at: int
    withdrawn_at: int | None


async def insert(tx: Tx, consent: NewConsent, *, now: int) -> None:
    """Keeps a consent."""
    await tx.run(_SQL["insert"], **asdict(consent), now=now)


async def current(db: Database | Tx, *, account_id: str) -> Mapping[str, Agreed]:
    """The newest consent to each policy, but for withdrawn ones."""
    rows = await db.all(_SQL["current"], account_id=account_id)
    return {row["policy"]: Agreed(**row) for row in rows}


async def history(db: Database | Tx, *, account_id: str) -> list[PastConsent]:
    """All of an account, the oldest first."""
    return [PastConsent(**row) for row in await db.all(_SQL["history"], account_id=account_id)]


async def withdraw(tx: Tx, *, account_id: str, now: int) -> None:
    """Withdraws all."""
    await tx.run(_SQL["withdraw"], account_id=account_id, now=now)
