"""Authentication of phones: finds the login by its token and the key of its DPoP proofs."""

import msgspec

from mshield.server.accounts.rows import sessions
from mshield.server.accounts.rows.sessions import PhoneLogin
from mshield.server.database.interface import Database
from mshield.server.errors import Unauthenticated
from mshield.server.notices.rows import push
from mshield.server.runtime.rows.proofs import UnspentProof

__all__ = [
    "Caller",
    "PhoneLogin",
    "UnspentCaller",
    "UnspentProof",
    "authenticate_phone",
    "caller_and_proof",
    "log_out",
]


class Caller(msgspec.Struct, frozen=True):
    """A logged-in phone: SHA-256 of its token, and the thumbprint of the key that signed its DPoP proof."""

    token_hash: bytes
    jkt: str


class UnspentCaller(msgspec.Struct, frozen=True):
    """A caller whose proof may have been used at another process: spend the proof before doing anything else."""

    caller: Caller
    proof: UnspentProof


def caller_and_proof(caller: Caller | UnspentCaller) -> tuple[Caller, UnspentProof | None]:
    """Returns the caller, and the proof that the first statement must spend, or None if it is spent already."""
    return (caller.caller, caller.proof) if isinstance(caller, UnspentCaller) else (caller, None)


async def authenticate_phone(db: Database, caller: Caller, *, now: int) -> PhoneLogin:
    """Returns the caller's login. Raises: Unauthenticated."""
    login = await sessions.find(db, token_hash=caller.token_hash, jkt=caller.jkt, now=now)
    if login is None:
        raise Unauthenticated
    return login


async def log_out(db: Database, caller: Caller, *, now: int) -> PhoneLogin:
    """Ends the login of this token and the phone's pushes, and returns the ended login. Raises: Unauthenticated."""
    login = await authenticate_phone(db, caller, now=now)
    await sessions.end(db, token_hash=caller.token_hash, now=now)
    await push.end(db, device_id=login.device_id)
    return login
