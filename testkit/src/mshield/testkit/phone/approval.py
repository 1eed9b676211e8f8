"""Accepting a request, by QR code or from the inbox, and answering it: login (2.3.1.10), signature (2.3.1.11) or no.

The approval signs what the user saw at the scan: the scanned request is stored, and every message is checked
against the requester before it is displayed.
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
from mshield.client.forms import read, unhex
from mshield.gm.sm2 import Signature
from mshield.gm.transcript import is_internal_message
from mshield.pki.asn1.arcs import DISPLAY_OID
from mshield.pki.signatures.display import Confirmed
from mshield.testkit.phone import renewal
from mshield.testkit.phone.cosigning import CoSigning, ToSign
from mshield.testkit.phone.document import oids_of, own_certificate, read_document, shown_item
from mshield.testkit.phone.messages import Scan, Task
from mshield.testkit.phone.operation import Operation
from mshield.testkit.phone.pin import PinSource, checked_pin, fetch_display_oid
from mshield.testkit.phone.waiting import Amounts, amounts, inbox, together, with_view
from mshield.wire.login_message import LOGIN_TYPE, LoginMessage
from mshield.wire.phone.requests import ProlongedMessage, RequesterMessage, ReturnMessage, WaitingMessage

CODE: Final = re.compile(r"https?://[^/?#\s]+(/[^?#\s]*)?(/q/[^/?#\s]+|/app/sign)\?\S+|claim:\S+")
_SHORT: Final = re.compile(r"[0-9A-Ta-tV-Zv-z]{4}[ -]?[0-9A-Ta-tV-Zv-z]{4}")
"""Short code, typed from beside the QR code."""
_PURPOSES: Final = {"login": {"login"}, "signature": {"sign", "consent"}}

Confirmations = Mapping[str, Confirmed] | None
"""Extra confirmations of the user, by the documents' sids."""
Excluded = Mapping[str, str] | None
"""Reasons for excluding documents of a batch, by their sids."""
DeclineReason = Literal["declined", "not_me"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedDocument:
    """One document of an approved request; `signature` is None if it was closed, or the response was lost.

    `declined`: the user excluded it. `waiting`: it was excluded with its whole request, which is still in the
    inbox.
    """

    sid: bytes
    title: str
    signature: Signature | None
    declined: bool = False
    waiting: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """An approved request. `recovered`: it had been signed before, and only the response was lost.

    `return_address` is the URL back to the app that sent the request; None if no app did.
    """

    request_id: str
    kind: Literal["login", "signature"]
    documents: tuple[SignedDocument, ...]
    recovered: bool
    return_address: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ends:
    """Sids of the documents excluded beside signed ones, and of those excluded with their whole request."""

    declined: frozenset[str]
    waiting: frozenset[str]


def scan(operation: Operation, code: str, typed_ms: int = 0) -> Scan:
    """Accepts the request of a QR code, a short code or another app's link; checks and stores it."""
    is_short = _SHORT.fullmatch(code) is not None
    if not is_short and not CODE.fullmatch(code):
        raise PhoneError("bad_code")
    body = {"code": code, "typed_ms": typed_ms} if is_short else {"code": code}
    return _keep(operation, operation.connection.post("/api/phone/scans", operation.logged_in(), body))


def take(operation: Operation, *request_ids: str) -> Scan:
    """Accepts requests of one system from the inbox; checks and stores them together for one decision."""
    scans: list[Scan] = []
    for request_id in request_ids:
        path = f"/api/phone/inbox/{_segment(request_id)}"
        scans.append(_check(operation, operation.connection.post(path, operation.logged_in(), None)))
    return _store(operation, together(scans))


def _keep(operation: Operation, answer: bytes) -> Scan:
    return _store(operation, _check(operation, answer))


def _store(operation: Operation, scanned: Scan) -> Scan:
    operation.vault.store_request(msgspec.json.encode(scanned))
    return scanned


def _check(operation: Operation, answer: bytes) -> Scan:
    scanned = msgspec.structs.replace(read(answer, Scan), parts=())
    _take_renewed_key(operation, scanned)
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


def _take_renewed_key(operation: Operation, scanned: Scan) -> None:
    """Finishes a renewal whose new key the service already uses, after this phone missed only the last answer."""
    pending = operation.vault.state.pending
    if pending is not None and pending.renews and pending.uid.hex() in {task.uid for task in scanned.tasks}:
        renewal.settle(operation)


def _display_oids(operation: Operation, tasks: Sequence[Task]) -> Collection[str]:
    """Returns the display attributes that are accepted: those all phones know, and the one of the service's policy."""
    named = {task.options.display_oid for task in tasks} - {msgspec.UNSET}
    return (DISPLAY_OID,) if named <= {DISPLAY_OID} else (DISPLAY_OID, fetch_display_oid(operation))


def scanned_request(operation: Operation, request_id: str | None) -> Scan:
    """Returns the stored request. Raises: PhoneError (`nothing_scanned`: there is none, or it has another id)."""
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
    """Signs all documents of the scanned request under one PIN, except the excluded ones.

    If all documents of one of several requests are excluded, that request stays open and no reason is
    reported. Raises: PhoneError (`nothing_left` if all documents are excluded: decline instead), and as
    `CoSigning.sign`.
    """
    scanned = scanned_request(operation, request_id)
    if isinstance(pin, str):
        checked_pin(pin)
    unfinished = operation.vault.state.at("key").rn is not None
    if unfinished and (settled := _outcome(operation, scanned)):
        return _approved(operation, scanned, signatures={}, ends=settled, recovered=True)
    reasons = dict(excluded or {})
    kept = [task for task in scanned.tasks if task.sid not in reasons]
    if not kept:
        raise PhoneError("nothing_left")
    left_out, waiting = _split_excluded(scanned, reasons)
    try:
        answers = CoSigning(operation, "key").sign(_to_sign(kept, confirmed), pin, excluded=left_out)
    except ProblemError as error:
        # The outcome of a resent `finish` may have been dropped already: then the tasks' states show it.
        if error.code == "task_closed" and (settled := _outcome(operation, scanned)):
            return _approved(operation, scanned, signatures={}, ends=settled, recovered=True)
        raise
    signatures = {task.sid: answer for task, answer in zip(kept, answers, strict=True)}
    ends = _Ends(declined=frozenset(left_out), waiting=waiting)
    return _approved(operation, scanned, signatures=signatures, ends=ends, recovered=False)


def _split_excluded(scanned: Scan, reasons: Mapping[str, str]) -> tuple[dict[str, str], frozenset[str]]:
    """Returns the exclusions to report, and the sids of requests that stay open because all of theirs are excluded."""
    waiting = frozenset(
        sid for part in scanned.requests if set(part.sids) <= reasons.keys() for sid in part.sids
    )
    # Keep sids of no request: the service refuses them, so that nothing is signed that was to be excluded.
    return {sid: reason for sid, reason in reasons.items() if sid not in waiting}, waiting


def _to_sign(tasks: Sequence[Task], confirmed: Confirmations) -> list[ToSign]:
    confirmations = confirmed or {}
    return [
        ToSign(unhex(task.sid, 16), task.message, shown_item(task, confirmations.get(task.sid, "none")))
        for task in tasks
    ]


def prolong(operation: Operation, scanned: Scan) -> int:
    """Prolongs the scanned signature, once; stores and returns its new expiry (ms). A repeat returns the same."""
    ends: list[int] = []
    for part in scanned.requests:
        path = f"/api/phone/requests/{_segment(part.request_id)}/prolongation"
        ends.append(
            read(operation.connection.post(path, operation.logged_in(), None), ProlongedMessage).expires_at
        )
    end = min(ends)
    kept = msgspec.structs.replace(scanned, expires_at=end, prolongs_by=None)
    operation.vault.store_request(msgspec.json.encode(kept))
    return end


def wanted(scanned: Scan) -> dict[str, Confirmed]:
    """Returns the confirmations that a scanned signature needs, by the documents' sids."""
    if scanned.kind == "login":
        return {}
    read = {task.sid: read_document(task, oids_of(task)).wants for task in scanned.tasks if task.is_drawn}
    return {sid: wants for sid, wants in read.items() if wants is not None}


def decline(operation: Operation, scanned: Scan, reason: DeclineReason) -> str | None:
    """Declines the request; with `not_me`, the user didn't start it, which the business system is told.

    Returns the URL back to the app that sent the request; None if no app did.
    """
    for part in scanned.requests:
        path = f"/api/phone/requests/{_segment(part.request_id)}/decline"
        try:
            operation.connection.post(path, operation.logged_in(), {"reason": reason})
        except ProblemError as error:
            # One of several requests may have ended by itself, or was declined before the connection was
            # lost.
            if error.code != "request_closed" or not scanned.parts:
                raise
    operation.vault.store_request(None)
    return way_back(operation, scanned)


def way_back(operation: Operation, scanned: Scan) -> str | None:
    """Returns the URL back to the app that sent a finished request; None if no app did.

    It must extend the URL shown at the scan, only by parameters. Raises: ProtocolError (`foreign_return`).
    """
    if scanned.return_url is None:
        return None
    path = f"/api/phone/requests/{_segment(scanned.request_id)}/return"
    address = read(operation.connection.get(path, operation.logged_in()), ReturnMessage).address
    if not address.startswith(scanned.return_url + ("&" if "?" in scanned.return_url else "?")):
        raise ProtocolError("foreign_return", address)
    return address


def _segment(request_id: str) -> str:
    return quote(request_id, safe="")


def _approved(
    operation: Operation,
    scanned: Scan,
    *,
    signatures: Mapping[str, Signature | None],
    ends: _Ends,
    recovered: bool,
) -> Approved:
    # Ask before the request is deleted: if this response is lost, approving again finds it signed and asks
    # again.
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


def _outcome(operation: Operation, scanned: Scan) -> _Ends | None:
    """Returns the documents' outcome if some request is finished with at least one signature; otherwise None."""
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
    """Checks that the task matches the display: this key, this purpose, never one of the protocol's own messages."""
    if unhex(task.uid, 16) != uid or task.purpose not in _PURPOSES[scanned.kind]:
        raise ProtocolError("bad_task", "the task has another key or purpose")
    if is_internal_message(task.message):
        raise ProtocolError("bad_task", "the message is one of the protocol's own")
    if scanned.kind == "login":
        if task.format != "raw":
            raise ProtocolError("bad_task", "a login with signed attributes")
        check_login(task.message, scanned.request_id, scanned.requester)
    else:
        read_document(task, display_oids)


def check_login(message: bytes, request_id: str, requester: RequesterMessage) -> None:
    """Checks that a login's message is canonical JSON and names this request and this business system."""
    login = read(message, LoginMessage)
    expected = (LOGIN_TYPE, request_id, requester.domain, requester.name)
    if (login.type, login.request_id, login.domain, login.name) != expected:
        raise ProtocolError("bad_task", "the login is for another request or business system")
    if login.encode() != message:
        raise ProtocolError("bad_task", "the login is not in canonical form")


class AnswersRequests:
    """The part of the virtual phone that accepts and answers requests."""

    @abstractmethod
    def _operation(self) -> AbstractContextManager[Operation]:
        """Runs one operation under the folder's lock."""

    def scan(self, code: str, *, typed_ms: int = 0) -> Scan:
        """Accepts the request of a QR code, or of a short code typed in `typed_ms`; stores it until it is answered."""
        with self._operation() as operation:
            return scan(operation, code, typed_ms)

    def inbox(self) -> tuple[WaitingMessage, ...]:
        """Returns the requests that wait for this shield (待办), newest first."""
        with self._operation() as operation:
            return inbox(operation)

    def amounts(self, request: WaitingMessage) -> Amounts:
        """Returns the total amounts of an inbox request from its contents, without accepting it."""
        with self._operation() as operation:
            return amounts(operation, request)

    def take(self, *request_ids: str) -> Scan:
        """Accepts one or several requests of one system from the inbox; they are answered together under one PIN."""
        with self._operation() as operation:
            return take(operation, *request_ids)

    def scanned(self, request_id: str | None = None) -> Scan:
        """Returns the request stored for the decision. Raises: PhoneError (`nothing_scanned`: none, or another)."""
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
        """Logs in or signs, for the scanned request; `confirmed` holds the user's extra confirmations by sid.

        `excluded` holds, by sid, the reasons for not signing documents; at least one must be signed. `pin`
        may be a function, which is called when the session has reported which PIN is needed and how many
        attempts are left. After NetworkError call again. Raises: PhoneError (`confirmation_missing` if
        `wanted` lists more), and others.
        """
        with self._operation() as operation:
            return approve(operation, request_id, pin, confirmed, excluded)

    def wanted(self, request_id: str | None = None) -> dict[str, Confirmed]:
        """Returns the confirmations needed for the scanned signature, by sid: contradicting text, content not shown."""
        with self._operation() as operation:
            return wanted(scanned_request(operation, request_id))

    def prolong(self, request_id: str | None = None) -> int:
        """Prolongs the scanned signature, once; returns its new expiry in ms. A repeat returns the same."""
        with self._operation() as operation:
            return prolong(operation, scanned_request(operation, request_id))

    def decline(self, request_id: str | None = None, *, reason: DeclineReason = "declined") -> str | None:
        """Declines the scanned request; returns the URL back to the app that sent it, or None."""
        with self._operation() as operation:
            return decline(operation, scanned_request(operation, request_id), reason)
