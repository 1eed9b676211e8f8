"""What an operation of the portal takes that asks once more whether it is the legal person."""

from typing import Annotated, Protocol

from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from mshield.domain import errors
from mshield.services.legal_person.own_shield import Pc
from mshield.services.legal_person.proving import Proof
from mshield.services.requests.ask import Asked
from mshield.web.answers import JsonAnswer
from mshield.web.body import Wire
from mshield.web.caller import address_of, browser_of

SmsCode = Annotated[str, Meta(min_length=1, max_length=16)]
RequestId = Annotated[str, Meta(min_length=1, max_length=64)]


class CodeSentMessage(Wire, frozen=True):
    """Sent; both in seconds."""

    expires_in: int
    resend_in: int


class ScanMessage(Wire, frozen=True):
    """A request for the legal person's phone: the page shows its QR code and follows it by `status_token`."""

    request_id: str
    status_token: str
    number: str
    expires_in: int


class _WithProof(Protocol):
    @property
    def sms_code(self) -> str | None: ...
    @property
    def request_id(self) -> str | None: ...


def proof_of(message: _WithProof) -> Proof:
    """The proof in a message. Raises InvalidRequest for none or both."""
    if (message.sms_code is None) == (message.request_id is None):
        raise errors.InvalidRequest(fields=["sms_code", "request_id"])
    return Proof(message.sms_code, message.request_id)


def pc_of(request: Request) -> Pc:
    """The PC that asks, as the phone shows it."""
    return Pc(address_of(request), browser_of(request))


def scan_answer(asked: Asked, *, now: int) -> Response:
    """What the page shows to be scanned."""
    seconds = max(0, asked.expires_at - now) // 1000
    return JsonAnswer(ScanMessage(asked.id, asked.status_token, asked.number, seconds), 201)
