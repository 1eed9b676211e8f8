"""Values of a certificate's extensions, read into one frozen object.

Each known extension is read strictly and may occur only once. Of unknown ones, the identifiers of critical
ones are kept.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

from mshield.pki.asn1 import oids
from mshield.pki.asn1.reader import Reader
from mshield.pki.certificates import extensions as ext
from mshield.pki.certificates import identity
from mshield.pki.errors import DerError

_T = TypeVar("_T")
_D = TypeVar("_D")

KNOWN = frozenset({
    oids.SUBJECT_KEY_ID, oids.AUTHORITY_KEY_ID, oids.BASIC_CONSTRAINTS, oids.KEY_USAGE,
    oids.EXTENDED_KEY_USAGE, oids.CRL_DISTRIBUTION_POINTS, oids.AUTHORITY_INFO_ACCESS,
    oids.CERTIFICATE_POLICIES, oids.OCSP_NO_CHECK, oids.IDENTIFY_CODE, oids.ORGANISATION_CODE,
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionValues:
    """Values of the known extensions; None or empty if the extension is absent."""

    ski: bytes | None = None
    aki: bytes | None = None
    is_ca: bool = False
    path_length: int | None = None
    key_usage: frozenset[int] | None = None
    purposes: tuple[str, ...] | None = None
    crl_urls: tuple[str, ...] = ()
    ocsp_urls: tuple[str, ...] = ()
    ca_issuer_urls: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()
    ocsp_no_check: bool = False
    id_kind: identity.IdKind | None = None
    id_number: str | None = None
    credit_code: str | None = None
    unknown_critical: tuple[str, ...] = ()


def read_values(extensions: tuple[ext.Extension, ...]) -> ExtensionValues:
    """Reads all extensions. Raises: DerError if one is malformed or occurs twice."""
    by_oid = {extension.oid: extension.value for extension in extensions}
    if len(by_oid) != len(extensions):
        raise DerError("an extension occurs twice")

    def value(oid: str, read: Callable[[bytes], _T], default: _D) -> _T | _D:
        return _value(read, by_oid[oid]) if oid in by_oid else default

    is_ca, path_length = value(oids.BASIC_CONSTRAINTS, ext.read_basic_constraints, (False, None))
    access: tuple[tuple[str, str], ...] = value(oids.AUTHORITY_INFO_ACCESS, ext.read_info_access, ())
    id_kind, id_number = value(oids.IDENTIFY_CODE, identity.read_identify_code, (None, None))
    return ExtensionValues(
        ski=value(oids.SUBJECT_KEY_ID, ext.read_octets, None),
        aki=value(oids.AUTHORITY_KEY_ID, ext.read_authority_key_id, None),
        is_ca=is_ca,
        path_length=path_length,
        key_usage=value(oids.KEY_USAGE, ext.read_key_usage, None),
        purposes=value(oids.EXTENDED_KEY_USAGE, ext.read_purposes, None),
        crl_urls=value(oids.CRL_DISTRIBUTION_POINTS, ext.read_crl_urls, ()),
        ocsp_urls=tuple(url for method, url in access if method == oids.AD_OCSP),
        ca_issuer_urls=tuple(url for method, url in access if method == oids.AD_CA_ISSUERS),
        policies=value(oids.CERTIFICATE_POLICIES, ext.read_policies, ()),
        ocsp_no_check=value(oids.OCSP_NO_CHECK, _is_null, default=False),
        id_kind=id_kind,
        id_number=id_number,
        credit_code=value(oids.ORGANISATION_CODE, identity.read_organisation_code, None),
        unknown_critical=tuple(e.oid for e in extensions if e.critical and e.oid not in KNOWN),
    )


@lru_cache(maxsize=512)
def _value(read: Callable[[bytes], _T], value: bytes) -> _T:
    """Cached, since most extensions of a CA's certificates are the same in all of them."""
    return read(value)


def _is_null(value: bytes) -> bool:
    reader = Reader(value)
    reader.null()
    reader.end()
    return True
