"""Where business systems get their webhooks: an address, its sealed secret, and the previous one while both count."""

from dataclasses import dataclass, field, fields
from typing import Final

from mshield.store.database.interface import Database, Tx
from mshield.store.database.queries import Queries

_SQL: Final = Queries("systems", "webhooks")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint; `reason` is why it is disabled. Times in ms."""

    id: str
    client_id: str
    url: str
    state: str
    reason: str | None
    secret_box: bytes = field(repr=False)
    previous_box: bytes | None = field(repr=False)
    previous_until: int | None
    created_at: int


@dataclass(frozen=True, slots=True)
class ListedEndpoint:
    """An endpoint with the number of its deliveries that wait and that are given up."""

    endpoint: Endpoint
    waiting: int
    dead: int


async def add(
    db: Tx,
    *,
    id: str,  # noqa: A002  # the field's name
    client_id: str,
    url: str,
    secret_box: bytes,
    now: int,
) -> None:
    """Adds an active endpoint. Raises Conflict for an unknown business system."""
    await db.run(_SQL["insert_endpoint"], id=id, client_id=client_id, url=url, secret_box=secret_box, now=now)


async def list_all(db: Database, *, client_id: str = "") -> list[ListedEndpoint]:
    """All endpoints that are not removed, of one business system where it is given, oldest first."""
    return [
        ListedEndpoint(
            Endpoint(**{field.name: row[field.name] for field in fields(Endpoint)}),
            waiting=row["waiting"],
            dead=row["dead"],
        )
        for row in await db.all(_SQL["list_endpoints"], client_id=client_id)
    ]


async def find(db: Database | Tx, *, id: str) -> Endpoint | None:  # noqa: A002
    """An endpoint that is not removed."""
    row = await db.one(_SQL["find_endpoint"], id=id)
    return None if row is None else Endpoint(**row)


async def rotate(
    db: Tx,
    *,
    id: str,  # noqa: A002  # the field's name
    old_box: bytes,
    secret_box: bytes,
    previous_until: int,
    now: int,
) -> bool:
    """Gives a new secret; the old one counts until `previous_until`. False where it was changed meanwhile."""
    changed = await db.run(
        _SQL["rotate"], id=id, old_box=old_box, secret_box=secret_box, previous_until=previous_until, now=now
    )
    return changed == 1


async def enable(db: Tx, *, id: str, now: int) -> bool:  # noqa: A002
    """Whether this enabled a disabled endpoint."""
    return await db.run(_SQL["enable"], id=id, now=now) == 1


async def disable(db: Database, *, id: str, reason: str, now: int) -> None:  # noqa: A002
    """Ends an endpoint and all that waits for it, until it is enabled."""

    async def work(tx: Tx) -> None:
        await tx.run(_SQL["disable"], id=id, reason=reason, now=now)
        await tx.run(_SQL["bury"], endpoint_id=id, error=reason, now=now)

    await db.write(work)


async def remove(tx: Tx, *, id: str, now: int) -> bool:  # noqa: A002
    """Ends an endpoint for good and forgets its secrets; False where it was removed before."""
    if await tx.run(_SQL["remove"], id=id, now=now) != 1:
        return False
    await tx.run(_SQL["bury"], endpoint_id=id, error="removed", now=now)
    return True
