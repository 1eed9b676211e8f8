"""Certificates of foreign time stamping authorities, read tolerantly, as licensed CAs write them (`pki/foreign`)."""

from typing import Final

from mshield.pki.asn1 import der, oids
from mshield.pki.asn1.reader import Reader
from mshield.pki.certificates.point import on_curve
from mshield.pki.certificates.tbs import V3
from mshield.pki.errors import CertificateError, DerError, TimeStampError
from mshield.pki.foreign.extensions import read_explicit_foreign, read_foreign_values
from mshield.pki.foreign.frame import ALGORITHMS, KEY_ALGORITHMS, read_serial
from mshield.pki.foreign.names import read_foreign_name
from mshield.pki.foreign.text import read_time
from mshield.pki.timestamps.algorithms import Profile
from mshield.pki.timestamps.certificate import POINT_BYTES, TsaCertificate, parse_tsa_certificate

_ECDSA: Final = der.oid(oids.ECDSA_WITH_SHA256)
_SIGNATURES: Final = {
    **dict.fromkeys(ALGORITHMS, oids.SM2_WITH_SM3),
    **dict.fromkeys((der.sequence(_ECDSA), der.sequence(_ECDSA, der.null())), oids.ECDSA_WITH_SHA256),
}
_P256: Final = der.sequence(der.oid(oids.EC_PUBLIC_KEY), der.oid(oids.P256_CURVE))
_UNCOMPRESSED: Final = 4


def parse_any_tsa_certificate(data: bytes) -> TsaCertificate:
    """Parses a certificate from DER, strictly if possible. Raises: TimeStampError (`certificate`)."""
    try:
        return parse_tsa_certificate(data)
    except TimeStampError:
        return parse_foreign_tsa_certificate(data)


def parse_foreign_tsa_certificate(data: bytes) -> TsaCertificate:
    """Parses a certificate as `parse_tsa_certificate` does, with the deviations that real CAs have."""
    try:
        return _read(data)
    except (DerError, CertificateError) as error:
        raise TimeStampError("certificate", str(error)) from error


def _read(data: bytes) -> TsaCertificate:
    outer = Reader(data)
    framed = outer.enter()
    outer.end()
    signed, algorithm, signature = framed.raw(der.SEQUENCE), framed.raw(der.SEQUENCE), framed.bits()
    framed.end()
    tbs = Reader(signed)
    inside = tbs.enter()
    tbs.end()
    if inside.optional(0, Reader.integer) != V3:
        raise CertificateError("not a version 3 certificate")
    serial = read_serial(inside)
    if inside.raw(der.SEQUENCE) != algorithm or algorithm not in _SIGNATURES:
        raise CertificateError("the two signature algorithms differ, or belong neither to SM2 nor to P-256")
    issuer = read_foreign_name(inside)
    validity = inside.enter()
    not_before, not_after = read_time(validity), read_time(validity)
    validity.end()
    if not_after < not_before:
        raise CertificateError("the validity ends before it begins")
    subject = read_foreign_name(inside)
    profile, public = _key(inside)
    extensions = read_explicit_foreign(inside, 3)
    inside.end()
    return TsaCertificate(
        der=data,
        tbs=signed,
        algorithm=_SIGNATURES[algorithm],
        signature=signature,
        serial=serial,
        issuer=issuer,
        subject=subject,
        not_before=not_before,
        not_after=not_after,
        profile=profile,
        public=public,
        extensions=extensions,
        values=read_foreign_values(extensions),
        is_strict=False,
    )


def _key(reader: Reader) -> tuple[Profile, bytes]:
    """Reads the next key (65 octets) and its curve. P-256 points are checked later, when a signature is verified."""
    inside = reader.enter()
    algorithm, public = inside.raw(der.SEQUENCE), inside.bits()
    inside.end()
    if algorithm in KEY_ALGORITHMS and on_curve(public):
        return "sm2", public
    if algorithm == _P256 and len(public) == POINT_BYTES and public[0] == _UNCOMPRESSED:
        return "p256", public
    raise CertificateError("a key is not an uncompressed point of the SM2 curve or of P-256")
