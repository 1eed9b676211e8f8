"""Registered business systems (业务系统), each with the hash of its secret."""

import json
from dataclasses import dataclass
from typing import Final

from mshield.store.database import Database, Row
from mshield.store.queries import Queries

_SQL: Final = Queries("systems")


@dataclass(frozen=True, slots=True)
class BusinessSystem:
    """A registered business system (业务系统); secret_hash is SHA-256 of its random secret.

    `return_urls` are where the shield's app may lead back to (R13).
    """

    client_id: str
    name: str
    domain: str
    secret_hash: bytes
    state: str
    return_urls: tuple[str, ...] = ()


async def find(db: Database, *, client_id: str) -> BusinessSystem | None:
    """The business system with this client id."""
    row = await db.one(_SQL["find"], client_id=client_id)
    return None if row is None else _system(row)


async def list_all(db: Database) -> list[BusinessSystem]:
    """All business systems, oldest first."""
    return [_system(row) for row in await db.all(_SQL["list_all"])]


async def add(db: Database, system: BusinessSystem, *, now: int) -> None:
    """Registers a business system. Raises Conflict for a client id that is taken."""
    await db.run(
        _SQL["insert"],
        client_id=system.client_id,
        name=system.name,
        domain=system.domain,
        secret_hash=system.secret_hash,
        return_urls=json.dumps(system.return_urls),
        now=now,
    )


async def put_own(db: Database, system: BusinessSystem, *, now: int) -> None:
    """Notes the service itself as a business system, or renews its name and domain."""
    await db.run(
        _SQL["put_own"],
        client_id=system.client_id,
        name=system.name,
        domain=system.domain,
        secret_hash=system.secret_hash,
        now=now,
    )


async def set_return_urls(db: Database, *, client_id: str, return_urls: tuple[str, ...]) -> bool:
    """Puts these in place of what was registered; False where there is no such business system."""
    return (
        await db.run(_SQL["set_return_urls"], client_id=client_id, return_urls=json.dumps(return_urls)) == 1
    )


def _system(row: Row) -> BusinessSystem:
    return BusinessSystem(
        row["client_id"],
        row["name"],
        row["domain"],
        row["secret_hash"],
        row["state"],
        tuple(json.loads(row["return_urls"])),
    )
