"""Algorithms of time stamps: SM3 with SM2, SHA-256 with ECDSA on P-256, and their identifiers."""

import hashlib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from mshield.gm.engine import Engine
from mshield.gm.errors import BadSignature, GmError
from mshield.gm.sm2 import Signature, verify
from mshield.gm.sm3 import sm3
from mshield.pki.asn1 import der, oids
from mshield.pki.errors import TimeStampError

Hash = Literal["sm3", "sha256"]
Profile = Literal["sm2", "p256"]

HASHES: Final[Mapping[Hash, str]] = MappingProxyType({"sm3": oids.SM3, "sha256": oids.SHA256})
HASH_OF: Final[Mapping[Profile, Hash]] = MappingProxyType({"sm2": "sm3", "p256": "sha256"})
"""Hash of each profile."""

_NAMES: Final[Mapping[str, Hash]] = {oid: name for name, oid in HASHES.items()}
_FUNCTIONS: Final[Mapping[Hash, Callable[[bytes], bytes]]] = {
    "sm3": sm3,
    "sha256": lambda data: hashlib.sha256(data).digest(),
}
_SM2_NAMES: Final = frozenset({oids.SM2_WITH_SM3, oids.SM2, oids.SM2_SIGNING})
_CURVES: Final[Mapping[bytes, Profile]] = {
    der.sequence(der.oid(oids.EC_PUBLIC_KEY), der.oid(oids.SM2_CURVE)): "sm2",
    der.sequence(der.oid(oids.EC_PUBLIC_KEY), der.oid(oids.P256_CURVE)): "p256",
}


def hashed(name: Hash, data: bytes) -> bytes:
    """Returns the hash, 32 bytes."""
    return _FUNCTIONS[name](data)


def hash_name(oid: str) -> Hash | None:
    """Returns the hash with this identifier, or None if it isn't accepted."""
    return _NAMES.get(oid)


def curve_of(key_algorithm: bytes) -> Profile:
    """Returns the profile of a public key's curve, by its AlgorithmIdentifier. Raises: TimeStampError."""
    profile = _CURVES.get(key_algorithm)
    if profile is None:
        raise TimeStampError("certificate", "a key is neither on the SM2 curve nor on P-256")
    return profile


def is_signature_of(profile: Profile, oid: str) -> bool:
    """Reports whether this is a signature algorithm for keys of that profile."""
    return oid in _SM2_NAMES if profile == "sm2" else oid == oids.ECDSA_WITH_SHA256


def require_signed(engine: Engine, profile: Profile, public: bytes, message: bytes, signature: bytes) -> None:
    """Verifies the signature (DER) over the message with that key (65 bytes). Raises: TimeStampError."""
    try:
        if profile == "sm2":
            verify(engine, public, message, Signature.from_der(signature))
        else:
            key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public)
            key.verify(signature, message, ec.ECDSA(SHA256()))
    except (BadSignature, GmError, InvalidSignature, ValueError) as error:
        raise TimeStampError("signature", "a signature does not verify") from error
