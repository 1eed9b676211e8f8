"""Requests on the phone: accepting one by its code or from the inbox, its documents, declining."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final

from mshield.server.database.interface import Database, Row, Tx, Undone
from mshield.server.database.queries import Queries
from mshield.server.requests.rows.requests import end_after_its_tasks
from mshield.server.runtime.rows.proofs import Spending, UnspentProof
from mshield.server.seals.login_marks import check_login
from mshield.server.seals.request_marks import check_request
from mshield.server.seals.sealing import changing, read_checked
from mshield.server.seals.tables import SYSTEMS, TASKS
from mshield.wire.ids import first_id
from mshield.wire.phone.requests import RequesterMessage

_SQL: Final = Queries("requests", "scans")
_USABLE_KEY: Final = Spending(_SQL["usable_key"])
_SYSTEM: Final = SYSTEMS.joined("s_")


@dataclass(frozen=True, slots=True)
class Task:
    """Document as sent to the phone. requester is None for the protocol's own tasks.

    `content` is the content that the attributes in `message` refer to, if stored here, else `size` is its
    length. `prepared` is the update that will contain the signature, for a PDF that was taken.
    """

    sid: bytes
    uid: bytes
    purpose: str
    state: str
    message: bytes
    media_type: str
    title: str
    display: str
    format: str
    content: bytes | None
    size: int | None
    expires_at: int
    requester: RequesterMessage | None
    prepared: bytes | None = None


@dataclass(frozen=True, slots=True)
class WaitingRequest:
    """Request in a shield's inbox; `title` is that of the first of its `documents`."""

    id: str
    kind: str
    title: str
    documents: int
    requester: RequesterMessage
    created_at: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class DeviceCertificate:
    """Certificate with which a device may answer; `filing_changed`: the filing changed since it was issued (R22)."""

    uid: bytes
    shield_number: str
    state: str
    holds: frozenset[str]
    not_after: int
    filing_changed: bool


@dataclass(frozen=True, slots=True)
class WayBack:
    """Request by another app, for returning to it; an expired one may still have its last stored state."""

    id: str
    state: str
    expires_at: int


@dataclass(frozen=True, slots=True)
class Prolongable:
    """Request that this device took; an expired one may still have its last stored state; `size` in bytes."""

    kind: str
    state: str
    expires_at: int
    prolonged_at: int | None
    size: int


@dataclass(frozen=True, slots=True)
class ScannedRequest:
    """Request that a phone has accepted, or is about to accept; `shield_number` is set if it is for one shield only.

    `return_url` is the return address of another app's request; `prolonged_at` is when its reader prolonged
    it.
    """

    id: str
    kind: str
    state: str
    number: str
    shield_number: str | None
    return_url: str | None
    requester: RequesterMessage
    created_at: int
    expires_at: int
    prolonged_at: int | None
    tasks: tuple[Task, ...]


async def usable_certificate(
    db: Database, *, token_hash: bytes, jkt: str, proof: UnspentProof | None = None, now: int
) -> tuple[bool, DeviceCertificate | None]:
    """Reports whether this login is valid, and returns the newest certificate of its device.

    The certificate is neither revoked nor superseded, or None. Spends the proof. Raises: InvalidProof
    (already used).
    """
    rows = await _USABLE_KEY(db, proof, token_hash=token_hash, jkt=jkt, now=now)
    for row in rows[:1]:
        check_login(db.sealer, row, token_hash=token_hash, jkt=jkt)
    if not rows or rows[0]["uid"] is None:
        return bool(rows), None
    (row,) = rows
    holds = frozenset(row["holds"].split(",")) if row["holds"] else frozenset[str]()
    changed = row["filed_version"] != row["filing_version"]
    return True, DeviceCertificate(
        row["uid"], row["shield_number"], row["state"], holds, row["not_after"], changed
    )


async def find_asker(db: Database, *, id: str, channel: str) -> str | None:  # noqa: A002
    """Returns the business system that made the request through this channel."""
    row = await db.one(_SQL["asker"], id=id, channel=channel)
    return None if row is None else str(row["client_id"])


async def take(
    db: Database,
    *,
    id: str,  # noqa: A002
    channel: str,
    by: DeviceCertificate,
    begun: tuple[int, int],
    from_inbox: bool = False,
    now: int,
) -> tuple[bool, ScannedRequest | None]:
    """Lets a phone take the request if it began between these two moments (ms); its documents then belong to the key.

    False for an outdated code, a request for another shield or of a disabled system, or one taken by another
    phone; from the inbox also for one without a shield number. The request, if it exists, is returned either
    way. Raises: SealBroken.
    """
    earliest, latest = begun
    values: dict[str, object] = {
        "id": id,
        "channel": channel,
        "uid": by.uid,
        "shield_number": by.shield_number,
        "earliest": earliest,
        "latest": latest,
        "from_inbox": from_inbox,
        "now": now,
    }
    if db.dialect == "postgresql":
        rows = await db.write_together(_SQL["take"], by=id, **values)
        taken = bool(rows) and bool(rows[0]["taken"])
    else:
        taken, rows = await db.write(lambda tx: _take(tx, values))
    for row in rows[:1]:
        check_request(db.sealer, row)
    return taken, _request(rows, taken_by=by.uid if taken else None)


async def _take(tx: Tx, values: dict[str, object]) -> tuple[bool, list[Row]]:
    taken = await tx.one(_SQL["take"], **values) is not None
    if taken:
        await tx.run(_SQL["claim_tasks"], request_id=values["id"], uid=values["uid"])
    return taken, await tx.all(_SQL["find_request"], id=values["id"])


async def begun(db: Database, *, between: tuple[int, int], now: int, most: int) -> list[str]:
    """Returns the ids of requests waiting for a scan that were made in this period (ms, inclusive), at most `most`."""
    first, last = between
    rows = await db.all(_SQL["begun"], first=first_id(first), last=first_id(last + 1), now=now, most=most)
    return [row["id"] for row in rows]


async def inbox(db: Database, *, shield_number: str, uid: bytes, now: int, most: int) -> list[WaitingRequest]:
    """Returns the requests waiting for this shield, and those taken by this key and not yet answered; newest first.

    Raises: SealBroken.
    """
    rows = await db.all(_SQL["inbox"], shield_number=shield_number, uid=uid, now=now, most=most)
    for row in rows:
        check_request(db.sealer, row)
    return [
        WaitingRequest(
            row["id"],
            row["kind"],
            row["title"],
            row["documents"],
            _requester(row),
            row["created_at"],
            row["expires_at"],
        )
        for row in rows
    ]


async def prolongable(
    db: Database,
    *,
    id: str,  # noqa: A002
    device_id: str,
    account_id: str,
) -> Prolongable | None:
    """Returns the state of a request that this device took."""
    row = await db.one(_SQL["prolongable"], id=id, device_id=device_id, account_id=account_id)
    if row is None:
        return None
    return Prolongable(
        row["kind"], row["state"], row["expires_at"], row["prolonged_at"], int(row["size"] or 0)
    )


async def prolong(
    db: Database,
    *,
    id: str,  # noqa: A002
    device_id: str,
    account_id: str,
    by_ms: int,
    now: int,
) -> bool:
    """Prolongs a signature request being read, and its documents; False if it can't be, or was already.

    Documents are locked first, as signing does.
    """

    async def work(tx: Tx) -> None:
        await tx.run(_SQL["prolong_tasks"], id=id, by_ms=by_ms)
        values = {"id": id, "device_id": device_id, "account_id": account_id, "by_ms": by_ms, "now": now}
        if await tx.run(_SQL["prolong"], **values) != 1:
            raise Undone

    try:
        await db.write(work)
    except Undone:
        return False
    return True


async def way_back(
    db: Database,
    *,
    id: str,  # noqa: A002
    device_id: str,
    account_id: str,
) -> WayBack | None:
    """Returns the state of another app's request that this device took; None for any other."""
    row = await db.one(_SQL["way_back"], id=id, device_id=device_id, account_id=account_id)
    return None if row is None else WayBack(row["id"], row["state"], row["expires_at"])


async def return_url(db: Database, *, id: str) -> str | None:  # noqa: A002
    """Returns the return address of a request if its system still has it registered. Raises: SealBroken."""
    row = await db.one(_SQL["return_url"], id=id)
    if row is None:
        return None
    check_request(db.sealer, row)
    _SYSTEM.check(db.sealer, row)
    url: str = row["return_url"]
    return url if url in json.loads(row["s_return_urls"]) else None


async def find_task(db: Database, *, sid: bytes, device_id: str, account_id: str) -> Task | None:
    """Returns a document of this device's key. Raises: SealBroken (its request)."""
    row = await db.one(_SQL["find_task"], sid=sid, device_id=device_id, account_id=account_id)
    if row is None:
        return None
    if row["id"] is None:
        return _task(row, None)
    # Of a signed document's request, the sweep erases personal data and mark; nothing is decided by it any more.
    if row["state"] != "signed" or row["mark"] is not None:
        check_request(db.sealer, row)
    return _task(row, _requester(row))


async def set_message(db: Database, task: Task, message: bytes) -> Task:
    """Replaces the M of a document, unless it was signed or closed meanwhile, and returns the document as stored."""

    async def work(tx: Tx) -> Task:
        async with changing(tx, TASKS, task.sid):
            await tx.run(_SQL["set_message"], sid=task.sid, was=task.message, message=message)
        row = await read_checked(tx, TASKS, task.sid)
        return task if row is None else replace(task, message=row["message"])

    return await db.write(work)


async def decline(  # one column each
    db: Database,
    *,
    id: str,  # noqa: A002
    device_id: str,
    account_id: str,
    reason: str,
    now: int,
    then: Callable[[Tx], Awaitable[None]] | None = None,
) -> bool:
    """Declines a request scanned by this device and closes its documents; `then` runs in the same transaction.

    False if the request isn't open.
    """
    return await end_after_its_tasks(
        db,
        _SQL["decline"],
        then=then,
        id=id,
        device_id=device_id,
        account_id=account_id,
        reason=reason,
        now=now,
    )


def _request(rows: list[Row], *, taken_by: bytes | None) -> ScannedRequest | None:
    """Builds the request from its rows, one per document; `taken_by` is the key that has just taken it."""
    if not rows:
        return None
    first = rows[0]
    requester = _requester(first)
    tasks = tuple(_task(row, requester) for row in rows)
    if taken_by is not None:
        tasks = tuple(replace(task, uid=taken_by) for task in tasks)
    return ScannedRequest(
        id=first["id"],
        kind=first["kind"],
        state=first["request_state"] if taken_by is None else "scanned",
        number=first["number"],
        shield_number=first["shield_number"],
        return_url=first["return_url"],
        requester=requester,
        created_at=first["created_at"],
        expires_at=first["expires_at"],
        prolonged_at=first["prolonged_at"],
        tasks=tasks,
    )


def _requester(row: Row) -> RequesterMessage:
    return RequesterMessage(
        row["client_id"], row["asker_name"], row["asker_domain"], row["pc_address"], row["pc_browser"]
    )


def _task(row: Row, requester: RequesterMessage | None) -> Task:
    return Task(
        sid=row["sid"],
        uid=row["uid"],
        purpose=row["purpose"],
        state=row["state"],
        message=row["message"],
        media_type=row["media_type"],
        title=row["title"],
        display=row["display"],
        format=row["format"],
        content=row["content"],
        size=row["size"],
        expires_at=row["expires_at"],
        requester=requester,
        prepared=row["prepared"],
    )
