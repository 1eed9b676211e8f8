"""Certification requests, PKCS#10 (RFC 2986) for SM2 as in GM/T 0092-2020.

A request carries a name and a key, and no attributes: the CA alone decides what the certificate contains.
"""

from mshield.pki.asn1 import der
from mshield.pki.asn1.frame import KEY_ALGORITHM, assemble, open_frame, public_key_info, read_public_key_info
from mshield.pki.asn1.reader import Reader
from mshield.pki.certificates.names import LeafSubject, Name, leaf_name, leaf_subject, read_name
from mshield.pki.certificates.point import on_curve
from mshield.pki.errors import RequestError
from mshield.pki.signer import Signer

_NO_ATTRIBUTES = b"\xa0\x00"


def build_request_info(subject: LeafSubject, public: bytes) -> bytes:
    """Encodes a CertificationRequestInfo, the message that phone and server co-sign at enrolment.

    Raises: RequestError.
    """
    if not on_curve(public):
        raise RequestError("the key is not a point of the SM2 curve")
    return _info(leaf_name(subject), public)


def build_request(signer: Signer, subject: Name) -> bytes:
    """Encodes a request (DER) for the signer's key under this name, signed with that key."""
    info = _info(subject, signer.public)
    return assemble(info, signer.sign(info))


def read_request(data: bytes) -> tuple[Name, bytes]:
    """Reads name and key of a request (DER) without checking its signature. Raises: DerError, RequestError."""
    reader = Reader(open_frame(data).tbs)
    inside = reader.enter()
    reader.end()
    return _name_and_key(inside)


def _info(subject: Name, public: bytes) -> bytes:
    return der.sequence(der.integer(0), subject.der, public_key_info(public), _NO_ATTRIBUTES)


def parse_request_info(info: bytes) -> tuple[LeafSubject, bytes]:
    """Reads name and key of a CertificationRequestInfo. Raises: DerError, BadName, RequestError."""
    reader = Reader(info)
    inside = reader.enter()
    reader.end()
    name, public = _name_and_key(inside)
    return leaf_subject(name), public


def _name_and_key(inside: Reader) -> tuple[Name, bytes]:
    if inside.integer() != 0:
        raise RequestError("not a version 1 request")
    name = read_name(inside)
    algorithm, public = read_public_key_info(inside)
    if algorithm != KEY_ALGORITHM or not on_curve(public):
        raise RequestError("the key is not a point of the SM2 curve")
    if inside.raw() != _NO_ATTRIBUTES:
        raise RequestError("a request has an empty set of attributes")
    inside.end()
    return name, public
