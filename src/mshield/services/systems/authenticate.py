"""Which business system calls, by its client id and secret."""

import hmac
from dataclasses import dataclass, field

from mshield.domain import errors
from mshield.domain.ids import is_client_id
from mshield.domain.systems.business_system import SYSTEM_CACHE_MS
from mshield.domain.tokens import token_hash
from mshield.store.database.interface import Database
from mshield.store.systems import systems
from mshield.store.systems.systems import BusinessSystem

__all__ = ["BusinessAuthentication", "BusinessSystem"]


@dataclass(slots=True)
class BusinessAuthentication:
    """Checks client id and secret. A system is remembered for five seconds, so a change takes that long to count."""

    db: Database
    _cache: dict[str, tuple[int, BusinessSystem]] = field(default_factory=dict)

    async def __call__(self, client_id: str, client_secret: str, *, now: int) -> BusinessSystem:
        """The active system of this id and secret. Raises WrongClient, for an unknown id as for a wrong secret."""
        system = await self._find(client_id, now=now)
        secret_hash = token_hash(client_secret)
        hashes = (bytes(32),) if system is None else system.accepted(now=now)
        # All are compared, so that the time taken tells nothing of which one fits.
        fits = [hmac.compare_digest(secret_hash, expected_hash) for expected_hash in hashes]
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
