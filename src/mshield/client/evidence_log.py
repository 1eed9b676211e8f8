"""The log's part of a bundle: the signature's entry, made anew; the view's entry; time stamps on the checkpoint."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import msgspec

from mshield.client.evidence_display import display_of, shown_of
from mshield.client.evidence_time import TimeStamp, TrustedTime, check_time_stamps, trusted_time
from mshield.client.verify import VerificationError, VerifiedSignature, failing
from mshield.gm.engine import Engine
from mshield.gm.sm3 import sm3
from mshield.pki.certificates.certificate import Certificate
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
    """What the log proves.

    `asked_logged`: the entry covers who asked and what was to be shown. `view_registered_at` is when the view was
    registered for the business system that asked, None where the bundle doesn't prove it. `log_time` is a time by which
    the log had the entry, None where no authority stamped the checkpoint whose stamp stands.
    """

    checkpoint: Checkpoint
    asked_logged: bool
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
) -> LoggedEvidence:
    """Everything under the log's checkpoint. Raises VerificationError of the step `log`; times in ms."""
    log, signed_at = evidence.log, evidence.signature.signed_at
    with failing("log"):
        key = VerifierKey.parse(log.key)
        if key not in [VerifierKey.parse(text) for text in log_keys]:
            raise VerificationError("unknown_log", "log", f"the log {key.name} is not trusted")
        checkpoint = log.proof.check(key).checkpoint
    asked_logged = _require_entry(evidence, signature)
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
    time = trusted_time(stamps, _moment(signed_at))
    return LoggedEvidence(
        checkpoint=checkpoint,
        asked_logged=asked_logged,
        view_registered_at=registered_at,
        stamps=stamps,
        log_time=None if time.by == "service" else time,
    )


def holder_of(evidence: Evidence) -> Holder | None:
    """Whose shield signed, as the bundle tells it."""
    holder = evidence.holder
    if holder is msgspec.UNSET:
        return None
    return Holder(holder.shield_number, holder.id_number_masked)


def _require_entry(evidence: Evidence, signature: VerifiedSignature) -> bool:
    """The entry is made anew from the bundle, so that no other signature's proof passes for this one's.

    Gives whether it also covers who asked and what was to be shown.
    """
    log, raw = evidence.log, signature.signature.to_raw()
    sid = bytes.fromhex(evidence.document.sid)
    make_row = partial(
        signature_row,
        sid=sid,
        uid=bytes.fromhex(log.uid),
        request_id=evidence.request.id,
        purpose="login" if evidence.request.kind == "login" else "sign",
        digest=signature.digest,
        signature=raw,
        signed_at=evidence.signature.signed_at,
        serial=f"{signature.serial:040x}",
        holder=holder_of(evidence),
    )
    shown = shown_of(evidence.document)
    # What was shown is told or it isn't: an entry that has it is made with it, and no other.
    for asked in (_asked(evidence), None) if shown is None else (_asked(evidence),):
        row = commitment(log.salt, make_row(asked=asked, shown=shown))
        entry = SignatureEntry(evidence.signature.signed_at, sid, binding(signature.digest, raw), row)
        if entry.encode() == log.entry:
            return asked is not None
    raise VerificationError("bad_log_proof", "log", "the entry is not this signature's")


def _registered_at(evidence: Evidence, key: VerifierKey) -> datetime | None:
    """When the view in the bundle was registered: for who asked, before the signature, in the same log."""
    log, view = evidence.log, evidence.document.view
    if log.view is msgspec.UNSET:
        return None
    with failing("log"):
        entry = (
            InclusionProof(log.view.entry, log.view.index, log.view.hashes, log.checkpoint).check(key).entry
        )
    is_its = (
        isinstance(entry, ViewEntry)
        and isinstance(view, bytes)
        and entry.digest == sm3(view)
        and entry.client_id == evidence.request.business_system.client_id
        and entry.at <= evidence.signature.signed_at
    )
    if not is_its:
        raise VerificationError("bad_log_proof", "log", "the entry is not that of this view's registration")
    return _moment(entry.at)


def _asked(evidence: Evidence) -> bytes:
    system, display = evidence.request.business_system, display_of(evidence.document)
    return asked_by(client_id=system.client_id, name=system.name, domain=system.domain, display=display)


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
