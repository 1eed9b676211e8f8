"""Plain HTTP interface of an outside CA: JSON under its own address, each request signed with a shared secret.

docs/outside-ca.md describes it for the CA's engineers, `examples/ra_server` is a server of it.
"""

import base64
import hashlib
import hmac
import ssl
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeVar
from urllib.parse import urlsplit

import msgspec

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
from mshield.server.authorities.outside.settings import CaProfile
from mshield.server.runtime.external.call import Answer, OutsideError, ask

_DEFAULT_WAIT_S: Final = 30
_T = TypeVar("_T")
_CREDENTIALS: Final = frozenset({401, 403})


class _Request(msgspec.Struct, frozen=True):
    state: Literal["waiting", "issued", "refused"]
    reference: str = ""
    retry_after_s: int = _DEFAULT_WAIT_S
    certificate_b64: str = ""
    chain_b64: tuple[str, ...] = ()
    code: str = "refused"
    words: str = ""


class _Act(msgspec.Struct, frozen=True):
    state: Literal["done", "waiting", "refused", "unsupported"]
    at: int | None = None
    retry_after_s: int = _DEFAULT_WAIT_S
    code: str = "refused"
    words: str = ""


@dataclass(frozen=True, slots=True)
class PlainCa:
    """An outside CA behind the plain interface."""

    profile: CaProfile
    tls: ssl.SSLContext | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """Name in the settings."""
        return self.profile.name

    @property
    def can(self) -> Capabilities:
        """What the CA offers."""
        return self.profile.can

    def begin(self) -> bytes:
        """Returns no transaction: the request's key is all that this interface needs."""
        return b""

    async def submit(self, submission: Submission, *, now: int) -> Outcome:
        """PUTs the request; the CA answers a repeated one as the first."""
        answer = await self._call("PUT", _path(submission), self._body(submission), now=now)
        if answer.status == 409:
            raise DuplicateRequest
        return _outcome(answer)

    async def poll(self, submission: Submission, *, now: int) -> Outcome:
        """GETs the request."""
        answer = await self._call("GET", _path(submission), None, now=now)
        return Missing() if answer.status == 404 else _outcome(answer)

    async def confirm(self, submission: Submission, der: bytes, *, accepted: bool, now: int) -> Confirmation:
        """PUTs the confirmation, if the CA wants one."""
        if not self.can.confirm:
            return Confirmed()
        body = {"accepted": accepted, "certificate_sha256": hashlib.sha256(der).hexdigest()}
        answer = await self._call("PUT", f"{_path(submission)}/confirmation", body, now=now)
        if answer.status in {200, 204}:
            return Confirmed()
        if answer.status in {404, 409, 410}:
            return Unknown()
        raise Unreachable(f"status {answer.status}")

    async def act(self, certificate: Held, act: Act, reason: int, *, key: str, now: int) -> ActOutcome:
        """PUTs the act under its own key, so that a repeated one is done once."""
        path = f"/v1/certificates/{_serial(certificate)}/acts/{key}"
        issuer = hashlib.sha256(certificate.issuer).hexdigest()
        answer = await self._call(
            "PUT", path, {"act": act, "reason": reason, "issuer_sha256": issuer}, now=now
        )
        if answer.status not in {200, 202}:
            if 400 <= answer.status < 500 and answer.status not in {408, 425, 429}:
                return ActRefused(f"http_{answer.status}")
            raise Unreachable(f"status {answer.status}")
        done = _decoded(answer.content, _Act)
        if done.state == "done":
            return ActDone(done.at)
        if done.state == "waiting":
            return ActPending(done.retry_after_s)
        if done.state == "unsupported":
            return Unsupported()
        return ActRefused(done.code[:64], plain_words(done.words))

    def _body(self, submission: Submission) -> dict[str, Any]:
        subject, person = submission.subject, submission.person
        optional = {"id_number": person.id_number, "phone": person.phone}
        body: dict[str, Any] = {
            "profile": self.profile.entry.profile,
            "csr_b64": base64.b64encode(submission.p10).decode(),
            "subject": {
                "C": subject.country,
                "O": subject.organisation,
                "OU": subject.role,
                "CN": subject.common_name,
            },
            "person": {
                "name": person.name,
                "id_type": person.id_type,
                **{name: value for name, value in optional.items() if value is not None},
            },
            "enterprise": {"name": person.enterprise, "credit_code": person.credit_code},
            "role": person.role,
        }
        if submission.renewal_of is not None:
            body["renewal_of"] = {
                "serial": _serial(submission.renewal_of),
                "issuer_sha256": hashlib.sha256(submission.renewal_of.issuer).hexdigest(),
            }
        return body

    async def _call(self, method: str, path: str, body: object, *, now: int) -> Answer:
        entry = self.profile.entry
        content = b"" if body is None else msgspec.json.encode(body)
        url = entry.url.rstrip("/") + path
        headers = {
            **signature_headers(self.profile.secret, method, urlsplit(url).path, content, now=now),
            "Accept": "application/json",
        }
        if content:
            headers["Content-Type"] = "application/json"
        try:
            answer = await ask(
                method,
                url,
                headers=headers,
                seconds=entry.seconds,
                content=content,
                repeatable=False,
                tls=self.tls,
            )
        except OutsideError as error:
            raise Unreachable(str(error)) from error
        if answer.status in _CREDENTIALS:
            raise Unreachable(f"status {answer.status}", operator=True)
        return answer


def signature_headers(secret: bytes, method: str, path: str, body: bytes, *, now: int) -> dict[str, str]:
    """Returns the two headers that sign a request; `now` is ms, the header has seconds."""
    time = str(now // 1000)
    signed = ".".join((time, method, path, hashlib.sha256(body).hexdigest()))
    mac = hmac.digest(secret, signed.encode(), "sha256")
    return {"X-MShield-Time": time, "X-MShield-Signature": f"v1,{base64.b64encode(mac).decode()}"}


def _path(submission: Submission) -> str:
    return f"/v1/requests/{submission.key.hex()}"


def _serial(certificate: Held) -> str:
    text = f"{certificate.serial:x}"
    return text if len(text) % 2 == 0 else "0" + text


def _outcome(answer: Answer) -> Outcome:
    if answer.status not in {200, 202}:
        if answer.status in {400, 422}:
            return Refused(code=f"http_{answer.status}", words=_words(answer.content))
        raise Unreachable(f"status {answer.status}")
    found = _decoded(answer.content, _Request)
    reference = plain_words(found.reference)[:128]
    if found.state == "waiting":
        return Pending(after_s=found.retry_after_s, reference=reference, words=plain_words(found.words))
    if found.state == "refused":
        return Refused(code=found.code[:64], words=plain_words(found.words))
    chain = tuple(_octets(text) for text in found.chain_b64[:16])
    return Answered(der=_octets(found.certificate_b64), chain=chain, reference=reference)


def _words(content: bytes) -> str:
    """Returns the words of a refused request, if its body has any."""
    try:
        return plain_words(msgspec.json.decode(content, type=dict[str, Any]).get("words", ""))
    except (msgspec.DecodeError, UnicodeError, TypeError):
        return ""


def _decoded(content: bytes, form: type[_T]) -> _T:
    try:
        return msgspec.json.decode(content, type=form)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise Unreachable("a malformed answer") from error


def _octets(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise Unreachable("a malformed answer") from error
