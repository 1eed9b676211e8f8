"""Certificate revocation lists, version 2 (RFC 5280 section 5, GM/T 0015-2012 5.3), of a CA or of one shard of it.

A list has a number, an authority key id and a reason per entry. A shard's list has its URL in an issuing
distribution point (5.2.5) and covers only the certificates that name that URL. Delta lists, indirect lists
and lists limited to reasons or kinds are neither written nor read.

Adding one entry to ten thousand is cheap: entries are edited encoded. Some are changed, all others are copied without
parsing; only the frame and serial number of each are read.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from operator import itemgetter
from types import MappingProxyType
from typing import Final, NamedTuple

from mshield.gm.engine import Engine
from mshield.gm.sm2 import Signature
from mshield.pki.asn1 import der, oids
from mshield.pki.asn1.frame import ALGORITHM, assemble, open_frame
from mshield.pki.asn1.reader import Reader
from mshield.pki.certificates import extensions as ext
from mshield.pki.certificates.certificate import Certificate, X509Certificate
from mshield.pki.certificates.extensions import Extension, KeyUse
from mshield.pki.certificates.names import Name, read_name
from mshield.pki.certificates.trust import require_signature
from mshield.pki.errors import CrlError, DerError, Finding, IssueError, LintError
from mshield.pki.signer import Signer

UNSPECIFIED, KEY_COMPROMISE, CA_COMPROMISE, AFFILIATION_CHANGED, SUPERSEDED = range(5)
CESSATION_OF_OPERATION, CERTIFICATE_HOLD, PRIVILEGE_WITHDRAWN, AA_COMPROMISE = 5, 6, 9, 10
_REMEMBERED: Final = 1 << 13
"""Cache size in entries."""

REASONS = frozenset({0, 1, 2, 3, 4, 5, 6, 9, 10})
"""Reason codes of RFC 5280 5.3.1 that a complete list may contain (not 8, removeFromCRL)."""

_LONG: Final = 0x80
_NO_SERIAL: Final = 1 << 2048


class Revoked(NamedTuple):
    """An entry: serial number, time in ms since the epoch, reason code (6 is certificateHold)."""

    serial: int
    at: int
    reason: int


@dataclass(frozen=True, slots=True, kw_only=True)
class X509Crl:
    """Fields that all parsed lists share; times in ms since the epoch. `revoked` maps serial numbers to entries.

    `points` are the URLs of a shard's list; empty if the list covers all certificates of its issuer.
    """

    tbs: bytes = field(repr=False)
    signature: Signature = field(repr=False)
    issuer: Name
    this_update: int
    next_update: int
    revoked: Mapping[int, Revoked] = field(repr=False)
    points: tuple[str, ...] = ()

    def speaks_about(self, certificate: X509Certificate) -> bool:
        """Reports whether the certificate, if of the same issuer, is in the list's scope (RFC 5280, 6.3.3 b 2)."""
        return not self.points or not set(self.points).isdisjoint(certificate.values.crl_urls)


@dataclass(frozen=True, slots=True, kw_only=True)
class Crl(X509Crl):
    """A list of the strict profile."""

    der: bytes = field(repr=False)
    number: int
    aki: bytes


@dataclass(frozen=True, slots=True)
class _TbsCrl:
    issuer: Name
    this_update: int
    next_update: int
    number: int
    aki: bytes
    points: tuple[str, ...]
    entries: tuple[Revoked, ...]


def build_crl(
    *,
    signer: Signer,
    issuer: Certificate,
    number: int,
    this_update: int,
    next_update: int,
    revoked: Iterable[Revoked],
    point: str | None = None,
) -> bytes:
    """Builds and signs a list (DER), entries sorted by serial number; `point` is the URL of a shard's list.

    Raises: IssueError (wrong key), LintError (invalid content).
    """
    entries = b"".join(entry_der(entry) for entry in sorted(revoked, key=itemgetter(0)))
    head = _Head(issuer, number, this_update, next_update, point)
    return _signed(signer, head, entries, (lambda tbs: lint_crl(tbs, issuer)))


def rebuild_crl(
    engine: Engine,
    *,
    signer: Signer,
    issuer: Certificate,
    number: int,
    this_update: int,
    next_update: int,
    last: bytes,
    changes: Mapping[int, Revoked | None],
    point: str | None = None,
) -> bytes:
    """Builds the list after `last` (DER), in which the entries of these serial numbers are replaced or removed.

    All other entries of `last` are copied unread, provided that the issuer signed it: they were checked when
    they were signed. Raises: BadCertificateSignature, CrlError, DerError, and as `build_crl`.
    """
    framed = open_frame(last)
    require_signature(engine, issuer.public_key, framed.tbs, framed.signature, "revocation list")
    encoded = {serial: None if entry is None else entry_der(entry) for serial, entry in changes.items()}
    entries = spliced(entries_in(framed.tbs), encoded)
    head = _Head(issuer, number, this_update, next_update, point)
    new = b"".join(entry for _, entry in sorted(encoded.items()) if entry is not None)
    return _signed(signer, head, entries, (lambda _: lint_crl(head.tbs(new), issuer)))


@dataclass(frozen=True, slots=True)
class _Head:
    issuer: Certificate
    number: int
    this_update: int
    next_update: int
    point: str | None

    def tbs(self, entries: bytes) -> bytes:
        if self.issuer.ski is None:
            raise IssueError("the issuer has no key identifier")
        extensions = [
            ext.authority_key_id(self.issuer.ski),
            Extension(oids.CRL_NUMBER, der.integer(self.number)),
        ]
        if self.point is not None:
            extensions.append(ext.issuing_distribution_point(self.point))
        return der.sequence(
            der.integer(1),
            ALGORITHM,
            self.issuer.subject_der,
            der.time(self.this_update),
            der.time(self.next_update),
            # RFC 5280 5.1.2.6: with no revoked certificates the list must be absent, not empty.
            *((der.sequence(entries),) if entries else ()),
            der.explicit(0, der.sequence(*(e.der for e in extensions))),
        )


def _signed(
    signer: Signer, head: _Head, entries: bytes, lint: Callable[[bytes], tuple[Finding, ...]]
) -> bytes:
    if signer.public != head.issuer.public_key:
        raise IssueError("the signer's key is not the issuer's")
    tbs = head.tbs(entries)
    findings = lint(tbs)
    if findings:
        raise LintError(findings)
    return assemble(tbs, signer.sign(tbs))


def lint_crl(tbs: bytes, issuer: Certificate) -> tuple[Finding, ...]:
    """Returns all findings on a TBSCertList that `issuer` is about to sign, as read back from the bytes."""
    try:
        return tuple(_findings(_read_tbs(tbs), issuer))
    except (DerError, CrlError) as error:
        return (Finding("structure", str(error)),)


def parse_crl(data: bytes) -> Crl:
    """Parses a list from DER without verifying its signature: see `status.check_crl`.

    Raises: DerError, CrlError.
    """
    framed = open_frame(data)
    tbs = _read_tbs(framed.tbs)
    revoked = {entry.serial: entry for entry in tbs.entries}
    if len(revoked) != len(tbs.entries):
        raise CrlError("a serial number occurs twice")
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
        points=tbs.points,
    )


def revoked_in(engine: Engine, data: bytes, issuer: Certificate) -> list[Revoked]:
    """Returns the entries of a list (DER) signed by this issuer.

    Raises: BadCertificateSignature, CrlError, DerError.
    """
    crl = parse_crl(data)
    require_signature(engine, issuer.public_key, crl.tbs, crl.signature, "revocation list")
    return list(crl.revoked.values())


@lru_cache(maxsize=_REMEMBERED)
def entry_der(revoked: Revoked, *more: Extension) -> bytes:
    """Encodes an entry of a list, with `more` extensions after its reason."""
    # RFC 5280 5.3.1: "unspecified" should be omitted.
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
    point = extensions.pop(oids.ISSUING_DISTRIBUTION_POINT, None)
    if number is None or aki is None or any(e.critical for e in extensions.values()):
        raise CrlError("number or authority key id is missing, or a critical extension is unknown")
    if point is not None and not point.critical:
        raise CrlError("the issuing distribution point is not critical")
    return _TbsCrl(
        issuer,
        this_update,
        next_update,
        _integer(number.value),
        ext.read_authority_key_id(aki.value),
        () if point is None else ext.read_issuing_point(point.value),
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
    for point in tbs.points:
        if not point.startswith(("http://", "https://")):
            yield Finding("point", point)
    yield from _findings_of_entries(tbs)


def _findings_of_entries(tbs: _TbsCrl) -> Iterator[Finding]:
    last = 0
    for entry in tbs.entries:
        if entry.serial <= last:
            yield Finding("serials", f"{entry.serial} is not positive, not sorted, or occurs twice")
        if entry.reason not in REASONS:
            yield Finding("reason", f"{entry.reason} at {entry.serial}")
        if entry.at > tbs.this_update:
            yield Finding("revoked_in_future", str(entry.serial))
        last = entry.serial


def entries_in(tbs: bytes) -> bytes:
    """Returns the encoded entries of a TBSCertList; empty if it has none. Raises: DerError."""
    inside = Reader(tbs).enter()
    for _ in ("version", "algorithm", "issuer", "this update", "next update"):
        inside.raw()
    return inside.content(der.SEQUENCE) if inside.peek() == der.SEQUENCE else b""


def spliced(entries: bytes, changes: Mapping[int, bytes | None]) -> bytes:
    """Replaces, adds or removes (None) the entries of these serial numbers, keeping the order.

    Raises: CrlError if the entries aren't sorted, or don't have the form that this package writes.
    """
    waiting = sorted(changes, reverse=True)
    upcoming = waiting.pop() if waiting else _NO_SERIAL
    parts: list[bytes] = []
    kept_from = at = last = 0
    while at < len(entries):
        tag, size, inner, digits = entries[at : at + 4]
        end = at + 2 + size
        if (
            tag != der.SEQUENCE
            or size >= _LONG
            or inner != der.INTEGER
            or digits + 2 > size
            or end > len(entries)
        ):
            raise CrlError("an entry is malformed")
        serial = int.from_bytes(entries[at + 4 : at + 4 + digits], "big")
        if serial <= last:
            raise CrlError("the entries are not sorted")
        while upcoming <= serial:
            parts += (entries[kept_from:at], changes[upcoming] or b"")
            kept_from = end if upcoming == serial else at
            upcoming = waiting.pop() if waiting else _NO_SERIAL
        at, last = end, serial
    parts.append(entries[kept_from:])
    while upcoming != _NO_SERIAL:
        parts.append(changes[upcoming] or b"")
        upcoming = waiting.pop() if waiting else _NO_SERIAL
    return b"".join(parts)
