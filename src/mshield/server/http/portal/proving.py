"""Messages of portal operations that require the legal person to prove their identity again."""

from typing import Annotated, Protocol

from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from mshield.server.errors import InvalidRequest
from mshield.server.http.answers import JsonAnswer
from mshield.server.http.caller import address_of, browser_of
from mshield.server.legal_person.own_shield import Pc
from mshield.server.legal_person.proving import Proof
from mshield.server.requests.ask import CreatedRequest
from mshield.wire.phone.identity import ConsentRequestMessage

SmsCode = Annotated[str, Meta(min_length=1, max_length=16)]
RequestId = Annotated[str, Meta(min_length=1, max_length=64)]


class ScanMessage(ConsentRequestMessage, frozen=True):
    """A request for the legal person's phone: the page shows its QR code and polls it with `status_token`."""


class _WithProof(Protocol):
    @property
    def sms_code(self) -> str | None: ...
    @property
    def request_id(self) -> str | None: ...


def proof_of(message: _WithProof) -> Proof:
    """Returns the proof in a message. Raises: InvalidRequest (none, or both)."""
    if (message.sms_code is None) == (message.request_id is None):
        raise InvalidRequest(fields=["sms_code", "request_id"])
    return Proof(message.sms_code, message.request_id)


def pc_of(request: Request) -> Pc:
    """Returns the calling PC as the phone shows it."""
    return Pc(address_of(request), browser_of(request))


def scan_answer(asked: CreatedRequest, *, now: int) -> Response:
    """Returns the data that the page needs to show the QR code."""
    seconds = max(0, asked.expires_at - now) // 1000
    return JsonAnswer(ScanMessage(asked.id, asked.status_token, asked.number, seconds), 201)
