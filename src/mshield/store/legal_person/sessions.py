"""Sessions of legal persons at the portal, and for which enterprises somebody is filed as legal person.

A session is stored under the hash of its token. That somebody is a legal person is read from the filing each time, so
it ends with the filing.
"""

from dataclasses import dataclass
from typing import Final

from mshield.store.database.interface import Database, Tx
from mshield.store.database.queries import Queries

_SQL: Final = Queries("legal_person", "sessions")


@dataclass(frozen=True, slots=True)
class PortalSession:
    """A valid session with its account; times in ms."""

    account_id: str
    used_at: int
    expires_at: int
    name: str
    phone: str
    id_number_hash: bytes


@dataclass(frozen=True, slots=True)
class ManagedEnterprise:
    """An enterprise that a legal person answers for."""

    credit_code: str
    name: str


async def insert(  # one value for each column
    db: Database | Tx,
    *,
    token_hash: bytes,
    account_id: str,
    now: int,
    expires_at: int,
    address: str | None = None,
    browser: str | None = None,
) -> None:
    """Opens a session."""
    await db.run(
        _SQL["insert"],
        token_hash=token_hash,
        account_id=account_id,
        now=now,
        expires_at=expires_at,
        address=address,
        browser=browser,
    )


async def find(db: Database, *, token_hash: bytes, idle_since: int, now: int) -> PortalSession | None:
    """The session, unless it ended or was last used at or before `idle_since` (ms)."""
    row = await db.one(_SQL["find"], token_hash=token_hash, idle_since=idle_since, now=now)
    return None if row is None else PortalSession(**row)


async def touch(db: Database, *, token_hash: bytes, now: int) -> None:
    """Notes that the session is in use."""
    await db.run(_SQL["touch"], token_hash=token_hash, now=now)


async def end(db: Database, *, token_hash: bytes, now: int) -> None:
    """Ends the session."""
    await db.run(_SQL["end"], token_hash=token_hash, now=now)


async def end_of_account(tx: Tx, *, account_id: str, now: int) -> int:
    """Logs an account out of the portal everywhere, and gives the number of sessions that this ended."""
    return await tx.run(_SQL["end_of_account"], account_id=account_id, now=now)


async def purge(db: Database, *, before: int) -> int:
    """Deletes sessions and used requests whose time was over before `before` (ms), and gives their number."""
    used = await db.run(_SQL["purge_used"], before=before)
    return used + await db.run(_SQL["purge"], before=before)


async def use_request(tx: Tx, *, request_id: str, now: int) -> bool:
    """Notes that a request of the portal's own serves; False where it has served before."""
    return await tx.run(_SQL["use_request"], request_id=request_id, now=now) == 1


async def account_of(db: Database, *, serial: str) -> str:
    """The account that a certificate belongs to; the serial is one of ours."""
    row = await db.one(_SQL["account_of"], serial=serial)
    assert row is not None  # noqa: S101  # it signed
    account: str = row["account_id"]
    return account
