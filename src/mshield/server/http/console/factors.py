"""Messages of second factors: offers, and browsers' answers. Binary values are base64url without padding."""

import base64
import binascii
from typing import Annotated

import msgspec

from mshield.server.errors import InvalidRequest
from mshield.server.http.body import Wire
from mshield.server.signing.errors import Malformed
from mshield.server.staff.factors import Confirmation
from mshield.server.staff.security_keys import Assertion, Registration

Token = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
OneTimeCode = Annotated[str, msgspec.Meta(min_length=1, max_length=16)]
Label = Annotated[str, msgspec.Meta(max_length=64)]
Bytes = Annotated[str, msgspec.Meta(min_length=1, max_length=16_384, pattern=r"^[\w-]+\Z")]


class RegistrationMessage(Wire, frozen=True):
    """The browser's answer to `create`."""

    client_data: Bytes
    attestation: Bytes


class AssertionMessage(Wire, frozen=True):
    """The browser's answer to `get`."""

    credential_id: Bytes
    client_data: Bytes
    authenticator_data: Bytes
    signature: Bytes


class ConfirmationMessage(Wire, frozen=True):
    """First use of the offered factor: either `totp_code` or `registration`, and a `label` chosen by the owner."""

    enrolment: Token
    label: Label = ""
    totp_code: OneTimeCode | None = None
    registration: RegistrationMessage | None = None


def confirmation(message: ConfirmationMessage) -> Confirmation:
    """Parses the confirmation of a factor. Raises: InvalidRequest (not exactly one of the two), Malformed."""
    if (message.totp_code is None) == (message.registration is None):
        raise InvalidRequest(fields=["totp_code", "registration"])
    key = message.registration
    return Confirmation(
        enrolment=message.enrolment,
        label=" ".join(message.label.split()),
        code=message.totp_code,
        registration=None
        if key is None
        else Registration(client_data=_bytes(key.client_data), attestation=_bytes(key.attestation)),
    )


def assertion(message: AssertionMessage) -> Assertion:
    """Parses a browser's answer to `get`. Raises: Malformed."""
    return Assertion(
        credential_id=_bytes(message.credential_id),
        client_data=_bytes(message.client_data),
        authenticator_data=_bytes(message.authenticator_data),
        signature=_bytes(message.signature),
    )


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text.encode() + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed from error
