"""Sessions of legal persons at the portal, and for which enterprises somebody is filed as legal person.

A session is stored under the hash of its token. That somebody is a legal person is read from the filing each time, so
it ends with the filing.
"""

from dataclasses import dataclass
from typing import Final

from mshield.store.database.interface import Database, SealBroken, Tx
from mshield.store.database.queries import Queries
from mshield.store.seals.sealing import changing, keys_of, seal_new
from mshield.store.seals.tables import ACCOUNTS, CERTIFICATES, PORTAL_SESSIONS, REQUESTS, SIGNATURES, TASKS

_SQL: Final = Queries("legal_person", "sessions")
_SESSION: Final = PORTAL_SESSIONS.joined("s_")
_ACCOUNT: Final = ACCOUNTS.joined("a_")
_SIGNED: Final = (
    *(REQUESTS.joined("r_"), TASKS.joined("t_"), SIGNATURES.joined("s_"), CERTIFICATES.joined("c_")),
)


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
    """An enterprise that a legal person answers for; what gives power there waits until `acts_from` (ms), if set."""

    credit_code: str
    name: str
    acts_from: int | None = None


@dataclass(frozen=True, slots=True)
class Signer:
    """Whose shield signed a request of which kind, and since when (ms) its certificate is valid."""

    account_id: str
    kind: str
    certified_at: int


async def insert(  # one value for each column
    tx: Tx,
    *,
    token_hash: bytes,
    account_id: str,
    now: int,
    expires_at: int,
    address: str | None = None,
    browser: str | None = None,
) -> None:
    """Opens a session."""
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
    """The session, unless it ended or was last used at or before `idle_since` (ms). Raises SealBroken."""
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
    """The account of a session that was ended, and when (ms) it was; None for any other. Raises SealBroken."""
    row = await db.one(_SQL["ended"], token_hash=token_hash)
    if row is None:
        return None
    _SESSION.check(db.sealer, row)
    return row["s_account_id"], row["s_ended_at"]


async def touch(db: Database, *, token_hash: bytes, now: int) -> None:
    """Notes that the session is in use."""
    if db.read_only:
        return
    await db.run(_SQL["touch"], token_hash=token_hash, now=now)


async def end(db: Database, *, token_hash: bytes, now: int) -> None:
    """Ends the session."""
    await db.write(lambda tx: _end(tx, token_hash, now=now))


async def end_of_account(tx: Tx, *, account_id: str, now: int) -> int:
    """Logs an account out of the portal everywhere, and gives the number of sessions that this ended."""
    hashes = await keys_of(tx, _SQL["of_account"], PORTAL_SESSIONS, account_id=account_id, now=now)
    return sum([await _end(tx, token_hash, now=now) for token_hash in hashes])


async def _end(tx: Tx, token_hash: str | bytes, *, now: int) -> int:
    async with changing(tx, PORTAL_SESSIONS, token_hash, now=now):
        return await tx.run(_SQL["end"], token_hash=token_hash, now=now)


async def purge(db: Database, *, before: int) -> int:
    """Deletes sessions and used requests whose time was over before `before` (ms), and gives their number."""
    used = await db.run(_SQL["purge_used"], before=before)
    return used + await db.run(_SQL["purge"], before=before)


async def use_request(tx: Tx, *, request_id: str, now: int) -> bool:
    """Notes that a request of the portal's own serves; False where it has served before."""
    return await tx.run(_SQL["use_request"], request_id=request_id, now=now) == 1


async def signer(db: Database | Tx, *, request_id: str, client_id: str) -> Signer | None:
    """Whose shield signed this request of this system; None where it isn't signed.

    All of it is read from sealed rows: who writes to the database lends nobody a signature, nor a request of another
    system. Raises SealBroken.
    """
    rows = await db.all(_SQL["signer"], request_id=request_id)
    for row in rows:
        for table in _SIGNED:
            table.check(db.sealer, row)
        if row["c_uid"] != row["s_uid"]:
            raise SealBroken(SIGNATURES.name, row["s_sid"])
    of_it = [row for row in rows if row["r_client_id"] == client_id]
    if not of_it:
        return None
    return Signer(of_it[0]["c_account_id"], of_it[0]["r_kind"], of_it[0]["c_not_before"])
