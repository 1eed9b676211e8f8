"""Issuing certificates: build the bytes, read them back and lint them, sign them.

The caller provides serial numbers (from a CSPRNG, through `serial_from`), times and keys; this module keeps
no state.
"""

from mshield.pki.asn1.frame import assemble
from mshield.pki.certificates import profiles
from mshield.pki.certificates.certificate import Certificate, from_parts
from mshield.pki.certificates.extensions import Extension
from mshield.pki.certificates.lint import require_clean
from mshield.pki.certificates.names import LeafSubject, Name, leaf_name
from mshield.pki.certificates.profiles import LeafIdentity, Rules, Urls
from mshield.pki.certificates.tbs import build_tbs
from mshield.pki.errors import IssueError
from mshield.pki.signer import Signer


def serial_from(random: bytes, *, shard: int = 0) -> int:
    """Makes a serial number of 20 random octets: positive, 20 octets long, 158 bits random (RFC 5280, 4.1.2.2).

    From shard 1 on it begins with the hex digit 2 and four digits for the shard, and 140 bits are random.
    Raises: ValueError for another number of octets, or a shard out of range.
    """
    if len(random) != 20 or not 0 <= shard <= 0xFFFF:
        raise ValueError("a serial number needs 20 random bytes and a shard below 65 536")
    if shard:
        return int.from_bytes(random, "big") >> 20 | shard << 140 | 2 << 156
    return int.from_bytes(random, "big") >> 2 | 1 << 158


def self_signed_root(
    *, signer: Signer, serial: int, subject: Name, not_before: int, not_after: int
) -> Certificate:
    """Issues a root certificate for the signer's key; `subject` has C, O, CN and optionally OU."""
    return _issue(
        rules=profiles.ROOT,
        signer=signer,
        issuer=None,
        serial=serial,
        subject=subject,
        public=signer.public,
        validity=(not_before, not_after),
        extensions=profiles.root_profile(signer.public),
    )


def issue_intermediate(
    *,
    signer: Signer,
    issuer: Certificate,
    serial: int,
    subject: Name,
    public: bytes,
    not_before: int,
    not_after: int,
    urls: Urls,
    policy_oid: str,
) -> Certificate:
    """Issues a certificate of an issuing CA; `urls.crl` is the root's CRL, `urls.ca_issuer` the root's certificate."""
    return _issue(
        rules=profiles.ISSUING,
        signer=signer,
        issuer=issuer,
        serial=serial,
        subject=subject,
        public=public,
        validity=(not_before, not_after),
        extensions=profiles.issuing_profile(public=public, issuer=issuer, urls=urls, policy_oid=policy_oid),
    )


def issue_leaf(
    *,
    signer: Signer,
    issuer: Certificate,
    serial: int,
    subject: LeafSubject,
    identity: LeafIdentity,
    public: bytes,
    not_before: int,
    not_after: int,
    urls: Urls,
    policy_oid: str,
) -> Certificate:
    """Issues a shield's certificate; `public` is the joint key P of phone and server."""
    return _issue(
        rules=profiles.LEAF,
        signer=signer,
        issuer=issuer,
        serial=serial,
        subject=leaf_name(subject),
        public=public,
        validity=(not_before, not_after),
        extensions=profiles.leaf_profile(
            public=public, issuer=issuer, urls=urls, policy_oid=policy_oid, holder=identity
        ),
    )


def issue_ocsp_responder(
    *,
    signer: Signer,
    issuer: Certificate,
    serial: int,
    subject: Name,
    public: bytes,
    not_before: int,
    not_after: int,
) -> Certificate:
    """Issues a certificate of a delegated OCSP responder, valid for 35 days at most."""
    return _issue(
        rules=profiles.OCSP,
        signer=signer,
        issuer=issuer,
        serial=serial,
        subject=subject,
        public=public,
        validity=(not_before, not_after),
        extensions=profiles.ocsp_profile(public=public, issuer=issuer),
    )


def issue_tsa(
    *,
    signer: Signer,
    issuer: Certificate,
    serial: int,
    subject: Name,
    public: bytes,
    not_before: int,
    not_after: int,
    crl: str,
) -> Certificate:
    """Issues a certificate of a time stamping authority; `crl` is the URL of the root's revocation list."""
    return _issue(
        rules=profiles.TSA,
        signer=signer,
        issuer=issuer,
        serial=serial,
        subject=subject,
        public=public,
        validity=(not_before, not_after),
        extensions=profiles.tsa_profile(public=public, issuer=issuer, crl=crl),
    )


def _issue(
    *,
    rules: Rules,
    signer: Signer,
    issuer: Certificate | None,
    serial: int,
    subject: Name,
    public: bytes,
    validity: tuple[int, int],
    extensions: tuple[Extension, ...],
) -> Certificate:
    if issuer is not None and signer.public != issuer.public_key:
        raise IssueError("the signer's key is not the issuer's")
    tbs = build_tbs(
        serial=serial,
        issuer_der=subject.der if issuer is None else issuer.subject_der,
        not_before=validity[0],
        not_after=validity[1],
        subject_der=subject.der,
        public=public,
        extensions=extensions,
    )
    clean = require_clean(tbs, rules=rules, issuer=issuer)
    signature = signer.sign(tbs)
    return from_parts(assemble(tbs, signature), tbs, signature, clean.tbs, clean.values)
