"""A phone takes a request by its QR code, shows it, and signs or declines it (manual 2.3.1.10 and 2.3.1.11)."""

import re
from dataclasses import dataclass, field
from typing import Final

from mshield.domain import errors
from mshield.domain.certificates.states import CertificateState, Hold, require_usable
from mshield.domain.ids import UUID
from mshield.domain.qr import begun_between, is_genuine, read_qr, read_short
from mshield.domain.requests import OPEN, RequestState, prolongation_ms, shown_state
from mshield.domain.systems.return_url import return_address
from mshield.services.accounts.session import (
    Caller,
    PhoneLogin,
    UnspentCaller,
    authenticate_phone,
    caller_and_proof,
)
from mshield.services.identity.consents import Consents
from mshield.services.process.events import Events
from mshield.services.process.metrics import Count, uncounted
from mshield.services.requests.codes.short_codes import ShortCodes
from mshield.services.requests.document import with_times
from mshield.services.requests.prepare import PreparePdfs
from mshield.services.requests.secrets import RequestSecrets
from mshield.store.certificates import bindings
from mshield.store.database.interface import Database, Tx
from mshield.store.process.proofs import spend
from mshield.store.requests import my_signatures, waiting
from mshield.store.requests import scans as store
from mshield.store.requests.scans import Requester, ScannedRequest, Task, WaitingRequest
from mshield.store.requests.waiting import WaitingDocument

__all__ = [
    "Answer",
    "Back",
    "Requester",
    "ScannedRequest",
    "Task",
    "WaitingDocument",
    "WaitingRequest",
    "prolongs_by",
]

_LINK: Final = re.compile(
    rf"https?://[^/\s]+/app/sign\?request=(?P<id>{UUID})&k=(?P<key>[A-Za-z0-9_-]{{22}})"
)
"""How another app on the phone hands a request over; what is scanned is read by `domain.qr`."""

MOST_IN_INBOX: Final = 50
MOST_UNTAKEN_OCTETS: Final = 1_048_576
"""Octets of contents that an inbox reads of one request before it is taken."""


@dataclass(frozen=True, slots=True)
class Back:
    """How a request by another app ended, and the address that tells the other app."""

    state: str
    address: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """The phone's side of a request."""

    db: Database
    events: Events
    secrets: RequestSecrets
    consents: Consents
    prepare: PreparePdfs
    count: Count = uncounted
    """Told of each request that was declined, and why."""

    async def scan(
        self, caller: Caller | UnspentCaller, code: str, *, typed: int = 0, now: int
    ) -> store.ScannedRequest:
        """Takes the request for this phone: by its QR code, its claim to one, another app's link, or a short code.

        A short code was typed in `typed` ms.

        Spends the caller's proof. Raises InvalidProof, Unauthenticated; NoCertificate, CertificateExpired, Held,
        PinLocked, FilingChanged (R22); NotFound for a code that isn't this service's, QrStale for one that was shown
        earlier, ExpiredRequest, RequestClosed, OtherShield; NotBound for a link while the certificate isn't bound (R8);
        ConsentNotYours for one that asks another person, who isn't shown whom it is for; TooManyRequests for many
        short codes.
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
        # Without the request's secret a caller isn't told whether there is such a request.
        if qr is not None and is_genuine(qr, self.secrets.qr_secret(qr.request_id)):
            request_id, channel, begun = qr.request_id, "qr", begun_between(qr, now=now)
        elif link is not None and self.secrets.is_app_key(link["id"], link["key"]):
            request_id, channel, begun = link["id"], "app", (0, now)
        elif claim is not None:
            # What is over has begun at no moment: it is refused as a late code is.
            request_id, until = claim
            channel, begun = "qr", (0, now) if now < until else (now + 1, 0)
        else:
            who, proof = caller_and_proof(caller)
            if proof is not None:
                await spend(self.db, proof)
            await authenticate_phone(self.db, who, now=now)
            raise errors.NotFound
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
            raise errors.NotFound
        if not taken:
            raise await self._refusal(request, by=by, begun=begun, now=now)
        self.events.notify(request_id)
        purposes = {task.sid: task.purpose for task in request.tasks}
        await self.consents.require(purposes, by.uid, now=now)
        return await self.prepare(await with_times(self.db, request, now=now), now=now)

    async def inbox(self, caller: Caller, *, now: int) -> list[store.WaitingRequest]:
        """What waits for this shield (待办), or was taken by it and not answered, newest first.

        Raises as `scan` where its certificate can't answer.
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
        """The documents of a request in the inbox that a view draws; it stays untaken, and its system isn't told.

        Raises as `inbox`. Empty for a request that isn't there.
        """
        certificate = await self._usable(caller, now=now)
        return await waiting.documents(
            self.db, request_id=request_id, by=certificate, now=now, most=MOST_UNTAKEN_OCTETS
        )

    async def take(self, caller: Caller, request_id: str, *, now: int) -> store.ScannedRequest:
        """Takes a request from the inbox for this phone. Raises as `scan`; NotFound for what isn't there."""
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
        # An id is no secret: a request for another shield, or for no certain one, is as one that isn't there.
        if request is None or request.shield_number != certificate.shield_number:
            raise errors.NotFound
        if not taken:
            raise await self._refusal(request, by=certificate, begun=(0, now), now=now)
        self.events.notify(request_id)
        return await self.prepare(await with_times(self.db, request, now=now), now=now)

    async def way_back(self, login: PhoneLogin, request_id: str, *, now: int) -> Back:
        """Where a request by another app leads back to, now that it is over (R13); signed, with its return code.

        Raises NotFound for a request that this device didn't take, that another way brought, or whose address isn't
        registered any more; RequestOpen.
        """
        request = await store.way_back(
            self.db, id=request_id, device_id=login.device_id, account_id=login.account_id
        )
        if request is None:
            raise errors.NotFound
        state = shown_state(RequestState(request.state), expires_at=request.expires_at, now=now)
        if state in OPEN:
            raise errors.RequestOpen(state=state.value)
        url = await store.return_url(self.db, id=request.id)
        if url is None:  # its system has taken the address back
            raise errors.NotFound
        code = self.secrets.return_code(request.id) if state is RequestState.SIGNED else None
        address = return_address(url, request_id=request.id, state=state.value, return_code=code)
        return Back(state.value, address)

    async def _require_bound(self, request_id: str, *, uid: bytes) -> None:
        asker = await store.find_asker(self.db, id=request_id, channel="app")
        if asker is None:
            raise errors.NotFound
        if not await bindings.is_bound(self.db, uid=uid, client_id=asker):
            raise errors.NotBound

    async def _usable(self, caller: Caller | UnspentCaller, *, now: int) -> store.DeviceCertificate:
        who, proof = caller_and_proof(caller)
        valid, certificate = await store.usable_certificate(
            self.db, token_hash=who.token_hash, jkt=who.jkt, proof=proof, now=now
        )
        if not valid:
            raise errors.Unauthenticated
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
        return certificate

    async def task(self, login: PhoneLogin, sid: bytes) -> store.Task:
        """One of this phone's documents. Raises NotFound."""
        task = await store.find_task(self.db, sid=sid, device_id=login.device_id, account_id=login.account_id)
        if task is None:
            raise errors.NotFound
        return task

    async def prolong(self, login: PhoneLogin, request_id: str, *, now: int) -> int:
        """The new end (ms) of a signature that is being read: once, by as long as reading it takes.

        A repeat gets the same end. Raises NotFound for a request that this device didn't take, and for a login;
        ExpiredRequest, RequestClosed.
        """
        device = {"id": request_id, "device_id": login.device_id, "account_id": login.account_id}
        request = await store.prolongable(self.db, **device)
        if request is None or request.kind != "signature":
            raise errors.NotFound
        prolonged = request.prolonged_at is None and await store.prolong(
            self.db, **device, by_ms=prolongation_ms(request.size), now=now
        )
        if prolonged:
            self.events.notify(request_id)
        present = await store.prolongable(self.db, **device)
        if present is None:
            raise errors.NotFound
        state = shown_state(RequestState(present.state), expires_at=present.expires_at, now=now)
        if state is RequestState.EXPIRED:
            raise errors.ExpiredRequest
        if state not in OPEN:
            raise errors.RequestClosed(state=state.value)
        return present.expires_at

    async def decline(self, login: PhoneLogin, request_id: str, reason: str, *, now: int) -> None:
        """Ends a scanned request; `not_me` tells the business system that somebody else started it.

        Raises RequestClosed.
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
            raise errors.RequestClosed
        self.events.notify(request_id)
        self.count("declined", reason)

    async def _refusal(
        self, request: store.ScannedRequest, *, by: store.DeviceCertificate, begun: tuple[int, int], now: int
    ) -> errors.DomainError:
        """Why a request could not be taken by who holds its secret."""
        if request.shield_number not in {None, by.shield_number}:
            return errors.OtherShield()
        back = await self._way_back_unsigned(request, now=now)
        state = shown_state(RequestState(request.state), expires_at=request.expires_at, now=now)
        if state is RequestState.EXPIRED:
            return errors.ExpiredRequest(**back)
        earliest, latest = begun
        if state is RequestState.WAITING and not earliest <= request.created_at <= latest:
            return errors.QrStale()
        if state is RequestState.SIGNED:
            back |= await self._own_signature(request.id, by=by)
        return errors.RequestClosed(**back)

    async def _own_signature(self, request_id: str, *, by: store.DeviceCertificate) -> dict[str, errors.Json]:
        """What this phone signed of the request itself: it alone learns how the request ended, of none but its own.

        `sid` is null where "my signatures" doesn't list it: a consent.
        """
        signed = await my_signatures.of_request(self.db, request_id=request_id, uid=by.uid)
        if not signed:
            return {}
        first = signed[0]
        sids = [None if own.purpose == "consent" else own.sid.hex() for own in signed]
        documents: list[errors.Json] = [
            {"sid": sid, "title": own.title} for sid, own in zip(sids, signed, strict=True)
        ]
        return {
            "own_signature": {
                "sid": sids[0],
                "kind": "login" if first.purpose == "login" else "signature",
                "title": first.title,
                "business_name": first.business_name,
                "signed_at": first.signed_at,
                "documents": documents,
            }
        }

    async def _way_back_unsigned(self, request: store.ScannedRequest, *, now: int) -> dict[str, errors.Json]:
        """Whom another app sent too late leads back too. It carries no return code: this phone may not have signed."""
        state = shown_state(RequestState(request.state), expires_at=request.expires_at, now=now)
        if request.return_url is None or state in OPEN:
            return {}
        url = await store.return_url(self.db, id=request.id)
        if url is None:
            return {}
        address = return_address(url, request_id=request.id, state=state.value, return_code=None)
        return {"return_address": address}


def prolongs_by(request: ScannedRequest) -> int | None:
    """By how long (ms) the reader of a request that was just taken may prolong it; None where they may not."""
    if request.kind != "signature" or request.prolonged_at is not None:
        return None
    contents = (task.message if task.format == "raw" else task.content or b"" for task in request.tasks)
    return prolongation_ms(sum(map(len, contents)))
