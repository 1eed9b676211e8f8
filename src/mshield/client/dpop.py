"""The phone's device key and the proofs it makes: DPoP (RFC 9449) with ES256 and the extra claim `bd` over the body.

A proof is for one call only; without `bd` DPoP would leave the body unsigned (cosign-protocol, "Tasks").
"""

import hashlib
import secrets
from dataclasses import dataclass

import msgspec
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from mshield.domain.tokens import base64url


@dataclass(frozen=True, slots=True)
class DeviceKey:
    """A P-256 key that never leaves its device; one per installation."""

    private: ec.EllipticCurvePrivateKey

    @classmethod
    def generate(cls) -> "DeviceKey":
        """A fresh key."""
        return cls(ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def from_pem(cls, pem: bytes) -> "DeviceKey":
        """A stored key; ValueError where `pem` is not an unencrypted PKCS#8 key on P-256."""
        key = serialization.load_pem_private_key(pem, password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
            raise ValueError("the device key is not on P-256")  # noqa: TRY004  the input's fault, not the type's
        return cls(key)

    def to_pem(self) -> bytes:
        """PKCS#8, unencrypted: the folder's permissions protect it."""
        return self.private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def jwk(self) -> dict[str, str]:
        """The public key as a JWK (RFC 7518, 6.2) with its required members only."""
        numbers = self.private.public_key().public_numbers()
        return {"crv": "P-256", "kty": "EC", "x": base64url(_32(numbers.x)), "y": base64url(_32(numbers.y))}

    def thumbprint(self) -> str:
        """JWK thumbprint (RFC 7638), base64url: the `jkt` that a token is bound to."""
        return base64url(hashlib.sha256(msgspec.json.encode(self.jwk(), order="sorted")).digest())

    def sign_jws(self, signing_input: bytes) -> bytes:
        """ES256: r‖s, 64 bytes (RFC 7518, 3.4)."""
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
    """The `DPoP` header for one call.

    `url` is scheme://host/path as addressed, without query; `body` is empty bytes where the call has none;
    `now` is ms since epoch; `token` is the access token that goes along (claim `ath`); `nonce` the challenge
    to answer.
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
