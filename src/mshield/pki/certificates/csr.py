"""Certification requests, PKCS#10 (RFC 2986) for SM2 as GM/T 0092-2020 has them.

A request carries name and key and no attributes: what a certificate contains is the CA's decision alone.
"""

from dataclasses import dataclass

from mshield.gm.engine import Engine
from mshield.gm.errors import BadSignature
from mshield.gm.sm2 import Signature, verify
from mshield.pki.asn1 import der
from mshield.pki.asn1.frame import KEY_ALGORITHM, assemble, open_frame, public_key_info, read_public_key_info
from mshield.pki.asn1.reader import Reader
from mshield.pki.certificates.names import LeafSubject, leaf_name, leaf_subject, read_name
from mshield.pki.certificates.point import on_curve
from mshield.pki.errors import RequestError

_NO_ATTRIBUTES = b"\xa0\x00"


@dataclass(frozen=True, slots=True)
class CertificationRequest:
    """A request: `signature` is over `info`, the CertificationRequestInfo as it stands, by `public`."""

    subject: LeafSubject
    public: bytes
    info: bytes
    signature: Signature


def build_request_info(subject: LeafSubject, public: bytes) -> bytes:
    """The CertificationRequestInfo, which is the message that phone and server co-sign at enrolment."""
    if not on_curve(public):
        raise RequestError("the key is not a point of the SM2 curve")
    return der.sequence(der.integer(0), leaf_name(subject).der, public_key_info(public), _NO_ATTRIBUTES)


def assemble_request(info: bytes, signature: Signature) -> bytes:
    """The whole request as DER."""
    return assemble(info, signature)


def parse_request_info(info: bytes) -> tuple[LeafSubject, bytes]:
    """Name and key of a CertificationRequestInfo; DerError, BadName or RequestError if not our form."""
    reader = Reader(info)
    inside = reader.enter()
    reader.end()
    if inside.integer() != 0:
        raise RequestError("not a version 1 request")
    subject = leaf_subject(read_name(inside))
    algorithm, public = read_public_key_info(inside)
    if algorithm != KEY_ALGORITHM or not on_curve(public):
        raise RequestError("the key is not a point of the SM2 curve")
    if inside.raw() != _NO_ATTRIBUTES:
        raise RequestError("a request has an empty set of attributes")
    inside.end()
    return subject, public


def parse_request(data: bytes) -> CertificationRequest:
    """A request from DER; its signature is not verified (see `verify_request`)."""
    framed = open_frame(data)
    subject, public = parse_request_info(framed.tbs)
    return CertificationRequest(subject, public, framed.tbs, framed.signature)


def verify_request(engine: Engine, request: CertificationRequest) -> None:
    """Check that the request is signed with its own key; RequestError if not."""
    try:
        verify(engine, request.public, request.info, request.signature)
    except BadSignature as error:
        raise RequestError("the request is not signed with its own key") from error
