"""An outside CA by CMP over HTTP (RFC 9811): requests, polls, confirmations and revocations of the RA."""

import asyncio
import secrets
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NoReturn

import msgspec

from mshield.pki.asn1 import der
from mshield.pki.asn1.reader import Reader
from mshield.pki.errors import DerError
from mshield.server.authorities.outside.adapter import (
    Act,
    ActDone,
    ActOutcome,
    ActPending,
    ActRefused,
    Answered,
    Capabilities,
    Confirmation,
    Confirmed,
    ConfirmPending,
    DuplicateRequest,
    Held,
    Missing,
    Outcome,
    Pending,
    Refused,
    Submission,
    Unknown,
    Unreachable,
    Unsupported,
    plain_words,
)
from mshield.server.authorities.outside.cmp import bodies
from mshield.server.authorities.outside.cmp.answers import (
    ACCEPTED,
    REVOCATION_NOTIFICATION,
    REVOCATION_WARNING,
    WAITING,
    WITH_MODS,
    CertificateAnswer,
    ConfirmAnswer,
    ErrorAnswer,
    PollAnswer,
    RevocationAnswer,
    Status,
)
from mshield.server.authorities.outside.cmp.bodies import CRMF_REQUEST, P10_REQUEST, Body
from mshield.server.authorities.outside.cmp.errors import CmpError
from mshield.server.authorities.outside.cmp.messages import ID_BYTES, Received, read, write
from mshield.server.authorities.outside.cmp.protection import NULL_NAME, Protection
from mshield.server.keys.errors import HardwareError
from mshield.server.runtime.external.call import OutsideError, ask

SECONDS: Final = 15.0
SOON_SECONDS: Final = 5
"""Time until the first poll: the CA names a time only from then on."""

LATEST_SECONDS: Final = 86_400
_CONTENT_TYPE: Final = "application/pkixcmp"
_HEADERS: Final = {
    "Content-Type": _CONTENT_TYPE,
    "Accept": _CONTENT_TYPE,
    # Each message has a connection of its own. OpenSSL's server ends a transaction with a kept connection.
    "Connection": "close",
}
_OK: Final = 200
_CONFIGURATION: Final = frozenset({401, 403, 404})
_TEMPORARY: Final = frozenset(
    {"systemUnavail", "systemFailure", "timeNotAvailable", "badTime", "transactionIdInUse"}
)
_OPERATORS: Final = frozenset(
    {"badMessageCheck", "wrongIntegrity", "signerNotTrusted", "notAuthorized", "unsupportedVersion"}
)
_LOST: Final = frozenset({"badRequest", "badRecipientNonce", "badCertId"})
"""Failures of a poll whose transaction the CA has forgotten, or has got out of step with."""

_DISBELIEVED: Final = frozenset(
    {"other_sender", "protection_algorithm", "unprotected", "version", "wrong_mac", "wrong_signature"}
)
"""Faults of answers that don't end by themselves: the secret, a certificate or an algorithm differs."""

_CESSATION: Final = 5
_REASONS: Final[dict[Act, int]] = {"hold": bodies.HOLD, "release": bodies.RELEASE}
_MAX_ACTS: Final = 1024


class _Encrypted(Unreachable):
    """The certificate came encrypted, which is never read."""


class _Transaction(msgspec.Struct, array_like=True, frozen=True):
    """State of a transaction between two messages."""

    id: bytes
    request_id: int
    peer_nonce: bytes | None = None
    implicit_confirm: bool = False
    confirming: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CmpAuthority:
    """A CA at `url`.

    `form` is the request's: the PKCS#10, or a template whose proof of possession is the RA's word. With
    `implicit_confirm` the CA is asked to need no confirmation; without, an unconfirmed certificate is withdrawn.
    """

    name: str
    can: Capabilities
    url: str
    protection: Protection
    form: Literal["p10cr", "cr"] = "p10cr"
    implicit_confirm: bool = False
    recipient: bytes = NULL_NAME
    profile: str | None = None
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    seconds: float = SECONDS
    _acts: dict[str, _Transaction] = field(default_factory=dict, repr=False)
    """Transactions of acts that wait at the CA, by key; a process that has lost one asks again."""

    def begin(self) -> bytes:
        """Returns a new transaction."""
        return _encode(self._new(P10_REQUEST if self.form == "p10cr" else CRMF_REQUEST))

    async def submit(self, submission: Submission, *, now: int) -> Outcome:
        """Sends the request. Raises: Unreachable, DuplicateRequest."""
        transaction = _decode(submission.transaction)
        body = bodies.p10cr(submission.p10)
        if self.form == "cr":
            body = bodies.cr_ra_verified(*_subject_and_key(submission.p10))
        return await self._request(body, transaction, now=now)

    async def poll(self, submission: Submission, *, now: int) -> Outcome:
        """Asks for a waiting answer. Raises: Unreachable, DuplicateRequest."""
        transaction = _decode(submission.transaction)
        return await self._request(bodies.poll_req(transaction.request_id), transaction, now=now)

    async def confirm(self, submission: Submission, der: bytes, *, accepted: bool, now: int) -> Confirmation:
        """Accepts or rejects. A certificate that needs no confirmation is rejected by its revocation."""
        transaction = _decode(submission.transaction)
        if transaction.implicit_confirm:
            return Confirmed() if accepted else await self._withdraw(der, submission.key.hex(), now=now)
        body = bodies.cert_conf(der, transaction.request_id, accepted=accepted)
        if transaction.confirming:
            body = bodies.poll_req(P10_REQUEST)
        received = await self._exchange(body, transaction, now=now)
        waiting = _encode(self._next(transaction, received, confirming=True))
        match received.answer:
            case ConfirmAnswer():
                return Confirmed()
            case PollAnswer(after_s=after_s):
                return ConfirmPending(_bounded(after_s), waiting)
            case ErrorAnswer(status) if status.number == WAITING:
                return ConfirmPending(SOON_SECONDS, waiting)
            case ErrorAnswer(status) if "certConfirmed" in status.failures:
                return Confirmed()
            case ErrorAnswer(status):
                _require_known(status)
                return Unknown()
        raise Unreachable("body")

    async def act(self, certificate: Held, act: Act, reason: int, *, key: str, now: int) -> ActOutcome:
        """Revokes, holds or releases by `rr`. Raises: Unreachable."""
        transaction, body = self._acts.get(key), bodies.poll_req(P10_REQUEST)
        if transaction is None:
            transaction = self._new(P10_REQUEST)
            body = bodies.rr(certificate.issuer, certificate.serial, _REASONS.get(act, reason))
        received = await self._exchange(body, transaction, now=now)
        polled = self._acts.pop(key, None) is not None
        match received.answer:
            case PollAnswer(after_s=after_s):
                return self._later(key, self._next(transaction, received), after_s)
            case ErrorAnswer(status) | RevocationAnswer(status) if status.number == WAITING:
                return self._later(key, self._next(transaction, received), SOON_SECONDS)
            case ErrorAnswer(status) if polled and _LOST.intersection(status.failures):
                return ActPending(SOON_SECONDS)
            case ErrorAnswer(status):
                _require_known(status)
                return _act_refused(status, act)
            case RevocationAnswer(status):
                return _act_outcome(status, act)
        raise Unreachable("body")

    async def _request(self, body: Body, transaction: _Transaction, *, now: int) -> Outcome:
        polls = body.number == bodies.POLL_REQ
        try:
            received = await self._exchange(body, transaction, now=now)
        except _Encrypted as error:
            # Nothing can be confirmed, so the CA withdraws what it encrypted.
            return Refused(code=error.reason)
        match received.answer:
            case PollAnswer(request_id, after_s, texts) if polls and request_id == transaction.request_id:
                return _pending(self._next(transaction, received), after_s, texts)
            case ErrorAnswer(status) if status.number == WAITING:
                waiting = self._next(transaction, received, request_id=P10_REQUEST)
                return _pending(waiting, SOON_SECONDS, status.texts)
            case ErrorAnswer(status):
                _require_known(status)
                return Missing() if polls and _LOST.intersection(status.failures) else _refused(status)
            case CertificateAnswer(request_id=request_id) as answer if request_id in {
                P10_REQUEST,
                CRMF_REQUEST,
            }:
                return _certificate(
                    answer, received, self._next(transaction, received, request_id=request_id)
                )
        raise Unreachable("body")

    async def _withdraw(self, certificate: bytes, key: str, *, now: int) -> Confirmation:
        try:
            held = Held(*_issuer_and_serial(certificate), certificate)
        except DerError as error:
            raise Unreachable("the certificate to revoke can't be read", operator=True) from error
        match await self.act(held, "revoke", _CESSATION, key=key, now=now):
            case ActDone():
                return Confirmed()
            case ActPending(after_s):
                raise Unreachable(f"the revocation waits for {after_s} s")
            case outcome:
                raise Unreachable(f"the revocation is refused: {type(outcome).__name__}", operator=True)

    async def _exchange(self, body: Body, transaction: _Transaction, *, now: int) -> Received:
        """Sends a message and returns the believed answer. Raises: Unreachable."""
        request = body.number in {bodies.P10CR, bodies.CR}
        try:
            # In a thread, since deriving the key of a MAC takes milliseconds, and a device may take longer.
            sent = await asyncio.to_thread(
                write,
                body,
                self.protection,
                transaction_id=transaction.id,
                now=now,
                peer_nonce=transaction.peer_nonce,
                recipient=self.recipient,
                implicit_confirm=self.implicit_confirm and request,
                profile=self.profile if request else None,
            )
            answer = await ask(
                "POST",
                self.url,
                headers=_HEADERS,
                seconds=self.seconds,
                content=sent.octets,
                repeatable=False,
                tls=self.tls,
            )
        except HardwareError as error:
            raise Unreachable(f"the RA's key: {error}", operator=True) from error
        except OutsideError as error:
            raise Unreachable(str(error)) from error
        if answer.status != _OK:
            raise Unreachable(f"status {answer.status}", operator=answer.status in _CONFIGURATION)
        if answer.headers.get("content-type", "").partition(";")[0].strip().lower() != _CONTENT_TYPE:
            raise Unreachable("content_type")
        try:
            return await asyncio.to_thread(read, answer.content, sent, self.protection)
        except CmpError as error:
            kind = _Encrypted if error.reason == "encrypted_certificate" else Unreachable
            raise kind(error.reason, operator=error.reason in _DISBELIEVED) from error

    def _later(self, key: str, transaction: _Transaction, after_s: int) -> ActPending:
        while len(self._acts) >= _MAX_ACTS:
            del self._acts[next(iter(self._acts))]
        self._acts[key] = transaction
        return ActPending(_bounded(after_s))

    def _next(
        self,
        transaction: _Transaction,
        received: Received,
        *,
        request_id: int | None = None,
        confirming: bool = False,
    ) -> _Transaction:
        return _Transaction(
            transaction.id,
            transaction.request_id if request_id is None else request_id,
            received.nonce,
            self.implicit_confirm and received.implicit_confirm,
            confirming,
        )

    def _new(self, request_id: int) -> _Transaction:
        return _Transaction(secrets.token_bytes(ID_BYTES), request_id)


def _certificate(answer: CertificateAnswer, received: Received, transaction: _Transaction) -> Outcome:
    status = answer.status
    if status.number == WAITING:
        return _pending(transaction, SOON_SECONDS, status.texts)
    if status.number not in {ACCEPTED, WITH_MODS} or answer.certificate is None:
        return _refused(status)
    return Answered(
        der=answer.certificate,
        chain=tuple(dict.fromkeys((*received.certificates, *answer.ca_certificates))),
        transaction=_encode(transaction),
        unusable=answer.private_key,
    )


def _pending(transaction: _Transaction, after_s: int, texts: Sequence[str]) -> Pending:
    return Pending(after_s=_bounded(after_s), words=_words(texts), transaction=_encode(transaction))


def _refused(status: Status) -> Refused:
    if "duplicateCertReq" in status.failures:
        raise DuplicateRequest
    return Refused(code=_code(status), words=_words(status.texts))


def _require_known(status: Status) -> None:
    """Lets only refusals of the request itself pass. Raises: Unreachable."""
    failures = frozenset(status.failures)
    if failures & _OPERATORS:
        _unreachable(failures & _OPERATORS, operator=True)
    if failures & _TEMPORARY:
        _unreachable(failures & _TEMPORARY, operator=False)


def _unreachable(failures: frozenset[str], *, operator: bool) -> NoReturn:
    raise Unreachable(", ".join(sorted(failures)), operator=operator)


def _act_outcome(status: Status, act: Act) -> ActOutcome:
    if status.number in {ACCEPTED, WITH_MODS, REVOCATION_NOTIFICATION}:
        return ActDone()
    return ActPending(SOON_SECONDS) if status.number == REVOCATION_WARNING else _act_refused(status, act)


def _act_refused(status: Status, act: Act) -> ActOutcome:
    if "certRevoked" in status.failures and act != "release":
        return ActDone()
    if "badRequest" in status.failures and act != "revoke":
        return Unsupported()
    return ActRefused(_code(status), _words(status.texts))


def _code(status: Status) -> str:
    return status.failures[0] if status.failures else "rejected"


def _words(texts: Sequence[str]) -> str:
    return plain_words(" ".join(texts))


def _bounded(after_s: int) -> int:
    return max(1, min(after_s, LATEST_SECONDS))


def _encode(transaction: _Transaction) -> bytes:
    return msgspec.msgpack.encode(transaction)


def _decode(data: bytes) -> _Transaction:
    return msgspec.msgpack.decode(data, type=_Transaction)


def _subject_and_key(p10: bytes) -> tuple[bytes, bytes]:
    """Returns name and SubjectPublicKeyInfo of a PKCS#10, unchanged."""
    info = Reader(p10).enter().enter()
    info.integer()
    return info.raw(der.SEQUENCE), info.raw(der.SEQUENCE)


def _issuer_and_serial(certificate: bytes) -> tuple[bytes, int]:
    tbs = Reader(certificate).enter().enter()
    tbs.explicit(0)
    serial = tbs.integer()
    tbs.raw(der.SEQUENCE)
    return tbs.raw(der.SEQUENCE), serial
