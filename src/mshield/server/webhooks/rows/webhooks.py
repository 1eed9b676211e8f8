"""Deliveries of webhooks: one row per ended request and endpoint, waiting until accepted or given up.

A request is marked on creation if its business system has an endpoint, even a disabled one. The mark is
removed in the transaction that creates the deliveries, so no ended request is missed, even if processes die
in between.
"""

from dataclasses import dataclass, field
from typing import Final, Literal

from mshield.server.database.interface import Database, Row, SealBroken, Tx
from mshield.server.database.queries import Queries
from mshield.server.requests.rows.requests import end_after_its_tasks
from mshield.server.seals.marks import check_mark, mark_of
from mshield.server.seals.tables import WEBHOOKS
from mshield.server.webhooks.rules import DeliveryMessage
from mshield.wire.business import Kind
from mshield.wire.ids import new_id

_SQL: Final = Queries("webhooks", "webhooks")
_ENDPOINT: Final = WEBHOOKS.joined("e_")
_DELIVERY: Final = "webhook delivery"


@dataclass(frozen=True, slots=True)
class EndedRequest:
    """Request that ended, or has expired but isn't marked so yet; times in ms.

    `oidc` is the JSON by which the client recognises a login through OpenID Connect.
    """

    id: str
    client_id: str
    kind: Kind
    state: str
    reason: str | None
    oidc: str | None
    expires_at: int
    changed_at: int


@dataclass(frozen=True, slots=True)
class DueDelivery:
    """Delivery due now; `attempts` counts earlier ones.

    `is_forged`: somebody else wrote it or its endpoint, so it must not be sent.
    """

    id: str
    endpoint_id: str
    url: str
    body: str
    attempts: int
    created_at: int
    secret_box: bytes = field(repr=False)
    previous_box: bytes | None = field(repr=False)
    previous_until: int | None
    is_forged: bool = False


async def any_unannounced(db: Database) -> bool:
    """Reports whether there is an ended request without deliveries yet."""
    return await db.one(_SQL["any_unannounced"]) is not None


async def unannounced(db: Database, *, now: int, most: int) -> list[EndedRequest]:
    """Returns ended requests without deliveries yet, oldest end first."""
    return [EndedRequest(**row) for row in await db.all(_SQL["unannounced"], now=now, most=most)]


async def excluded_documents(db: Database, request: EndedRequest) -> list[int]:
    """Returns the indexes, from 0, of documents that the person excluded from a signed batch."""
    if (request.kind, request.state) != ("signature", "signed"):
        return []
    return [row["position"] for row in await db.all(_SQL["left_out"], request_id=request.id)]


async def expire(db: Database, *, id: str, now: int) -> bool:  # noqa: A002
    """Marks a request as expired; False if it ended in another way at the last moment."""
    return await end_after_its_tasks(db, _SQL["expire"], id=id, now=now)


async def queue(db: Database, request: EndedRequest, *, event: str, body: str, now: int) -> int:
    """Inserts the deliveries for an ended request, once; returns their number.

    Deliveries to a disabled endpoint are given up at once, with the reason of its state.
    """

    async def work(tx: Tx) -> int:
        if await tx.run(_SQL["mark_announced"], id=request.id, state=request.state) != 1:
            return 0
        endpoints = await tx.all(_SQL["endpoints_of"], client_id=request.client_id)
        for endpoint in endpoints:
            is_active = endpoint["state"] == "active"
            delivery_id = f"msg_{new_id(now)}"
            await tx.run(
                _SQL["insert_delivery"],
                id=delivery_id,
                mark=mark_of(tx.sealer, _DELIVERY, delivery_id, endpoint["id"], request.id, event, body),
                endpoint_id=endpoint["id"],
                request_id=request.id,
                event=event,
                body=body,
                state="waiting" if is_active else "dead",
                error=None if is_active else endpoint["reason"],
                now=now,
                ended_at=None if is_active else now,
            )
        return len(endpoints)

    return await db.write(work)


async def due(db: Database, *, now: int, most: int, most_each: int) -> list[DueDelivery]:
    """Returns deliveries due now, longest waiting first; at most `most_each` per endpoint."""
    rows = await db.all(_SQL["due"], now=now, most=most, most_each=most_each)
    return [_due(db, row) for row in rows]


def _due(db: Database, row: Row) -> DueDelivery:
    return DueDelivery(
        id=row["id"],
        endpoint_id=row["endpoint_id"],
        url=row["e_url"],
        body=row["body"],
        attempts=row["attempts"],
        created_at=row["created_at"],
        secret_box=row["secret_box"],
        previous_box=row["previous_box"],
        previous_until=row["previous_until"],
        is_forged=_is_forged(db, row),
    )


def _is_forged(db: Database, row: Row) -> bool:
    if not _ENDPOINT.holds(db.sealer, row):
        return True
    values = (row["id"], row["endpoint_id"], row["request_id"], row["event"], row["body"])
    try:
        check_mark(db.sealer, row["mark"], "webhook_deliveries", _DELIVERY, *values)
    except (SealBroken, TypeError, ValueError, OverflowError):
        return True
    return False


async def begin_attempt(db: Database, delivery: DueDelivery, *, next_at: int) -> bool:
    """Durably counts an attempt before it is made; False if another process makes it."""
    updated = await db.run(_SQL["begin_attempt"], id=delivery.id, attempts=delivery.attempts, next_at=next_at)
    return updated == 1


async def note_failure(
    db: Database,
    *,
    id: str,  # noqa: A002  # the field's name
    status: int | None,
    error: str,
    next_at: int,
) -> None:
    """Records a failed attempt and the time of the next one."""
    await db.run(_SQL["note_failure"], id=id, status=status, error=error, next_at=next_at)


async def end(
    db: Database,
    *,
    id: str,  # noqa: A002
    state: Literal["sent", "dead"],
    status: int | None,
    error: str | None,
    now: int,
) -> None:
    """Records the outcome of a delivery."""
    await db.run(_SQL["end_delivery"], id=id, state=state, status=status, error=error, now=now)


async def list_deliveries(
    db: Database, *, endpoint_id: str = "", state: str = "", most: int
) -> list[DeliveryMessage]:
    """Returns the newest deliveries, by endpoint and state if given."""
    rows = await db.all(_SQL["list_deliveries"], endpoint_id=endpoint_id, state=state, most=most)
    return [DeliveryMessage(**row) for row in rows]


async def replay(db: Tx, *, id: str, now: int) -> bool:  # noqa: A002
    """Makes a delivery due again under its id; False if it is unknown or its endpoint isn't active."""
    return await db.run(_SQL["replay"], id=id, now=now) == 1


async def replay_undelivered(db: Tx, *, endpoint_id: str, now: int) -> int:
    """Makes all deliveries due again that an endpoint didn't accept, given up or not; returns their number."""
    return await db.run(_SQL["replay_undelivered"], endpoint_id=endpoint_id, now=now)


async def purge(db: Database, *, sent_before: int, dead_before: int) -> int:
    """Deletes deliveries accepted, or given up, before these times (ms), and returns their number."""
    return await db.run(_SQL["purge"], sent_before=sent_before, dead_before=dead_before)
