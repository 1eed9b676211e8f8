"""A software security key, honest or hostile, with the responses that a browser would forward."""

import base64
import hashlib
import json
import os
import struct
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor

_PRESENT, _VERIFIED, _WITH_KEY = 0x01, 0x04, 0x40


def b64(value: bytes) -> str:
    """Encodes bytes as base64url, as in the API."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


@dataclass(slots=True)
class SoftKey:
    """One credential; `count` is its next counter value."""

    origin: str = "http://shield.example"
    host: str = "shield.example"
    count: int = 1
    verifies: bool = True
    cross_origin: bool = False
    id: bytes = field(default_factory=lambda: os.urandom(16))
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1()), repr=False
    )

    def register(self, challenge: str, /, **changes: Any) -> dict[str, str]:
        """Returns the response to `create` and increments the counter."""
        numbers = self.key.public_key().public_numbers()
        point = (numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big"))
        public = cbor.encode({1: 2, 3: -7, -1: 1, -2: point[0], -3: point[1]})
        credential = bytes(16) + struct.pack(">H", len(self.id)) + self.id + public
        data = self._data(_WITH_KEY) + credential
        self.count += 1
        attestation = cbor.encode({"fmt": "none", "attStmt": {}, "authData": data})
        return {
            "client_data": b64(self._client("webauthn.create", challenge, changes)),
            "attestation": b64(attestation),
        }

    def sign(self, challenge: str, /, **changes: Any) -> dict[str, str]:
        """Returns the response to `get` and increments the counter."""
        client, data = self._client("webauthn.get", challenge, changes), self._data(0)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        self.count += 1
        return {
            "credential_id": b64(self.id),
            "client_data": b64(client),
            "authenticator_data": b64(data),
            "signature": b64(signature),
        }

    def _client(self, kind: str, challenge: str, changes: dict[str, Any]) -> bytes:
        document = {"type": kind, "challenge": challenge, "origin": self.origin}
        return json.dumps(document | {"crossOrigin": self.cross_origin} | changes).encode()

    def _data(self, flags: int) -> bytes:
        flags |= _PRESENT | (_VERIFIED if self.verifies else 0)
        return hashlib.sha256(self.host.encode()).digest() + struct.pack(">BI", flags, self.count)
