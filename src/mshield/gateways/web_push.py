"""Web Push: encrypts for a browser (RFC 8291), says who sends (RFC 8292), asks its push service (RFC 8030).

Which address that is the browser said, so it is sent as webhooks are: to public addresses, bounded, no redirects.
"""

import base64
from dataclasses import dataclass, field
from typing import Final

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey

from mshield.domain.push.push import LONGEST_ENDPOINT, TOKEN_MS, PushKind, origin_of, payload
from mshield.gateways.webhook import EndpointReply, WebhookSender

_ENCODING: Final = "aes128gcm"
_URGENCY: Final = {PushKind.REQUEST: "high", PushKind.NOTICE: "normal"}


@dataclass(frozen=True, slots=True)
class PushAddress:
    """Where a browser takes pushes: its push service's address, its P-256 point (65 octets), their secret (16)."""

    endpoint: str = field(repr=False)
    point: bytes = field(repr=False)
    auth: bytes = field(repr=False)

    def packed(self) -> bytes:
        """As it is sealed."""
        return self.point + self.auth + self.endpoint.encode()

    @classmethod
    def unpacked(cls, packed: bytes) -> "PushAddress":
        """What `packed` gave."""
        return cls(packed[81:].decode()[:LONGEST_ENDPOINT], packed[:65], packed[65:81])


def public_point(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The public key as browsers take it, 65 octets."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def is_point(octets: bytes) -> bool:
    """Whether they are a point of P-256."""
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), octets)
    except ValueError:
        return False
    return True


def encrypted(kind: PushKind, address: PushAddress) -> bytes:
    """The kind for this browser alone, by a key and salt of this once."""
    message: bytes = http_ece.encrypt(
        payload(kind),
        private_key=ec.generate_private_key(ec.SECP256R1()),
        dh=address.point,
        auth_secret=address.auth,
        version=_ENCODING,
    )
    return message


async def push(
    sender: WebhookSender,
    address: PushAddress,
    kind: PushKind,
    *,
    key: ec.EllipticCurvePrivateKey,
    contact: str,
    seconds: int,
    now: int,
) -> EndpointReply:
    """What the push service answers; it keeps the push for so many `seconds`. Raises WebhookNotSent.

    `contact` is whom it may write to. A newer push of a kind takes an older one's place.
    """
    body = encrypted(kind, address)
    claims = {"aud": origin_of(address.endpoint), "exp": (now + TOKEN_MS) // 1000, "sub": contact}
    token = jwt.encode({"typ": "JWT", "alg": "ES256"}, claims, ECKey.import_key(key))
    headers = {
        "authorization": f"vapid t={token}, k={base64url(public_point(key))}",
        "content-encoding": _ENCODING,
        "content-type": "application/octet-stream",
        "ttl": str(seconds),
        "urgency": _URGENCY[kind],
        "topic": kind.value,
    }
    return await sender.post(address.endpoint, headers, body)


def base64url(octets: bytes) -> str:
    """Without padding."""
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()
