"""Security keys and passkeys as second factors (WebAuthn level 3), verified by Yubico's fido2.

The key itself must always verify its user (PIN, fingerprint, face), so that a found key and an observed
password aren't enough. Origin and host must be exactly this service's own. The caller compares the key's
signature counter.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, cast
from urllib.parse import urlsplit

from fido2 import cbor
from fido2.cose import CoseKey
from fido2.server import Fido2Server
from fido2.utils import websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticationResponse,
    AuthenticatorAssertionResponse,
    AuthenticatorAttestationResponse,
    AuthenticatorData,
    CollectedClientData,
    PublicKeyCredentialRpEntity,
    RegistrationResponse,
    UserVerificationRequirement,
)

CHALLENGE_BYTES: Final = 32
ALGORITHMS: Final = (-7, -8, -257)
"""COSE numbers of ES256, EdDSA and RS256, the algorithms that keys and platforms offer."""

MAX_ID: Final = 1023
_REQUIRED: Final = UserVerificationRequirement.REQUIRED
RP_NAME: Final = "手机盾控制台"


class KeyRefused(Exception):
    """Error: not a valid response of the right key to this challenge; the text is for tests."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """Enrolled key: credential id, COSE key as CBOR, signature counter."""

    credential_id: bytes
    public_key: bytes
    sign_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """Browser's response to `create`: client data (JSON) and attestation object (CBOR)."""

    client_data: bytes = field(repr=False)
    attestation: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assertion:
    """Browser's response to `get`."""

    credential_id: bytes
    client_data: bytes = field(repr=False)
    authenticator_data: bytes = field(repr=False)
    signature: bytes = field(repr=False)


def new_challenge() -> bytes:
    """Returns a random challenge for one signature of a key."""
    return os.urandom(CHALLENGE_BYTES)


def host_of(origin: str) -> str:
    """Returns the relying party's id; keys only respond for this host."""
    return urlsplit(origin).hostname or ""


def enrolled(origin: str, challenge: bytes, registration: Registration) -> NewKey:
    """Verifies a registration and returns the new key. Raises: KeyRefused."""
    try:
        client_data = CollectedClientData(registration.client_data)
        _refuse_frames(client_data)
        attestation = AttestationObject(registration.attestation)
        credential = attestation.auth_data.credential_data
        if credential is None or not 0 < len(credential.credential_id) <= MAX_ID:
            raise KeyRefused("no credential")  # noqa: TRY301  # one handler converts all refusals
        response = AuthenticatorAttestationResponse(client_data=client_data, attestation_object=attestation)
        answer = RegistrationResponse(raw_id=credential.credential_id, response=response)
        _server(origin).register_complete(_state(challenge), answer)
        if credential.public_key.get(3) not in ALGORITHMS:
            raise KeyRefused("another algorithm")  # noqa: TRY301  # one handler converts all refusals
        public_key = cbor.encode(credential.public_key)
        return NewKey(credential.credential_id, public_key, attestation.auth_data.counter)
    except KeyRefused:
        raise
    except Exception as error:  # Parsers may raise any exception for untrusted bytes.
        raise KeyRefused(str(error)) from error


def asserted(origin: str, challenge: bytes, keys: Sequence[tuple[bytes, bytes]], assertion: Assertion) -> int:
    """Verifies a key's signature and returns its counter; `keys` are (id, COSE key). Raises: KeyRefused."""
    try:
        client_data = CollectedClientData(assertion.client_data)
        _refuse_frames(client_data)
        data = AuthenticatorData(assertion.authenticator_data)
        response = AuthenticatorAssertionResponse(
            client_data=client_data, authenticator_data=data, signature=assertion.signature
        )
        credentials = [AttestedCredentialData.create(Aaguid.NONE, key_id, _cose(key)) for key_id, key in keys]
        answer = AuthenticationResponse(raw_id=assertion.credential_id, response=response)
        _server(origin).authenticate_complete(_state(challenge), credentials, answer)
    except KeyRefused:
        raise
    except Exception as error:
        raise KeyRefused(str(error)) from error
    else:
        return data.counter


def _server(origin: str) -> Fido2Server:
    relying_party = PublicKeyCredentialRpEntity(id=host_of(origin), name=RP_NAME)
    # The library's default rule would also accept subdomains.
    return Fido2Server(relying_party, verify_origin=lambda claimed: claimed == origin)


def _cose(encoded: bytes) -> CoseKey:
    return CoseKey.parse(cast("Mapping[int, object]", cbor.decode(encoded)))


def _state(challenge: bytes) -> dict[str, object]:
    # Same form as `register_begin` and `authenticate_begin` return; our database keeps the challenge in
    # between.
    return {"challenge": websafe_encode(challenge), "user_verification": _REQUIRED}


def _refuse_frames(client_data: CollectedClientData) -> None:
    if client_data.cross_origin:
        raise KeyRefused("in another site's frame")
