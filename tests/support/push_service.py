"""A browser's push service, as a real TLS server, and the browser that reads its pushes.

The browser decrypts by RFC 8291 and RFC 8188 with primitives only, so that it doesn't share code with the
encryption.
"""

import base64
import hashlib
import hmac
import json
import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.support.outside_systems import Asked, OutsideServer, Reply, serving
from tests.support.tls import make_certificate


def _new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@dataclass
class Browser:
    """A browser's side of a subscription."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=_new_key)
    auth: bytes = field(default_factory=lambda: os.urandom(16))

    @property
    def point(self) -> bytes:
        """The browser's public key."""
        return self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def subscription(self, endpoint: str, *, requests: bool = True, notices: bool = True) -> dict[str, Any]:
        """Returns the subscription in the form in which the app sends it."""
        return {
            "endpoint": endpoint,
            "p256dh": self.point.hex(),
            "auth": self.auth.hex(),
            "requests": requests,
            "notices": notices,
        }

    def read(self, body: bytes) -> bytes:
        """Decrypts a push of one record."""
        salt, size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        sender, record = body[21 : 21 + length], body[21 + length :]
        assert len(record) <= size
        theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)
        shared = self.key.exchange(ec.ECDH(), theirs)
        secret = _derived(self.auth, shared, b"WebPush: info\0" + self.point + sender, 32)
        key = _derived(salt, secret, b"Content-Encoding: aes128gcm\0", 16)
        nonce = _derived(salt, secret, b"Content-Encoding: nonce\0", 12)
        padded = AESGCM(key).decrypt(nonce, record, None)
        text, mark, rest = padded.rstrip(b"\0").rpartition(b"\x02")
        assert mark == b"\x02"
        assert not rest
        return text


def _derived(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    """Computes one block of HKDF with SHA-256 (RFC 5869)."""
    extracted = hmac.digest(salt, secret, hashlib.sha256)
    return hmac.digest(extracted, info + b"\x01", hashlib.sha256)[:length]


def claims_of(asked: Asked, point: bytes) -> dict[str, Any]:
    """Returns the sender's claims (RFC 8292), after checking them with the key to which the subscription is bound."""
    scheme, _, parts = asked.headers["authorization"].partition(" ")
    token, key = (part.strip().partition("=")[2] for part in parts.split(","))
    assert scheme == "vapid"
    assert _decoded(key) == point
    signed, _, signature = token.rpartition(".")
    octets = _decoded(signature)
    assert len(octets) == 64
    r, s = int.from_bytes(octets[:32], "big"), int.from_bytes(octets[32:], "big")
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    public.verify(encode_dss_signature(r, s), signed.encode(), ec.ECDSA(hashes.SHA256()))
    header, claims = (json.loads(_decoded(part)) for part in signed.split("."))
    assert header == {"typ": "JWT", "alg": "ES256"}
    return dict(claims)


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@contextmanager
def push_service(folder: Path) -> Iterator[tuple[OutsideServer, ssl.SSLContext]]:
    """Runs a push service that accepts everything. Yields it and a TLS context that trusts it."""
    files = make_certificate(folder)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(files)
    trusting = ssl.create_default_context(cafile=str(folder / "tls.pem"))
    with serving(lambda _: Reply(201), tls=server) as service:
        yield service, trusting
