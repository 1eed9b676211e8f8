"""Authenticates business systems by client id and secret."""

import hmac
from dataclasses import dataclass, field

from mshield.server.database.interface import Database
from mshield.server.requests.errors import WrongClient
from mshield.server.systems.rows import systems
from mshield.server.systems.rows.systems import BusinessSystem
from mshield.server.systems.rules.business_system import SYSTEM_CACHE_MS
from mshield.wire.ids import is_client_id
from mshield.wire.tokens import token_hash

__all__ = ["BusinessAuthentication", "BusinessSystem"]


@dataclass(slots=True)
class BusinessAuthentication:
    """Checks client id and secret.

    Systems are cached for five seconds, so a change takes effect after that time.
    """

    db: Database
    _cache: dict[str, tuple[int, BusinessSystem]] = field(default_factory=dict)

    async def __call__(self, client_id: str, client_secret: str, *, now: int) -> BusinessSystem:
        """Returns the active system with this id and secret. Raises: WrongClient (unknown id or wrong secret)."""
        system = await self._find(client_id, now=now)
        secret_hash = token_hash(client_secret)
        hashes = (bytes(32),) if system is None else system.accepted(now=now)
        # Compare all of them, so that the duration doesn't reveal which one matches.
        fits = [hmac.compare_digest(secret_hash, expected_hash) for expected_hash in hashes]
        if not any(fits) or system is None or system.state != "active":
            raise WrongClient
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
