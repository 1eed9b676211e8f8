"""The frame of certificates, CRLs, requests and basic OCSP responses: data, algorithm, signature.

The only algorithm is SM2 with SM3, 1.2.156.10197.1.501 without parameters; the signature is SM2's SEQUENCE of
r and s.
"""

from dataclasses import dataclass

from mshield.gm.errors import GmError
from mshield.gm.sm2 import Signature
from mshield.pki.asn1 import der, oids
from mshield.pki.asn1.reader import Reader
from mshield.pki.errors import DerError

ALGORITHM = der.sequence(der.oid(oids.SM2_WITH_SM3))
"""AlgorithmIdentifier of SM2 with SM3; no parameters (GM/T 0015-2012, 5.2.2)."""

DIGEST_ALGORITHM = der.sequence(der.oid(oids.SM3))
"""AlgorithmIdentifier of SM3; no parameters."""

KEY_ALGORITHM = der.sequence(der.oid(oids.EC_PUBLIC_KEY), der.oid(oids.SM2_CURVE))
"""AlgorithmIdentifier of an SM2 public key (GM/T 0015-2012, 5.2.3.7)."""


@dataclass(frozen=True, slots=True)
class Framed:
    """Content of a frame: the signed bytes, unchanged, and the signature over them."""

    tbs: bytes
    signature: Signature


def assemble(tbs: bytes, signature: Signature, *rest: bytes) -> bytes:
    """Encodes `SEQUENCE { tbs, AlgorithmIdentifier, BIT STRING, rest… }`."""
    return der.sequence(tbs, ALGORITHM, der.bit_string(signature.to_der()), *rest)


def read_frame(inside: Reader) -> Framed:
    """Reads the three members of the frame's SEQUENCE. Raises: DerError (other algorithm, malformed signature)."""
    tbs = inside.raw(der.SEQUENCE)
    if inside.raw() != ALGORITHM:
        raise DerError("the signature algorithm is not SM2 with SM3 without parameters")
    return Framed(tbs, read_signature(inside.bits()))


def read_signature(data: bytes) -> Signature:
    """Reads an SM2 signature from its DER. Raises: DerError."""
    try:
        return Signature.from_der(data)
    except GmError as error:
        raise DerError(f"signature: {error}") from error


def open_frame(data: bytes) -> Framed:
    """Reads a frame that is the whole of `data`. Raises: DerError."""
    reader = Reader(data)
    inside = reader.enter()
    reader.end()
    framed = read_frame(inside)
    inside.end()
    return framed


def read_algorithm(reader: Reader) -> str:
    """Reads the next AlgorithmIdentifier, whose parameters are NULL or absent. Raises: DerError."""
    inside = reader.enter()
    oid = inside.oid()
    if inside.more():
        inside.null()
    inside.end()
    return oid


def public_key_info(public: bytes) -> bytes:
    """Encodes the SubjectPublicKeyInfo of a 65-byte SM2 point."""
    return der.sequence(KEY_ALGORITHM, der.bit_string(public))


def read_public_key_info(reader: Reader) -> tuple[bytes, bytes]:
    """Reads the next SubjectPublicKeyInfo: the DER of its AlgorithmIdentifier, and the key's octets."""
    inside = reader.enter()
    algorithm, public = inside.raw(der.SEQUENCE), inside.bits()
    inside.end()
    return algorithm, public
