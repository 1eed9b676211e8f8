"""Web Push: encrypts for a browser (RFC 8188, 8291), says who sends (RFC 8292), asks its push service (RFC 8030).

Which address that is the browser said, so it is sent as webhooks are: to public addresses, bounded, no redirects.
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

from mshield.domain.push.push import LONGEST_ENDPOINT, TOKEN_MS, PushKind, origin_of, payload
from mshield.domain.tokens import base64url
from mshield.gateways.webhook import EndpointReply, WebhookSender

_ENCODING: Final = "aes128gcm"
_RECORD: Final = 4096
"""Octets of a record at most: all of a push is one."""
_LAST: Final = b"\x02"
"""Behind what the last record says (RFC 8188, 2)."""
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
    key = ec.generate_private_key(ec.SECP256R1())
    return encrypted_with(payload(kind), address, key=key, salt=secrets.token_bytes(16))


def encrypted_with(
    message: bytes, address: PushAddress, *, key: ec.EllipticCurvePrivateKey, salt: bytes
) -> bytes:
    """The message as one record of `aes128gcm` (RFC 8188, 2; RFC 8291, 3.4); the salt has 16 octets."""
    browser = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), address.point)
    own = public_point(key)
    info = b"WebPush: info\x00" + address.point + own
    secret = _derived(key.exchange(ec.ECDH(), browser), salt=address.auth, info=info, length=32)
    content_key = _derived(secret, salt=salt, info=b"Content-Encoding: aes128gcm\x00", length=16)
    nonce = _derived(secret, salt=salt, info=b"Content-Encoding: nonce\x00", length=12)
    head = salt + _RECORD.to_bytes(4, "big") + len(own).to_bytes(1, "big") + own
    return head + AESGCM(content_key).encrypt(nonce, message + _LAST, None)


def _derived(secret: bytes, *, salt: bytes, info: bytes, length: int) -> bytes:
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
