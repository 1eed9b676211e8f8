"""The phone's device key and its proofs: DPoP (RFC 9449) with ES256 and the additional claim `bd` over the body.

A proof is valid for one call only. Without `bd`, DPoP would leave the body unsigned (cosign-protocol,
"Tasks").
"""

import hashlib
import secrets
from dataclasses import dataclass

import msgspec
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from mshield.wire.tokens import base64url


@dataclass(frozen=True, slots=True)
class DeviceKey:
    """A P-256 key that never leaves its device; one per installation."""

    private: ec.EllipticCurvePrivateKey

    @classmethod
    def generate(cls) -> "DeviceKey":
        """Generates a new key."""
        return cls(ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def from_pem(cls, pem: bytes) -> "DeviceKey":
        """Loads a stored key. Raises: ValueError unless `pem` is an unencrypted PKCS#8 key on P-256."""
        key = serialization.load_pem_private_key(pem, password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
            raise ValueError("the device key is not on P-256")  # noqa: TRY004  # the input is wrong, not its type
        return cls(key)

    def to_pem(self) -> bytes:
        """Encodes as unencrypted PKCS#8; the folder's permissions protect it."""
        return self.private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def jwk(self) -> dict[str, str]:
        """Returns the public key as a JWK (RFC 7518, 6.2) with the required members only."""
        numbers = self.private.public_key().public_numbers()
        return {"crv": "P-256", "kty": "EC", "x": base64url(_32(numbers.x)), "y": base64url(_32(numbers.y))}

    def thumbprint(self) -> str:
        """Returns the JWK thumbprint (RFC 7638), base64url: the `jkt` that tokens are bound to."""
        return base64url(hashlib.sha256(msgspec.json.encode(self.jwk(), order="sorted")).digest())

    def sign_jws(self, signing_input: bytes) -> bytes:
        """Signs with ES256 and returns r‖s, 64 bytes (RFC 7518, 3.4)."""
        r, s = decode_dss_signature(self.private.sign(signing_input, ec.ECDSA(hashes.SHA256())))
        return _32(r) + _32(s)


def proof(
    key: DeviceKey,
    *,
    method: str,
    url: str,
    body: bytes,
    now: int,
    token: str | None = None,
    nonce: str | None = None,
) -> str:
    """Makes the `DPoP` header for one call.

    `url` is scheme://host/path as requested, without query. `body` is empty bytes if the call has none. `now`
    is in ms since the epoch. `token` is the access token sent with the call (claim `ath`), `nonce` the
    challenge to answer.
    """
    claims: dict[str, str | int] = {
        "htm": method,
        "htu": url,
        "iat": now // 1000,
        "jti": base64url(secrets.token_bytes(16)),
        "bd": base64url(hashlib.sha256(body).digest()),
    }
    if token is not None:
        claims["ath"] = base64url(hashlib.sha256(token.encode("ascii")).digest())
    if nonce is not None:
        claims["nonce"] = nonce
    header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": key.jwk()}
    signing_input = ".".join(base64url(msgspec.json.encode(part)) for part in (header, claims))
    return f"{signing_input}.{base64url(key.sign_jws(signing_input.encode('ascii')))}"


def _32(value: int) -> bytes:
    return value.to_bytes(32, "big")
