"""Extensions of foreign certificates, lists and responses: an encoded false is accepted, private ones stay bytes."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final

from mshield.pki.asn1 import der, oids
from mshield.pki.asn1.reader import MAX_BITS, Reader
from mshield.pki.certificates import extensions as ext
from mshield.pki.certificates.extensions import Extension
from mshield.pki.certificates.values import KNOWN, ExtensionValues
from mshield.pki.errors import DerError

_FULL_NAME, _RELATIVE = 0xA0, 0xA1
_URI = 0x86


def read_foreign_extensions(reader: Reader) -> tuple[Extension, ...]:
    """Reads the next SEQUENCE OF Extension: at least one, none twice. Raises: DerError."""
    inside, extensions = reader.enter(), []
    while inside.more():
        extensions.append(_extension(inside.raw(der.SEQUENCE)))
    if not extensions or len({e.oid for e in extensions}) != len(extensions):
        raise DerError("a list of extensions is empty, or an extension occurs twice")
    return tuple(extensions)


def read_explicit_foreign(reader: Reader, number: int) -> tuple[Extension, ...]:
    """Reads the extensions in an optional `[number] EXPLICIT`; empty if it is absent. Raises: DerError."""
    return reader.optional(number, read_foreign_extensions) or ()


def read_foreign_values(extensions: Sequence[Extension]) -> ExtensionValues:
    """Reads the extensions that a path needs. Raises: DerError if one of these is malformed."""
    values: dict[str, object] = {}
    for extension in extensions:
        read = _READERS.get(extension.oid)
        if read is not None:
            values |= _value(read, extension.value)
    unknown = tuple(e.oid for e in extensions if e.critical and e.oid not in KNOWN)
    return ExtensionValues(**values, unknown_critical=unknown)  # type: ignore[arg-type]  # each reader names its fields


def read_foreign_key_id(value: bytes) -> bytes | None:
    """Reads an AuthorityKeyIdentifier's key identifier; None if it has only issuer and serial. Raises: DerError."""
    inside = _inside(value)
    identifier = inside.content(0x80) if inside.peek() == 0x80 else None
    if inside.peek() == 0xA1:
        inside.raw()
        inside.integer(0x82)
    inside.end()
    return identifier


@lru_cache(maxsize=256)
def _extension(raw: bytes) -> Extension:
    item = Reader(raw).enter()
    oid = item.oid()
    critical = item.boolean() if item.peek() == der.BOOLEAN else False
    extension = Extension(oid, item.octets(), critical)
    item.end()
    return extension


@lru_cache(maxsize=512)
def _value(read: Callable[[bytes], dict[str, object]], value: bytes) -> dict[str, object]:
    """Cached, since most extensions of a CA's certificates are the same in all of them."""
    return read(value)


def _inside(value: bytes) -> Reader:
    reader = Reader(value)
    inside = reader.enter()
    reader.end()
    return inside


def _basic_constraints(value: bytes) -> dict[str, object]:
    inside = _inside(value)
    is_ca = inside.boolean() if inside.peek() == der.BOOLEAN else False
    limit = inside.integer() if inside.more() else None
    inside.end()
    if limit is not None and (limit < 0 or not is_ca):
        raise DerError("path length is negative, or the certificate is not a CA")
    return {"is_ca": is_ca, "path_length": limit}


def _key_usage(value: bytes) -> dict[str, object]:
    """Reads named bits, with or without trailing zeros; bits declared unused must be zero."""
    reader = Reader(value)
    content = reader.content(der.BIT_STRING)
    reader.end()
    if not 1 < len(content) <= 1 + MAX_BITS or content[0] > 7 or content[-1] & ((1 << content[0]) - 1):
        raise DerError("key usage is malformed")
    octets = content[1:]
    bits = frozenset(i for i in range(8 * len(octets)) if octets[i // 8] & 0x80 >> i % 8)
    if not bits:
        raise DerError("key usage has no bit set")
    return {"key_usage": bits}


def _crl_urls(value: bytes) -> dict[str, object]:
    """Reads the http and https URLs; directory names and LDAP are skipped, since they are never followed."""
    points, urls = _inside(value), []
    while points.more():
        point = points.enter()
        if point.peek() == _FULL_NAME:
            name = point.enter(_FULL_NAME)
            urls.extend(_full_name(name.enter(_FULL_NAME if name.peek() == _FULL_NAME else _RELATIVE)))
            name.end()
        for tag in (0x81, 0xA2):
            if point.peek() == tag:
                point.raw()
        point.end()
    return {"crl_urls": tuple(url for url in urls if url.startswith(("http://", "https://")))}


def _full_name(inside: Reader) -> list[str]:
    urls = []
    while inside.more():
        url = _url(inside)
        if url is not None:
            urls.append(url)
    return urls


def _info_access(value: bytes) -> dict[str, object]:
    inside = _inside(value)
    urls: dict[str, list[str]] = {oids.AD_OCSP: [], oids.AD_CA_ISSUERS: []}
    while inside.more():
        pair = inside.enter()
        method, url = pair.oid(), _url(pair)
        pair.end()
        if url is not None and method in urls:
            urls[method].append(url)
    return {"ocsp_urls": tuple(urls[oids.AD_OCSP]), "ca_issuer_urls": tuple(urls[oids.AD_CA_ISSUERS])}


def _url(reader: Reader) -> str | None:
    """Reads the next GeneralName; returns its URL, or None for another kind of name."""
    if reader.peek() != _URI:
        reader.raw()
        return None
    url = reader.content(_URI)
    if not url.isascii():
        raise DerError("a URL is not ASCII")
    return url.decode("ascii")


def _null(value: bytes) -> dict[str, object]:
    reader = Reader(value)
    reader.null()
    reader.end()
    return {"ocsp_no_check": True}


_READERS: Final[dict[str, Callable[[bytes], dict[str, object]]]] = {
    oids.SUBJECT_KEY_ID: lambda value: {"ski": ext.read_octets(value)},
    oids.AUTHORITY_KEY_ID: lambda value: {"aki": read_foreign_key_id(value)},
    oids.BASIC_CONSTRAINTS: _basic_constraints,
    oids.KEY_USAGE: _key_usage,
    oids.EXTENDED_KEY_USAGE: lambda value: {"purposes": ext.read_purposes(value)},
    oids.CRL_DISTRIBUTION_POINTS: _crl_urls,
    oids.AUTHORITY_INFO_ACCESS: _info_access,
    oids.CERTIFICATE_POLICIES: lambda value: {"policies": ext.read_policies(value)},
    oids.OCSP_NO_CHECK: _null,
}
"""Readers of the extensions that a path needs, each returning fields of `ExtensionValues`. Others stay bytes."""
