"""Web Push: encryption for a browser (RFC 8188, 8291), sender token (RFC 8292), and sending (RFC 8030).

The browser chose the address, so pushes are sent like webhooks: to public addresses, bounded, without
redirects.
"""

import secrets
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey

from mshield.server.notices.rules.push import LONGEST_ENDPOINT, TOKEN_MS, PushKind, origin_of, payload
from mshield.server.runtime.external.sender import EndpointReply, WebhookSender
from mshield.wire.tokens import base64url

_ENCODING: Final = "aes128gcm"
_RECORD: Final = 4096
"""Maximum record size in bytes: a push is a single record."""
_LAST: Final = b"\x02"
"""Delimiter after the content of the last record (RFC 8188, 2)."""
_URGENCY: Final = {PushKind.REQUEST: "high", PushKind.NOTICE: "normal"}


@dataclass(frozen=True, slots=True)
class PushAddress:
    """Push address of a browser: endpoint of its push service, its P-256 point (65 bytes), shared secret (16 bytes)."""

    endpoint: str = field(repr=False)
    point: bytes = field(repr=False)
    auth: bytes = field(repr=False)

    def packed(self) -> bytes:
        """Encodes the address for sealing: point (65), auth (16), endpoint."""
        return self.point + self.auth + self.endpoint.encode()

    @classmethod
    def unpacked(cls, packed: bytes) -> "PushAddress":
        """Decodes what `packed` returned."""
        return cls(packed[81:].decode()[:LONGEST_ENDPOINT], packed[:65], packed[65:81])


def public_point(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Returns the public key in the form for browsers, 65 bytes."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def is_point(octets: bytes) -> bool:
    """Reports whether the bytes are a point of P-256."""
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), octets)
    except ValueError:
        return False
    return True


def encrypted(kind: PushKind, address: PushAddress) -> bytes:
    """Encrypts the kind for this browser with a fresh key and salt."""
    key = ec.generate_private_key(ec.SECP256R1())
    return encrypted_with(payload(kind), address, key=key, salt=secrets.token_bytes(16))


def encrypted_with(
    message: bytes, address: PushAddress, *, key: ec.EllipticCurvePrivateKey, salt: bytes
) -> bytes:
    """Encrypts the message as one record of `aes128gcm` (RFC 8188, 2; RFC 8291, 3.4); the salt has 16 bytes."""
    browser = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), address.point)
    own = public_point(key)
    info = b"WebPush: info\x00" + address.point + own
    secret = _derive(key.exchange(ec.ECDH(), browser), salt=address.auth, info=info, length=32)
    content_key = _derive(secret, salt=salt, info=b"Content-Encoding: aes128gcm\x00", length=16)
    nonce = _derive(secret, salt=salt, info=b"Content-Encoding: nonce\x00", length=12)
    head = salt + _RECORD.to_bytes(4, "big") + len(own).to_bytes(1, "big") + own
    return head + AESGCM(content_key).encrypt(nonce, message + _LAST, None)


def _derive(secret: bytes, *, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(secret)


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
    """Sends a push and returns the push service's answer. Raises: WebhookNotSent.

    The push service keeps the push for `seconds`. `contact` is the contact address for the push service's
    operator. A newer push of a kind replaces an older one.
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
