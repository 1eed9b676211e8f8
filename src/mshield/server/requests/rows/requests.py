"""Requests as created, followed and fetched by business systems."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import msgspec
from msgspec.structs import asdict

from mshield.pki.signatures.formats import Format
from mshield.server.certificates.rows.certificates import StatusRow, status_of
from mshield.server.database.interface import Conflict, Database, Row, SealBroken, Tx, Undone
from mshield.server.database.queries import Queries, Query, alone
from mshield.server.runtime.rows.limits import Limit, count_within
from mshield.server.seals.request_marks import request_mark
from mshield.server.seals.tables import CERTIFICATES, REQUESTS, SIGNATURES, TASKS

_SQL: Final = Queries("requests", "requests")
_TASK: Final = TASKS.joined("t_")
_SIGNATURE: Final = SIGNATURES.joined("s_")
_CERTIFICATE: Final = CERTIFICATES.joined("c_")
_CREATE_ALONE: Final = alone(_SQL["create"])
"""Statement for a single document: passing ten arrays would make up 20 % of its cost."""


class NewTask(msgspec.Struct, frozen=True):
    """Document of a new request; `display` is JSON text.

    `content` is the content that the attributes in `message` refer to, if it was sent, else `size` is its
    length. `drawing` are the lines that its view drew, as canonical octets.
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
    drawing: bytes | None = None


class NewRequest(msgspec.Struct, frozen=True):
    """Request to store, with the business system's current name, which its login shows.

    `body_hash` distinguishes a repeat from another request with the same key.
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
    """Stored request for the answer to a repeated creation."""

    id: str
    kind: str
    channel: str
    state: str
    number: str
    body_hash: bytes
    created_at: int
    expires_at: int


class SignedDocument(msgspec.Struct, frozen=True):
    """Signed document; signature is r then s. `content` is set if `message` are attributes that refer to it.

    `prepared` is a PDF's update, `display` JSON text; `shown` and `confirmed` are None if nothing was
    displayed. `is_erased`: the content is erased, also from `message` if that was the content.
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
    """Document that the person excluded from a batch, with the reason in their words."""

    title: str
    format: Format
    reason: str


class Signer(msgspec.Struct, frozen=True):
    """Signer, from the certificate's row; `status` is current."""

    serial: str
    certificate: bytes
    name: str
    organisation: str
    credit_code: str
    role: str
    shield_number: str
    status: StatusRow


class Result(msgspec.Struct, frozen=True):
    """Request with its outcome; signer is None and documents are empty before it is signed.

    Documents are in the request's order. `fetched_at` (ms) is the first fetch after the request's life.
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
        """The signed documents."""
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

    False, with nothing stored or counted, if the limit is reached, the idempotency key is in use, the
    business system is disabled, or the number of its view changes isn't `view_changes` (None: not checked).
    """
    values: dict[str, object] = {**asdict(request), "now": now, "view_changes": view_changes}
    values["request_seal"] = REQUESTS.seal(db.sealer, values, version=1)
    values["request_mark"] = request_mark(
        db.sealer,
        id=request.id,
        client_id=request.client_id,
        kind=request.kind,
        channel=request.channel,
        number=request.number,
        shield_number=request.shield_number,
        asker_name=request.asker_name,
        asker_domain=request.asker_domain,
        pc_address=request.pc_address,
        pc_browser=request.pc_browser,
        return_url=request.return_url,
    )

    async def work(tx: Tx) -> bool:
        # Done first, so that a repeat fails before it is counted.
        inserted = await tx.run(_SQL["insert_request"], **values)
        if inserted != 1 or not await count_within(tx, limit, now=now):
            raise Undone
        for position, task in enumerate(tasks):
            columns = asdict(task) | {"request_id": request.id}
            await tx.run(
                _SQL["insert_task"],
                **columns,
                position=position,
                seal=TASKS.seal(db.sealer, columns, version=1),
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


async def _create_at_once(
    db: Database, request: NewRequest, values: dict[str, object], tasks: list[NewTask], limit: Limit
) -> bool:
    rows = [asdict(task) for task in tasks]
    for row in rows:
        row["seal"] = TASKS.seal(db.sealer, row | {"request_id": request.id}, version=1)
    create = _SQL["create"] if len(rows) > 1 else _CREATE_ALONE
    columns = {
        f"{name}s": [row[name] for row in rows] if len(rows) > 1 else value for name, value in rows[0].items()
    }
    created = await db.write_together(create, by=limit.row, **values, **asdict(limit), **columns)
    return bool(created)


async def find_by_idempotency_key(
    db: Database, *, client_id: str, idempotency_key: str
) -> MadeRequest | None:
    """Returns the request made under this key."""
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


async def cancel(db: Database, *, id: str, client_id: str, now: int) -> bool:  # noqa: A002
    """Cancels an open request and closes its documents; False if it isn't open.

    A waiting request is locked before its documents, as scanning does; a scanned one after them, as signing
    does. Each is its own transaction: the first keeps the request locked even if it has just been scanned.
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
    """Closes a request's documents and ends it by the statement `end`.

    False, with nothing changed, if `end` affects no row. `then` runs in the same transaction. Documents are
    locked first, as signing does; another order could deadlock.
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
    """Cancels a business system's open requests with ids from `since` on and closes their documents; returns the ids.

    Rows are locked in the order of scanning (a request, then its documents) and of signing (documents, then
    the request), so that no deadlock arises.
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
    """Counts this system's waiting requests in the inbox; None if the shield has no certificate that can sign."""
    row = await db.one(
        _SQL["inbox_of_usable_shield"], shield_number=shield_number, client_id=client_id, now=now
    )
    return None if row is None else row["waiting"]


async def find_result(db: Database, *, id: str, client_id: str) -> Result | None:  # noqa: A002
    """Returns a request of this business system with its outcome.

    Raises: SealBroken (a document, its signature or the certificate is not as this service wrote it).
    """
    rows = await db.read_together(_SQL["result"], id=id, client_id=client_id)
    if not rows:
        return None
    first = rows[0]
    signed = [row for row in rows if row["signature"] is not None]
    for row in rows:
        _check(db, row)
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
            else DeclinedDocument(row["t_title"], row["t_format"], row["left_out"] or "")
            for row in rows
            if row["signature"] is not None or row["task_state"] == "declined"
        ),
        fetched_at=first["fetched_at"],
    )


def _check(db: Database, row: Row) -> None:
    """Checks the rows of a document that was signed or excluded; others aren't in a result. Raises: SealBroken."""
    if row["signature"] is None:
        if row["task_state"] == "declined":
            _TASK.check(db.sealer, row)
        return
    for table in (_TASK, _SIGNATURE, _CERTIFICATE):
        table.check(db.sealer, row)
    if row["c_uid"] != row["s_uid"]:
        raise SealBroken(SIGNATURES.name, row["s_sid"])


def _signed(row: Row) -> SignedDocument:
    return SignedDocument(
        row["t_title"],
        row["t_format"],
        row["t_message"],
        row["content"],
        row["signature"],
        row["signed_at"],
        row["t_display"],
        row["shown"],
        row["confirmed"],
        row["prepared"],
        row["erased_at"] is not None,
    )


def _signer(row: Row) -> Signer:
    return Signer(
        serial=row["serial"],
        certificate=row["der"],
        name=row["c_common_name"],
        organisation=row["c_organisation"],
        credit_code=row["c_credit_code"],
        role=row["c_role"],
        shield_number=row["c_shield_number"],
        status=status_of(row, state="certificate_state"),
    )
