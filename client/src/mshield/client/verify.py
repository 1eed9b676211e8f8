"""Offline verification of a signature: certificate chain, validity, revocation, signature, signer.

`verify` returns a frozen `VerifiedSignature`, or raises a `VerificationError` that names the step. It has no
defaults for trust: roots, time, revocation data and expectations come from the caller.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal

from mshield.client.time_stamps import check_stamps_in_cms, tsa_trust
from mshield.client.verification import VerificationError, VerifiedSignature, failing, milliseconds
from mshield.gm import sm2
from mshield.gm.engine import Engine, load_engine
from mshield.gm.sm2 import Signature
from mshield.pki.asn1 import oids
from mshield.pki.asn1.arcs import DISPLAY_OID
from mshield.pki.certificates.certificate import Certificate, parse_certificate, parse_certificates_pem
from mshield.pki.revocation.crl import Crl, parse_crl
from mshield.pki.signatures.cms import parse_signed_data, signed_message
from mshield.pki.verification.path import VerifiedChain, check_crl, check_ocsp, verify_chain

Revocation = Literal["required", "unchecked"]
Encoded = bytes | str
"""A certificate as DER, or one or more as PEM (bytes or text)."""


def verify(
    *,
    message: bytes,
    signature: bytes,
    certificate: Encoded,
    chain: Sequence[Encoded],
    roots: Sequence[Encoded],
    at: datetime,
    crl: bytes | Sequence[bytes] | None = None,
    ocsp: bytes | None = None,
    revocation: Revocation = "required",
    expected_credit_code: str | None = None,
    expected_organisation: str | None = None,
    expected_name: str | None = None,
    engine: Engine | None = None,
) -> VerifiedSignature:
    """Verifies a signature over `message` as of `at` (an aware datetime). Raises: VerificationError.

    `signature` is DER (GB/T 35276), `chain` the CAs between (surplus and order don't matter), `roots` the
    trusted CAs. `crl` (DER; several to check CAs too) or `ocsp` (DER), in force at `at`, must clear the
    signer's certificate. Whatever is given is always checked; `revocation="unchecked"` only permits that
    nothing clears it.
    """
    when = milliseconds(at)
    with failing("input"):
        leaf = _one(certificate)
        intermediates = [above for encoded in chain for above in _certificates(encoded)]
        trusted = [root for encoded in roots for root in _certificates(encoded)]
        lists = [parse_crl(encoded) for encoded in _sequence(crl)]
    with failing("signature"):
        parsed = Signature.from_der(signature)
    engine = engine or load_engine()
    with failing("chain"):
        path = verify_chain(engine, leaf=leaf, intermediates=intermediates, roots=trusted, at=when)
    with failing("revocation"):
        cleared = _clear_leaf(engine, path, lists, ocsp)
        issuers_checked = _clear_issuers(engine, path, lists)
    if not cleared and revocation == "required":
        code = "status_unknown" if lists else "status_missing"
        raise VerificationError(code, "revocation", "nothing given covers the signer's certificate")
    with failing("signature"):
        sm2.verify(engine, leaf.public_key, message, parsed)
    _require("credit code", leaf.values.credit_code, expected_credit_code)
    _require("organisation", leaf.subject.organisation, expected_organisation)
    _require("name", leaf.subject.common_name, expected_name)
    return VerifiedSignature(
        name=leaf.subject.common_name,
        organisation=leaf.subject.organisation,
        role=leaf.subject.get(oids.ORGANISATIONAL_UNIT) or "",
        credit_code=leaf.values.credit_code,
        serial=leaf.serial,
        at=at,
        revocation=cleared,
        issuers_checked=issuers_checked,
        digest=sm2.digest(leaf.public_key, message),
        signature=parsed,
        certificate=leaf,
        issuers=(*path.intermediates, path.root),
    )


def verify_cms(
    *,
    cms: bytes,
    message: bytes | None,
    roots: Sequence[Encoded],
    at: datetime,
    chain: Sequence[Encoded] = (),
    digest: bytes | None = None,
    crl: bytes | Sequence[bytes] | None = None,
    ocsp: bytes | None = None,
    revocation: Revocation = "required",
    expected_credit_code: str | None = None,
    expected_organisation: str | None = None,
    expected_name: str | None = None,
    tsa_roots: Sequence[Encoded] = (),
    display_oids: Collection[str] = (),
    now: datetime | None = None,
    engine: Engine | None = None,
) -> VerifiedSignature:
    """Verifies a CMS SignedData (`.p7s`, DER) as `verify` does; the certificates inside serve as its chain.

    `message` is the content that should have been signed, `digest` its SM3 (32 bytes), which suffices if
    attributes are signed. Without either, the content inside is accepted as it is; a detached CMS is then
    `unreadable`. Its time stamps are checked as of `now`; `tsa_roots` are roots of trusted time stamping
    authorities. `display_oids` as for `verify_evidence`. Raises: VerificationError.
    """
    with failing("input"):
        signed = parse_signed_data(cms, display_oids={DISPLAY_OID, *display_oids})
    with failing("signature"):
        over = signed_message(signed, content=message, digest=digest)
    verified = verify(
        message=over,
        signature=signed.signature.to_der(),
        certificate=signed.signer.der,
        chain=[*(certificate.der for certificate in signed.certificates), *chain],
        roots=roots,
        at=at,
        crl=crl,
        ocsp=ocsp,
        revocation=revocation,
        expected_credit_code=expected_credit_code,
        expected_organisation=expected_organisation,
        expected_name=expected_name,
        engine=engine,
    )
    with failing("time_stamp"):
        stamps = check_stamps_in_cms(
            engine or load_engine(),
            signed.time_stamps,
            signed.signature.to_der(),
            trust=tsa_trust(tsa_roots, ()),
            ca_root=verified.issuers[-1],
            now=milliseconds(now or datetime.now(UTC)),
        )
    return replace(verified, attributes=signed.attributes, time_stamps=stamps)


def _clear_leaf(
    engine: Engine, path: VerifiedChain, lists: Sequence[Crl], ocsp: bytes | None
) -> tuple[Literal["ocsp", "crl"], ...]:
    cleared: list[Literal["ocsp", "crl"]] = []
    if ocsp is not None:
        check_ocsp(engine, certificate=path.leaf, issuer=path.issuer, response=ocsp, at=path.at)
        cleared.append("ocsp")
    if _clear_by_lists(engine, path.leaf, path.issuer, lists, path.at):
        cleared.append("crl")
    return tuple(cleared)


def _clear_issuers(engine: Engine, path: VerifiedChain, lists: Sequence[Crl]) -> bool:
    above = (*path.intermediates[1:], path.root)
    pairs = zip(path.intermediates, above, strict=False)
    cleared = [_clear_by_lists(engine, certificate, issuer, lists, path.at) for certificate, issuer in pairs]
    return all(cleared)


def _clear_by_lists(
    engine: Engine, certificate: Certificate, issuer: Certificate, lists: Sequence[Crl], at: int
) -> bool:
    """Reports whether a list of this issuer clears the certificate; lists of others or of other shards don't apply."""
    own = [
        crl
        for crl in lists
        if (crl.issuer.der, crl.aki) == (issuer.subject_der, issuer.ski) and crl.speaks_about(certificate)
    ]
    for crl in own:
        check_crl(engine, certificate=certificate, issuer=issuer, crl=crl, at=at)
    return bool(own)


def _require(what: str, actual: str | None, expected: str | None) -> None:
    if expected is not None and actual != expected:
        raise VerificationError("unexpected_signer", "signer", f"the certificate's {what} is {actual!r}")


def _one(encoded: Encoded) -> Certificate:
    certificates = _certificates(encoded)
    if len(certificates) != 1:
        raise VerificationError("unreadable", "input", f"expected one certificate, found {len(certificates)}")
    return certificates[0]


def _certificates(encoded: Encoded) -> tuple[Certificate, ...]:
    """Parses all certificates of a DER or PEM input; at least one."""
    if isinstance(encoded, bytes):
        if not encoded.lstrip().startswith(b"-----BEGIN"):
            return (parse_certificate(encoded),)
        encoded = encoded.decode("ascii", errors="replace")
    certificates = parse_certificates_pem(encoded)
    if not certificates:
        raise VerificationError("unreadable", "input", "no certificate in the PEM text")
    return certificates


def _sequence(crl: bytes | Sequence[bytes] | None) -> Sequence[bytes]:
    if crl is None:
        return ()
    return (crl,) if isinstance(crl, bytes) else crl
