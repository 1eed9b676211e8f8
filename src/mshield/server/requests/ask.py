"""The business system's side: requests a login (R15) or a signature (R16), follows it, and fetches the result.

Also checks whether a phone can display the documents, and that they always look the same.
"""

import hmac
import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from mshield.pki.signatures.formats import PDF as PDF_FORMAT
from mshield.server.content import image
from mshield.server.content.words import is_long_text
from mshield.server.database.interface import Database
from mshield.server.errors import (
    DomainError,
    IdempotencyMismatch,
    InvalidRequest,
    NotFound,
    TooManyRequests,
    Unavailable,
)
from mshield.server.notices.push import Push
from mshield.server.requests.content_process import AT_ONCE, refusal_of_image, refusal_of_pdf
from mshield.server.requests.document import Document, DrawnDocument, task_of
from mshield.server.requests.drawing import DrawDocuments
from mshield.server.requests.errors import (
    ContentTooComplex,
    InboxFull,
    InvalidImage,
    InvalidPdf,
    NotSigned,
    RequestClosed,
    ReturnUrlUnknown,
    ShieldUnusable,
    UnshownRefused,
    WrongClient,
)
from mshield.server.requests.follow import Follow, Followed
from mshield.server.requests.rows import requests as store
from mshield.server.requests.rules import RequestState, longest_life_ms, shown_state
from mshield.server.requests.secrets import RequestSecrets
from mshield.server.requests.xml_contents import canonical_contents
from mshield.server.runtime.allowances import CallerAllowance
from mshield.server.runtime.events import Events
from mshield.server.runtime.list_thread import run_in_thread
from mshield.server.runtime.rows.limits import Limit, count_alone, current_count
from mshield.server.runtime.throttle import too_many
from mshield.server.settings.settings import Settings
from mshield.server.systems.rows import systems, unshown
from mshield.server.systems.rows.systems import BusinessSystem
from mshield.server.systems.rules.return_url import leads_by
from mshield.server.values.ids import require_id
from mshield.server.values.throttling import UNKNOWN_ADDRESS, address_subject
from mshield.views import is_shown
from mshield.wire.ids import new_id
from mshield.wire.login_message import LOGIN_TYPE
from mshield.wire.qr import qr_text
from mshield.wire.times import MINUTE_MS

MOST_WAITING: Final = 10
"""Maximum open requests of one business system in a shield's inbox."""

Channel = Literal["qr", "app"]
"""Channel to the phone: a QR code scanned from a screen, or another app on the same phone (R13)."""

_NAMED_TOGETHER: Final = 10
"""Requests of a business system at all PC addresses that it names, per process, in multiples of those without one."""
_PDF: Final = "application/pdf"
_IMAGES: Final[Mapping[str, image.Kind]] = {"image/png": "png", "image/jpeg": "jpeg"}


@dataclass(frozen=True, slots=True)
class CreatedRequest:
    """A new request, or the one created earlier under the same idempotency key.

    `number` are the two digits shown on both screens. A phone takes the request by the QR code of the current
    second (`qr_text`), or with `channel` `app` by `app_link`, which is empty otherwise. `status_token` lets a
    page watch it.
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
        """Returns the text of the current QR code; it changes every second."""
        return qr_text(self.origin, self.id, self.qr_secret, max(0, now - self.started_at) // 1000)


@dataclass(frozen=True, slots=True)
class Ask:
    """Creates requests and returns their state."""

    db: Database
    settings: Settings
    events: Events
    secrets: RequestSecrets
    draw: DrawDocuments
    push: Push
    _named: CallerAllowance = field(
        default_factory=lambda: CallerAllowance(window=MINUTE_MS), init=False, repr=False
    )

    async def create(  # Each parameter is one part of the request.
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
        body_hash: bytes,
        now: int,
    ) -> CreatedRequest:
        """Creates a request. `lifetime` is in seconds, at most `longest_life_ms`.

        With `shield_number` the request also waits in that shield's inbox (待办). With `channel` `app` the
        shield's app leads back to `return_url`, one of the system's registered addresses.

        Raises: ReturnUrlUnknown, UnshownRefused (a phone can't display it), InvalidPdf, InvalidXml,
        InvalidImage, ContentTooComplex, ViewFailed (its view can't draw it), ViewRequired (names no view although
        one fits), ViewOutdated (names an earlier version),
        InvalidRequest, ShieldUnusable, InboxFull, TooManyRequests, Unavailable, IdempotencyMismatch,
        WrongClient (the system was disabled), and as `task_of`.
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
            body_hash=body_hash,
            expires_at=now + (lifetime or self.settings.requests.request_seconds) * 1000,
        )
        try:
            return await self._make(system, request, documents, now=now)
        except DomainError:
            # A repeat returns what was created the first time, even if it would be refused by now.
            repeated = await self._made_earlier(request, now=now)
            if repeated is None:
                raise
            return repeated

    async def _make(
        self, system: BusinessSystem, request: store.NewRequest, documents: tuple[Document, ...], *, now: int
    ) -> CreatedRequest:
        _check_return(system, request, self.settings.requests.return_schemes)
        if request.shield_number is not None:
            await self._require_room(request, request.shield_number, now=now)
        limit = self._limit(request, now=now)
        self._require_few_named(limit, now=now)
        if request.kind == "login":
            is_stored = await store.create(
                self.db, request, [_login_task(request, now=now)], limit=limit, now=now
            )
        else:
            is_stored = await self._check_and_store(request, documents, limit=limit, now=now)
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

    async def _check_and_store(
        self, request: store.NewRequest, documents: tuple[Document, ...], *, limit: Limit, now: int
    ) -> bool:
        """Checks, draws and stores the documents; a refusal counts against the limit like a request.

        Large contents are only checked within the limit.
        """
        is_large = sum([len(document.content or b"") for document in documents]) > AT_ONCE
        if is_large:
            used = await current_count(self.db, scope=limit.scope, subject=limit.subject, stale=limit.stale)
            if used >= limit.most:
                raise await too_many(self.db, limit, now=now)
        try:
            documents = await canonical_contents(request.client_id, documents)
            await require_shown(self.db, request.client_id, documents)
            await require_lasting_looks(request.client_id, documents)
            return await self._make_drawn(request, documents, is_large=is_large, limit=limit, now=now)
        except Unavailable:
            raise
        except DomainError:
            if not await count_alone(self.db, limit, now=now):
                raise await too_many(self.db, limit, now=now) from None
            raise

    async def _make_drawn(
        self,
        request: store.NewRequest,
        documents: tuple[Document, ...],
        *,
        is_large: bool,
        limit: Limit,
        now: int,
    ) -> bool:
        """Draws and stores the documents; repeats both if the system's views changed meanwhile."""
        while True:
            drawn, in_force = await self.draw(request.client_id, documents)
            oid = self.settings.ca.display_oid
            pairs = zip(documents, drawn, strict=True)
            tasks = await run_in_thread(_tasks, pairs, oid) if is_large else _tasks(pairs, oid)
            is_stored = await store.create(
                self.db, request, tasks, limit=limit, view_changes=in_force.changes, now=now
            )
            if is_stored or not await self.draw.have_changed(in_force):
                return is_stored

    async def _why_not(self, system: BusinessSystem, limit: Limit, *, now: int) -> DomainError:
        """Returns the error that explains why no request was stored.

        The system may have been disabled since the caller read it.
        """
        present = await systems.find(self.db, client_id=system.client_id)
        if present is None or present.state != "active":
            return WrongClient()
        return await too_many(self.db, limit, now=now)

    async def _require_room(self, request: store.NewRequest, shield_number: str, *, now: int) -> None:
        """Raises ShieldUnusable or InboxFull, so that one system can't crowd out the others' requests.

        Concurrent calls may exceed the maximum by a few.
        """
        waiting = await store.waiting_in_inbox(
            self.db, shield_number=shield_number, client_id=request.client_id, now=now
        )
        if waiting is None:
            raise ShieldUnusable
        if waiting >= MOST_WAITING:
            raise InboxFull

    def _require_few_named(self, limit: Limit, *, now: int) -> None:
        """Counts a request at a PC with an address. Raises: TooManyRequests.

        The business system names the address, so it could invent one for each request. Inventing or misusing
        one harms no other system, since each has its own counters.
        """
        if limit.scope.startswith("shield_asked ") or limit.subject == UNKNOWN_ADDRESS:
            return
        most = _NAMED_TOGETHER * self.settings.requests.requests_per_system
        if wait := self._named.spend(limit.scope, most=most, now=now):
            raise TooManyRequests(retry_after=wait)

    def _limit(self, request: store.NewRequest, *, now: int) -> Limit:
        """Returns the rate limit of a request, which protects users from being pestered until they sign.

        Requests to a shield are limited per system and shield. Other requests, which anybody may start, are
        limited per system and PC address, or per system with a higher limit if no address is given. Logins
        and signatures are counted separately, so an office that signs much can still log in.
        """
        settings, stale = self.settings, now - MINUTE_MS
        if request.shield_number is not None:
            return Limit(
                scope=f"shield_asked {request.client_id}",
                subject=request.shield_number,
                most=settings.requests.requests_per_shield,
                stale=stale,
            )
        address = address_subject(request.pc_address or "")
        unknown = address == UNKNOWN_ADDRESS
        return Limit(
            scope=f"{request.kind}_start {request.client_id}",
            subject=address,
            most=settings.requests.requests_per_system if unknown else settings.requests.requests_per_address,
            stale=stale,
        )

    async def _made_earlier(self, request: store.NewRequest, *, now: int) -> CreatedRequest | None:
        """Returns the request created under the same key, in its current state. Raises: IdempotencyMismatch."""
        if request.idempotency_key is None:
            return None
        earlier = await store.find_by_idempotency_key(
            self.db, client_id=request.client_id, idempotency_key=request.idempotency_key
        )
        if earlier is None:
            return None
        if not hmac.compare_digest(earlier.body_hash, request.body_hash):
            raise IdempotencyMismatch
        state = shown_state(RequestState(earlier.state), expires_at=earlier.expires_at, now=now)
        return self._asked(replace(earlier, state=state.value))

    def _asked(self, request: store.MadeRequest) -> CreatedRequest:
        origin = self.settings.site.public_origin
        return CreatedRequest(
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
        origin = self.settings.site.public_origin
        return f"{origin}/app/sign?request={request_id}&k={self.secrets.app_key(request_id)}"

    async def state(self, system: BusinessSystem, request_id: str, *, now: int) -> Followed:
        """Returns the current state; an overdue request is `expired`. Raises: NotFound."""
        follow = Follow(self.db, self.secrets, self.settings.site)
        return await follow.state(request_id, client_id=system.client_id, now=now)

    async def cancel(self, system: BusinessSystem, request_id: str, *, now: int) -> None:
        """Cancels an open request; no-op for a cancelled one. Raises: NotFound, RequestClosed."""
        require_id(request_id)
        if await store.cancel(self.db, id=request_id, client_id=system.client_id, now=now):
            self.events.notify(request_id)
            return
        if (await self.state(system, request_id, now=now)).state != "cancelled":
            raise RequestClosed

    async def result(
        self, system: BusinessSystem, request_id: str, *, return_code: str | None = None
    ) -> store.Result:
        """Returns the signed documents.

        Raises: NotFound, NotSigned, WrongReturnCode (for a request by another app, R13).
        """
        require_id(request_id)
        row = await store.find_result(self.db, id=request_id, client_id=system.client_id)
        if row is None:
            raise NotFound
        if row.state != "signed" or row.signer is None:
            raise NotSigned(state=row.state)
        self.secrets.require_way_back(row.id, row.channel, return_code)
        return row


def _tasks(pairs: Iterable[tuple[Document, DrawnDocument]], display_oid: str) -> list[store.NewTask]:
    """Builds the tasks; that hashes all contents."""
    return [task_of(*pair, display_oid=display_oid) for pair in pairs]


def _check_return(system: BusinessSystem, request: store.NewRequest, schemes: tuple[str, ...]) -> None:
    if (request.channel == "app") != (request.return_url is not None):
        raise InvalidRequest(fields=["return_url"])
    url = request.return_url
    if url is not None and (url not in system.return_urls or not leads_by(url, schemes)):
        raise ReturnUrlUnknown


def _check_life(lifetime: int, documents: tuple[Document, ...], *, in_inbox: bool) -> None:
    """Raises InvalidRequest if the lifetime is longer than the amount of content to read allows."""
    size = sum(len(document.content or b"") for document in documents)
    if lifetime * 1000 > longest_life_ms(size, in_inbox=in_inbox):
        raise InvalidRequest(fields=["lifetime"])


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


async def require_shown(db: Database, client_id: str, documents: Sequence[Document]) -> None:
    """Raises UnshownRefused if a phone can't display a document and the system has no allowance for that.

    An allowance needs the approval of two officers.
    """
    hidden = next((number for number, document in enumerate(documents) if not _is_shown(document)), None)
    if hidden is not None and await unshown.find(db, client_id=client_id) is None:
        raise UnshownRefused(document=hidden)


async def require_lasting_looks(client_id: str, documents: Iterable[Document]) -> None:
    """Checks that PDFs and images always look the same, and that texts aren't too long.

    Raises: InvalidPdf, InvalidImage, ContentTooComplex (each with the document's number, from 0), Unavailable.
    Content that stays with the business system can't be checked; the phone displays that.
    """
    for number, document in enumerate(documents):
        kind, content = _name(document.media_type), document.content
        if content is None:
            continue
        if is_long_text(document.media_type, content):
            raise ContentTooComplex(document=number)
        if kind == _PDF:
            is_to_be_updated = document.format == PDF_FORMAT
            reason = await refusal_of_pdf(client_id, content, is_to_be_updated=is_to_be_updated)
            if reason is not None:
                raise InvalidPdf(reason=reason, document=number)
        elif kind in _IMAGES:
            is_small = len(content) <= AT_ONCE
            refusal = (
                image.refusal_of(content, _IMAGES[kind])
                if is_small
                else await refusal_of_image(client_id, content, _IMAGES[kind])
            )
            if refusal is not None:
                raise InvalidImage(reason=refusal, document=number)


def _is_shown(document: Document) -> bool:
    if document.view is not None and document.content is None:
        return True  # Refused later, because a view needs content.
    return is_shown(document.media_type, document.content, by_view=document.view is not None)


def _name(media_type: str) -> str:
    return media_type.partition(";")[0].strip().lower()
