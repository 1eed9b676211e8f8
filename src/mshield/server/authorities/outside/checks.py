"""Checks of a certificate that an outside CA returned: only one that is exactly what was asked is accepted."""

import hashlib
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from mshield.gm.engine import Engine
from mshield.pki.asn1 import der, oids
from mshield.pki.certificates.certificate import Certificate, parse_certificate
from mshield.pki.certificates.extensions import KeyUse
from mshield.pki.certificates.names import LeafSubject, leaf_name
from mshield.pki.errors import PkiError
from mshield.pki.foreign.certificate import ForeignCertificate, parse_foreign_certificate
from mshield.pki.foreign.path import find_foreign_path
from mshield.server.authorities.outside.adapter import Answered, Held
from mshield.server.authorities.outside.settings import CaEntry, CaProfile
from mshield.wire.times import DAY_MS, MINUTE_MS

MIN_DAYS: Final = 30
_MAX_CERTIFICATE: Final = 16 * 1024
_MAX_CHAIN: Final = 8
_EMAIL_PROTECTION: Final = "1.3.6.1.5.5.7.3.4"
_ANY_PURPOSE: Final = "2.5.29.37.0"
_RISKY: Final = frozenset({oids.CLIENT_AUTH, _EMAIL_PROTECTION, _ANY_PURPOSE})
"""Purposes with which a signature over somebody else's bytes could be a login or a mail."""


class BadAnswer(Exception):
    """The certificate must not be accepted; `code` is the row of the table in docs/outside-ca.md."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class CheckedCertificate:
    """A certificate that may be accepted; `chain` is above it, from its issuer to the root."""

    certificate: Certificate
    chain: tuple[bytes, ...]

    @property
    def issuer_serial(self) -> bytes:
        """Identifies the certificate among those of all CAs."""
        return issuer_serial(self.certificate)

    @property
    def ca_serial(self) -> str:
        """Serial number in hex, with an even number of digits."""
        text = f"{self.certificate.serial:x}"
        return text if len(text) % 2 == 0 else "0" + text


def issuer_serial(certificate: Certificate) -> bytes:
    """Returns the SHA-256 of issuer name and serial, by which no certificate is taken twice."""
    return hashlib.sha256(certificate.issuer_der + der.integer(certificate.serial)).digest()


def held_of(octets: bytes) -> Held:
    """Returns how a stored certificate is named at its CA. Raises: PkiError."""
    certificate = parse_foreign_certificate(octets)
    return Held(certificate.issuer.der, certificate.serial, octets)


def check_answer(
    engine: Engine,
    profile: CaProfile,
    answer: Answered,
    *,
    subject: LeafSubject,
    public_key: bytes,
    now: int,
) -> CheckedCertificate:
    """Checks the certificate, and that a path leads to a pinned root. Raises: BadAnswer."""
    if answer.unusable or len(answer.der) > _MAX_CERTIFICATE or len(answer.chain) > _MAX_CHAIN:
        raise BadAnswer("unreadable")
    try:
        found = parse_foreign_certificate(answer.der)
    except PkiError as error:
        raise BadAnswer("unreadable") from error
    entry = profile.entry
    if found.public_key != public_key:
        raise BadAnswer("other_key")
    _check_names(entry, found, subject)
    _check_usage(entry, found)
    chain = _path(engine, profile, found, answer.chain, now=now)
    _check_validity(entry, found, chain, now=now)
    _check_status_address(entry, found)
    if entry.policies and not set(entry.policies) & set(found.values.policies):
        raise BadAnswer("other_policy")
    try:
        # Results, evidence and phones use the strict reader, so what only the tolerant one reads can't be used yet.
        certificate = parse_certificate(found.der)
        above = tuple(parse_certificate(ca.der).der for ca in chain)
    except PkiError as error:
        raise BadAnswer("unreadable") from error
    return CheckedCertificate(certificate, above)


def _check_names(entry: CaEntry, found: ForeignCertificate, subject: LeafSubject) -> None:
    wanted = leaf_name(subject)
    if found.subject.der == wanted.der:
        return
    if entry.names == "ours":
        raise BadAnswer("other_names")
    named, asked = list(found.subject.attributes), list(wanted.attributes)
    for attribute in asked:
        if attribute not in named:
            raise BadAnswer("other_names")
        named.remove(attribute)
    never = {oids.ORGANISATION, oids.COMMON_NAME}
    if any(kind in never or kind not in entry.extra_names for kind, _ in named):
        raise BadAnswer("other_names")


def _check_usage(entry: CaEntry, found: ForeignCertificate) -> None:
    uses = found.values.key_usage
    signs = uses is not None and bool(uses & {KeyUse.DIGITAL_SIGNATURE, KeyUse.NON_REPUDIATION})
    if found.values.is_ca or not signs or not found.may_sign:
        raise BadAnswer("other_usage")
    if uses is not None and uses & {KeyUse.KEY_CERT_SIGN, KeyUse.CRL_SIGN}:
        raise BadAnswer("other_usage")
    if found.values.unknown_critical:
        raise BadAnswer("other_usage")
    if _RISKY & set(found.values.purposes or ()) - set(entry.purposes):
        raise BadAnswer("other_purpose")


def _path(
    engine: Engine, profile: CaProfile, found: ForeignCertificate, chain: tuple[bytes, ...], *, now: int
) -> tuple[ForeignCertificate, ...]:
    others = list(profile.intermediates)
    for octets in chain:
        try:
            others.append(parse_foreign_certificate(octets))
        except PkiError:
            continue  # CAs send along what nobody asked for, such as RSA certificates of their servers.
    # A certificate may be valid from some minutes ahead of this clock, so the path is judged when it begins.
    at = max(now, found.not_before)
    try:
        return find_foreign_path(engine, found, others, profile.roots, at=at)[1:]
    except PkiError as error:
        raise BadAnswer("validity" if at >= found.not_after else "no_path") from error


def _check_validity(
    entry: CaEntry, found: ForeignCertificate, chain: tuple[ForeignCertificate, ...], *, now: int
) -> None:
    if not chain:
        raise BadAnswer("no_path")
    too_late = found.not_before > now + 5 * MINUTE_MS
    too_long = found.not_after - found.not_before > entry.max_days * DAY_MS
    too_short = found.not_after < now + MIN_DAYS * DAY_MS
    if too_late or too_long or too_short or found.not_after > min(ca.not_after for ca in chain):
        raise BadAnswer("validity")


def _check_status_address(entry: CaEntry, found: ForeignCertificate) -> None:
    urls = (*found.values.crl_urls, *found.values.ocsp_urls)
    hosts = {_host(url) for url in urls}
    if not hosts & {host.lower() for host in entry.status_hosts}:
        raise BadAnswer("no_status_address")


def _host(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return None
    return host if parts.scheme in {"http", "https"} else None
