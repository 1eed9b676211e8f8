"""Webhook endpoints of business systems: address, sealed secret, and the previous secret while both are valid."""

import logging
from dataclasses import dataclass, field
from typing import Final

from mshield.server.database.interface import Database, Row, Tx
from mshield.server.database.queries import Queries
from mshield.server.seals.sealing import seal_new
from mshield.server.seals.tables import WEBHOOKS

_SQL: Final = Queries("webhooks", "webhooks")
_ENDPOINT: Final = WEBHOOKS.joined("e_")
_LONGEST_ID: Final = 64
_LONGEST_URL: Final = 512
_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Webhook endpoint; `reason` is why it is disabled. Times in ms."""

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
    """Endpoint with the numbers of its waiting and given-up deliveries."""

    endpoint: Endpoint
    waiting: int
    dead: int


async def add(
    tx: Tx,
    *,
    id: str,  # noqa: A002  # the field's name
    client_id: str,
    url: str,
    secret_box: bytes,
    now: int,
) -> None:
    """Inserts an active endpoint. Raises: Conflict (unknown business system)."""
    await tx.run(_SQL["insert_endpoint"], id=id, client_id=client_id, url=url, secret_box=secret_box, now=now)
    await seal_new(tx, WEBHOOKS, id, now=now)


async def list_all(db: Database, *, client_id: str = "") -> list[ListedEndpoint]:
    """Returns all endpoints that are not removed, oldest first, of one business system if given.

    One that was changed outside of the service is listed as disabled, with the reason `record_changed`, so that
    it doesn't hide the others; nothing is sent to it.
    """
    rows = await db.all(_SQL["list_endpoints"], client_id=client_id)
    return [ListedEndpoint(_listed(db, row), waiting=row["waiting"], dead=row["dead"]) for row in rows]


def _listed(db: Database, row: Row) -> Endpoint:
    if _ENDPOINT.holds(db.sealer, row):
        return _endpoint(db, row)
    _log.critical("webhook endpoint %.64r was changed outside of the service", row["e_id"])
    return Endpoint(
        id=str(row["e_id"])[:_LONGEST_ID],
        client_id=str(row["e_client_id"]),
        url=str(row["e_url"])[:_LONGEST_URL],
        state="disabled",
        reason="record_changed",
        secret_box=b"",
        previous_box=None,
        previous_until=None,
        created_at=0,
    )


async def find(db: Database | Tx, *, id: str) -> Endpoint | None:  # noqa: A002
    """Returns an endpoint that is not removed. Raises: SealBroken."""
    row = await db.one(_SQL["find_endpoint"], id=id)
    return None if row is None else _endpoint(db, row)


def _endpoint(db: Database | Tx, row: Row) -> Endpoint:
    _ENDPOINT.check(db.sealer, row)
    return Endpoint(
        id=row["e_id"],
        client_id=row["e_client_id"],
        url=row["e_url"],
        state=row["state"],
        reason=row["reason"],
        secret_box=row["secret_box"],
        previous_box=row["previous_box"],
        previous_until=row["previous_until"],
        created_at=row["created_at"],
    )


async def rotate(
    db: Tx,
    *,
    id: str,  # noqa: A002  # the field's name
    old_box: bytes,
    secret_box: bytes,
    previous_until: int,
    now: int,
) -> bool:
    """Replaces the secret; the old one stays valid until `previous_until`. False if it was changed meanwhile."""
    changed = await db.run(
        _SQL["rotate"], id=id, old_box=old_box, secret_box=secret_box, previous_until=previous_until, now=now
    )
    return changed == 1


async def enable(db: Tx, *, id: str, now: int) -> bool:  # noqa: A002
    """Enables a disabled endpoint; False if it wasn't disabled."""
    return await db.run(_SQL["enable"], id=id, now=now) == 1


async def disable(db: Database, *, id: str, reason: str, now: int) -> None:  # noqa: A002
    """Disables an endpoint and gives up its waiting deliveries, until it is enabled again."""

    async def work(tx: Tx) -> None:
        await tx.run(_SQL["disable"], id=id, reason=reason, now=now)
        await tx.run(_SQL["bury"], endpoint_id=id, error=reason, now=now)

    await db.write(work)


async def remove(tx: Tx, *, id: str, now: int) -> bool:  # noqa: A002
    """Removes an endpoint permanently and deletes its secrets; False if it was removed before."""
    if await tx.run(_SQL["remove"], id=id, now=now) != 1:
        return False
    await tx.run(_SQL["bury"], endpoint_id=id, error="removed", now=now)
    return True
