"""Verifies a bundle of evidence offline (docs/evidence.md): every part, against each other and against what is trusted.

`verify_evidence` returns a frozen `VerifiedEvidence` or raises a `VerificationError` that names the step. Roots and
log keys are the caller's: those in the bundle prove nothing by standing there.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec

from mshield.client.evidence_display import ShownAgain, show_again
from mshield.client.evidence_format import (
    attributes_of_pdf,
    content_reader,
    message_of,
    options_of,
    require_made,
)
from mshield.client.evidence_log import check_log, holder_of
from mshield.client.evidence_status import LaterStatus, Now, check_now, check_status
from mshield.client.evidence_time import (
    TimeStamp,
    TrustedTime,
    check_time_stamps,
    trusted_time,
    tsa_trust,
)
from mshield.client.login_message import LoginMessage
from mshield.client.verify import (
    Encoded,
    Step,
    VerificationError,
    VerifiedSignature,
    asker_unproven,
    failing,
    milliseconds,
    verify,
)
from mshield.domain.login_message import LOGIN_TYPE
from mshield.gm.engine import Engine, load_engine
from mshield.gm.sm3 import sm3
from mshield.pki.asn1.arcs import DISPLAY_OIDS, display_oids_of
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

__all__ = [
    "MEDIA_TYPE", "Evidence", "LaterStatus", "Now", "ShownAgain", "TimeStamp", "TrustedTime", "VerifiedEvidence",
    "read_evidence", "verify_evidence",
]  # fmt: skip

_COMPROMISED = frozenset({KEY_COMPROMISE, CA_COMPROMISE})


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedEvidence:
    """What the bundle proves.

    `content` is None where only its digest is known. `display_bound`: the signature covers title, media type, size and
    display. `asked_logged`: the log's entry covers them too, with who asked; of entries from before it does not, and
    what neither covers is the service's word. `holder` is whose shield signed, as the log's entry has it; None where
    that is older, as nothing tells it then. `status_at` is the moment of the signer's OCSP answer,
    `later` and `ca_later` what it says happened after the signature. `time` is the signature's, with how far that can
    be trusted; `signed_at` is by the service's clock. `now` and `ca_now` are how signer's and issuing CA's certificates
    stand at the moment of the verification, as far as the lists that were given say. `shown` is what was shown.
    `view_registered_at` is when its view was registered, None where the bundle doesn't prove that. `log_time` is a time
    by which the log had the signature, None where no authority stamped the checkpoint. It is later than the
    signature's, and decides nothing. `witnesses` of those whose keys were named have cosigned the checkpoint.
    """

    evidence: Evidence = field(repr=False)
    signature: VerifiedSignature
    holder: Holder | None
    signed_at: datetime
    content: bytes | None = field(repr=False)
    display_bound: bool
    asked_logged: bool
    status_at: datetime
    later: LaterStatus | None
    ca_later: LaterStatus | None
    checkpoint: Checkpoint
    view_registered_at: datetime | None
    log_stamps: tuple[TimeStamp, ...]
    log_time: TrustedTime | None
    witnesses: tuple[Cosignature, ...]
    time_stamps: tuple[TimeStamp, ...]
    time: TrustedTime
    now: Now
    ca_now: Now
    shown: ShownAgain


def read_evidence(data: bytes) -> Evidence:
    """The bundle in a file; VerificationError `unreadable` for anything else."""
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
    engine: Engine | None = None,
) -> VerifiedEvidence:
    """Verifies that the signature was good when it was made, by roots and log keys (vkeys) that the caller trusts.

    `witness_keys` are those (vkeys) of witnesses whose cosignatures are to be told of, if the checkpoint has them.
    `at` is the moment of the verification (now where None): nothing in the bundle may be later. `content` must be the
    document's, where it is given. `expected_client_id` is who must have asked: a login names them, the log's entry of a
    signature covers them; of one from before nothing does, and expecting somebody is refused as `asker_unproven`.
    `crl` are lists that say how the certificates stand now; those out of date say nothing. `tsa_roots` are those of
    time stamping authorities that the caller trusts, apart from `roots`; under `tsa_strict_roots` nothing is read
    tolerantly, as it is under those (docs/formats.md); `tsa_waived` the SHA-256 of authorities'
    certificates that need not say what they are for. `display_oids` are attributes of displays under an operator's own
    arc (MSHIELD_OID_ARC, then .1), beside those that every verifier knows or that go with the certificate's policy.
    A CA that was revoked because somebody else has its key is believed only about what such an authority stamped
    before: else `ca_compromised`. Raises VerificationError, which names the step.
    """
    engine = engine or load_engine()
    now = milliseconds(at or datetime.now(UTC))
    if evidence.signature.signed_at > now + SKEW:
        raise VerificationError("from_future", "input", "signed after the moment of the verification")
    found_content = _checked_content(evidence, content)
    known = _display_oids(evidence, display_oids)
    message = message_of(evidence, found_content, known)
    _check_request(evidence, message, expected_client_id)
    signed_at = datetime.fromtimestamp(evidence.signature.signed_at / 1000, UTC)
    signature = verify(
        message=message,
        signature=evidence.signature.value,
        certificate=evidence.certificate_pem,
        chain=evidence.chain_pem[:1],
        roots=roots,
        at=signed_at,
        revocation="unchecked",  # by the status, below
        expected_credit_code=expected_credit_code,
        expected_organisation=expected_organisation,
        expected_name=expected_name,
        engine=engine,
    )
    issuing, root = _chain(evidence, signature)
    in_cms = _check_cms(evidence, signature, message, found_content, known)
    with failing("time_stamp"):
        tsas = tsa_trust(tsa_roots, tsa_waived, strict=tsa_strict_roots)
        stamps = check_time_stamps(
            engine,
            evidence.stamps,
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
    logged = check_log(engine, evidence, signature, log_keys, trust=tsas, ca_root=root, now=now)
    with failing("log"):
        witnesses = cosignatures(evidence.log.checkpoint, map(WitnessKey.parse, witness_keys))
    if expected_client_id is not None and evidence.request.kind != "login" and not logged.asked_logged:
        raise asker_unproven("request")
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
        asked_logged=logged.asked_logged,
        checkpoint=logged.checkpoint,
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
    """The content, of the digest and size that the bundle says."""
    document = evidence.document
    content = document.content if supplied is None else supplied
    if content is None:
        return None
    if document.content is not None and document.content != content:
        raise VerificationError("message_mismatch", "content", "the content is not the one in the bundle")
    if (sm3(content).hex(), len(content)) != (document.digest_sm3, document.size):
        raise VerificationError("message_mismatch", "content", "the content has another digest or size")
    return content


def _display_oids(evidence: Evidence, more: Collection[str]) -> Collection[str]:
    """What may bind a display: what everybody knows, what the caller does, and the arc of the certificate's policy."""
    with failing("input"):
        certificates = parse_certificates_pem(evidence.certificate_pem)
    named = [oid for signer in certificates for oid in display_oids_of(signer.values.policies)]
    return {*DISPLAY_OIDS, *more, *named}


def _check_request(evidence: Evidence, message: bytes, client_id: str | None) -> None:
    """A login names its request and business system itself; who asked for a signature, the log's entry tells."""
    request, system = evidence.request, evidence.request.business_system
    if client_id is not None and system.client_id != client_id:
        raise VerificationError("message_mismatch", "request", "another business system asked")
    if request.kind != "login":
        return
    try:
        login = msgspec.json.decode(message, type=LoginMessage)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise VerificationError("message_mismatch", "request", str(error)) from error
    named = (login.type, login.request_id, login.client_id, login.name, login.domain)
    if named != (LOGIN_TYPE, request.id, system.client_id, system.name, system.domain):
        raise VerificationError("message_mismatch", "request", "the login is for another request or system")
    if login.encode() != message:
        raise VerificationError("message_mismatch", "request", "the login is not in canonical form")


def _chain(evidence: Evidence, signature: VerifiedSignature) -> tuple[Certificate, Certificate]:
    """Issuing CA and root; what the bundle has is what was verified, to the byte."""
    path = (signature.certificate, *signature.issuers)
    if [certificate.pem() for certificate in path] != [evidence.certificate_pem, *evidence.chain_pem]:
        raise VerificationError("unknown_issuer", "chain", "the chain in the bundle is not the one verified")
    _, issuing, root = path
    return issuing, root


def _require_uncompromised(later: Now, time: TrustedTime, step: Step) -> None:
    """Whoever has a CA's key can issue anything: then only what a third party stamped before counts."""
    if not isinstance(later, LaterStatus) or later.reason not in _COMPROMISED:
        return
    if time.by != "outside" or milliseconds(time.latest) >= later.at:
        raise VerificationError(
            "ca_compromised",
            step,
            "the issuing CA's key is another's, and no third party's time stamp is from before",
            extra={"at": later.at, "reason": later.reason},
        )


def _check_cms(
    evidence: Evidence,
    signature: VerifiedSignature,
    message: bytes,
    content: bytes | None,
    display_oids: Collection[str],
) -> tuple[bytes, ...] | None:
    """The CMS says the same once more: content, attributes, signature, certificates, time stamps, and nothing else.

    The time stamps are given back, not judged; None where the file has no place for them.
    """
    if evidence.document.format == XML:
        with failing("cms"):
            require_made(evidence, signature, options_of(evidence.document))
        return None
    if evidence.document.format.startswith("gb") or evidence.document.options is not msgspec.UNSET:
        return _check_made(evidence, signature, display_oids)
    path = (signature.certificate, *signature.issuers)
    with failing("cms"):
        signed = cms.parse_signed_data(evidence.signature.cms)
        digest = bytes.fromhex(evidence.document.digest_sm3)
        same = [
            cms.signed_message(signed, content=content, digest=digest, is_known=True) == message,
            (signed.content is None)
            == (evidence.document.format == "cms_detached" or evidence.document.content is None),
            signed.signature.to_der() == evidence.signature.value,
            signed.signer == signature.certificate,
            {certificate.der for certificate in signed.certificates}
            == {certificate.der for certificate in path},
        ]
    if not all(same):
        raise VerificationError("message_mismatch", "cms", "the CMS is not this signature's")
    return signed.time_stamps


def _check_made(
    evidence: Evidence, signature: VerifiedSignature, display_oids: Collection[str]
) -> tuple[bytes, ...] | None:
    """As `_check_cms`, of a file that has options: made once more it is the same to the octet."""
    document, value = evidence.document, evidence.signature
    name, options, encoded = document.format, options_of(document), value.attributes
    stamps = tuple(stamp.token for stamp in evidence.stamps if stamp.token in value.cms)
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
        raise VerificationError("message_mismatch", "cms", "the CMS is not this signature's")
    return None if options.signature_value == "raw" else stamps
