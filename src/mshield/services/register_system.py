"""Registers a business system (业务系统): its secret is shown once and stored as a hash."""

import secrets

from mshield.services.session import new_client_secret, token_hash
from mshield.store import systems as store
from mshield.store.database import Database
from mshield.store.systems import BusinessSystem


async def register_system(db: Database, *, name: str, domain: str, now: int) -> tuple[str, str]:
    """The new client id and secret."""
    client_id, secret = f"bs-{secrets.token_hex(8)}", new_client_secret()
    system = BusinessSystem(client_id, name, domain, token_hash(secret), "active")
    await store.add(db, system, now=now)
    return client_id, secret


async def list_systems(db: Database) -> list[dict[str, str]]:
    """Client id, name, domain and state of all systems, oldest first."""
    return [
        {"client_id": each.client_id, "name": each.name, "domain": each.domain, "state": each.state}
        for each in await store.list_all(db)
    ]
