"""Taking a request, by its QR code or from the inbox, and answering it: login (2.3.1.10), signature (2.3.1.11), or no.

What the user saw at the scan is what is signed at the approval: the scanned request is kept, and every
message is checked against who asks before it is shown.
"""

import re
from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import quote

import msgspec

from mshield.client.errors import PhoneError, ProblemError, ProtocolError
from mshield.client.login_message import LoginMessage
from mshield.client.phone.cosigning import CoSigning, ToSign
from mshield.client.phone.document import oids_of, own_certificate, read_document, shown_item
from mshield.client.phone.messages import Requester, Scan, Task, WayBack
from mshield.client.phone.operation import Operation
from mshield.client.phone.pin import PinSource, checked_pin, fetch_display_oid
from mshield.client.phone.waiting import Amounts, InboxRequest, amounts, inbox, together, with_view
from mshield.client.wire import read, unhex
from mshield.domain.login_message import LOGIN_TYPE
from mshield.gm.sm2 import Signature
from mshield.gm.transcript import is_internal_message
from mshield.pki.asn1.arcs import DISPLAY_OIDS
from mshield.pki.signatures.display import Confirmed

CODE: Final = re.compile(r"https?://[^/?#\s]+(/[^?#\s]*)?(/q/[^/?#\s]+|/app/sign)\?\S+|claim:\S+")
_SHORT: Final = re.compile(r"[0-9A-Ta-tV-Zv-z]{4}[ -]?[0-9A-Ta-tV-Zv-z]{4}")
"""Typed from beside the QR code."""
_PURPOSES: Final = {"login": {"login"}, "signature": {"sign", "consent"}}

Confirmations = Mapping[str, Confirmed] | None
"""What a user confirmed besides, by the documents' sids."""
Excluded = Mapping[str, str] | None
"""Why a user doesn't sign some documents of a batch, by their sids."""
DeclineReason = Literal["declined", "not_me"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedDocument:
    """One document of an approved request; `signature` is None where it was closed, or its answer lost.

    `declined`: the user left it out; `waiting`: with its whole request, which is still in the inbox.
    """

    sid: bytes
    title: str
    signature: Signature | None
    declined: bool = False
    waiting: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """An approved request. `recovered` says that it had been signed before, and only the answer was lost.

    `return_address` leads back to the app that asked; None where none did.
    """

    request_id: str
    kind: Literal["login", "signature"]
    documents: tuple[SignedDocument, ...]
    recovered: bool
    return_address: str | None = None


class Prolonged(msgspec.Struct, frozen=True, kw_only=True):
    """When the request ends now, ms."""

    expires_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ends:
    """The sids of documents that were left out beside signed ones, and of those whose whole request was."""

    declined: frozenset[str]
    waiting: frozenset[str]


def scan(operation: Operation, code: str, typed_ms: int = 0) -> Scan:
    """Takes the request behind a QR code, a short code or another app's link, checks it and keeps it."""
    is_short = _SHORT.fullmatch(code) is not None
    if not is_short and not CODE.fullmatch(code):
        raise PhoneError("bad_code")
    body = {"code": code, "typed_ms": typed_ms} if is_short else {"code": code}
    return _keep(operation, operation.connection.post("/api/phone/scans", operation.logged_in(), body))


def take(operation: Operation, *request_ids: str) -> Scan:
    """Takes requests of one system from the inbox, checks them and keeps them for the decision, together."""
    scans: list[Scan] = []
    for request_id in request_ids:
        path = f"/api/phone/inbox/{_segment(request_id)}"
        scans.append(_checked(operation, operation.connection.post(path, operation.logged_in(), None)))
    return _kept(operation, together(scans))


def _keep(operation: Operation, answer: bytes) -> Scan:
    return _kept(operation, _checked(operation, answer))


def _kept(operation: Operation, scanned: Scan) -> Scan:
    operation.vault.store_request(msgspec.json.encode(scanned))
    return scanned


def _checked(operation: Operation, answer: bytes) -> Scan:
    scanned = msgspec.structs.replace(read(answer, Scan), parts=())
    uid = operation.vault.state.at("key").uid
    own = own_certificate(operation.vault.state.at("key").certificate)
    tasks = [
        msgspec.structs.replace(with_view(operation, task, scanned.requester), own_certificate=own)
        for task in scanned.tasks
    ]
    scanned = msgspec.structs.replace(scanned, tasks=tuple(tasks))
    known = _display_oids(operation, scanned.tasks)
    for task in scanned.tasks:
        _check_task(task, scanned, uid, known)
    return scanned


def _display_oids(operation: Operation, tasks: Sequence[Task]) -> Collection[str]:
    """The attributes that may bind a display: those that every phone knows, and the one of the service's policy."""
    named = {task.options.display_oid for task in tasks} - {msgspec.UNSET}
    return DISPLAY_OIDS if named <= {*DISPLAY_OIDS} else (*DISPLAY_OIDS, fetch_display_oid(operation))


def scanned_request(operation: Operation, request_id: str | None) -> Scan:
    """The kept request; PhoneError `nothing_scanned` where there is none, or another than the one named."""
    stored = operation.vault.stored_request()
    if stored is None:
        raise PhoneError("nothing_scanned")
    scanned = read(stored, Scan)
    if request_id is not None and scanned.request_id != request_id:
        raise PhoneError("nothing_scanned")
    return scanned


def approve(
    operation: Operation,
    request_id: str | None,
    pin: PinSource,
    confirmed: Confirmations,
    excluded: Excluded = None,
) -> Approved:
    """Signs all documents of the scanned request under one PIN, but for those excluded.

    See `CoSigning.sign` for the errors; PhoneError `nothing_left` where all are excluded: that is a refusal. Of several
    requests one that is excluded whole stays open, and nobody is told a reason.
    """
    scanned = scanned_request(operation, request_id)
    if isinstance(pin, str):
        checked_pin(pin)
    unfinished = operation.vault.state.at("key").rn is not None
    if unfinished and (settled := _settled(operation, scanned)):
        return _done(operation, scanned, signatures={}, ends=settled, recovered=True)
    reasons = dict(excluded or {})
    kept = [task for task in scanned.tasks if task.sid not in reasons]
    if not kept:
        raise PhoneError("nothing_left")
    left_out, waiting = _left_out(scanned, reasons)
    try:
        answers = CoSigning(operation, "key").sign(_to_sign(kept, confirmed), pin, excluded=left_out)
    except ProblemError as error:
        # A resent `finish` may meet an outcome that is no longer kept: then the task's state tells.
        if error.code == "task_closed" and (settled := _settled(operation, scanned)):
            return _done(operation, scanned, signatures={}, ends=settled, recovered=True)
        raise
    signatures = {task.sid: answer for task, answer in zip(kept, answers, strict=True)}
    ends = _Ends(declined=frozenset(left_out), waiting=waiting)
    return _done(operation, scanned, signatures=signatures, ends=ends, recovered=False)


def _left_out(scanned: Scan, reasons: Mapping[str, str]) -> tuple[dict[str, str], frozenset[str]]:
    """What the service is told of, and the documents of requests that stay open since all of theirs are excluded."""
    waiting = frozenset(
        sid for part in scanned.requests if set(part.sids) <= reasons.keys() for sid in part.sids
    )
    # Those of no request stay named: the service refuses them, and nothing is signed that was to be left out.
    return {sid: reason for sid, reason in reasons.items() if sid not in waiting}, waiting


def _to_sign(tasks: Sequence[Task], confirmed: Confirmations) -> list[ToSign]:
    confirmations = confirmed or {}
    return [
        ToSign(unhex(task.sid, 16), task.message, shown_item(task, confirmations.get(task.sid, "none")))
        for task in tasks
    ]


def prolong(operation: Operation, scanned: Scan) -> int:
    """Prolongs the scanned signature, once, and keeps its new end, which it gives (ms); a repeat gives the same."""
    ends: list[int] = []
    for part in scanned.requests:
        path = f"/api/phone/requests/{_segment(part.request_id)}/prolongation"
        ends.append(read(operation.connection.post(path, operation.logged_in(), None), Prolonged).expires_at)
    end = min(ends)
    kept = msgspec.structs.replace(scanned, expires_at=end, prolongs_by=None)
    operation.vault.store_request(msgspec.json.encode(kept))
    return end


def wanted(scanned: Scan) -> dict[str, Confirmed]:
    """What the person has to confirm of a scanned signature, by the documents' sids."""
    if scanned.kind == "login":
        return {}
    read = {task.sid: read_document(task, oids_of(task)).wants for task in scanned.tasks if task.is_drawn}
    return {sid: wants for sid, wants in read.items() if wants is not None}


def decline(operation: Operation, scanned: Scan, reason: DeclineReason) -> str | None:
    """Refuses the request; `not_me` says that the user did not start it, which the business system is told.

    Gives the address that leads back to the app that asked; None where none did.
    """
    for part in scanned.requests:
        path = f"/api/phone/requests/{_segment(part.request_id)}/decline"
        try:
            operation.connection.post(path, operation.logged_in(), {"reason": reason})
        except ProblemError as error:
            # Of several one may be over by itself, or was declined before the line was lost.
            if error.code != "request_closed" or not scanned.parts:
                raise
    operation.vault.store_request(None)
    return way_back(operation, scanned)


def way_back(operation: Operation, scanned: Scan) -> str | None:
    """The address that leads back to the app that asked, once the request is over; None where none did.

    It must be the one that was shown at the scan, but for what it tells. Raises ProtocolError `foreign_return`.
    """
    if scanned.return_url is None:
        return None
    path = f"/api/phone/requests/{_segment(scanned.request_id)}/return"
    address = read(operation.connection.get(path, operation.logged_in()), WayBack).address
    if not address.startswith(scanned.return_url + ("&" if "?" in scanned.return_url else "?")):
        raise ProtocolError("foreign_return", address)
    return address


def _segment(request_id: str) -> str:
    return quote(request_id, safe="")


def _done(
    operation: Operation,
    scanned: Scan,
    *,
    signatures: Mapping[str, Signature | None],
    ends: _Ends,
    recovered: bool,
) -> Approved:
    # Before the request is forgotten: where this answer is lost, approving again finds it signed and asks again.
    back = way_back(operation, scanned)
    operation.vault.store_request(None)
    return Approved(
        request_id=scanned.request_id,
        kind=scanned.kind,
        documents=tuple(
            SignedDocument(
                sid=unhex(task.sid, 16),
                title=task.title,
                signature=signatures.get(task.sid),
                declined=task.sid in ends.declined,
                waiting=task.sid in ends.waiting,
            )
            for task in scanned.tasks
        ),
        recovered=recovered,
        return_address=back,
    )


def _settled(operation: Operation, scanned: Scan) -> _Ends | None:
    """How the service has them, where of one request it has nothing open and some documents are signed."""
    credentials = operation.logged_in()
    states: dict[str, str] = {}
    for task in scanned.tasks:
        answer = operation.connection.get(f"/api/phone/tasks/{task.sid}", credentials)
        states[task.sid] = read(answer, Task).state
    of_each = [{states[sid] for sid in part.sids} for part in scanned.requests]
    if not any("signed" in own and own <= {"signed", "declined"} for own in of_each):
        return None
    declined, waiting = (
        frozenset(sid for sid, state in states.items() if state == end) for end in ("declined", "waiting")
    )
    return _Ends(declined=declined, waiting=waiting)


def _check_task(task: Task, scanned: Scan, uid: bytes, display_oids: Collection[str]) -> None:
    """What is signed must be what is shown: of this key, of this purpose, never one of the protocol's own messages."""
    if unhex(task.uid, 16) != uid or task.purpose not in _PURPOSES[scanned.kind]:
        raise ProtocolError("bad_task", "of another key or purpose")
    if is_internal_message(task.message):
        raise ProtocolError("bad_task", "a message of the protocol itself")
    if scanned.kind == "login":
        if task.format != "raw":
            raise ProtocolError("bad_task", "a login with signed attributes")
        check_login(task.message, scanned.request_id, scanned.requester)
    else:
        read_document(task, display_oids)


def check_login(message: bytes, request_id: str, requester: Requester) -> None:
    """A login's message is canonical JSON (sorted, no spaces) that names this request and this business system."""
    login = read(message, LoginMessage)
    shown = (LOGIN_TYPE, request_id, requester.domain, requester.name)
    if (login.type, login.request_id, login.domain, login.name) != shown:
        raise ProtocolError("bad_task", "the login is for another request or business system")
    if login.encode() != message:
        raise ProtocolError("bad_task", "the login is not in canonical form")


class AnswersRequests:
    """The part of the virtual phone that takes requests and answers them."""

    @abstractmethod
    def _operation(self) -> AbstractContextManager[Operation]:
        """One operation under the folder's lock."""

    def scan(self, code: str, *, typed_ms: int = 0) -> Scan:
        """Takes the request behind a QR code's text, or a short code typed in so many ms; kept until it is answered."""
        with self._operation() as operation:
            return scan(operation, code, typed_ms)

    def inbox(self) -> tuple[InboxRequest, ...]:
        """The requests that wait for this shield (待办), newest first."""
        with self._operation() as operation:
            return inbox(operation)

    def amounts(self, request: InboxRequest) -> Amounts:
        """What a request in the inbox comes to by its contents; it isn't taken."""
        with self._operation() as operation:
            return amounts(operation, request)

    def take(self, *request_ids: str) -> Scan:
        """Takes a request from the inbox, or several of one system, which are answered together under one PIN."""
        with self._operation() as operation:
            return take(operation, *request_ids)

    def scanned(self, request_id: str | None = None) -> Scan:
        """The request that is kept for the decision. PhoneError `nothing_scanned` where none is, or another."""
        with self._operation() as operation:
            return scanned_request(operation, request_id)

    def approve(
        self,
        request_id: str | None = None,
        *,
        pin: PinSource,
        confirmed: Confirmations = None,
        excluded: Excluded = None,
    ) -> Approved:
        """Logs in or signs, for the scanned request; `confirmed` says by sid what the user confirmed besides.

        Raises PhoneError `confirmation_missing` where `wanted` names more. `excluded` says by sid which documents
        aren't signed, and why: one at least must be. `pin` may be called once the session tells which PIN and how many
        attempts; after NetworkError call again.
        """
        with self._operation() as operation:
            return approve(operation, request_id, pin, confirmed, excluded)

    def wanted(self, request_id: str | None = None) -> dict[str, Confirmed]:
        """What has to be confirmed of the scanned signature, by sid: words that differ, content that isn't shown."""
        with self._operation() as operation:
            return wanted(scanned_request(operation, request_id))

    def prolong(self, request_id: str | None = None) -> int:
        """Prolongs the scanned signature, once; gives its new end in ms, a repeat the same."""
        with self._operation() as operation:
            return prolong(operation, scanned_request(operation, request_id))

    def decline(self, request_id: str | None = None, *, reason: DeclineReason = "declined") -> str | None:
        """Refuses the scanned request; gives the address that leads back to the app that asked, where one did."""
        with self._operation() as operation:
            return decline(operation, scanned_request(operation, request_id), reason)
