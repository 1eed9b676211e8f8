"""Lint of a certificate before it is signed: reads the bytes back and compares them with their profile.

It relies only on the bytes, the rules and the issuer; each check yields findings with stable names.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from mshield.pki.asn1 import oids
from mshield.pki.asn1.frame import ALGORITHM, KEY_ALGORITHM
from mshield.pki.asn1.reader import check
from mshield.pki.certificates import names
from mshield.pki.certificates.certificate import Certificate, key_id
from mshield.pki.certificates.names import Name
from mshield.pki.certificates.point import on_curve
from mshield.pki.certificates.profiles import DAY, Rules
from mshield.pki.certificates.tbs import V3, Tbs, read_tbs
from mshield.pki.certificates.values import ExtensionValues, read_values
from mshield.pki.errors import DerError, Finding, LintError

_MIN_SERIAL_BITS = 64


@dataclass(frozen=True, slots=True)
class Subject:
    """Input of a check: TBS, its extensions' values, the rules, the issuer (None: self-signed)."""

    tbs: Tbs
    values: ExtensionValues
    rules: Rules
    issuer: Certificate | None


Check = Callable[[Subject], Iterator[Finding]]


def lint(data: bytes, *, rules: Rules, issuer: Certificate | None) -> tuple[Finding, ...]:
    """Returns all findings on a TBSCertificate: only `structure` if it can't be read, none if it may be signed."""
    try:
        require_clean(data, rules=rules, issuer=issuer)
    except LintError as error:
        return error.findings
    return ()


def require_clean(data: bytes, *, rules: Rules, issuer: Certificate | None) -> Subject:
    """Reads a TBSCertificate and returns it if it may be signed. Raises: LintError if there is any finding."""
    try:
        check(data)
        tbs = read_tbs(data)
    except DerError as error:
        raise LintError((Finding("structure", str(error)),)) from error
    duplicates = tuple(_duplicates(tbs))
    if duplicates:
        raise LintError(duplicates)
    try:
        values = read_values(tbs.extensions)
    except DerError as error:
        raise LintError((Finding("extension_malformed", str(error)),)) from error
    subject = Subject(tbs, values, rules, issuer)
    findings = tuple(finding for run in CHECKS for finding in run(subject))
    if findings:
        raise LintError(findings)
    return subject


def _duplicates(tbs: Tbs) -> Iterator[Finding]:
    seen: set[str] = set()
    for extension in tbs.extensions:
        if extension.oid in seen:
            yield Finding("duplicate_extension", extension.oid)
        seen.add(extension.oid)


def _version(s: Subject) -> Iterator[Finding]:
    if s.tbs.version != V3:
        yield Finding("version", f"is {s.tbs.version + 1}, must be 3")


def _serial(s: Subject) -> Iterator[Finding]:
    if s.tbs.serial <= 0:
        yield Finding("serial_not_positive", str(s.tbs.serial))
    elif s.tbs.serial.bit_length() > 159:
        yield Finding("serial_too_long", f"{s.tbs.serial.bit_length()} bits")
    elif s.tbs.serial.bit_length() < _MIN_SERIAL_BITS:
        yield Finding("serial_too_short", f"{s.tbs.serial.bit_length()} bits cannot be random")


def _algorithms(s: Subject) -> Iterator[Finding]:
    if s.tbs.algorithm != ALGORITHM:
        yield Finding("signature_algorithm", s.tbs.algorithm.hex())
    if s.tbs.key_algorithm != KEY_ALGORITHM:
        yield Finding("key_algorithm", s.tbs.key_algorithm.hex())


def _key(s: Subject) -> Iterator[Finding]:
    if not on_curve(s.tbs.public):
        yield Finding("key_not_on_curve", f"{len(s.tbs.public)} octets")
    if s.issuer is not None and s.tbs.public == s.issuer.public_key:
        yield Finding("key_is_issuers", "the subject's key is the issuer's")


def _validity(s: Subject) -> Iterator[Finding]:
    start, end = s.tbs.not_before, s.tbs.not_after
    if start >= end:
        yield Finding("validity_order", "ends before it begins")
    if end - start > s.rules.max_validity:
        yield Finding("validity_too_long", f"{(end - start) // DAY} days")
    if s.issuer is not None and not s.issuer.not_before <= start <= end <= s.issuer.not_after:
        yield Finding("validity_outside_issuer", "not within the issuer's validity")


def _issuer(s: Subject) -> Iterator[Finding]:
    expected = s.tbs.subject if s.issuer is None else s.issuer.subject
    if s.tbs.issuer.der != expected.der:
        yield Finding("issuer_name", "is not the signer's subject name")
    if s.issuer is None and not s.rules.self_signed:
        yield Finding("no_issuer", f"a {s.rules.kind} certificate is not self-signed")
    if s.issuer is not None and s.rules.self_signed:
        yield Finding("has_issuer", f"a {s.rules.kind} certificate is self-signed")
    if s.issuer is not None and not s.issuer.is_ca:
        yield Finding("issuer_not_ca", "the signer is not a CA")


def _subject_name(s: Subject) -> Iterator[Finding]:
    kinds = tuple(kind for kind, _ in s.tbs.subject.attributes)
    for kind in s.rules.attributes:
        if kind not in kinds:
            yield Finding("attribute_missing", kind)
    for kind in kinds:
        if kind not in s.rules.attributes + s.rules.optional_attributes:
            yield Finding("attribute_not_allowed", kind)
    known = [kind for kind in kinds if kind in names.ORDER]
    if known != sorted(set(known), key=names.ORDER.index):
        yield Finding("attribute_order", "attributes must occur once each, in the order C, O, OU, CN")
    yield from _attribute_values(s.tbs.subject)


def _attribute_values(name: Name) -> Iterator[Finding]:
    for kind, value in name.attributes:
        problem = names.fault(kind, value)
        if problem:
            yield Finding("attribute_value", f"{kind}: {problem}")
            return
    if names.encode(name.attributes) != name.der:
        yield Finding("attribute_encoding", "C must be PrintableString, all else UTF8String")


def _presence(s: Subject) -> Iterator[Finding]:
    critical = {extension.oid: extension.critical for extension in s.tbs.extensions}
    allowed = {**s.rules.required, **s.rules.optional}
    for oid in s.rules.required:
        if oid not in critical:
            yield Finding("extension_missing", oid)
    for oid, is_critical in critical.items():
        if oid not in allowed:
            yield Finding("extension_not_allowed", oid)
        elif is_critical != allowed[oid]:
            yield Finding("extension_criticality", f"{oid} must {'' if allowed[oid] else 'not '}be critical")


def _constraints(s: Subject) -> Iterator[Finding]:
    if s.values.is_ca != s.rules.is_ca or s.values.path_length != s.rules.path_length:
        yield Finding("basic_constraints", f"CA {s.values.is_ca}, path length {s.values.path_length}")


def _usage(s: Subject) -> Iterator[Finding]:
    if s.values.key_usage is not None and s.values.key_usage != s.rules.key_usage:
        yield Finding("key_usage", f"bits {sorted(s.values.key_usage)}")
    if s.values.purposes is not None and s.values.purposes != s.rules.purposes:
        yield Finding("extended_key_usage", ", ".join(s.values.purposes))


def _key_ids(s: Subject) -> Iterator[Finding]:
    if s.values.ski is not None and s.values.ski != key_id(s.tbs.public):
        yield Finding("subject_key_id", "is not SHA-1 of the key bits")
    expected = s.values.ski if s.issuer is None else s.issuer.ski
    if s.values.aki is not None and s.values.aki != expected:
        yield Finding("authority_key_id", "is not the issuer's subject key identifier")


def _urls(s: Subject) -> Iterator[Finding]:
    present = {extension.oid for extension in s.tbs.extensions}
    if oids.CRL_DISTRIBUTION_POINTS in present and not s.values.crl_urls:
        yield Finding("url_missing", "CRL distribution point")
    if oids.AUTHORITY_INFO_ACCESS in present and not s.values.ca_issuer_urls:
        yield Finding("url_missing", "CA issuers")
    if not s.rules.is_ca and oids.AUTHORITY_INFO_ACCESS in present and not s.values.ocsp_urls:
        yield Finding("url_missing", "OCSP")
    for url in s.values.crl_urls + s.values.ocsp_urls + s.values.ca_issuer_urls:
        if not _is_url(url):
            yield Finding("url_form", url)


@lru_cache(maxsize=256)
def _is_url(url: str) -> bool:
    """Cached, since all certificates of a CA name the same few URLs."""
    return url.startswith(("http://", "https://")) and all(" " < c <= "~" for c in url)


def _policies(s: Subject) -> Iterator[Finding]:
    if oids.CERTIFICATE_POLICIES in s.rules.required and len(set(s.values.policies)) != 1:
        yield Finding("policies", "must be exactly one")


CHECKS: tuple[Check, ...] = (
    _version, _serial, _algorithms, _key, _validity, _issuer, _subject_name, _presence, _constraints, _usage,
    _key_ids, _urls, _policies,
)  # fmt: skip
