"""Sessions of legal persons at the portal, and the enterprises for which a person is filed as legal person.

A session is stored under the hash of its token. Whether the person is a legal person is read from the filing
each time, so that status ends with the filing.
"""

from dataclasses import dataclass
from typing import Final

from mshield.server.database.interface import Database, SealBroken, Tx
from mshield.server.database.queries import Queries
from mshield.server.seals.sealing import changing, end_each, keys_of, seal_new
from mshield.server.seals.tables import ACCOUNTS, CERTIFICATES, PORTAL_SESSIONS, REQUESTS, SIGNATURES, TASKS
from mshield.wire.portal import EnterpriseMessage

_SQL: Final = Queries("accounts", "portal_sessions")
_SESSION: Final = PORTAL_SESSIONS.joined("s_")
_ACCOUNT: Final = ACCOUNTS.joined("a_")
_SIGNED: Final = (
    *(REQUESTS.joined("r_"), TASKS.joined("t_"), SIGNATURES.joined("s_"), CERTIFICATES.joined("c_")),
)


@dataclass(frozen=True, slots=True)
class PortalSession:
    """Valid session with its account; times in ms."""

    account_id: str
    used_at: int
    expires_at: int
    name: str
    phone: str
    id_number_hash: bytes


class ManagedEnterprise(EnterpriseMessage, frozen=True):
    """Enterprise of a legal person; critical acts there must wait until `acts_from` (ms), if set."""

    acts_from: int | None = None


@dataclass(frozen=True, slots=True)
class Signer:
    """Account whose shield signed a request, the request's kind, and the start of its certificate's validity (ms)."""

    account_id: str
    kind: str
    certified_at: int


async def insert(  # one value per column
    tx: Tx,
    *,
    token_hash: bytes,
    account_id: str,
    now: int,
    expires_at: int,
    address: str | None = None,
    browser: str | None = None,
) -> None:
    """Inserts a session."""
    await tx.run(
        _SQL["insert"],
        token_hash=token_hash,
        account_id=account_id,
        now=now,
        expires_at=expires_at,
        address=address,
        browser=browser,
    )
    await seal_new(tx, PORTAL_SESSIONS, token_hash, now=now)


async def find(db: Database, *, token_hash: bytes, idle_since: int, now: int) -> PortalSession | None:
    """Returns the session, unless it ended or was last used at or before `idle_since` (ms). Raises: SealBroken."""
    row = await db.one(_SQL["find"], token_hash=token_hash, idle_since=idle_since, now=now)
    if row is None:
        return None
    _SESSION.check(db.sealer, row)
    _ACCOUNT.check(db.sealer, row)
    return PortalSession(
        account_id=row["a_id"],
        used_at=row["used_at"],
        expires_at=row["s_expires_at"],
        name=row["a_name"],
        phone=row["a_phone"],
        id_number_hash=row["a_id_number_hash"],
    )


async def ended(db: Database, *, token_hash: bytes) -> tuple[str, int] | None:
    """Returns account and end (ms) of an ended session; None for any other. Raises: SealBroken."""
    row = await db.one(_SQL["ended"], token_hash=token_hash)
    if row is None:
        return None
    _SESSION.check(db.sealer, row)
    return row["s_account_id"], row["s_ended_at"]


async def touch(db: Database, *, token_hash: bytes, now: int) -> None:
    """Records the use of a session; no-op while read-only."""
    if db.read_only:
        return
    await db.run(_SQL["touch"], token_hash=token_hash, now=now)


async def end(db: Database, *, token_hash: bytes, now: int) -> None:
    """Ends the session."""
    await db.write(lambda tx: _end(tx, token_hash, now=now))


async def end_of_account(tx: Tx, *, account_id: str, now: int) -> int:
    """Ends all portal sessions of an account and returns their number."""
    hashes = await keys_of(tx, _SQL["of_account"], PORTAL_SESSIONS, account_id=account_id, now=now)
    return await end_each(tx, PORTAL_SESSIONS, hashes, lambda one: _end(tx, one, now=now), now=now)


async def _end(tx: Tx, token_hash: str | bytes, *, now: int) -> int:
    async with changing(tx, PORTAL_SESSIONS, token_hash, now=now):
        return await tx.run(_SQL["end"], token_hash=token_hash, now=now)


async def purge(db: Database, *, before: int) -> int:
    """Deletes sessions that expired and request records used until `before` (ms); returns their number."""
    used = await db.run(_SQL["purge_used"], before=before)
    return used + await db.run(_SQL["purge"], before=before)


async def use_request(tx: Tx, *, request_id: str, now: int) -> bool:
    """Marks a request of the portal itself as used; False if it was used before."""
    return await tx.run(_SQL["use_request"], request_id=request_id, now=now) == 1


async def signer(db: Database | Tx, *, request_id: str, client_id: str) -> Signer | None:
    """Returns the signer of this system's request; None if it isn't signed.

    Everything is read from sealed rows, so that write access to the database can't attribute a signature to
    somebody else or a request to another system. Raises: SealBroken.
    """
    rows = await db.all(_SQL["signer"], request_id=request_id)
    for row in rows:
        for table in _SIGNED:
            table.check(db.sealer, row)
        if row["c_uid"] != row["s_uid"]:
            raise SealBroken(SIGNATURES.name, row["s_sid"])
    signed_rows = [row for row in rows if row["r_client_id"] == client_id]
    if not signed_rows:
        return None
    return Signer(signed_rows[0]["c_account_id"], signed_rows[0]["r_kind"], signed_rows[0]["c_not_before"])
