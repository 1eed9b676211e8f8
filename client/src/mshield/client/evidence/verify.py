"""Offline verification of an evidence bundle (docs/evidence.md): each part, against the others and the trusted keys.

`verify_evidence` returns a frozen `VerifiedEvidence`, or raises a `VerificationError` that names the step.
The caller supplies roots and log keys: those in the bundle prove nothing by being there.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec

from mshield.client.evidence.display import ReproducedDisplay, show_again
from mshield.client.evidence.format import (
    attributes_of_pdf,
    content_reader,
    message_of,
    options_of,
    require_made,
)
from mshield.client.evidence.log import check_log, holder_of
from mshield.client.evidence.status import LaterStatus, Now, check_now, check_status
from mshield.client.time_stamps import TimeStamp, TrustedTime, check_time_stamps, trusted_time, tsa_trust
from mshield.client.verification import Step, VerificationError, VerifiedSignature, failing, milliseconds
from mshield.client.verify import Encoded, verify
from mshield.gm.engine import Engine, load_engine
from mshield.gm.sm3 import sm3
from mshield.pki.asn1.arcs import DISPLAY_OID, display_oids_of
from mshield.pki.certificates.certificate import Certificate, parse_certificates_pem
from mshield.pki.revocation.crl import CA_COMPROMISE, KEY_COMPROMISE, parse_crl
from mshield.pki.signatures import cms
from mshield.pki.signatures.evidence import MEDIA_TYPE, Evidence, parse_evidence
from mshield.pki.signatures.formats import (
    PDF,
    XML,
    binds_display,
    inside,
    wrapper_of,
)
from mshield.pki.signatures.pdf import PdfAttributes
from mshield.pki.signatures.signed_attributes import (
    SignedAttributes,
    parse_signed_attributes,
)
from mshield.pki.tlog.cosignature import Cosignature, WitnessKey, cosignatures
from mshield.pki.tlog.entry import Holder
from mshield.pki.tlog.note import Checkpoint
from mshield.pki.verification.status import SKEW
from mshield.wire.login_message import LOGIN_TYPE, LoginMessage

__all__ = [
    "MEDIA_TYPE", "Evidence", "LaterStatus", "Now", "ReproducedDisplay", "TimeStamp", "TrustedTime", "VerifiedEvidence",
    "read_evidence", "verify_evidence",
]  # fmt: skip

_COMPROMISED = frozenset({KEY_COMPROMISE, CA_COMPROMISE})


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedEvidence:
    """Facts proved by the bundle.

    `content` is None if only its digest is known. `display_bound`: the signature covers title, media type,
    size and display; the log's entry covers them in any case, with the requester. `holder` is the signer's
    shield according to the log's entry.

    `signed_at` is by the service's clock; `time` is the signature's time and how far it can be trusted.
    `status_at` is the time of the signer's OCSP response; `later` and `ca_later` are what the OCSP responses
    report for after the signature. `now` and `ca_now` are the current status of the signer's and the issuing
    CA's certificate, as far as the given lists tell.

    `tells_parts`: the log signed what belongs to the bundle, so that nothing was taken out or exchanged; false for
    bundles made before it did. `shown` is what the phone showed. `view_registered_at` is when its view was
    registered, None if the bundle doesn't prove it. `log_time` is a time by which the log had the signature, None if
    no authority stamped the checkpoint; it is later than the signature and decides nothing. `witnesses` are those
    with given keys that cosigned the checkpoint.
    """

    evidence: Evidence = field(repr=False)
    signature: VerifiedSignature
    holder: Holder
    signed_at: datetime
    content: bytes | None = field(repr=False)
    display_bound: bool
    status_at: datetime
    later: LaterStatus | None
    ca_later: LaterStatus | None
    checkpoint: Checkpoint
    tells_parts: bool
    view_registered_at: datetime | None
    log_stamps: tuple[TimeStamp, ...]
    log_time: TrustedTime | None
    witnesses: tuple[Cosignature, ...]
    time_stamps: tuple[TimeStamp, ...]
    time: TrustedTime
    now: Now
    ca_now: Now
    shown: ReproducedDisplay


def read_evidence(data: bytes) -> Evidence:
    """Parses a bundle. Raises: VerificationError (`unreadable`)."""
    with failing("input"):
        return parse_evidence(data)


def verify_evidence(
    evidence: Evidence,
    *,
    roots: Sequence[Encoded],
    log_keys: Sequence[str],
    witness_keys: Sequence[str] = (),
    tsa_roots: Sequence[Encoded] = (),
    tsa_strict_roots: Sequence[Encoded] = (),
    tsa_waived: Collection[bytes] = (),
    crl: Sequence[bytes] = (),
    at: datetime | None = None,
    content: bytes | None = None,
    expected_client_id: str | None = None,
    expected_credit_code: str | None = None,
    expected_organisation: str | None = None,
    expected_name: str | None = None,
    display_oids: Collection[str] = (),
    archived: bool = False,
    engine: Engine | None = None,
) -> VerifiedEvidence:
    """Verifies that the signature was valid when it was made, by roots and log keys (vkeys) that the caller trusts.

    `witness_keys` are vkeys of witnesses whose cosignatures are to be reported if the checkpoint has them.
    `at` is the moment of verification (default: now): nothing in the bundle may be later. `content`, if
    given, must be the document's.

    `expected_client_id` is the required requester: a login's message contains it, and a signature's log entry
    covers it. The other `expected_…` values must match the certificate.

    `crl` are lists for the certificates' current status; outdated ones are ignored. `tsa_roots` are roots of
    trusted time stamping authorities, separate from `roots`; certificates below `tsa_strict_roots` are read
    strictly, those below `tsa_roots` tolerantly (docs/formats.md). `tsa_waived` are the SHA-256 of
    authorities' certificates exempt from the time stamping purpose. `display_oids` are display attributes
    under an operator's own arc (MSHIELD_OID_ARC, then .1), in addition to the well-known ones and that of the
    certificate's policy.

    `archived`: the bundle was made of an archive's rows, which the log doesn't sign as a bundle.

    If a CA was revoked because its key was compromised, the signature needs an outside authority's time stamp
    from before that; otherwise `ca_compromised`. Raises: VerificationError, which names the step.
    """
    engine = engine or load_engine()
    now = milliseconds(at or datetime.now(UTC))
    if evidence.signature.signed_at > now + SKEW:
        raise VerificationError("from_future", "input", "signed after the moment of the verification")
    found_content = _checked_content(evidence, content)
    accepted_oids = _display_oids(evidence, display_oids)
    message = message_of(evidence, found_content, accepted_oids)
    _check_request(evidence, message, expected_client_id)
    signed_at = datetime.fromtimestamp(evidence.signature.signed_at / 1000, UTC)
    signature = verify(
        message=message,
        signature=evidence.signature.value,
        certificate=evidence.certificate_pem,
        chain=evidence.chain_pem[:1],
        roots=roots,
        at=signed_at,
        revocation="unchecked",  # checked with the status below
        expected_credit_code=expected_credit_code,
        expected_organisation=expected_organisation,
        expected_name=expected_name,
        engine=engine,
    )
    issuing, root = _chain(evidence, signature)
    in_cms = _check_cms(evidence, signature, accepted_oids)
    with failing("time_stamp"):
        tsas = tsa_trust(tsa_roots, tsa_waived, strict=tsa_strict_roots)
        stamps = check_time_stamps(
            engine,
            evidence.time_stamps,
            evidence.signature.value,
            in_cms=in_cms,
            trust=tsas,
            ca_root=root,
            signed_at=evidence.signature.signed_at,
            now=now,
        )
    time = trusted_time(stamps, signed_at)
    times = {"signed_at": evidence.signature.signed_at, "now": now}
    with failing("revocation"):
        status = check_status(engine, signature.certificate, issuing, evidence.status.ocsp, **times)
        ca_status = check_status(engine, issuing, root, evidence.status.ca_ocsp, **times)
    _require_uncompromised(ca_status.later, time, "revocation")
    logged = check_log(
        engine, evidence, signature, log_keys, trust=tsas, ca_root=root, now=now, archived=archived
    )
    with failing("log"):
        witnesses = cosignatures(evidence.log.checkpoint, map(WitnessKey.parse, witness_keys))
    with failing("input"):
        lists = [parse_crl(encoded) for encoded in crl]
    with failing("issuers"):
        ca_now = check_now(engine, issuing, root, lists, **times)
    _require_uncompromised(ca_now, time, "issuers")
    with failing("now"):
        signer_now = check_now(engine, signature.certificate, issuing, lists, **times)
    return VerifiedEvidence(
        evidence=evidence,
        signature=signature,
        holder=holder_of(evidence),
        signed_at=signed_at,
        content=found_content,
        display_bound=binds_display(evidence.document.format, options_of(evidence.document)),
        status_at=datetime.fromtimestamp(status.this_update / 1000, UTC),
        later=status.later,
        ca_later=ca_status.later,
        checkpoint=logged.checkpoint,
        tells_parts=logged.tells_parts,
        witnesses=tuple(witnesses),
        view_registered_at=logged.view_registered_at,
        log_stamps=logged.stamps,
        log_time=logged.log_time,
        time_stamps=stamps,
        time=time,
        now=signer_now,
        ca_now=ca_now,
        shown=show_again(evidence.document, found_content, content_reader(evidence.document, message)),
    )


def _checked_content(evidence: Evidence, supplied: bytes | None) -> bytes | None:
    """Returns the content after comparing it with the bundle's digest and size; None if there is none."""
    document = evidence.document
    content = document.content if supplied is None else supplied
    if content is None:
        return None
    if document.content is not None and document.content != content:
        raise VerificationError("message_mismatch", "content", "the content differs from that in the bundle")
    if (sm3(content).hex(), len(content)) != (document.digest_sm3, document.size):
        raise VerificationError("message_mismatch", "content", "the content's digest or size differs")
    return content


def _display_oids(evidence: Evidence, more: Collection[str]) -> Collection[str]:
    """Returns the accepted display attributes: well-known ones, the caller's, and that of the certificate's policy."""
    with failing("input"):
        certificates = parse_certificates_pem(evidence.certificate_pem)
    named = [oid for signer in certificates for oid in display_oids_of(signer.values.policies)]
    return {DISPLAY_OID, *more, *named}


def _check_request(evidence: Evidence, message: bytes, client_id: str | None) -> None:
    """Checks the requester: a login's message names it; for a signature the log's entry is checked later."""
    request, system = evidence.request, evidence.request.business_system
    if client_id is not None and system.client_id != client_id:
        raise VerificationError("message_mismatch", "request", "the request is from another business system")
    if request.kind != "login":
        return
    try:
        login = msgspec.json.decode(message, type=LoginMessage)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise VerificationError("message_mismatch", "request", str(error)) from error
    stated = (login.type, login.request_id, login.client_id, login.name, login.domain)
    if stated != (LOGIN_TYPE, request.id, system.client_id, system.name, system.domain):
        raise VerificationError("message_mismatch", "request", "the login is for another request or system")
    if login.encode() != message:
        raise VerificationError("message_mismatch", "request", "the login is not in canonical form")


def _chain(evidence: Evidence, signature: VerifiedSignature) -> tuple[Certificate, Certificate]:
    """Returns issuing CA and root after checking that the bundle has exactly the verified certificates."""
    path = (signature.certificate, *signature.issuers)
    if [certificate.pem() for certificate in path] != [evidence.certificate_pem, *evidence.chain_pem]:
        raise VerificationError(
            "unknown_issuer", "chain", "the chain in the bundle differs from the verified one"
        )
    _, issuing, root = path
    return issuing, root


def _require_uncompromised(later: Now, time: TrustedTime, step: Step) -> None:
    """Requires, for a CA with a compromised key, an outside stamp from before: its key could sign anything since."""
    if not isinstance(later, LaterStatus) or later.reason not in _COMPROMISED:
        return
    if time.by != "outside" or milliseconds(time.latest) >= later.at:
        raise VerificationError(
            "ca_compromised",
            step,
            "the issuing CA's key was compromised, and no third party's time stamp is from before that",
            extra={"at": later.at, "reason": later.reason},
        )


def _check_cms(
    evidence: Evidence, signature: VerifiedSignature, display_oids: Collection[str]
) -> tuple[bytes, ...] | None:
    """Rebuilds the file from the bundle and compares it byte for byte.

    Returns the time stamps in it, not verified; None if it has no place for them.
    """
    if evidence.document.format == XML:
        with failing("cms"):
            require_made(evidence, signature, options_of(evidence.document))
        return None
    document, value = evidence.document, evidence.signature
    name, options, encoded = document.format, options_of(document), value.attributes
    stamps = tuple(stamp.token for stamp in evidence.time_stamps if stamp.token in value.cms)
    if name == PDF:
        attributes: SignedAttributes | PdfAttributes | None = attributes_of_pdf(
            evidence, options, display_oids
        )
    elif encoded is not None:
        with failing("cms"):
            attributes = parse_signed_attributes(encoded, display_oids=display_oids)
    else:
        attributes = None
    with failing("cms"):
        again = cms.build_signed_data(
            content=inside(name, content=document.content, digest=bytes.fromhex(document.digest_sm3)),
            signature=signature.signature,
            certificate=signature.certificate,
            chain=signature.issuers,
            attributes=attributes,
            time_stamps=stamps,
            options=wrapper_of(name, options),
        )
    if again != value.cms:
        raise VerificationError("message_mismatch", "cms", "the CMS doesn't belong to this signature")
    return None if options.signature_value == "raw" else stamps
