"""Who calls from a phone: the login, by its token and the key of its proofs."""

import msgspec

from mshield.domain import errors
from mshield.store.accounts import sessions
from mshield.store.accounts.sessions import PhoneLogin
from mshield.store.database.interface import Database
from mshield.store.notices import push
from mshield.store.process.proofs import UnspentProof

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
    """A caller whose proof other processes may have taken: whoever is given it spends the proof before all else."""

    caller: Caller
    proof: UnspentProof


def caller_and_proof(caller: Caller | UnspentCaller) -> tuple[Caller, UnspentProof | None]:
    """Who calls, and the proof that the first statement is to spend, if it wasn't yet."""
    return (caller.caller, caller.proof) if isinstance(caller, UnspentCaller) else (caller, None)


async def authenticate_phone(db: Database, caller: Caller, *, now: int) -> PhoneLogin:
    """The login. Raises Unauthenticated."""
    login = await sessions.find(db, token_hash=caller.token_hash, jkt=caller.jkt, now=now)
    if login is None:
        raise errors.Unauthenticated
    return login


async def log_out(db: Database, caller: Caller, *, now: int) -> PhoneLogin:
    """Ends the login of this token and the phone's pushes, and gives what it was. Raises Unauthenticated."""
    login = await authenticate_phone(db, caller, now=now)
    await sessions.end(db, token_hash=caller.token_hash, now=now)
    await push.end(db, device_id=login.device_id)
    return login
