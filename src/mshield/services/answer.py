"""A phone takes a request by its QR code, shows it, and signs or declines it (manual 2.3.1.10 and 2.3.1.11)."""

import re
from dataclasses import dataclass
from typing import Final

from mshield.domain import errors
from mshield.domain.certificates import CertificateState, Hold, require_usable
from mshield.services.events import Events
from mshield.store import bindings, history
from mshield.store import requests as store
from mshield.store.database import Database
from mshield.store.requests import Requester, Task
from mshield.store.sessions import PhoneLogin

__all__ = ["Answer", "Requester", "Task"]

_ID: Final = r"(?P<id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
_KEY: Final = r"k=(?P<key>[A-Za-z0-9_-]{22})"
_CODES: Final = {
    "qr": re.compile(rf"https?://[^/\s]+/q/{_ID}\?{_KEY}"),
    "app": re.compile(rf"https?://[^/\s]+/app/sign\?request={_ID}&{_KEY}"),
}
"""What a phone takes a request by, for each way in which the request reaches it."""

_LATEST: Final = 2**62


@dataclass(frozen=True, slots=True)
class Answer:
    """The phone's side of a request."""

    db: Database
    events: Events

    async def scan(self, login: PhoneLogin, code: str, *, now: int) -> store.ScannedRequest:
        """Takes the request for this phone, by its QR code's text or by another app's link.

        Raises NoCertificate, CertificateExpired, Held, PinLocked, FilingChanged (R22); NotFound for a code that isn't
        this service's, ExpiredRequest, RequestClosed; NotBound for a link while the certificate isn't bound (R8).
        """
        channel, request_id, qr_key = _read_code(code)
        uid = await self._usable_key(login, now=now)
        if channel == "app":
            await self._require_bound(request_id, qr_key, uid=uid)
        taken = await store.scan(self.db, id=request_id, qr_key=qr_key, channel=channel, uid=uid, now=now)
        request = await store.find_request(self.db, id=request_id)
        if not taken:
            self._explain(request, now=now)
        if request is None:
            raise errors.NotFound
        self.events.notify(request_id)
        return request

    async def _require_bound(self, request_id: str, qr_key: str, *, uid: bytes) -> None:
        asker = await store.find_asker(self.db, id=request_id, qr_key=qr_key, channel="app")
        if asker is None:
            raise errors.NotFound
        if not await bindings.is_bound(self.db, uid=uid, client_id=asker):
            raise errors.NotBound

    async def _usable_key(self, login: PhoneLogin, *, now: int) -> bytes:
        certificate = await store.usable_certificate(
            self.db, device_id=login.device_id, account_id=login.account_id
        )
        if certificate is None:
            raise errors.NoCertificate
        require_usable(
            state=CertificateState(certificate.state),
            holds=map(Hold, certificate.holds),
            not_after=certificate.not_after,
            now=now,
        )
        if certificate.filing_changed:
            raise errors.FilingChanged
        return certificate.uid

    @staticmethod
    def _explain(request: store.ScannedRequest | None, *, now: int) -> None:
        # Who doesn't hold the code's key learns no more of a request than that it can't be taken.
        if request is None:
            raise errors.NotFound
        if request.expires_at <= now:
            raise errors.ExpiredRequest
        raise errors.RequestClosed

    async def task(self, login: PhoneLogin, sid: bytes) -> store.Task:
        """One of this phone's documents. Raises NotFound."""
        task = await store.find_task(self.db, sid=sid, device_id=login.device_id, account_id=login.account_id)
        if task is None:
            raise errors.NotFound
        return task

    async def signatures(
        self, login: PhoneLogin, *, before: tuple[int, bytes] | None, limit: int
    ) -> list[history.PastSignature]:
        """Logins and signatures of this device, newest first; `before` is (signed_at, sid) of the last one seen."""
        before_at, before_sid = before or (_LATEST, b"")
        return await history.signatures_page(
            self.db,
            device_id=login.device_id,
            account_id=login.account_id,
            before_at=before_at,
            before_sid=before_sid,
            page_size=limit,
        )

    async def decline(self, login: PhoneLogin, request_id: str, reason: str, *, now: int) -> None:
        """Ends a scanned request; `not_me` tells the business system that somebody else started it."""
        declined = await store.decline(
            self.db,
            id=request_id,
            device_id=login.device_id,
            account_id=login.account_id,
            reason=reason,
            now=now,
        )
        if not declined:
            raise errors.RequestClosed
        self.events.notify(request_id)


def _read_code(code: str) -> tuple[str, str, str]:
    """Channel, request id and key of what a phone was shown or given. Raises NotFound."""
    for channel, form in _CODES.items():
        match = form.fullmatch(code)
        if match is not None:
            return channel, match["id"], match["key"]
    raise errors.NotFound
