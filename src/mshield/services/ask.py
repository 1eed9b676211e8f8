"""A business system asks for a login (R15) or a signature (R16), follows the request, and fetches the result."""

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass, replace
from typing import Final, Literal

from mshield.domain import errors
from mshield.domain.ids import new_id
from mshield.domain.requests import RequestState, shown_state
from mshield.gm import transcript
from mshield.services.events import Events
from mshield.services.waiting import wait_for_change
from mshield.settings import Settings
from mshield.store import requests as store
from mshield.store.database import Conflict, Database
from mshield.store.systems import BusinessSystem

LOGIN_TYPE: Final = "mshield-login/v1"
Channel = Literal["qr", "app"]
"""How a request reaches the phone: scanned from a screen, or by another app on the same phone (R13)."""


@dataclass(frozen=True, slots=True)
class Document:
    """What is to be signed; `display` are the lines (label, value) that the phone shows."""

    title: str
    media_type: str
    content: bytes
    display: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A new request. `qr` is what the phone takes: the text of the QR code, or by `channel` `app` the app's link.

    `number` are the two digits that both screens show.
    """

    id: str
    kind: str
    channel: Channel
    state: str
    qr: str
    number: str
    expires_at: int


@dataclass(frozen=True, slots=True)
class Ask:
    """Makes requests and answers for their state."""

    db: Database
    settings: Settings
    events: Events

    async def create(  # one part of the request each
        self,
        system: BusinessSystem,
        *,
        kind: str,
        channel: Channel = "qr",
        documents: tuple[Document, ...],
        pc_address: str | None,
        pc_browser: str | None,
        idempotency_key: str | None,
        body: bytes,
        now: int,
    ) -> Asked:
        """Raises InternalMessageRefused for content that looks like the protocol's own, IdempotencyMismatch."""
        request = store.NewRequest(
            id=new_id(now),
            client_id=system.client_id,
            kind=kind,
            channel=channel,
            number=f"{secrets.randbelow(100):02d}",
            qr_key=base64.urlsafe_b64encode(secrets.token_bytes(16)).rstrip(b"=").decode(),
            pc_address=pc_address,
            pc_browser=pc_browser,
            idempotency_key=idempotency_key,
            body_hash=hashlib.sha256(body).digest(),
            expires_at=now + self.settings.request_seconds * 1000,
        )
        tasks = (
            [_login_task(system, request, now=now)]
            if kind == "login"
            else [_task(each) for each in documents]
        )
        try:
            await store.create(self.db, request, tasks, now=now)
        except Conflict:
            return await self._made_before(request)
        return Asked(
            request.id,
            kind,
            channel,
            "waiting",
            self._code(channel, request.id, request.qr_key),
            request.number,
            request.expires_at,
        )

    async def _made_before(self, request: store.NewRequest) -> Asked:
        if request.idempotency_key is None:
            raise errors.Conflict
        made = await store.find_by_idempotency_key(
            self.db, client_id=request.client_id, idempotency_key=request.idempotency_key
        )
        if made is None or not hmac.compare_digest(made.body_hash, request.body_hash):
            raise errors.IdempotencyMismatch
        made_for: Channel = "app" if made.channel == "app" else "qr"
        return Asked(
            made.id,
            made.kind,
            made_for,
            made.state,
            self._code(made_for, made.id, made.qr_key),
            made.number,
            made.expires_at,
        )

    def _code(self, channel: Channel, request_id: str, qr_key: str) -> str:
        if channel == "app":
            return f"{self.settings.public_origin}/app/sign?request={request_id}&k={qr_key}"
        return f"{self.settings.public_origin}/q/{request_id}?k={qr_key}"

    async def state(self, system: BusinessSystem, request_id: str, *, now: int) -> store.RequestState:
        """The state now; an overdue request is `expired`. Raises NotFound."""
        found = await store.find_state(self.db, id=request_id, client_id=system.client_id)
        if found is None:
            raise errors.NotFound
        shown = shown_state(RequestState(found.state), expires_at=found.expires_at, now=now)
        return replace(found, state=shown.value)

    async def wait(
        self, system: BusinessSystem, request_id: str, *, known: str, seconds: int, now: int
    ) -> store.RequestState:
        """The state as soon as it differs from `known`, or after `seconds`. Raises NotFound."""
        return await wait_for_change(
            self.events,
            request_id,
            lambda at: self.state(system, request_id, now=at),
            known=known,
            seconds=seconds,
            now=now,
        )

    async def cancel(self, system: BusinessSystem, request_id: str, *, now: int) -> None:
        """Cancels an open request; a cancelled one stays so. Raises NotFound, RequestClosed."""
        if await store.cancel(self.db, id=request_id, client_id=system.client_id, now=now):
            self.events.notify(request_id)
            return
        if (await self.state(system, request_id, now=now)).state != "cancelled":
            raise errors.RequestClosed

    async def result(self, system: BusinessSystem, request_id: str) -> store.Result:
        """The signed documents. Raises NotFound, NotSigned."""
        found = await store.find_result(self.db, id=request_id, client_id=system.client_id)
        if found is None:
            raise errors.NotFound
        if found.state != "signed" or found.signer is None:
            raise errors.NotSigned(state=found.state)
        return found


def _login_task(system: BusinessSystem, request: store.NewRequest, *, now: int) -> store.NewTask:
    message = {
        "client_id": system.client_id,
        "domain": system.domain,
        "issued_at": now,
        "name": system.name,
        "nonce": secrets.token_hex(16),
        "request_id": request.id,
        "type": LOGIN_TYPE,
    }
    text = json.dumps(message, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return store.NewTask(
        secrets.token_bytes(16), "login", text.encode(), "application/json", f"登录 {system.name}", "[]"
    )


def _task(document: Document) -> store.NewTask:
    if transcript.is_internal_message(document.content):
        raise errors.InternalMessageRefused
    display = json.dumps(
        [{"label": label, "value": value} for label, value in document.display], ensure_ascii=False
    )
    return store.NewTask(
        secrets.token_bytes(16), "sign", document.content, document.media_type, document.title, display
    )
