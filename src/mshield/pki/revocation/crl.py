"""Certificate revocation lists, version 2 (RFC 5280 section 5, GM/T 0015-2012 5.3): complete lists of one CA.

A list has number, authority key id and a reason per entry; delta and indirect lists are neither made nor
read.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from operator import itemgetter
from types import MappingProxyType
from typing import Final, NamedTuple

from mshield.gm.sm2 import Signature
from mshield.pki.asn1 import der, oids
from mshield.pki.asn1.frame import ALGORITHM, assemble, open_frame
from mshield.pki.asn1.reader import Reader
from mshield.pki.certificates import extensions as ext
from mshield.pki.certificates.certificate import Certificate
from mshield.pki.certificates.extensions import Extension, KeyUse
from mshield.pki.certificates.names import Name, read_name
from mshield.pki.errors import CrlError, DerError, Finding, IssueError, LintError
from mshield.pki.signer import Signer

UNSPECIFIED, KEY_COMPROMISE, CA_COMPROMISE, AFFILIATION_CHANGED, SUPERSEDED = range(5)
CESSATION_OF_OPERATION, CERTIFICATE_HOLD, PRIVILEGE_WITHDRAWN, AA_COMPROMISE = 5, 6, 9, 10
_REMEMBERED: Final = 1 << 16
"""Entries that are remembered as written and as read: a list differs from the one before in a few."""

REASONS = frozenset({0, 1, 2, 3, 4, 5, 6, 9, 10})
"""Reason codes of RFC 5280 5.3.1 that may stand in a complete list (8, removeFromCRL, may not)."""


class Revoked(NamedTuple):
    """An entry: serial number, time in ms since the epoch, reason code (6 is certificateHold)."""

    serial: int
    at: int
    reason: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Crl:
    """A list as read; times in ms since the epoch. `revoked` maps serial numbers to entries."""

    der: bytes = field(repr=False)
    tbs: bytes = field(repr=False)
    signature: Signature = field(repr=False)
    issuer: Name
    this_update: int
    next_update: int
    number: int
    aki: bytes
    revoked: MappingProxyType[int, Revoked] = field(repr=False)


@dataclass(frozen=True, slots=True)
class _TbsCrl:
    issuer: Name
    this_update: int
    next_update: int
    number: int
    aki: bytes
    entries: tuple[Revoked, ...]


def build_crl(
    *,
    signer: Signer,
    issuer: Certificate,
    number: int,
    this_update: int,
    next_update: int,
    revoked: Iterable[Revoked],
) -> bytes:
    """A signed list as DER, entries sorted by serial number.

    IssueError for a wrong key, LintError for wrong content.
    """
    if signer.public != issuer.public_key or issuer.ski is None:
        raise IssueError("the signer's key is not the issuer's, or the issuer has no key identifier")
    entries = [entry_der(entry) for entry in sorted(revoked, key=itemgetter(0))]
    extensions = (
        ext.authority_key_id(issuer.ski),
        Extension(oids.CRL_NUMBER, der.integer(number)),
    )
    tbs = der.sequence(
        der.integer(1),
        ALGORITHM,
        issuer.subject_der,
        der.time(this_update),
        der.time(next_update),
        # RFC 5280 5.1.2.6: with no revoked certificates the list must be absent, not empty.
        *((der.sequence(*entries),) if entries else ()),
        der.explicit(0, der.sequence(*(e.der for e in extensions))),
    )
    findings = lint_crl(tbs, issuer)
    if findings:
        raise LintError(findings)
    return assemble(tbs, signer.sign(tbs))


def lint_crl(tbs: bytes, issuer: Certificate) -> tuple[Finding, ...]:
    """All findings on a TBSCertList that `issuer` is about to sign; it is read back from the bytes."""
    try:
        return tuple(_findings(_read_tbs(tbs), issuer))
    except (DerError, CrlError) as error:
        return (Finding("structure", str(error)),)


def parse_crl(data: bytes) -> Crl:
    """A list from DER; DerError or CrlError if it is not one of our form.

    The signature is not verified: see `path.check_crl`.
    """
    framed = open_frame(data)
    tbs = _read_tbs(framed.tbs)
    revoked = {entry.serial: entry for entry in tbs.entries}
    if len(revoked) != len(tbs.entries):
        raise CrlError("a serial number stands twice")
    return Crl(
        der=data,
        tbs=framed.tbs,
        signature=framed.signature,
        issuer=tbs.issuer,
        this_update=tbs.this_update,
        next_update=tbs.next_update,
        number=tbs.number,
        aki=tbs.aki,
        revoked=MappingProxyType(revoked),
    )


@lru_cache(maxsize=_REMEMBERED)
def entry_der(revoked: Revoked, *more: Extension) -> bytes:
    """An entry of a list, with `more` extensions beside its reason."""
    # RFC 5280 5.3.1: unspecified should be left out.
    reason = (Extension(oids.REASON_CODE, der.enumerated(revoked.reason)),) if revoked.reason else ()
    extensions = [extension.der for extension in (*reason, *more)]
    return der.sequence(
        der.integer(revoked.serial),
        der.time(revoked.at),
        *((der.sequence(*extensions),) if extensions else ()),
    )


def _read_tbs(data: bytes) -> _TbsCrl:
    reader = Reader(data)
    inside = reader.enter()
    reader.end()
    if inside.integer() != 1 or inside.raw() != ALGORITHM:
        raise CrlError("not a version 2 list signed with SM2 and SM3")
    issuer, this_update, next_update = read_name(inside), inside.time(), inside.time()
    entries = tuple(_read_entries(inside.enter())) if inside.peek() == der.SEQUENCE else ()
    wrapped = inside.explicit(0)
    inside.end()
    if wrapped is None:
        raise CrlError("no extensions")
    extensions = {e.oid: e for e in ext.read_extensions(wrapped)}
    wrapped.end()
    number, aki = extensions.pop(oids.CRL_NUMBER, None), extensions.pop(oids.AUTHORITY_KEY_ID, None)
    if number is None or aki is None or any(e.critical for e in extensions.values()):
        raise CrlError("number or authority key id is missing, or a critical extension is unknown")
    return _TbsCrl(
        issuer,
        this_update,
        next_update,
        _integer(number.value),
        ext.read_authority_key_id(aki.value),
        entries,
    )


def _read_entries(inside: Reader) -> Iterator[Revoked]:
    while inside.more():
        yield _read_entry(inside.raw(der.SEQUENCE))


@lru_cache(maxsize=_REMEMBERED)
def _read_entry(data: bytes) -> Revoked:
    entry = Reader(data).enter()
    serial, at, reason = entry.integer(), entry.time(), UNSPECIFIED
    if entry.more():
        for extension in ext.read_extensions(entry):
            if extension.oid == oids.REASON_CODE:
                reason = _enumerated(extension.value)
            elif extension.critical:
                raise CrlError("an entry has an unknown critical extension")
    entry.end()
    return Revoked(serial, at, reason)


def _integer(value: bytes, tag: int = der.INTEGER) -> int:
    reader = Reader(value)
    number = reader.integer(tag)
    reader.end()
    return number


def _enumerated(value: bytes) -> int:
    return _integer(value, der.ENUMERATED)


def _findings(tbs: _TbsCrl, issuer: Certificate) -> Iterator[Finding]:
    if not issuer.is_ca or KeyUse.CRL_SIGN not in (issuer.values.key_usage or ()):
        yield Finding("issuer_may_not_sign", "the issuer is not a CA with cRLSign")
    if tbs.issuer.der != issuer.subject_der or tbs.aki != issuer.ski:
        yield Finding("issuer_name", "name or key identifier is not the issuer's")
    if tbs.this_update >= tbs.next_update:
        yield Finding("update_order", "next update is not after this update")
    if not 0 <= tbs.number < 1 << 159:
        yield Finding("crl_number", str(tbs.number))
    last = 0
    for entry in tbs.entries:
        if entry.serial <= last:
            yield Finding("serials", f"{entry.serial} is not positive, not sorted, or stands twice")
        if entry.reason not in REASONS:
            yield Finding("reason", f"{entry.reason} at {entry.serial}")
        if entry.at > tbs.this_update:
            yield Finding("revoked_in_future", str(entry.serial))
        last = entry.serial
