"""Certificates of time stamping authorities and their CAs, SM2 or P-256, and the path to a trusted root."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from mshield.gm.engine import Engine
from mshield.pki.asn1 import der, oids
from mshield.pki.asn1.frame import read_algorithm
from mshield.pki.asn1.reader import Reader
from mshield.pki.certificates.extensions import Extension, KeyUse
from mshield.pki.certificates.names import Name
from mshield.pki.certificates.tbs import V3, read_tbs
from mshield.pki.certificates.values import ExtensionValues, read_values
from mshield.pki.errors import DerError, TimeStampError
from mshield.pki.timestamps.algorithms import (
    Profile,
    curve_of,
    is_signature_of,
    require_signed,
)

MAX_PATH = 4
"""Maximum number of certificates between an authority and its root."""

POINT_BYTES = 65


@dataclass(frozen=True, slots=True, kw_only=True)
class TsaCertificate:
    """A certificate as read; times in ms. `algorithm` is the one of its own signature.

    `is_strict` means that the strict reader accepted it.
    """

    der: bytes = field(repr=False)
    tbs: bytes = field(repr=False)
    algorithm: str
    signature: bytes = field(repr=False)
    serial: int
    issuer: Name
    subject: Name
    not_before: int
    not_after: int
    profile: Profile
    public: bytes = field(repr=False)
    extensions: tuple[Extension, ...] = field(repr=False)
    values: ExtensionValues = field(repr=False)
    is_strict: bool = True

    def sha256(self) -> bytes:
        """Returns SHA-256 of the whole certificate."""
        return hashlib.sha256(self.der).digest()


def parse_tsa_certificate(data: bytes) -> TsaCertificate:
    """Parses a certificate from DER. Raises: TimeStampError (`certificate`)."""
    try:
        return _read(data)
    except DerError as error:
        raise TimeStampError("certificate", str(error)) from error


def _read(data: bytes) -> TsaCertificate:
    outer = Reader(data)
    inside = outer.enter()
    outer.end()
    signed, algorithm, signature = inside.raw(der.SEQUENCE), inside.raw(der.SEQUENCE), inside.bits()
    inside.end()
    tbs = read_tbs(signed)
    if tbs.version != V3 or tbs.algorithm != algorithm or len(tbs.public) != POINT_BYTES:
        raise TimeStampError("certificate", "not version 3, or its parts don't match each other")
    return TsaCertificate(
        der=data,
        tbs=signed,
        algorithm=read_algorithm(Reader(algorithm)),
        signature=signature,
        serial=tbs.serial,
        issuer=tbs.issuer,
        subject=tbs.subject,
        not_before=tbs.not_before,
        not_after=tbs.not_after,
        profile=curve_of(tbs.key_algorithm),
        public=tbs.public,
        extensions=tbs.extensions,
        values=read_values(tbs.extensions),
    )


def require_authority(certificate: TsaCertificate, *, at: int, waived: Collection[bytes] = ()) -> None:
    """Checks that the certificate is for time stamping only, and was valid at `at` (ms).

    `waived` lists certificates (SHA-256) exempt from the time stamping purpose. Raises: TimeStampError
    (`certificate`, `purpose`, `time`).
    """
    if certificate.values.unknown_critical:
        raise TimeStampError("certificate", "an unknown critical extension")
    uses = certificate.values.key_usage
    signs = uses is None or bool(uses & {KeyUse.DIGITAL_SIGNATURE, KeyUse.NON_REPUDIATION})
    purpose = next((e for e in certificate.extensions if e.oid == oids.EXTENDED_KEY_USAGE), None)
    stamps = (
        purpose is not None
        and purpose.critical
        and certificate.values.purposes == (oids.TIME_STAMPING,)
        and signs
    )
    if not stamps and certificate.sha256() not in waived:
        raise TimeStampError("purpose", "the certificate is not for time stamps alone")
    _require_valid(certificate, at)


def path_to_root(
    engine: Engine,
    leaf: TsaCertificate,
    others: Sequence[TsaCertificate],
    roots: Sequence[TsaCertificate],
    *,
    at: int,
) -> TsaCertificate:
    """Returns the root that the leaf leads to, possibly the leaf itself. Raises: TimeStampError (`no_path`)."""
    current, below = leaf, 0
    if any(root.der == leaf.der for root in roots):
        return leaf
    while True:
        root = next((ca for ca in roots if _issued(engine, current, ca, below, at)), None)
        if root is not None:
            return root
        above = next(
            (ca for ca in others if ca.der != current.der and _issued(engine, current, ca, below, at)),
            None,
        )
        if above is None or below >= MAX_PATH:
            raise TimeStampError("no_path", "no path to a trusted root")
        current, below = above, below + 1


def _issued(engine: Engine, one: TsaCertificate, issuer: TsaCertificate, below: int, at: int) -> bool:
    """Reports whether this CA, valid at `at`, issued that certificate, with `below` CAs between it and the leaf."""
    values = issuer.values
    may = (
        one.issuer.der == issuer.subject.der
        and is_signature_of(issuer.profile, one.algorithm)
        and values.is_ca
        and (values.path_length is None or below <= values.path_length)
        and _signs_certificates(issuer)
        and not values.unknown_critical
        and (None in {one.values.aki, values.ski} or one.values.aki == values.ski)
    )
    if not may:
        return False
    try:
        _require_valid(issuer, at)
        require_signed(engine, issuer.profile, issuer.public, one.tbs, one.signature)
    except TimeStampError:
        return False
    return True


def _signs_certificates(issuer: TsaCertificate) -> bool:
    """Reports whether it may sign certificates; foreign CAs may omit key usage, as in `pki/foreign/path.py`."""
    uses = issuer.values.key_usage
    return not issuer.is_strict if uses is None else KeyUse.KEY_CERT_SIGN in uses


def _require_valid(certificate: TsaCertificate, at: int) -> None:
    """Checks the validity; the certificate is valid to the end of its last second."""
    if not certificate.not_before <= at < certificate.not_after + 1000:
        raise TimeStampError("time", "outside the certificate's validity")
