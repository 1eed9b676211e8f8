"""The frame of foreign certificates, lists and responses: SM2 with SM3, parameters NULL or absent."""

from dataclasses import dataclass
from typing import Final

from mshield.gm.sm2 import Signature
from mshield.pki.asn1 import der, oids
from mshield.pki.asn1.frame import ALGORITHM, KEY_ALGORITHM, read_signature
from mshield.pki.asn1.reader import Reader
from mshield.pki.certificates.point import on_curve
from mshield.pki.errors import CertificateError, DerError

ALGORITHMS: Final = frozenset({ALGORITHM, der.sequence(der.oid(oids.SM2_WITH_SM3), der.null())})
"""AlgorithmIdentifiers of SM2 with SM3: as in GM/T 0015, and as nearly all licensed CAs write it."""

KEY_ALGORITHMS: Final = frozenset({
    KEY_ALGORITHM, der.sequence(der.oid(oids.SM2)), der.sequence(der.oid(oids.SM2), der.oid(oids.SM2_CURVE)),
})  # fmt: skip
"""AlgorithmIdentifiers of SM2 keys. The curve must be named; explicit parameters are refused, even correct ones."""


@dataclass(frozen=True, slots=True)
class ForeignFrame:
    """Content of a frame: the signed bytes, unchanged, the AlgorithmIdentifier beside them, and the signature."""

    tbs: bytes
    algorithm: bytes
    signature: Signature


def read_foreign_frame(inside: Reader) -> ForeignFrame:
    """Reads the three members of the frame's SEQUENCE. Raises: DerError."""
    tbs, algorithm = inside.raw(der.SEQUENCE), inside.raw(der.SEQUENCE)
    if algorithm not in ALGORITHMS:
        raise DerError("the signature algorithm is not SM2 with SM3")
    return ForeignFrame(tbs, algorithm, read_signature(inside.bits()))


def open_foreign_frame(data: bytes) -> ForeignFrame:
    """Reads a frame that is the whole of `data`. Raises: DerError."""
    reader = Reader(data)
    inside = reader.enter()
    reader.end()
    framed = read_foreign_frame(inside)
    inside.end()
    return framed


def read_foreign_key(reader: Reader) -> bytes:
    """Reads the SM2 key (65 bytes) of the next SubjectPublicKeyInfo. Raises: DerError, CertificateError."""
    inside = reader.enter()
    algorithm, public = inside.raw(der.SEQUENCE), inside.bits()
    inside.end()
    if algorithm not in KEY_ALGORITHMS or not on_curve(public):
        raise CertificateError("the public key is not an uncompressed point of the SM2 curve")
    return public


def read_serial(reader: Reader) -> int:
    """Reads a positive serial number of 1 to 20 octets. Raises: DerError, CertificateError."""
    serial = reader.integer()
    if serial <= 0 or serial.bit_length() > 159:
        raise CertificateError("the serial number is not positive or longer than 20 octets")
    return serial
