"""Messages of second factors: what is offered, what a browser answers. Binary values are base64url without padding."""

import base64
import binascii
from typing import Annotated, Literal

import msgspec

from mshield.domain import errors
from mshield.domain.tokens import base64url
from mshield.services.staff.factors import Confirmation, FactorOffer, KeyOffer, KeyRequest
from mshield.services.staff.security_keys import ALGORITHMS, RP_NAME, Assertion, Registration
from mshield.web.answers import filled
from mshield.web.body import Wire

Token = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
OneTimeCode = Annotated[str, msgspec.Meta(min_length=1, max_length=16)]
Label = Annotated[str, msgspec.Meta(max_length=64)]
Bytes = Annotated[str, msgspec.Meta(min_length=1, max_length=16_384, pattern=r"^[\w-]+\Z")]
Kind = Literal["totp", "webauthn"]


class TotpOfferMessage(Wire, frozen=True):
    """A new TOTP: `secret` is base32 to type; for apps `address` (otpauth:) and `picture`, a data: URL."""

    secret: str
    address: str
    picture: str


class KeyOfferMessage(Wire, frozen=True):
    """For `navigator.credentials.create`: the user is always verified, no attestation is asked for."""

    challenge: str
    rp_id: str
    rp_name: str
    user_id: str
    user_name: str
    algorithms: tuple[int, ...]
    exclude: tuple[str, ...]


class KeyRequestMessage(Wire, frozen=True):
    """For `navigator.credentials.get`: `allow` are the member's keys; the user is always verified."""

    challenge: str
    rp_id: str
    allow: tuple[str, ...]


class FactorOfferMessage(Wire, frozen=True):
    """A second factor that may be added, as a TOTP or as a security key: `enrolment` stands for it."""

    enrolment: str
    totp: TotpOfferMessage
    key: KeyOfferMessage


class RegistrationMessage(Wire, frozen=True):
    """What the browser answered to `create`."""

    client_data: Bytes
    attestation: Bytes


class AssertionMessage(Wire, frozen=True):
    """What the browser answered to `get`."""

    credential_id: Bytes
    client_data: Bytes
    authenticator_data: Bytes
    signature: Bytes


class ConfirmationMessage(Wire, frozen=True):
    """The first use of what was offered: `totp_code` or `registration`, one of the two; a `label` of the owner's."""

    enrolment: Token
    label: Label = ""
    totp_code: OneTimeCode | None = None
    registration: RegistrationMessage | None = None


def offer_message(offer: FactorOffer) -> FactorOfferMessage:
    """As it goes out."""
    return FactorOfferMessage(offer.enrolment, filled(TotpOfferMessage, offer.totp), _key_offer(offer.key))


def request_message(request: KeyRequest | None) -> KeyRequestMessage | None:
    """As it goes out."""
    if request is None:
        return None
    return KeyRequestMessage(base64url(request.challenge), request.host, tuple(map(base64url, request.allow)))


def confirmation(message: ConfirmationMessage) -> Confirmation:
    """What came in. Raises InvalidRequest unless it is one of the two."""
    if (message.totp_code is None) == (message.registration is None):
        raise errors.InvalidRequest(fields=["totp_code", "registration"])
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
    """What came in."""
    return Assertion(
        credential_id=_bytes(message.credential_id),
        client_data=_bytes(message.client_data),
        authenticator_data=_bytes(message.authenticator_data),
        signature=_bytes(message.signature),
    )


def _key_offer(offer: KeyOffer) -> KeyOfferMessage:
    return KeyOfferMessage(
        challenge=base64url(offer.challenge),
        rp_id=offer.host,
        rp_name=RP_NAME,
        user_id=base64url(offer.user_id),
        user_name=offer.user_name,
        algorithms=ALGORITHMS,
        exclude=tuple(map(base64url, offer.exclude)),
    )


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text.encode() + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise errors.Malformed from error
