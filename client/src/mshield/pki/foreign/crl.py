"""Revocation lists of foreign CAs: version 1 or 2, with or without number and key identifier.

They are complete, or cover the certificates that name the list's own URL. Lists limited to kinds or reasons
are refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from mshield.gm.engine import Engine
from mshield.pki.asn1 import der, oids
from mshield.pki.asn1.reader import Reader
from mshield.pki.certificates.extensions import Extension, KeyUse, read_issuing_point
from mshield.pki.errors import CrlError, UnknownIssuer, WrongUsage
from mshield.pki.foreign.certificate import ForeignCertificate
from mshield.pki.foreign.extensions import (
    read_explicit_foreign,
    read_foreign_extensions,
    read_foreign_key_id,
)
from mshield.pki.foreign.frame import open_foreign_frame, read_serial
from mshield.pki.foreign.names import read_foreign_name
from mshield.pki.foreign.path import require_foreign_signature
from mshield.pki.foreign.text import read_time
from mshield.pki.revocation.crl import REASONS, UNSPECIFIED, Revoked, X509Crl

MAX_CRL: Final = 8 * 1024 * 1024
"""Limit on a list's size in octets."""

_KNOWN: Final = frozenset({oids.CRL_NUMBER, oids.AUTHORITY_KEY_ID, oids.ISSUING_DISTRIBUTION_POINT})


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignCrl(X509Crl):
    """A list of a foreign CA."""

    version: int
    number: int | None
    aki: bytes | None


def parse_foreign_crl(data: bytes) -> ForeignCrl:
    """Parses a list from DER without verifying it. Raises: DerError, CertificateError, CrlError."""
    if len(data) > MAX_CRL:
        raise CrlError("the list is longer than 8 MiB")
    framed = open_foreign_frame(data)
    outer = Reader(framed.tbs)
    inside = outer.enter()
    outer.end()
    version = 1
    if inside.peek() == der.INTEGER:
        version = 1 + inside.integer()
        if version != 2:
            raise CrlError("neither version 1 nor 2")
    if inside.raw(der.SEQUENCE) != framed.algorithm:
        raise CrlError("the two signature algorithms differ")
    issuer, this_update = read_foreign_name(inside), read_time(inside)
    if inside.peek() not in {der.UTC_TIME, der.GENERALIZED_TIME}:
        raise CrlError("no nextUpdate, so its age can't be determined")
    next_update = read_time(inside)
    if next_update < this_update:
        raise CrlError("nextUpdate is before thisUpdate")
    revoked = _entries(inside.enter(), version) if inside.peek() == der.SEQUENCE else {}
    extensions = {e.oid: e for e in read_explicit_foreign(inside, 0)}
    inside.end()
    if extensions and version == 1:
        raise CrlError("a list of version 1 has no extensions")
    _require_complete(extensions)
    number, aki = extensions.get(oids.CRL_NUMBER), extensions.get(oids.AUTHORITY_KEY_ID)
    point = extensions.get(oids.ISSUING_DISTRIBUTION_POINT)
    return ForeignCrl(
        tbs=framed.tbs,
        signature=framed.signature,
        version=version,
        issuer=issuer,
        this_update=this_update,
        next_update=next_update,
        number=None if number is None else _one(number.value, der.INTEGER),
        aki=None if aki is None else read_foreign_key_id(aki.value),
        revoked=MappingProxyType(revoked),
        points=() if point is None else read_issuing_point(point.value),
    )


def require_crl_of(engine: Engine, crl: ForeignCrl, issuer: ForeignCertificate) -> None:
    """Checks that this CA signed the list and may do so. Raises: UnknownIssuer, WrongUsage, BadCertificateSignature."""
    ski, uses = issuer.values.ski, issuer.values.key_usage
    if crl.issuer.der != issuer.subject.der or (None not in {crl.aki, ski} and crl.aki != ski):
        raise UnknownIssuer("the revocation list is from another issuer")
    if not issuer.values.is_ca or (uses is not None and KeyUse.CRL_SIGN not in uses):
        raise WrongUsage("the issuer may not sign lists")
    require_foreign_signature(engine, issuer, crl.tbs, crl.signature)


def _entries(inside: Reader, version: int) -> dict[int, Revoked]:
    entries: dict[int, Revoked] = {}
    while inside.more():
        entry = _entry(inside.enter(), version)
        if entry.serial in entries:
            raise CrlError("a serial number occurs twice")
        entries[entry.serial] = entry
    if not entries:
        raise CrlError("the list of entries is present, but empty")
    return entries


def _entry(entry: Reader, version: int) -> Revoked:
    serial, at, reason = read_serial(entry), read_time(entry), UNSPECIFIED
    if entry.more():
        if version == 1:
            raise CrlError("a list of version 1 has no extensions")
        for extension in read_foreign_extensions(entry):
            if extension.oid == oids.REASON_CODE:
                reason = _one(extension.value, der.ENUMERATED)
            elif extension.critical or extension.oid == oids.CERTIFICATE_ISSUER:
                raise CrlError("an entry belongs to another issuer, or has an unknown critical extension")
    entry.end()
    if reason not in REASONS:
        raise CrlError("the reason is not allowed in a complete list")
    return Revoked(serial, at, reason)


def _require_complete(extensions: Mapping[str, Extension]) -> None:
    point = extensions.get(oids.ISSUING_DISTRIBUTION_POINT)
    is_unclear = point is not None and not point.critical
    if is_unclear or any(
        e.oid == oids.DELTA_CRL or (e.critical and e.oid not in _KNOWN) for e in extensions.values()
    ):
        raise CrlError("not a complete list, or an unknown critical extension")


def _one(value: bytes, tag: int) -> int:
    reader = Reader(value)
    number = reader.integer(tag)
    reader.end()
    return number
