"""How a phone takes a request, by its code or from its inbox, sees its documents, and declines it."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final

from mshield.domain.ids import first_id
from mshield.store.database.interface import Database, Row, Tx, Undone
from mshield.store.database.queries import Queries
from mshield.store.process.proofs import Spending, UnspentProof
from mshield.store.requests.requests import end_after_its_tasks
from mshield.store.seals.login_marks import check_login
from mshield.store.seals.sealing import changing, read_checked
from mshield.store.seals.tables import REQUESTS, SYSTEMS, TASKS

_SQL: Final = Queries("requests", "scans")
_USABLE_KEY: Final = Spending(_SQL["usable_key"])
_REQUEST: Final = REQUESTS.joined("r_")
_SYSTEM: Final = SYSTEMS.joined("s_")


@dataclass(frozen=True, slots=True)
class Requester:
    """Who asks, as it was called when it asked; the phone shows it so, and a login says the same."""

    client_id: str
    name: str
    domain: str
    pc_address: str | None
    pc_browser: str | None


@dataclass(frozen=True, slots=True)
class Task:
    """One document as the phone gets it. requester is None for the protocol's own tasks.

    `content` is what the attributes in `message` speak of, where it is here; `size` its length, where it isn't.
    `prepared` is the update to it in which the signature will stand, of a PDF that was taken.
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
    requester: Requester | None
    prepared: bytes | None = None


@dataclass(frozen=True, slots=True)
class WaitingRequest:
    """A request in a shield's inbox; `title` is that of the first of its `documents`."""

    id: str
    kind: str
    title: str
    documents: int
    requester: Requester
    created_at: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class DeviceCertificate:
    """The certificate with which a device may answer; `filing_changed` since it was issued (R22)."""

    uid: bytes
    shield_number: str
    state: str
    holds: frozenset[str]
    not_after: int
    filing_changed: bool


@dataclass(frozen=True, slots=True)
class WayBack:
    """A request by another app, which leads back; an overdue one is still in its last stored state."""

    id: str
    state: str
    expires_at: int


@dataclass(frozen=True, slots=True)
class Prolongable:
    """A request that this device took; of an overdue one the state is the last stored; `size` in octets."""

    kind: str
    state: str
    expires_at: int
    prolonged_at: int | None
    size: int


@dataclass(frozen=True, slots=True)
class ScannedRequest:
    """A request that a phone has taken, or wants to; `shield_number` where it is for one shield only.

    `return_url` is where one by another app leads back to; `prolonged_at` when its reader prolonged it.
    """

    id: str
    kind: str
    state: str
    number: str
    shield_number: str | None
    return_url: str | None
    requester: Requester
    created_at: int
    expires_at: int
    prolonged_at: int | None
    tasks: tuple[Task, ...]


async def usable_certificate(
    db: Database, *, token_hash: bytes, jkt: str, proof: UnspentProof | None = None, now: int
) -> tuple[bool, DeviceCertificate | None]:
    """Whether this login is valid, and the newest certificate of its device that is neither revoked nor superseded.

    Spends the proof. Raises InvalidProof where that was spent before.
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
    """The business system that asks by this channel."""
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
    """Lets a phone take the request, where it began between these two moments (ms); its documents are the key's then.

    False for a late code, a request for another shield or of a disabled system, or one that another phone took; from
    the inbox also for one that is for no shield. The request comes with it either way, where there is one.
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
    return taken, _request(rows, taken_by=by.uid if taken else None)


async def _take(tx: Tx, values: dict[str, object]) -> tuple[bool, list[Row]]:
    taken = await tx.one(_SQL["take"], **values) is not None
    if taken:
        await tx.run(_SQL["claim_tasks"], request_id=values["id"], uid=values["uid"])
    return taken, await tx.all(_SQL["find_request"], id=values["id"])


async def begun(db: Database, *, between: tuple[int, int], now: int, most: int) -> list[str]:
    """The ids of requests that wait for a scan and were made then (ms, both included), `most` at most."""
    first, last = between
    rows = await db.all(_SQL["begun"], first=first_id(first), last=first_id(last + 1), now=now, most=most)
    return [row["id"] for row in rows]


async def inbox(db: Database, *, shield_number: str, uid: bytes, now: int, most: int) -> list[WaitingRequest]:
    """The requests that wait for this shield, and those that this key took and hasn't answered; newest first."""
    rows = await db.all(_SQL["inbox"], shield_number=shield_number, uid=uid, now=now, most=most)
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
    """How a request stands that this device took."""
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
    """Prolongs a signature that is being read, and its documents; False where it can't be, or was already.

    Documents first, as signing does.
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
    """Where a request by another app stands that this device took; None for any other."""
    row = await db.one(_SQL["way_back"], id=id, device_id=device_id, account_id=account_id)
    return None if row is None else WayBack(row["id"], row["state"], row["expires_at"])


async def return_url(db: Database, *, id: str) -> str | None:  # noqa: A002
    """Where a request leads back to, if its system has that address registered. Raises SealBroken."""
    row = await db.one(_SQL["return_url"], id=id)
    if row is None:
        return None
    _REQUEST.check(db.sealer, row)
    _SYSTEM.check(db.sealer, row)
    url: str = row["return_url"]
    return url if url in json.loads(row["s_return_urls"]) else None


async def find_task(db: Database, *, sid: bytes, device_id: str, account_id: str) -> Task | None:
    """A document of this device's key."""
    row = await db.one(_SQL["find_task"], sid=sid, device_id=device_id, account_id=account_id)
    if row is None:
        return None
    return _task(row, None if row["asker_name"] is None else _requester(row))


async def set_message(db: Database, task: Task, message: bytes) -> Task:
    """The document with this M in place of the one that it had, unless it was signed or closed meanwhile."""

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
    """Declines a request that this device has scanned, and closes its documents; `then` is of the same transaction."""
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
    """The request of these rows, one for each document; `taken_by` is the key that has just taken it."""
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


def _requester(row: Row) -> Requester:
    return Requester(
        row["client_id"], row["asker_name"], row["asker_domain"], row["pc_address"], row["pc_browser"]
    )


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
        format=row["format"],
        content=row["content"],
        size=row["size"],
        expires_at=row["expires_at"],
        requester=requester,
        prepared=row["prepared"],
    )
