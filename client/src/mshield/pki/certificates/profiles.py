"""Contents of each kind of certificate (GM/T 0015-2012, GB/T 20518-2018, RFC 5280).

There is one `Rules` table per kind for the lint; the `*_profile` functions make the extensions that satisfy
it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from mshield.pki.asn1 import oids
from mshield.pki.certificates import extensions as ext
from mshield.pki.certificates import identity
from mshield.pki.certificates.certificate import Certificate, key_id
from mshield.pki.certificates.extensions import Extension, KeyUse
from mshield.pki.certificates.identity import LeafIdentity
from mshield.pki.certificates.names import LeafSubject
from mshield.pki.errors import IssueError

__all__ = [
    "ISSUING", "LEAF", "OCSP", "ROOT", "TSA", "LeafIdentity", "LeafSubject", "Rules", "Urls",
    "issuing_profile", "leaf_profile", "ocsp_profile", "root_profile", "tsa_profile",
]  # fmt: skip

DAY = 86_400_000
"""One day in ms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Urls:
    """http(s) URLs of status and issuer, put into the certificate unchanged."""

    crl: str
    ocsp: str | None = None
    ca_issuer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Requirements of the lint for one kind: extensions with their criticality, and the rest by name.

    `max_validity` is in ms. The subject has all of `attributes` and may have `optional_attributes`.
    """

    kind: str
    required: Mapping[str, bool]
    optional: Mapping[str, bool]
    key_usage: frozenset[int]
    purposes: tuple[str, ...] | None
    is_ca: bool
    path_length: int | None
    max_validity: int
    attributes: tuple[str, ...]
    optional_attributes: tuple[str, ...] = ()
    self_signed: bool = False


_CA = {oids.BASIC_CONSTRAINTS: True, oids.KEY_USAGE: True, oids.SUBJECT_KEY_ID: False}
_ISSUED = {
    oids.AUTHORITY_KEY_ID: False,
    oids.CRL_DISTRIBUTION_POINTS: False,
    oids.AUTHORITY_INFO_ACCESS: False,
}
_CA_USES = frozenset({KeyUse.KEY_CERT_SIGN, KeyUse.CRL_SIGN})

ROOT = Rules(
    kind="root",
    required=MappingProxyType(_CA),
    optional=MappingProxyType({oids.AUTHORITY_KEY_ID: False}),
    key_usage=_CA_USES,
    purposes=None,
    is_ca=True,
    path_length=None,
    max_validity=(20 * 365 + 5) * DAY,
    attributes=(oids.COUNTRY, oids.ORGANISATION, oids.COMMON_NAME),
    optional_attributes=(oids.ORGANISATIONAL_UNIT,),
    self_signed=True,
)

ISSUING = Rules(
    kind="issuing",
    required=MappingProxyType(_CA | _ISSUED | {oids.CERTIFICATE_POLICIES: False}),
    optional=MappingProxyType({}),
    key_usage=_CA_USES,
    purposes=None,
    is_ca=True,
    path_length=0,
    max_validity=(10 * 365 + 3) * DAY,
    attributes=(oids.COUNTRY, oids.ORGANISATION, oids.COMMON_NAME),
    optional_attributes=(oids.ORGANISATIONAL_UNIT,),
)

LEAF = Rules(
    kind="leaf",
    required=MappingProxyType(
        _ISSUED
        | {
            oids.KEY_USAGE: True,
            oids.SUBJECT_KEY_ID: False,
            oids.CERTIFICATE_POLICIES: False,
            oids.EXTENDED_KEY_USAGE: False,
            oids.ORGANISATION_CODE: False,
        }
    ),
    optional=MappingProxyType({oids.IDENTIFY_CODE: False}),
    key_usage=frozenset({KeyUse.DIGITAL_SIGNATURE, KeyUse.NON_REPUDIATION}),
    purposes=(oids.DOCUMENT_SIGNING,),
    is_ca=False,
    path_length=None,
    max_validity=(5 * 365 + 2) * DAY,
    attributes=(oids.COUNTRY, oids.ORGANISATION, oids.ORGANISATIONAL_UNIT, oids.COMMON_NAME),
)
"""Rules for a shield's certificate.

Its only extended purpose is document signing (RFC 9336), not client authentication: the key signs bytes that
a business system supplies, so a certificate valid for TLS or S/MIME would let a dishonest business system
obtain a TLS handshake or a mail signed in the person's name.
"""

OCSP = Rules(
    kind="ocsp",
    required=MappingProxyType(
        {
            oids.KEY_USAGE: True,
            oids.EXTENDED_KEY_USAGE: False,
            oids.SUBJECT_KEY_ID: False,
            oids.AUTHORITY_KEY_ID: False,
            oids.OCSP_NO_CHECK: False,
        }
    ),
    optional=MappingProxyType({}),
    key_usage=frozenset({KeyUse.DIGITAL_SIGNATURE}),
    purposes=(oids.OCSP_SIGNING,),
    is_ca=False,
    path_length=None,
    max_validity=35 * DAY,
    attributes=(oids.COUNTRY, oids.ORGANISATION, oids.COMMON_NAME),
    optional_attributes=(oids.ORGANISATIONAL_UNIT,),
)
"""Rules for an OCSP responder's certificate. Its revocation isn't checked (nocheck), so it lives at most 35 days."""


TSA = Rules(
    kind="tsa",
    required=MappingProxyType(
        {
            oids.KEY_USAGE: True,
            oids.EXTENDED_KEY_USAGE: True,
            oids.SUBJECT_KEY_ID: False,
            oids.AUTHORITY_KEY_ID: False,
            oids.CRL_DISTRIBUTION_POINTS: False,
        }
    ),
    optional=MappingProxyType({}),
    key_usage=frozenset({KeyUse.DIGITAL_SIGNATURE}),
    purposes=(oids.TIME_STAMPING,),
    is_ca=False,
    path_length=None,
    max_validity=(10 * 365 + 3) * DAY,
    attributes=(oids.COUNTRY, oids.ORGANISATION, oids.COMMON_NAME),
    optional_attributes=(oids.ORGANISATIONAL_UNIT,),
)
"""Rules for a time stamping authority's certificate (RFC 3161, 2.3): its only purpose is critical."""


def root_profile(public: bytes) -> tuple[Extension, ...]:
    """Returns the extensions of the root: no path limit, no AKI and no CRL, since no CA is above it."""
    return (
        ext.basic_constraints(),
        ext.key_usage(KeyUse.KEY_CERT_SIGN, KeyUse.CRL_SIGN),
        ext.subject_key_id(key_id(public)),
    )


def issuing_profile(
    *, public: bytes, issuer: Certificate, urls: Urls, policy_oid: str
) -> tuple[Extension, ...]:
    """Returns the extensions of the issuing CA, path length 0; `urls.crl` is the root's CRL."""
    return (
        ext.basic_constraints(path_length=0),
        ext.key_usage(KeyUse.KEY_CERT_SIGN, KeyUse.CRL_SIGN),
        *_issued(public, issuer, urls, policy_oid),
    )


def leaf_profile(
    *, public: bytes, issuer: Certificate, urls: Urls, policy_oid: str, holder: LeafIdentity
) -> tuple[Extension, ...]:
    """Returns the extensions of a shield's certificate; without an ID number, IdentifyCode is left out."""
    number = holder.id_number
    document = () if number is None else (identity.identify_code(number, holder.id_kind),)
    return (
        ext.key_usage(KeyUse.DIGITAL_SIGNATURE, KeyUse.NON_REPUDIATION),
        *_issued(public, issuer, urls, policy_oid),
        ext.extended_key_usage(oids.DOCUMENT_SIGNING),
        *document,
        identity.organisation_code(holder.credit_code),
    )


def ocsp_profile(*, public: bytes, issuer: Certificate) -> tuple[Extension, ...]:
    """Returns the extensions of a delegated OCSP responder (RFC 6960, 4.2.2.2)."""
    return (
        ext.key_usage(KeyUse.DIGITAL_SIGNATURE),
        ext.extended_key_usage(oids.OCSP_SIGNING),
        ext.authority_key_id(_ski(issuer)),
        ext.subject_key_id(key_id(public)),
        ext.ocsp_no_check(),
    )


def tsa_profile(*, public: bytes, issuer: Certificate, crl: str) -> tuple[Extension, ...]:
    """Returns the extensions of a time stamping authority below the root, whose revocation list is at `crl`."""
    return (
        ext.key_usage(KeyUse.DIGITAL_SIGNATURE),
        ext.extended_key_usage(oids.TIME_STAMPING, critical=True),
        ext.authority_key_id(_ski(issuer)),
        ext.subject_key_id(key_id(public)),
        ext.crl_distribution_points((crl,)),
    )


def _issued(public: bytes, issuer: Certificate, urls: Urls, policy_oid: str) -> tuple[Extension, ...]:
    authority, *others = _same_for_all(_ski(issuer), urls, policy_oid)
    return (authority, ext.subject_key_id(key_id(public)), *others)


@lru_cache(maxsize=32)
def _same_for_all(ski: bytes, urls: Urls, policy_oid: str) -> tuple[Extension, ...]:
    """Returns the extensions that all certificates of one issuer share."""
    return (
        ext.authority_key_id(ski),
        ext.crl_distribution_points((urls.crl,)),
        ext.authority_info_access(ocsp=urls.ocsp, ca_issuer=urls.ca_issuer),
        ext.certificate_policies(policy_oid),
    )


def _ski(issuer: Certificate) -> bytes:
    if issuer.ski is None:
        raise IssueError("the issuer has no subject key identifier")
    return issuer.ski
