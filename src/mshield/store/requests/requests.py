"""Requests as business systems make them, follow them and fetch their result."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import msgspec
from msgspec.structs import asdict

from mshield.store.accounts.limits import Limit, count_within
from mshield.store.certificates.certificates import StatusRow, status_of
from mshield.store.database.interface import Conflict, Database, Row, Tx, Undone
from mshield.store.database.queries import Queries, Query, alone
from mshield.store.seals.tables import REQUESTS, TASKS

_SQL: Final = Queries("requests", "requests")
_CREATE_ALONE: Final = alone(_SQL["create"])
"""The statement for one document: writing ten arrays would be a fifth of its cost."""


class NewTask(msgspec.Struct, frozen=True):
    """A document of a new request; `display` is JSON text.

    `content` is what the attributes in `message` speak of, where it came along; `size` its length, where it didn't.
    """

    sid: bytes
    purpose: str
    message: bytes
    media_type: str
    title: str
    display: str
    format: str = "raw"
    content: bytes | None = None
    size: int | None = None


class NewRequest(msgspec.Struct, frozen=True):
    """A request as a business system made it, called as it is now; its login names it so.

    `body_hash` tells a repeat from another request under the same key.
    """

    id: str
    client_id: str
    asker_name: str
    asker_domain: str
    kind: str
    channel: str
    number: str
    shield_number: str | None
    return_url: str | None
    pc_address: str | None
    pc_browser: str | None
    idempotency_key: str | None
    body_hash: bytes
    expires_at: int


@dataclass(frozen=True, slots=True)
class MadeRequest:
    """What a repeated creation answers with."""

    id: str
    kind: str
    channel: str
    state: str
    number: str
    body_hash: bytes
    created_at: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class RequestState:
    """What a waiting PC sees."""

    id: str
    kind: str
    state: str
    reason: str | None
    expires_at: int


class SignedDocument(msgspec.Struct, frozen=True):
    """One signed document; signature is r then s. `content` where `message` are attributes that speak of it.

    `prepared` is a PDF's update, `display` JSON text; `shown` and `confirmed` are None for what is not drawn.
    `is_erased`: its content is gone, from `message` too where that was the content.
    """

    title: str
    format: str
    message: bytes
    content: bytes | None
    signature: bytes
    signed_at: int
    display: str
    shown: bytes | None
    confirmed: str | None
    prepared: bytes | None = None
    is_erased: bool = False


class DeclinedDocument(msgspec.Struct, frozen=True):
    """One that the person left out of a batch, and why."""

    title: str
    format: str
    reason: str


class Signer(msgspec.Struct, frozen=True):
    """Who signed, from the certificate's row; `status` is that of now."""

    serial: str
    certificate: bytes
    name: str
    organisation: str
    credit_code: str
    role: str
    shield_number: str
    status: StatusRow


class Result(msgspec.Struct, frozen=True):
    """A request with its outcome; signer is None and documents are empty before it is signed.

    Documents stand in the order of the request. `fetched_at` is when it was first fetched after its life (ms).
    """

    id: str
    kind: str
    channel: str
    state: str
    expires_at: int
    signer: Signer | None
    documents: tuple[SignedDocument | DeclinedDocument, ...]
    fetched_at: int | None = None

    @property
    def signed(self) -> tuple[SignedDocument, ...]:
        """Those that are signed."""
        return tuple([document for document in self.documents if isinstance(document, SignedDocument)])


async def create(
    db: Database,
    request: NewRequest,
    tasks: list[NewTask],
    *,
    limit: Limit,
    view_changes: int | None = None,
    now: int,
) -> bool:
    """Stores a request with its documents and counts it against the limit.

    False, with nothing stored or counted, where the limit is reached, the idempotency key is that of another one,
    the business system is disabled, or its views have had other than `view_changes` changes (None: whatever they are).
    """
    values: dict[str, object] = {**asdict(request), "now": now, "view_changes": view_changes}
    values["request_seal"] = REQUESTS.seal(db.sealer, values, version=1)

    async def work(tx: Tx) -> bool:
        # First, so that a repeat fails before it is counted.
        inserted = await tx.run(_SQL["insert_request"], **values)
        if inserted != 1 or not await count_within(tx, limit, now=now):
            raise Undone
        for position, task in enumerate(tasks):
            await tx.run(
                _SQL["insert_task"],
                **asdict(task),
                request_id=request.id,
                position=position,
                seal=_seal(db, request, task),
                now=now,
                expires_at=request.expires_at,
            )
        return True

    try:
        return await (
            db.write(work) if db.dialect == "sqlite" else _create_at_once(db, request, values, tasks, limit)
        )
    except (Conflict, Undone):
        return False


def _seal(db: Database, request: NewRequest, task: NewTask) -> bytes:
    """The seal of a document as it is asked for; it never changes."""
    return TASKS.seal(db.sealer, {**asdict(task), "request_id": request.id}, version=1)


async def _create_at_once(
    db: Database, request: NewRequest, values: dict[str, object], tasks: list[NewTask], limit: Limit
) -> bool:
    rows = [asdict(task) | {"seal": _seal(db, request, task)} for task in tasks]
    create = _SQL["create"] if len(rows) > 1 else _CREATE_ALONE
    columns = {
        f"{name}s": [row[name] for row in rows] if len(rows) > 1 else value for name, value in rows[0].items()
    }
    created = await db.write_together(create, by=limit.row, **values, **asdict(limit), **columns)
    return bool(created)


async def find_by_idempotency_key(
    db: Database, *, client_id: str, idempotency_key: str
) -> MadeRequest | None:
    """The request that was made under this key."""
    row = await db.one(_SQL["find_by_idempotency_key"], client_id=client_id, idempotency_key=idempotency_key)
    if row is None:
        return None
    return MadeRequest(
        id=row["id"],
        kind=row["kind"],
        channel=row["channel"],
        state=row["state"],
        number=row["number"],
        body_hash=row["body_hash"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
    )


async def find_state(db: Database, *, id: str, client_id: str) -> RequestState | None:  # noqa: A002  # the field's name
    """The state of a request of this business system; an overdue one is still in its last stored state."""
    rows = await db.read_together(_SQL["find_state"], id=id, client_id=client_id)
    if not rows:
        return None
    (row,) = rows
    return RequestState(row["id"], row["kind"], row["state"], row["reason"], row["expires_at"])


async def cancel(db: Database, *, id: str, client_id: str, now: int) -> bool:  # noqa: A002
    """Cancels an open request and closes its documents; False where it isn't open.

    One that waits is locked before its documents, as taking does, one that was taken after them, as signing does. Each
    way is a transaction of its own: the first keeps the request locked also where it has just been taken.
    """

    async def waiting(tx: Tx) -> bool:
        if await tx.run(_SQL["cancel"], state="waiting", id=id, client_id=client_id, now=now) != 1:
            return False
        await _close_tasks(tx, request_id=id)
        return True

    return await db.write(waiting) or await end_after_its_tasks(
        db, _SQL["cancel"], state="scanned", id=id, client_id=client_id, now=now
    )


async def end_after_its_tasks(
    db: Database,
    end: Query,
    *,
    id: str,  # noqa: A002
    then: Callable[[Tx], Awaitable[None]] | None = None,
    **values: object,
) -> bool:
    """Closes a request's documents and ends it by this statement; False, with nothing changed, where that finds none.

    `then` is done in the same transaction.

    Documents first, as signing does: two that take the same rows in another order would wait for each other.
    """

    async def work(tx: Tx) -> None:
        await _close_tasks(tx, request_id=id)
        if await tx.run(end, id=id, **values) != 1:
            raise Undone
        if then is not None:
            await then(tx)

    try:
        await db.write(work)
    except Undone:
        return False
    return True


async def end_of_system(tx: Tx, *, client_id: str, since: str, now: int) -> list[str]:
    """Cancels a business system's open requests whose ids aren't below `since`, closes their documents; gives the ids.

    Rows are locked in the order in which taking (a request, then its documents) and signing (documents, then the
    request) lock them, so that none of them waits crosswise.
    """
    values = {"client_id": client_id, "since": since}
    waiting = await tx.all(_SQL["end_of_system"], state="waiting", now=now, **values)
    await tx.run(_SQL["close_tasks_of_system"], **values)
    scanned = await tx.all(_SQL["end_of_system"], state="scanned", now=now, **values)
    return [row["id"] for row in (*waiting, *scanned)]


async def _close_tasks(tx: Tx, *, request_id: str) -> None:
    """Closes the documents of a request that ended without signature."""
    await tx.run(_SQL["close_tasks"], request_id=request_id)


async def waiting_in_inbox(db: Database, *, shield_number: str, client_id: str, now: int) -> int | None:
    """How many of this business system wait there; None where the shield has no certificate that can sign."""
    row = await db.one(
        _SQL["inbox_of_usable_shield"], shield_number=shield_number, client_id=client_id, now=now
    )
    return None if row is None else row["waiting"]


async def find_result(db: Database, *, id: str, client_id: str) -> Result | None:  # noqa: A002
    """A request of this business system with what was signed."""
    rows = await db.read_together(_SQL["result"], id=id, client_id=client_id)
    if not rows:
        return None
    first = rows[0]
    signed = [row for row in rows if row["signature"] is not None]
    return Result(
        id=first["id"],
        kind=first["kind"],
        channel=first["channel"],
        state=first["state"],
        expires_at=first["expires_at"],
        signer=_signer(signed[0]) if signed else None,
        documents=tuple(
            _signed(row)
            if row["signature"] is not None
            else DeclinedDocument(row["title"], row["format"], row["left_out"] or "")
            for row in rows
            if row["signature"] is not None or row["task_state"] == "declined"
        ),
        fetched_at=first["fetched_at"],
    )


def _signed(row: Row) -> SignedDocument:
    return SignedDocument(
        row["title"],
        row["format"],
        row["message"],
        row["content"],
        row["signature"],
        row["signed_at"],
        row["display"],
        row["shown"],
        row["confirmed"],
        row["prepared"],
        row["erased_at"] is not None,
    )


def _signer(row: Row) -> Signer:
    return Signer(
        serial=row["serial"],
        certificate=row["der"],
        name=row["common_name"],
        organisation=row["organisation"],
        credit_code=row["credit_code"],
        role=row["role"],
        shield_number=row["shield_number"],
        status=status_of(row, state="certificate_state"),
    )
