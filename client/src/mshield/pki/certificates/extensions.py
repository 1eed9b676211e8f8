"""Extensions of certificates (RFC 5280, 4.2): writers and readers of their values.

Writers return an `Extension`. Readers accept the value's DER and raise DerError if it isn't strict.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from mshield.pki.asn1 import der, oids
from mshield.pki.asn1.reader import Reader
from mshield.pki.errors import DerError


class KeyUse(IntEnum):
    """Bits of KeyUsage (RFC 5280, 4.2.1.3)."""

    DIGITAL_SIGNATURE = 0
    NON_REPUDIATION = 1
    KEY_CERT_SIGN = 5
    CRL_SIGN = 6


@dataclass(frozen=True, slots=True)
class Extension:
    """One extension: object identifier, criticality, and the DER inside its OCTET STRING."""

    oid: str
    value: bytes
    critical: bool = False

    @property
    def der(self) -> bytes:
        """DER of the whole Extension, as in a certificate."""
        return _encoded(self.oid, self.value, self.critical)


@lru_cache(maxsize=256)
def _encoded(oid: str, value: bytes, critical: bool) -> bytes:  # noqa: FBT001  # like the extension's fields
    """Encodes an Extension. Cached, as `_read` is."""
    return der.sequence(der.oid(oid), *((der.TRUE,) if critical else ()), der.octet_string(value))


def read_extensions(reader: Reader) -> tuple[Extension, ...]:
    """Reads the next SEQUENCE OF Extension, which may not be empty. The caller checks for duplicates.

    Raises: DerError.
    """
    inside, extensions = reader.enter(), []
    while inside.more():
        extensions.append(_read(inside.raw(der.SEQUENCE)))
    if not extensions:
        raise DerError("a list of extensions must not be empty")
    return tuple(extensions)


def read_explicit_extensions(reader: Reader, number: int) -> tuple[Extension, ...]:
    """Reads the extensions in an optional `[number] EXPLICIT`; empty if it is absent. Raises: DerError."""
    return reader.optional(number, read_extensions) or ()


@lru_cache(maxsize=256)
def _read(raw: bytes) -> Extension:
    """Reads one Extension. Cached, since most extensions of a CA's certificates are the same in all of them."""
    item = Reader(raw).enter()
    oid, critical = item.oid(), item.default_false()
    extension = Extension(oid, item.octets(), critical)
    item.end()
    return extension


def basic_constraints(*, path_length: int | None = None) -> Extension:
    """Encodes a CA's BasicConstraints (critical); `path_length` limits the CAs below it, None means no limit."""
    limit = () if path_length is None else (der.integer(path_length),)
    return Extension(oids.BASIC_CONSTRAINTS, der.sequence(der.TRUE, *limit), critical=True)


def key_usage(*uses: KeyUse) -> Extension:
    """Encodes KeyUsage (critical)."""
    return Extension(oids.KEY_USAGE, der.named_bits(*uses), critical=True)


def extended_key_usage(*purposes: str, critical: bool = False) -> Extension:
    """Encodes ExtendedKeyUsage with these purposes."""
    return Extension(oids.EXTENDED_KEY_USAGE, der.sequence(*map(der.oid, purposes)), critical=critical)


def subject_key_id(identifier: bytes) -> Extension:
    """Encodes SubjectKeyIdentifier."""
    return Extension(oids.SUBJECT_KEY_ID, der.octet_string(identifier))


def authority_key_id(identifier: bytes) -> Extension:
    """Encodes AuthorityKeyIdentifier with only the key identifier."""
    return Extension(oids.AUTHORITY_KEY_ID, der.sequence(der.implicit(0, identifier)))


def crl_distribution_points(urls: Iterable[str]) -> Extension:
    """Encodes CRLDistributionPoints: one point whose full name has the URLs."""
    names = der.explicit(0, der.explicit(0, b"".join(_uri(url) for url in urls)))
    return Extension(oids.CRL_DISTRIBUTION_POINTS, der.sequence(der.sequence(names)))


def issuing_distribution_point(url: str, *, is_indirect: bool = False) -> Extension:
    """Encodes a list's IssuingDistributionPoint (critical); the list covers all certificates that name this URL.

    An indirect list isn't signed by the CA that issued those certificates.
    """
    name = der.explicit(0, der.explicit(0, _uri(url)))
    more = (der.implicit(4, b"\xff"),) if is_indirect else ()
    return Extension(oids.ISSUING_DISTRIBUTION_POINT, der.sequence(name, *more), critical=True)


def authority_info_access(*, ocsp: str | None, ca_issuer: str | None) -> Extension:
    """Encodes AuthorityInfoAccess: the URLs of the OCSP responder and of the issuer's certificate."""
    pairs = ((oids.AD_OCSP, ocsp), (oids.AD_CA_ISSUERS, ca_issuer))
    return Extension(
        oids.AUTHORITY_INFO_ACCESS,
        der.sequence(*(der.sequence(der.oid(method), _uri(url)) for method, url in pairs if url)),
    )


def certificate_policies(policy: str) -> Extension:
    """Encodes CertificatePolicies with one policy and no qualifier."""
    return Extension(oids.CERTIFICATE_POLICIES, der.sequence(der.sequence(der.oid(policy))))


def ocsp_no_check() -> Extension:
    """Encodes id-pkix-ocsp-nocheck (RFC 6960, 4.2.2.2.1)."""
    return Extension(oids.OCSP_NO_CHECK, der.null())


def _uri(url: str) -> bytes:
    if not url.isascii():
        raise DerError("a URL is not ASCII")
    return der.implicit(6, url.encode("ascii"))


def read_basic_constraints(value: bytes) -> tuple[bool, int | None]:
    """Reads BasicConstraints: whether it is a CA, and its path length limit. Raises: DerError."""
    reader = Reader(value)
    inside = reader.enter()
    reader.end()
    is_ca = inside.default_false()
    limit = inside.integer() if inside.more() else None
    inside.end()
    if limit is not None and (limit < 0 or not is_ca):
        raise DerError("path length is negative, or the certificate is not a CA")
    return is_ca, limit


def read_key_usage(value: bytes) -> frozenset[int]:
    """Reads the set bits of KeyUsage; at least one. Raises: DerError."""
    reader = Reader(value)
    bits = reader.named_bits()
    reader.end()
    if not bits:
        raise DerError("key usage has no bit set")
    return bits


def read_purposes(value: bytes) -> tuple[str, ...]:
    """Reads the purposes of an ExtendedKeyUsage; at least one. Raises: DerError."""
    reader = Reader(value)
    inside, purposes = reader.enter(), []
    reader.end()
    while inside.more():
        purposes.append(inside.oid())
    if not purposes:
        raise DerError("extended key usage has no purpose")
    return tuple(purposes)


def read_octets(value: bytes) -> bytes:
    """Reads a value that is one OCTET STRING (SubjectKeyIdentifier, OCSP nonce)."""
    reader = Reader(value)
    octets = reader.octets()
    reader.end()
    return octets


def read_authority_key_id(value: bytes) -> bytes:
    """Reads the key identifier, which is required; issuer and serial number may follow."""
    reader = Reader(value)
    inside = reader.enter()
    reader.end()
    identifier = inside.content(0x80)
    while inside.more():
        inside.raw()
    return identifier


def read_crl_urls(value: bytes) -> tuple[str, ...]:
    """Reads the URLs of all distribution points; each point must be a full name made of URLs."""
    reader = Reader(value)
    points, urls = reader.enter(), []
    reader.end()
    while points.more():
        point = points.enter()
        name = point.enter(0xA0)
        point.end()
        full = name.enter(0xA0)
        name.end()
        while full.more():
            urls.append(_read_uri(full))
    return tuple(urls)


def read_issuing_point(value: bytes) -> tuple[str, ...]:
    """Reads the URLs of a list's own point. Raises: DerError if it has no name, or is limited to kinds or reasons."""
    reader = Reader(value)
    inside, urls = reader.enter(), []
    reader.end()
    name = inside.enter(0xA0)
    inside.end()
    full = name.enter(0xA0)
    name.end()
    while full.more():
        urls.append(_read_uri(full))
    if not urls:
        raise DerError("a point without a name")
    return tuple(urls)


def read_info_access(value: bytes) -> tuple[tuple[str, str], ...]:
    """Reads the pairs of access method and URL."""
    reader = Reader(value)
    inside, pairs = reader.enter(), []
    reader.end()
    while inside.more():
        pair = inside.enter()
        pairs.append((pair.oid(), _read_uri(pair)))
        pair.end()
    return tuple(pairs)


def read_policies(value: bytes) -> tuple[str, ...]:
    """Reads the policies' identifiers, ignoring qualifiers."""
    reader = Reader(value)
    inside, policies = reader.enter(), []
    reader.end()
    while inside.more():
        policies.append(inside.enter().oid())
    return tuple(policies)


def _read_uri(reader: Reader) -> str:
    try:
        return reader.content(0x86).decode("ascii")
    except UnicodeDecodeError as error:
        raise DerError("a URL is not ASCII") from error
