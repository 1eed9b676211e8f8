"""Log part of a bundle: the signature's entry, rebuilt; the view's entry; time stamps on the checkpoint."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from mshield.client.evidence.display import display_of, shown_of
from mshield.client.time_stamps import TimeStamp, TrustedTime, check_time_stamps, trusted_time
from mshield.client.verification import VerificationError, VerifiedSignature, failing
from mshield.gm.engine import Engine
from mshield.gm.sm3 import sm3
from mshield.pki.certificates.certificate import Certificate
from mshield.pki.errors import LogFormError
from mshield.pki.signatures.belonging import require_belonging
from mshield.pki.signatures.evidence import Evidence
from mshield.pki.timestamps.verify import TsaTrust
from mshield.pki.tlog.entry import (
    Holder,
    SignatureEntry,
    ViewEntry,
    asked_by,
    binding,
    commitment,
    signature_row,
)
from mshield.pki.tlog.note import Checkpoint, VerifierKey
from mshield.pki.tlog.proof import InclusionProof


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedEvidence:
    """Facts proved by the log.

    `tells_parts`: the log signed what belongs to the bundle. `view_registered_at` is when the view was registered for
    this business system, None if the bundle doesn't prove it. `log_time` is a time by which the log had the entry,
    None without a valid time stamp on the checkpoint.
    """

    checkpoint: Checkpoint
    tells_parts: bool
    view_registered_at: datetime | None
    stamps: tuple[TimeStamp, ...]
    log_time: TrustedTime | None


def check_log(
    engine: Engine,
    evidence: Evidence,
    signature: VerifiedSignature,
    log_keys: Sequence[str],
    *,
    trust: TsaTrust,
    ca_root: Certificate,
    now: int,
    archived: bool,
) -> LoggedEvidence:
    """Checks everything under the log's checkpoint; times in ms. Raises: VerificationError (step `log`).

    `archived`: made of an archive's rows, whose manifest takes the place of the log's note.
    """
    log, signed_at = evidence.log, evidence.signature.signed_at
    with failing("log"):
        key = VerifierKey.parse(log.key)
        if str(key) != log.key:
            raise LogFormError("the log's key is not in its only spelling")
        if key not in [VerifierKey.parse(text) for text in log_keys]:
            raise VerificationError("unknown_log", "log", f"the log {key.name} is not trusted")
        checkpoint = log.proof.check(key).checkpoint
    _require_entry(evidence, signature, belongs=archived or log.belongs is not msgspec.UNSET)
    registered_at = _registered_at(evidence, key)
    with failing("log"):
        stamps = check_time_stamps(
            engine,
            log.stamps,
            log.checkpoint.encode(),
            in_cms=None,
            trust=trust,
            ca_root=ca_root,
            signed_at=signed_at,
            now=now,
        )
        tells_parts = require_belonging(evidence, key)
    time = trusted_time(stamps, _moment(signed_at))
    return LoggedEvidence(
        checkpoint=checkpoint,
        tells_parts=tells_parts,
        view_registered_at=registered_at,
        stamps=stamps,
        log_time=None if time.by == "service" else time,
    )


def holder_of(evidence: Evidence) -> Holder:
    """Returns the signer's shield as the bundle states it."""
    return Holder(evidence.holder.shield_number, evidence.holder.id_number_masked)


def _require_entry(evidence: Evidence, signature: VerifiedSignature, *, belongs: bool) -> None:
    """Rebuilds the entry from the bundle, so that the proof of another signature isn't accepted for this one.

    Nor is a bundle whose note was taken away: the entry says that there is one.
    """
    log, raw = evidence.log, signature.signature.to_raw()
    sid = bytes.fromhex(evidence.document.sid)
    row = signature_row(
        sid=sid,
        uid=bytes.fromhex(log.uid),
        request_id=evidence.request.id,
        purpose="login" if evidence.request.kind == "login" else "sign",
        digest=signature.digest,
        signature=raw,
        signed_at=evidence.signature.signed_at,
        serial=f"{signature.serial:040x}",
        asked=_requester_digest(evidence),
        shown=shown_of(evidence.document),
        holder=holder_of(evidence),
        belongs=belongs,
    )
    entry = SignatureEntry(
        evidence.signature.signed_at, sid, binding(signature.digest, raw), commitment(log.salt, row)
    )
    if entry.encode() != log.entry:
        raise VerificationError("bad_log_proof", "log", "the entry is not about this signature")


def _registered_at(evidence: Evidence, key: VerifierKey) -> datetime | None:
    """Returns when the bundle's view was registered for the requester: before the signature, in the same log."""
    log, view = evidence.log, evidence.document.view
    if log.view is msgspec.UNSET:
        return None
    with failing("log"):
        entry = (
            InclusionProof(log.view.entry, log.view.index, log.view.hashes, log.checkpoint).check(key).entry
        )
    is_its = (
        isinstance(entry, ViewEntry)
        and view is not None
        and entry.digest == sm3(view)
        and entry.client_id == evidence.request.business_system.client_id
        and entry.at <= evidence.signature.signed_at
    )
    if not is_its:
        raise VerificationError("bad_log_proof", "log", "the entry is not about this view's registration")
    return _moment(entry.at)


def _requester_digest(evidence: Evidence) -> bytes:
    system, display = evidence.request.business_system, display_of(evidence.document)
    return asked_by(client_id=system.client_id, name=system.name, domain=system.domain, display=display)


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
