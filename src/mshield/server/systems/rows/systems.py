"""Registered business systems (业务系统), each with the hash of its secret."""

import json
from dataclasses import dataclass, fields
from typing import Final

from mshield.server.database.interface import Database, Row, Tx
from mshield.server.database.queries import Queries
from mshield.server.seals.changed_rows import ChangedRow, split_changed
from mshield.server.seals.sealing import changing, seal_new
from mshield.server.seals.tables import SYSTEMS

_SQL: Final = Queries("systems", "systems")


@dataclass(frozen=True, slots=True)
class BusinessSystem:
    """Registered business system (业务系统); secret_hash is the SHA-256 of its random secret.

    `return_urls` are the addresses to which the shield's app may return (R13). The previous secret is valid
    until `previous_until` (ms); `secret_at` is when the present one was made, 0 for the first one.
    """

    client_id: str
    name: str
    domain: str
    secret_hash: bytes
    state: str
    return_urls: tuple[str, ...] = ()
    previous_hash: bytes | None = None
    previous_until: int = 0
    secret_at: int = 0
    created_at: int = 0

    def accepted(self, *, now: int) -> tuple[bytes, ...]:
        """Returns hashes of the secrets valid now, the present one first."""
        if self.previous_hash is None or now >= self.previous_until:
            return (self.secret_hash,)
        return (self.secret_hash, self.previous_hash)


async def find(db: Database | Tx, *, client_id: str) -> BusinessSystem | None:
    """Returns the business system with this client id. Raises: SealBroken."""
    row = await db.one(_SQL["find"], client_id=client_id)
    return None if row is None else _system(db, row)


async def list_all(db: Database | Tx) -> list[BusinessSystem]:
    """Returns all business systems, oldest first. Raises: SealBroken."""
    return [_system(db, row) for row in await db.all(_SQL["list_all"])]


async def list_intact(db: Database) -> tuple[list[BusinessSystem], list[ChangedRow]]:
    """Returns all business systems, oldest first, and separately the changed rows."""
    rows, changed = split_changed(db.sealer, await db.all(_SQL["list_all"]), SYSTEMS)
    return [_system(db, row) for row in rows], changed


async def lock_names(tx: Tx, *, now: int) -> None:
    """Waits for another registration or renaming, and blocks further ones until this transaction ends."""
    await tx.one(_SQL["lock_names"], now=now)


async def add(tx: Tx, system: BusinessSystem, *, now: int) -> None:
    """Registers a business system. Raises: Conflict (the client id is taken)."""
    await tx.run(
        _SQL["insert"],
        client_id=system.client_id,
        name=system.name,
        domain=system.domain,
        secret_hash=system.secret_hash,
        return_urls=json.dumps(system.return_urls),
        now=now,
    )
    await seal_new(tx, SYSTEMS, system.client_id, now=now)


async def put_own(db: Database, system: BusinessSystem, *, now: int) -> None:
    """Registers the service itself as a business system, or updates its name and domain."""
    values = {"client_id": system.client_id, "name": system.name, "domain": system.domain}

    async def work(tx: Tx) -> None:
        if await tx.run(_SQL["put_own"], **values, secret_hash=system.secret_hash, now=now) == 1:
            await seal_new(tx, SYSTEMS, system.client_id, now=now)
            return
        async with changing(tx, SYSTEMS, system.client_id, now=now):
            await tx.run(_SQL["rename_own"], **values)

    await db.write(work)


async def set_return_urls(tx: Tx, *, client_id: str, return_urls: tuple[str, ...], now: int) -> bool:
    """Replaces the registered return addresses; False if there is no such business system."""
    urls = json.dumps(return_urls)
    async with changing(tx, SYSTEMS, client_id, now=now):
        return await tx.run(_SQL["set_return_urls"], client_id=client_id, return_urls=urls) == 1


async def change(
    tx: Tx, *, client_id: str, name: str, domain: str, return_urls: tuple[str, ...], now: int
) -> bool:
    """Replaces name, domain and return addresses; False if there is no such business system."""
    urls = json.dumps(return_urls)
    async with changing(tx, SYSTEMS, client_id, now=now):
        return (
            await tx.run(_SQL["change"], client_id=client_id, name=name, domain=domain, return_urls=urls) == 1
        )


async def rotate(
    tx: Tx, system: BusinessSystem, *, secret_hash: bytes, previous_until: int | None, now: int
) -> bool:
    """Replaces the secret; the present one stays valid until `previous_until`, or ends if that is None.

    False if the secret was changed meanwhile.
    """
    async with changing(tx, SYSTEMS, system.client_id, now=now):
        changed = await tx.run(
            _SQL["rotate"],
            client_id=system.client_id,
            old_hash=system.secret_hash,
            secret_hash=secret_hash,
            previous_hash=None if previous_until is None else system.secret_hash,
            previous_until=previous_until or 0,
            now=now,
        )
    return changed == 1


async def end_previous(tx: Tx, *, client_id: str, now: int) -> bool:
    """Ends the previous secret at once; False without one."""
    async with changing(tx, SYSTEMS, client_id, now=now):
        return await tx.run(_SQL["end_previous"], client_id=client_id) == 1


async def set_state(tx: Tx, *, client_id: str, state: str, now: int) -> bool:
    """Sets the state to `active` or `disabled`; False if it is in that state already."""
    async with changing(tx, SYSTEMS, client_id, now=now):
        return await tx.run(_SQL["set_state"], client_id=client_id, state=state) == 1


_FIELDS: Final = tuple(field.name for field in fields(BusinessSystem))


def _system(db: Database | Tx, row: Row) -> BusinessSystem:
    SYSTEMS.check(db.sealer, row)
    values = {name: row[name] for name in _FIELDS}
    return BusinessSystem(**{**values, "return_urls": tuple(json.loads(row["return_urls"]))})
