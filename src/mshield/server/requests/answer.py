"""The phone's side of a request: accepting it by QR code, displaying, signing or declining it (manual 2.3.1.10/11)."""

import re
from dataclasses import dataclass, field
from typing import Final

from mshield.server.accounts.session import (
    Caller,
    PhoneLogin,
    UnspentCaller,
    authenticate_phone,
    caller_and_proof,
)
from mshield.server.certificates.errors import NoCertificate, NotBound
from mshield.server.certificates.rows import bindings
from mshield.server.certificates.rules.states import CertificateState, Hold, require_usable
from mshield.server.database.interface import Database, Tx
from mshield.server.errors import DomainError, Json, NotFound, Unauthenticated
from mshield.server.filing.errors import FilingChanged
from mshield.server.identity.consents import Consents
from mshield.server.requests.document import with_times
from mshield.server.requests.errors import ExpiredRequest, OtherShield, QrStale, RequestClosed, RequestOpen
from mshield.server.requests.my_signatures import drawn_title
from mshield.server.requests.prepare import PreparePdfs
from mshield.server.requests.rows import my_signatures, waiting
from mshield.server.requests.rows import scans as store
from mshield.server.requests.rows.scans import ScannedRequest, Task, WaitingRequest
from mshield.server.requests.rows.waiting import WaitingDocument
from mshield.server.requests.rules import OPEN, RequestState, prolongation_ms, shown_state
from mshield.server.requests.secrets import RequestSecrets
from mshield.server.requests.short_codes import ShortCodes
from mshield.server.runtime.events import Events
from mshield.server.runtime.metrics import Count, uncounted
from mshield.server.runtime.rows.proofs import spend
from mshield.server.systems.rules.return_url import return_address
from mshield.wire.ids import UUID
from mshield.wire.qr import begun_between, is_genuine, read_qr, read_short

__all__ = [
    "Answer",
    "Back",
    "ScannedRequest",
    "Task",
    "WaitingDocument",
    "WaitingRequest",
    "prolongs_by",
]

_LINK: Final = re.compile(
    rf"https?://[^/\s]+/app/sign\?request=(?P<id>{UUID})&k=(?P<key>[A-Za-z0-9_-]{{22}})"
)
"""Link with which another app on the phone passes a request; scanned codes are parsed by `wire.qr`."""

MOST_IN_INBOX: Final = 50
MAX_UNFETCHED_OCTETS: Final = 1_048_576
"""Maximum content size in bytes that the inbox reads of one request before it is taken."""


@dataclass(frozen=True, slots=True)
class Back:
    """Final state of a request by another app, and the address that returns to that app."""

    state: str
    address: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """Service for a phone's calls about requests."""

    db: Database
    events: Events
    secrets: RequestSecrets
    consents: Consents
    prepare: PreparePdfs
    count: Count = uncounted
    """Counter, called for each declined request with the reason."""

    async def scan(
        self, caller: Caller | UnspentCaller, code: str, *, typed: int = 0, now: int
    ) -> store.ScannedRequest:
        """Takes the request for this phone by its QR code, a claim to it, another app's link, or a short code.

        `typed` is the time in ms taken for typing a short code. Spends the caller's proof.

        Raises: InvalidProof, Unauthenticated, NoCertificate, CertificateExpired, Held, PinLocked,
        FilingChanged (R22), NotFound (not a code of this service), QrStale (an earlier second's code),
        ExpiredRequest, RequestClosed, OtherShield, NotBound (a link while the certificate isn't bound, R8),
        ConsentNotYours (a consent of another person, whose name isn't revealed), TooManyRequests (short
        codes).
        """
        short = read_short(code)
        if short is not None:
            certificate = await self._usable(caller, now=now)
            codes = ShortCodes(self.db, self.secrets)
            request_id, begun = await codes.request_of(
                short, shield_number=certificate.shield_number, typed=typed, now=now
            )
            return await self._take(request_id, channel="qr", by=certificate, begun=begun, now=now)
        qr, link = read_qr(code), _LINK.fullmatch(code)
        claim = self.secrets.claimed(code, jkt=caller_and_proof(caller)[0].jkt)
        # Check the request's secret first, so that without it a caller can't find out whether the request
        # exists.
        if qr is not None and is_genuine(qr, self.secrets.qr_secret(qr.request_id)):
            request_id, channel, begun = qr.request_id, "qr", begun_between(qr, now=now)
        elif link is not None and self.secrets.is_app_key(link["id"], link["key"]):
            request_id, channel, begun = link["id"], "app", (0, now)
        elif claim is not None:
            # For an expired claim use an empty range of start times, so that it is refused like a stale code.
            request_id, until = claim
            channel, begun = "qr", (0, now) if now < until else (now + 1, 0)
        else:
            who, proof = caller_and_proof(caller)
            if proof is not None:
                await spend(self.db, proof)
            await authenticate_phone(self.db, who, now=now)
            raise NotFound
        certificate = await self._usable(caller, now=now)
        if channel == "app":
            await self._require_bound(request_id, uid=certificate.uid)
        return await self._take(request_id, channel=channel, by=certificate, begun=begun, now=now)

    async def _take(
        self, request_id: str, *, channel: str, by: store.DeviceCertificate, begun: tuple[int, int], now: int
    ) -> store.ScannedRequest:
        taken, request = await store.take(
            self.db, id=request_id, channel=channel, by=by, begun=begun, now=now
        )
        if request is None:
            raise NotFound
        if not taken:
            raise await self._refusal(request, by=by, begun=begun, now=now)
        self.events.notify(request_id)
        purposes = {task.sid: task.purpose for task in request.tasks}
        await self.consents.require(purposes, by.uid, now=now)
        return await self.prepare(await with_times(self.db, request, now=now), now=now)

    async def inbox(self, caller: Caller, *, now: int) -> list[store.WaitingRequest]:
        """Returns the requests waiting for this shield (待办) or taken by it and unanswered, newest first.

        Raises: as `scan`, if the certificate can't answer.
        """
        certificate = await self._usable(caller, now=now)
        return await store.inbox(
            self.db,
            shield_number=certificate.shield_number,
            uid=certificate.uid,
            now=now,
            most=MOST_IN_INBOX,
        )

    async def waiting_documents(
        self, caller: Caller, request_id: str, *, now: int
    ) -> list[waiting.WaitingDocument]:
        """Returns the documents drawn by a view of a request in the inbox, without taking it or notifying its system.

        Empty if there is no such request. Raises: as `inbox`.
        """
        certificate = await self._usable(caller, now=now)
        return await waiting.documents(
            self.db, request_id=request_id, by=certificate, now=now, most=MAX_UNFETCHED_OCTETS
        )

    async def take(self, caller: Caller, request_id: str, *, now: int) -> store.ScannedRequest:
        """Takes a request from the inbox for this phone. Raises: as `scan`; NotFound (no such request)."""
        certificate = await self._usable(caller, now=now)
        taken, request = await store.take(
            self.db,
            id=request_id,
            channel="qr",
            by=certificate,
            begun=(0, now),
            from_inbox=True,
            now=now,
        )
        # Request ids aren't secret, so requests for another shield, or for no particular one, are reported as
        # not found.
        if request is None or request.shield_number != certificate.shield_number:
            raise NotFound
        if not taken:
            raise await self._refusal(request, by=certificate, begun=(0, now), now=now)
        self.events.notify(request_id)
        return await self.prepare(await with_times(self.db, request, now=now), now=now)

    async def way_back(self, login: PhoneLogin, request_id: str, *, now: int) -> Back:
        """Returns the address for returning to the app that made an ended request (R13).

        If the request was signed, the address carries its return code. Raises: NotFound (this device didn't
        take it, it isn't another app's, or the address is no longer registered), RequestOpen.
        """
        request = await store.way_back(
            self.db, id=request_id, device_id=login.device_id, account_id=login.account_id
        )
        if request is None:
            raise NotFound
        state = shown_state(RequestState(request.state), expires_at=request.expires_at, now=now)
        if state in OPEN:
            raise RequestOpen(state=state.value)
        url = await store.return_url(self.db, id=request.id)
        if url is None:  # The business system has removed the address.
            raise NotFound
        code = self.secrets.return_code(request.id) if state is RequestState.SIGNED else None
        address = return_address(url, request_id=request.id, state=state.value, return_code=code)
        return Back(state.value, address)

    async def _require_bound(self, request_id: str, *, uid: bytes) -> None:
        asker = await store.find_asker(self.db, id=request_id, channel="app")
        if asker is None:
            raise NotFound
        if not await bindings.is_bound(self.db, uid=uid, client_id=asker):
            raise NotBound

    async def _usable(self, caller: Caller | UnspentCaller, *, now: int) -> store.DeviceCertificate:
        who, proof = caller_and_proof(caller)
        valid, certificate = await store.usable_certificate(
            self.db, token_hash=who.token_hash, jkt=who.jkt, proof=proof, now=now
        )
        if not valid:
            raise Unauthenticated
        if certificate is None:
            raise NoCertificate
        require_usable(
            state=CertificateState(certificate.state),
            holds=map(Hold, certificate.holds),
            not_after=certificate.not_after,
            now=now,
        )
        if certificate.filing_changed:
            raise FilingChanged
        return certificate

    async def task(self, login: PhoneLogin, sid: bytes) -> store.Task:
        """Returns one of this phone's documents. Raises: NotFound."""
        task = await store.find_task(self.db, sid=sid, device_id=login.device_id, account_id=login.account_id)
        if task is None:
            raise NotFound
        return task

    async def prolong(self, login: PhoneLogin, request_id: str, *, now: int) -> int:
        """Prolongs a signature request that is being read, once, by its reading time. Returns its new end in ms.

        A repeat returns the same end. Raises: NotFound (this device didn't take it, or it is a login),
        ExpiredRequest, RequestClosed.
        """
        device = {"id": request_id, "device_id": login.device_id, "account_id": login.account_id}
        request = await store.prolongable(self.db, **device)
        if request is None or request.kind != "signature":
            raise NotFound
        prolonged = request.prolonged_at is None and await store.prolong(
            self.db, **device, by_ms=prolongation_ms(request.size), now=now
        )
        if prolonged:
            self.events.notify(request_id)
        present = await store.prolongable(self.db, **device)
        if present is None:
            raise NotFound
        state = shown_state(RequestState(present.state), expires_at=present.expires_at, now=now)
        if state is RequestState.EXPIRED:
            raise ExpiredRequest
        if state not in OPEN:
            raise RequestClosed(state=state.value)
        return present.expires_at

    async def decline(self, login: PhoneLogin, request_id: str, reason: str, *, now: int) -> None:
        """Declines a scanned request; `not_me` notifies the business system that somebody else started it.

        Raises: RequestClosed.
        """

        async def note(tx: Tx) -> None:
            if reason == "not_me":
                await self.consents.refuse(tx, request_id, now=now)

        declined = await store.decline(
            self.db,
            id=request_id,
            device_id=login.device_id,
            account_id=login.account_id,
            reason=reason,
            now=now,
            then=note,
        )
        if not declined:
            raise RequestClosed
        self.events.notify(request_id)
        self.count("declined", reason)

    async def _refusal(
        self, request: store.ScannedRequest, *, by: store.DeviceCertificate, begun: tuple[int, int], now: int
    ) -> DomainError:
        """Returns the error that explains why a caller with the request's secret could not take it."""
        if request.shield_number not in {None, by.shield_number}:
            return OtherShield()
        back = await self._way_back_unsigned(request, now=now)
        state = shown_state(RequestState(request.state), expires_at=request.expires_at, now=now)
        if state is RequestState.EXPIRED:
            return ExpiredRequest(**back)
        earliest, latest = begun
        if state is RequestState.WAITING and not earliest <= request.created_at <= latest:
            return QrStale()
        if state is RequestState.SIGNED:
            back |= await self._own_signature(request.id, by=by)
        return RequestClosed(**back)

    async def _own_signature(self, request_id: str, *, by: store.DeviceCertificate) -> dict[str, Json]:
        """Returns this phone's signature of the request, for RequestClosed; only the phone that signed gets it.

        A document's `sid` is null for a consent, which "my signatures" doesn't list, and `drawn` without a view.
        """
        signed = await my_signatures.of_request(self.db, request_id=request_id, uid=by.uid)
        if not signed:
            return {}
        first = signed[0]
        documents: list[Json] = [
            {
                "sid": None if own.purpose == "consent" else own.sid.hex(),
                "title": own.title,
                "media_type": own.media_type,
                "drawn": drawn_title(own),
            }
            for own in signed
        ]
        return {
            "own_signature": {
                "kind": "login" if first.purpose == "login" else "signature",
                "business_name": first.business_name,
                "signed_at": first.signed_at,
                "documents": documents,
            }
        }

    async def _way_back_unsigned(self, request: store.ScannedRequest, *, now: int) -> dict[str, Json]:
        """Returns the address for returning to the app whose request had already ended, if any.

        It carries no return code, since this phone may not be the one that signed.
        """
        state = shown_state(RequestState(request.state), expires_at=request.expires_at, now=now)
        if request.return_url is None or state in OPEN:
            return {}
        url = await store.return_url(self.db, id=request.id)
        if url is None:
            return {}
        address = return_address(url, request_id=request.id, state=state.value, return_code=None)
        return {"return_address": address}


def prolongs_by(request: ScannedRequest) -> int | None:
    """Returns the time in ms by which a just taken request can be prolonged; None if it can't."""
    if request.kind != "signature" or request.prolonged_at is not None:
        return None
    contents = (task.message if task.format == "raw" else task.content or b"" for task in request.tasks)
    return prolongation_ms(sum(map(len, contents)))
