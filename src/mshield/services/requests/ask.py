"""A business system asks for a login (R15) or a signature (R16), follows the request, and fetches the result."""

import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from mshield.domain import errors
from mshield.domain.ids import new_id, require_id
from mshield.domain.login_message import LOGIN_TYPE
from mshield.domain.qr import qr_text
from mshield.domain.requests import RequestState, longest_life_ms, shown_state
from mshield.domain.systems.return_url import leads_by
from mshield.domain.throttling import UNKNOWN_ADDRESS, address_subject
from mshield.domain.times import MINUTE_MS
from mshield.services.accounts.throttle import too_many
from mshield.services.notices.push import Push
from mshield.services.process.events import Events
from mshield.services.requests.contents import require_lasting_looks, require_shown
from mshield.services.requests.document import Document, task_of
from mshield.services.requests.drawing import DrawDocuments
from mshield.services.requests.secrets import RequestSecrets
from mshield.services.requests.xml_contents import canonical_contents
from mshield.settings import Settings
from mshield.store.accounts.limits import Limit
from mshield.store.database.interface import Database
from mshield.store.requests import requests as store
from mshield.store.systems import systems
from mshield.store.systems.systems import BusinessSystem

MOST_WAITING: Final = 10
"""Requests of one business system in a shield's inbox at a time."""

Channel = Literal["qr", "app"]
"""How a request reaches the phone: scanned from a screen, or by another app on the same phone (R13)."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A new request, or one that was made before under the same idempotency key.

    `number` are the two digits that both screens show. A phone takes the request by the QR code of the second
    (`qr_text`); by `channel` `app` it is opened by `app_link`, else empty. With `status_token` a page watches it.
    """

    id: str
    kind: str
    channel: Channel
    state: str
    number: str
    started_at: int
    expires_at: int
    origin: str
    qr_secret: bytes = field(repr=False)
    status_token: str = field(repr=False)
    app_link: str = field(repr=False)

    def qr_text(self, *, now: int) -> str:
        """The text to show as a QR code now; it changes each second."""
        return qr_text(self.origin, self.id, self.qr_secret, max(0, now - self.started_at) // 1000)


@dataclass(frozen=True, slots=True)
class Ask:
    """Makes requests and answers for their state."""

    db: Database
    settings: Settings
    events: Events
    secrets: RequestSecrets
    draw: DrawDocuments
    push: Push

    async def create(  # one part of the request each
        self,
        system: BusinessSystem,
        *,
        kind: str,
        channel: Channel = "qr",
        documents: tuple[Document, ...],
        shield_number: str | None = None,
        return_url: str | None = None,
        lifetime: int | None = None,
        pc_address: str | None,
        pc_browser: str | None,
        idempotency_key: str | None,
        body: bytes,
        now: int,
    ) -> Asked:
        """`lifetime` is in seconds, bounded by `longest_life_ms`.

        With `shield_number` the request also waits in that shield's inbox (待办).

        By `channel` `app` the shield's app leads back to `return_url`, one of those that the system registered.

        Raises ReturnUrlUnknown; what `task_of` raises; UnshownRefused for what a phone can't show; InvalidPdf,
        InvalidXml and InvalidImage for content that is refused; ViewFailed and ViewRequired for one that its view
        doesn't draw or that names none;
        InvalidRequest, ShieldUnusable, InboxFull, TooManyRequests, Unavailable, IdempotencyMismatch; WrongClient where
        the system has been disabled.
        """
        if kind == "signature" and lifetime is not None:
            _check_life(lifetime, documents, in_inbox=shield_number is not None)
        request = store.NewRequest(
            id=new_id(now),
            client_id=system.client_id,
            asker_name=system.name,
            asker_domain=system.domain,
            kind=kind,
            channel=channel,
            number=f"{secrets.randbelow(100):02d}",
            shield_number=shield_number,
            return_url=return_url,
            pc_address=pc_address,
            pc_browser=pc_browser,
            idempotency_key=idempotency_key,
            body_hash=hashlib.sha256(body).digest(),
            expires_at=now + (lifetime or self.settings.request_seconds) * 1000,
        )
        try:
            return await self._make(system, request, documents, now=now)
        except errors.DomainError:
            # A repeat gets what was made the first time, whatever would be refused by now.
            repeated = await self._made_earlier(request, now=now)
            if repeated is None:
                raise
            return repeated

    async def _make(
        self, system: BusinessSystem, request: store.NewRequest, documents: tuple[Document, ...], *, now: int
    ) -> Asked:
        _check_return(system, request, self.settings.return_schemes)
        if request.shield_number is not None:
            await self._require_room(request, request.shield_number, now=now)
        limit = self._limit(request, now=now)
        if request.kind == "login":
            is_stored = await store.create(
                self.db, request, [_login_task(request, now=now)], limit=limit, now=now
            )
        else:
            documents = await canonical_contents(documents)
            await require_shown(self.db, system.client_id, documents)
            await require_lasting_looks(documents)
            is_stored = await self._make_drawn(request, documents, limit=limit, now=now)
        if not is_stored:
            raise await self._why_not(system, limit, now=now)
        if request.shield_number is not None:
            await self.push.wake(request.id, request.shield_number, expires_at=request.expires_at, now=now)
        return self._asked(
            store.MadeRequest(
                request.id,
                request.kind,
                request.channel,
                "waiting",
                request.number,
                request.body_hash,
                now,
                request.expires_at,
            )
        )

    async def _make_drawn(
        self, request: store.NewRequest, documents: tuple[Document, ...], *, limit: Limit, now: int
    ) -> bool:
        """Draws the documents and stores them; once more where the system's views were changed meanwhile."""
        while True:
            drawn, in_force = await self.draw(request.client_id, documents)
            oid = self.settings.display_oid
            tasks = [task_of(*one, display_oid=oid) for one in zip(documents, drawn, strict=True)]
            is_stored = await store.create(
                self.db, request, tasks, limit=limit, view_changes=in_force.changes, now=now
            )
            if is_stored or not await self.draw.have_changed(in_force):
                return is_stored

    async def _why_not(self, system: BusinessSystem, limit: Limit, *, now: int) -> errors.DomainError:
        """Why no request was made. The caller's copy of the system may be from before it was disabled."""
        present = await systems.find(self.db, client_id=system.client_id)
        if present is None or present.state != "active":
            return errors.WrongClient()
        return await too_many(self.db, limit, now=now)

    async def _require_room(self, request: store.NewRequest, shield_number: str, *, now: int) -> None:
        """One system must not push the others' out of sight. Calls at the same moment may pass by a few."""
        waiting = await store.waiting_in_inbox(
            self.db, shield_number=shield_number, client_id=request.client_id, now=now
        )
        if waiting is None:
            raise errors.ShieldUnusable
        if waiting >= MOST_WAITING:
            raise errors.InboxFull

    def _limit(self, request: store.NewRequest, *, now: int) -> Limit:
        """Nobody is to be worn down by requests until they sign one; and those that name no shield, anybody may begin.

        These have a limit per address of the PC, and a wider one where no address is told, for each business system.
        Logins and signatures count apart: an office that signs much can still log in.
        """
        settings, stale = self.settings, now - MINUTE_MS
        if request.shield_number is not None:
            return Limit(
                scope=f"shield_asked {request.client_id}",
                subject=request.shield_number,
                most=settings.requests_per_shield,
                stale=stale,
            )
        address = address_subject(request.pc_address or "")
        unknown = address == UNKNOWN_ADDRESS
        return Limit(
            scope=f"{request.kind}_start {request.client_id}",
            subject=address,
            most=settings.requests_per_system if unknown else settings.requests_per_address,
            stale=stale,
        )

    async def _made_earlier(self, request: store.NewRequest, *, now: int) -> Asked | None:
        """The request under the same key, as it is now. Raises IdempotencyMismatch."""
        if request.idempotency_key is None:
            return None
        earlier = await store.find_by_idempotency_key(
            self.db, client_id=request.client_id, idempotency_key=request.idempotency_key
        )
        if earlier is None:
            return None
        if not hmac.compare_digest(earlier.body_hash, request.body_hash):
            raise errors.IdempotencyMismatch
        shown = shown_state(RequestState(earlier.state), expires_at=earlier.expires_at, now=now)
        return self._asked(replace(earlier, state=shown.value))

    def _asked(self, request: store.MadeRequest) -> Asked:
        origin = self.settings.public_origin
        return Asked(
            id=request.id,
            kind=request.kind,
            channel="app" if request.channel == "app" else "qr",
            state=request.state,
            number=request.number,
            started_at=request.created_at,
            expires_at=request.expires_at,
            origin=origin,
            qr_secret=self.secrets.qr_secret(request.id),
            status_token=self.secrets.status_token(request.id),
            app_link=self._app_link(request.id) if request.channel == "app" else "",
        )

    def _app_link(self, request_id: str) -> str:
        origin = self.settings.public_origin
        return f"{origin}/app/sign?request={request_id}&k={self.secrets.app_key(request_id)}"

    async def state(self, system: BusinessSystem, request_id: str, *, now: int) -> store.RequestState:
        """The state now; an overdue request is `expired`. Raises NotFound."""
        require_id(request_id)
        row = await store.find_state(self.db, id=request_id, client_id=system.client_id)
        if row is None:
            raise errors.NotFound
        shown = shown_state(RequestState(row.state), expires_at=row.expires_at, now=now)
        return replace(row, state=shown.value)

    async def cancel(self, system: BusinessSystem, request_id: str, *, now: int) -> None:
        """Cancels an open request; a cancelled one stays so. Raises NotFound, RequestClosed."""
        require_id(request_id)
        if await store.cancel(self.db, id=request_id, client_id=system.client_id, now=now):
            self.events.notify(request_id)
            return
        if (await self.state(system, request_id, now=now)).state != "cancelled":
            raise errors.RequestClosed

    async def result(
        self, system: BusinessSystem, request_id: str, *, return_code: str | None = None
    ) -> store.Result:
        """The signed documents. Raises NotFound, NotSigned; WrongReturnCode for a request by another app (R13)."""
        require_id(request_id)
        row = await store.find_result(self.db, id=request_id, client_id=system.client_id)
        if row is None:
            raise errors.NotFound
        if row.state != "signed" or row.signer is None:
            raise errors.NotSigned(state=row.state)
        self.secrets.require_way_back(row.id, row.channel, return_code)
        return row


def _check_return(system: BusinessSystem, request: store.NewRequest, schemes: tuple[str, ...]) -> None:
    if (request.channel == "app") != (request.return_url is not None):
        raise errors.InvalidRequest(fields=["return_url"])
    url = request.return_url
    if url is not None and (url not in system.return_urls or not leads_by(url, schemes)):
        raise errors.ReturnUrlUnknown


def _check_life(lifetime: int, documents: tuple[Document, ...], *, in_inbox: bool) -> None:
    """How long a signature may wait is bounded by what there is to read."""
    size = sum(len(document.content or b"") for document in documents)
    if lifetime * 1000 > longest_life_ms(size, in_inbox=in_inbox):
        raise errors.InvalidRequest(fields=["lifetime"])


def _login_task(request: store.NewRequest, *, now: int) -> store.NewTask:
    message = {
        "client_id": request.client_id,
        "domain": request.asker_domain,
        "issued_at": now,
        "name": request.asker_name,
        "nonce": secrets.token_hex(16),
        "request_id": request.id,
        "type": LOGIN_TYPE,
    }
    text = json.dumps(message, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return store.NewTask(
        secrets.token_bytes(16),
        "login",
        text.encode(),
        "application/json",
        f"登录 {request.asker_name}",
        "[]",
    )
