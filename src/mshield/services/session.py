"""Who calls: a phone's login by token and proof key, a business system by its secret."""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from typing import Final

from mshield.domain import errors
from mshield.domain.ids import is_client_id
from mshield.services.signing_key import Caller
from mshield.store import sessions, systems
from mshield.store.database import Database
from mshield.store.sessions import PhoneLogin
from mshield.store.systems import BusinessSystem

__all__ = [
    "BusinessAuthentication",
    "BusinessSystem",
    "PhoneLogin",
    "authenticate_phone",
    "log_out",
    "new_client_secret",
    "token_hash",
]

SYSTEM_CACHE_MS: Final = 5_000


def token_hash(token: str) -> bytes:
    """How a bearer's random token is stored: SHA-256 is enough for 256 random bits."""
    return hashlib.sha256(token.encode()).digest()


async def authenticate_phone(db: Database, caller: Caller, *, now: int) -> PhoneLogin:
    """The login. Raises Unauthenticated."""
    login = await sessions.find(db, token_hash=caller.token_hash, jkt=caller.jkt, now=now)
    if login is None:
        raise errors.Unauthenticated
    return login


def new_client_secret() -> str:
    """256 random bits as text."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).rstrip(b"=").decode()


@dataclass(slots=True)
class BusinessAuthentication:
    """Checks client id and secret. A system is remembered for five seconds, so a change takes that long to count."""

    db: Database
    _cache: dict[str, tuple[int, BusinessSystem]] = field(default_factory=dict)

    async def __call__(self, client_id: str, client_secret: str, *, now: int) -> BusinessSystem:
        """Raises WrongClient, for an unknown id as for a wrong secret."""
        system = await self._find(client_id, now=now)
        given = token_hash(client_secret)
        expected = (bytes(32),) if system is None else system.accepted(now=now)
        # All are compared, so that the time taken tells nothing of which one fits.
        fits = [hmac.compare_digest(given, each) for each in expected]
        if not any(fits) or system is None or system.state != "active":
            raise errors.WrongClient
        return system

    async def _find(self, client_id: str, *, now: int) -> BusinessSystem | None:
        cached = self._cache.get(client_id)
        if cached is not None and 0 <= now - cached[0] < SYSTEM_CACHE_MS:
            return cached[1]
        system = await systems.find(self.db, client_id=client_id) if is_client_id(client_id) else None
        if system is None:
            self._cache.pop(client_id, None)
        else:
            self._cache[client_id] = (now, system)
        return system


async def log_out(db: Database, caller: Caller, *, now: int) -> None:
    """Ends the login of this token. Raises Unauthenticated."""
    await authenticate_phone(db, caller, now=now)
    await sessions.end(db, token_hash=caller.token_hash, now=now)
