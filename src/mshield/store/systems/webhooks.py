"""Deliveries of webhooks: one row per request's end and endpoint, waiting until it was taken or given up.

A request is marked when it is made, where its business system has an endpoint, a disabled one too, and the mark goes in
the transaction that makes the deliveries: so no end is lost, however often a process dies on the way.
"""

from dataclasses import dataclass, field
from typing import Final, Literal

from mshield.domain.ids import new_id
from mshield.store.database.interface import Database, Tx
from mshield.store.database.queries import Queries
from mshield.store.requests.requests import end_after_its_tasks

_SQL: Final = Queries("systems", "webhooks")


@dataclass(frozen=True, slots=True)
class EndedRequest:
    """A request that ended, or whose time is over while it is still open; times in ms.

    `oidc` is by what the client recognises the login, as JSON, where it came by OpenID Connect.
    """

    id: str
    client_id: str
    kind: str
    state: str
    reason: str | None
    oidc: str | None
    expires_at: int
    changed_at: int


@dataclass(frozen=True, slots=True)
class DueDelivery:
    """A delivery to make now; `attempts` are those before."""

    id: str
    endpoint_id: str
    url: str
    body: str
    attempts: int
    created_at: int
    secret_box: bytes = field(repr=False)
    previous_box: bytes | None = field(repr=False)
    previous_until: int | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """How a delivery stands: `status` and `error` of its last try; times in ms."""

    id: str
    endpoint_id: str
    request_id: str
    event: str
    state: str
    attempts: int
    next_at: int
    status: int | None
    error: str | None
    created_at: int
    ended_at: int | None


async def any_untold(db: Database) -> bool:
    """Whether a request was ended of which nobody was told."""
    return await db.one(_SQL["any_untold"]) is not None


async def untold(db: Database, *, now: int, most: int) -> list[EndedRequest]:
    """Requests of which nobody was told, the one longest over first."""
    return [EndedRequest(**row) for row in await db.all(_SQL["untold"], now=now, most=most)]


async def left_out(db: Database, request: EndedRequest) -> list[int]:
    """The places, from 0, of documents that the person left out of a signed batch."""
    if (request.kind, request.state) != ("signature", "signed"):
        return []
    return [row["position"] for row in await db.all(_SQL["left_out"], request_id=request.id)]


async def expire(db: Database, *, id: str, now: int) -> bool:  # noqa: A002
    """Writes down that a request's time is over; False where it ended otherwise at the last moment."""
    return await end_after_its_tasks(db, _SQL["expire"], id=id, now=now)


async def tell(db: Database, request: EndedRequest, *, event: str, body: str, now: int) -> int:
    """Makes the deliveries of a request's end, once; gives their number.

    Those for an endpoint that is disabled are given up from the first, for the reason why it is.
    """

    async def work(tx: Tx) -> int:
        if await tx.run(_SQL["mark_told"], id=request.id, state=request.state) != 1:
            return 0
        endpoints = await tx.all(_SQL["endpoints_of"], client_id=request.client_id)
        for endpoint in endpoints:
            is_active = endpoint["state"] == "active"
            await tx.run(
                _SQL["insert_delivery"],
                id=f"msg_{new_id(now)}",
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
    """Deliveries to make now, the one that waits longest first; `most_each` of one endpoint."""
    rows = await db.all(_SQL["due"], now=now, most=most, most_each=most_each)
    return [DueDelivery(**row) for row in rows]


async def begin_attempt(db: Database, delivery: DueDelivery, *, next_at: int) -> bool:
    """Counts a try durably before it is made; False where another process makes it."""
    counted = await db.run(_SQL["begin_attempt"], id=delivery.id, attempts=delivery.attempts, next_at=next_at)
    return counted == 1


async def note_failure(
    db: Database,
    *,
    id: str,  # noqa: A002  # the field's name
    status: int | None,
    error: str,
    next_at: int,
) -> None:
    """Records a failed try, and when the next one comes."""
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
    """Records what became of a delivery."""
    await db.run(_SQL["end_delivery"], id=id, state=state, status=status, error=error, now=now)


async def list_deliveries(
    db: Database, *, endpoint_id: str = "", state: str = "", most: int
) -> list[Delivery]:
    """The newest deliveries; of one endpoint, in one state, where these are given."""
    rows = await db.all(_SQL["list_deliveries"], endpoint_id=endpoint_id, state=state, most=most)
    return [Delivery(**row) for row in rows]


async def replay(db: Tx, *, id: str, now: int) -> bool:  # noqa: A002
    """Has a delivery made again, under its id; False for an unknown one, or one whose endpoint isn't active."""
    return await db.run(_SQL["replay"], id=id, now=now) == 1


async def replay_untaken(db: Tx, *, endpoint_id: str, now: int) -> int:
    """Has all that an endpoint failed to take made again, given up or not; gives their number."""
    return await db.run(_SQL["replay_untaken"], endpoint_id=endpoint_id, now=now)


async def purge(db: Database, *, sent_before: int, dead_before: int) -> int:
    """Deletes deliveries that were made, or given up, before these times (ms)."""
    return await db.run(_SQL["purge"], sent_before=sent_before, dead_before=dead_before)
