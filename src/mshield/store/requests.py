"""Requests of business systems: the documents, how a phone takes a request, and the result."""

from dataclasses import dataclass
from typing import Final

from mshield.store.database import Database, Row, Tx
from mshield.store.queries import Queries

_SQL: Final = Queries("requests")


@dataclass(frozen=True, slots=True)
class NewTask:
    """A document of a new request; `display` is JSON text."""

    sid: bytes
    purpose: str
    message: bytes
    media_type: str
    title: str
    display: str


@dataclass(frozen=True, slots=True)
class NewRequest:
    """A request as a business system made it; body_hash tells a repeat from another request under the same key."""

    id: str
    client_id: str
    kind: str
    channel: str
    number: str
    qr_key: str
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
    qr_key: str
    body_hash: bytes
    expires_at: int


@dataclass(frozen=True, slots=True)
class RequestState:
    """What a waiting PC sees."""

    id: str
    kind: str
    state: str
    reason: str | None
    expires_at: int


@dataclass(frozen=True, slots=True)
class Requester:
    """Who asks, as the phone shows it."""

    name: str
    domain: str
    pc_address: str | None
    pc_browser: str | None


@dataclass(frozen=True, slots=True)
class Task:
    """One document as the phone gets it. requester is None for the protocol's own tasks."""

    sid: bytes
    uid: bytes
    purpose: str
    state: str
    message: bytes
    media_type: str
    title: str
    display: str
    expires_at: int
    requester: Requester | None


@dataclass(frozen=True, slots=True)
class ScannedRequest:
    """A request that a phone has taken."""

    id: str
    kind: str
    state: str
    number: str
    requester: Requester
    expires_at: int
    tasks: tuple[Task, ...]


@dataclass(frozen=True, slots=True)
class DeviceCertificate:
    """The certificate with which a device may answer; `filing_changed` since it was issued (R22)."""

    uid: bytes
    state: str
    holds: frozenset[str]
    not_after: int
    filing_changed: bool


@dataclass(frozen=True, slots=True)
class SignedDocument:
    """One signed document; signature is r then s."""

    title: str
    message: bytes
    signature: bytes
    signed_at: int


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signed, from the certificate's row."""

    serial: str
    certificate: bytes
    name: str
    organisation: str
    credit_code: str
    role: str
    shield_number: str


@dataclass(frozen=True, slots=True)
class Result:
    """A request with its outcome; signer is None and documents are empty before it is signed."""

    id: str
    kind: str
    state: str
    expires_at: int
    signer: Signer | None
    documents: tuple[SignedDocument, ...]


async def create(db: Database, request: NewRequest, tasks: list[NewTask], *, now: int) -> None:
    """Stores a request with its documents. Raises Conflict for a repeated idempotency key."""
    values: dict[str, object] = {
        "id": request.id,
        "client_id": request.client_id,
        "kind": request.kind,
        "channel": request.channel,
        "number": request.number,
        "qr_key": request.qr_key,
        "pc_address": request.pc_address,
        "pc_browser": request.pc_browser,
        "idempotency_key": request.idempotency_key,
        "body_hash": request.body_hash,
        "now": now,
        "expires_at": request.expires_at,
    }

    async def work(tx: Tx) -> None:
        await tx.run(_SQL["insert_request"], **values)
        for position, task in enumerate(tasks):
            await tx.run(
                _SQL["insert_task"],
                sid=task.sid,
                request_id=request.id,
                position=position,
                purpose=task.purpose,
                message=task.message,
                media_type=task.media_type,
                title=task.title,
                display=task.display,
                now=now,
                expires_at=request.expires_at,
            )

    if db.dialect == "sqlite":
        await db.write(work)
        return
    await db.run(
        _SQL["create"],
        **values,
        sids=[task.sid for task in tasks],
        purposes=[task.purpose for task in tasks],
        messages=[task.message for task in tasks],
        media_types=[task.media_type for task in tasks],
        titles=[task.title for task in tasks],
        displays=[task.display for task in tasks],
    )


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
        qr_key=row["qr_key"],
        body_hash=row["body_hash"],
        expires_at=row["expires_at"],
    )


async def find_state(db: Database, *, id: str, client_id: str) -> RequestState | None:  # noqa: A002  # the field's name
    """The state of a request of this business system; an overdue one is still in its last stored state."""
    row = await db.one(_SQL["find_state"], id=id, client_id=client_id)
    if row is None:
        return None
    return RequestState(row["id"], row["kind"], row["state"], row["reason"], row["expires_at"])


async def cancel(db: Database, *, id: str, client_id: str, now: int) -> bool:  # noqa: A002
    """Cancels an open request and closes its documents; False where it isn't open."""

    async def work(tx: Tx) -> bool:
        if await tx.run(_SQL["cancel"], id=id, client_id=client_id, now=now) != 1:
            return False
        await tx.run(_SQL["close_tasks"], request_id=id)
        return True

    return await db.write(work)


async def decline(  # one column each
    db: Database,
    *,
    id: str,  # noqa: A002
    device_id: str,
    account_id: str,
    reason: str,
    now: int,
) -> bool:
    """Declines a request that this device has scanned, and closes its documents."""

    async def work(tx: Tx) -> bool:
        declined = await tx.run(
            _SQL["decline"], id=id, device_id=device_id, account_id=account_id, reason=reason, now=now
        )
        if declined != 1:
            return False
        await tx.run(_SQL["close_tasks"], request_id=id)
        return True

    return await db.write(work)


async def usable_certificate(db: Database, *, device_id: str, account_id: str) -> DeviceCertificate | None:
    """The newest certificate of this device that is neither revoked nor superseded."""
    row = await db.one(_SQL["usable_key"], device_id=device_id, account_id=account_id)
    if row is None:
        return None
    holds = frozenset(row["holds"].split(",")) if row["holds"] else frozenset[str]()
    changed = row["filed_version"] != row["filing_version"]
    return DeviceCertificate(row["uid"], row["state"], holds, row["not_after"], changed)


async def find_asker(db: Database, *, id: str, qr_key: str, channel: str) -> str | None:  # noqa: A002
    """The business system that asks, for who holds the request's code; None for a wrong one."""
    row = await db.one(_SQL["asker"], id=id, qr_key=qr_key, channel=channel)
    return None if row is None else str(row["client_id"])


async def scan(  # one part of the code each
    db: Database,
    *,
    id: str,  # noqa: A002
    qr_key: str,
    channel: str,
    uid: bytes,
    now: int,
) -> bool:
    """Lets the key's phone take the request; False for a wrong code, a late one, or one that another phone took."""

    async def work(tx: Tx) -> bool:
        if await tx.one(_SQL["scan"], id=id, qr_key=qr_key, channel=channel, uid=uid, now=now) is None:
            return False
        await tx.run(_SQL["claim_tasks"], request_id=id, uid=uid)
        return True

    return await db.write(work)


async def find_request(db: Database, *, id: str) -> ScannedRequest | None:  # noqa: A002
    """A request with its documents and who asks."""
    row = await db.one(_SQL["find_scanned"], id=id)
    if row is None:
        return None
    requester = _requester(row)
    tasks = tuple(_task(task, requester) for task in await db.all(_SQL["tasks_of_request"], request_id=id))
    return ScannedRequest(
        row["id"], row["kind"], row["state"], row["number"], requester, row["expires_at"], tasks
    )


async def find_task(db: Database, *, sid: bytes, device_id: str, account_id: str) -> Task | None:
    """A document of this device's key."""
    row = await db.one(_SQL["find_task"], sid=sid, device_id=device_id, account_id=account_id)
    if row is None:
        return None
    return _task(row, None if row["name"] is None else _requester(row))


async def find_result(db: Database, *, id: str, client_id: str) -> Result | None:  # noqa: A002
    """A request of this business system with what was signed."""
    rows = await db.all(_SQL["result"], id=id, client_id=client_id)
    if not rows:
        return None
    first = rows[0]
    signed = [row for row in rows if row["signature"] is not None]
    return Result(
        id=first["id"],
        kind=first["kind"],
        state=first["state"],
        expires_at=first["expires_at"],
        signer=_signer(signed[0]) if signed else None,
        documents=tuple(
            SignedDocument(row["title"], row["message"], row["signature"], row["signed_at"]) for row in signed
        ),
    )


def _requester(row: Row) -> Requester:
    return Requester(row["name"], row["domain"], row["pc_address"], row["pc_browser"])


def _task(row: Row, requester: Requester | None) -> Task:
    return Task(
        sid=row["sid"],
        uid=row["uid"],
        purpose=row["purpose"],
        state=row["state"],
        message=row["message"],
        media_type=row["media_type"],
        title=row["title"],
        display=row["display"],
        expires_at=row["expires_at"],
        requester=requester,
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
    )
