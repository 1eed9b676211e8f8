"""The service as a business system of its own: for what it has a shield sign that no other one asks for."""

import hashlib
import secrets
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from mshield.domain.systems.business_system import OWN_CLIENT_ID
from mshield.settings import Settings
from mshield.store.database.interface import Database
from mshield.store.systems import systems
from mshield.store.systems.systems import BusinessSystem

_NAME: Final = "三证合一"


@dataclass(frozen=True, slots=True)
class OwnSystem:
    """Nobody knows its secret, so no program can ask as it."""

    db: Database
    settings: Settings

    async def __call__(self, *, now: int) -> BusinessSystem:
        """As it is registered, under the service's own domain; registered at its first use."""
        domain = urlsplit(self.settings.public_origin).netloc
        system = await systems.find(self.db, client_id=OWN_CLIENT_ID)
        if system is None or (system.name, system.domain) != (_NAME, domain):
            secret_hash = hashlib.sha256(secrets.token_bytes(32)).digest()
            system = BusinessSystem(OWN_CLIENT_ID, _NAME, domain, secret_hash, "active")
            await systems.put_own(self.db, system, now=now)
        return system
