"""A standalone inclusion proof: entry, index, hashes, signed checkpoint. Stored as JSON in evidence bundles.

Checking it offline needs only the log's key.
"""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Final

from mshield.pki.errors import LogFormError, LogProofError
from mshield.pki.tlog.entry import LogEntry, SignatureEntry, binding, parse_entry
from mshield.pki.tlog.merkle import HASH_BYTES, check_inclusion, leaf_hash
from mshield.pki.tlog.note import Checkpoint, VerifierKey, open_checkpoint

_MEMBERS: Final = {"entry", "index", "hashes", "checkpoint"}


@dataclass(frozen=True, slots=True)
class Logged:
    """Result of checking a proof."""

    entry: LogEntry
    index: int
    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """An inclusion proof; `hashes` as in RFC 6962, 2.1.1, `checkpoint` is the signed note."""

    entry: bytes
    index: int
    hashes: tuple[bytes, ...]
    checkpoint: str

    def check(self, key: VerifierKey) -> Logged:
        """Checks the proof and returns the proved entry. Raises: LogFormError, LogSignatureError, LogProofError."""
        checkpoint = open_checkpoint(self.checkpoint, key)
        check_inclusion(
            leaf_hash(self.entry),
            index=self.index,
            size=checkpoint.size,
            proof=self.hashes,
            root=checkpoint.root,
        )
        return Logged(parse_entry(self.entry), self.index, checkpoint)

    def to_json(self) -> dict[str, object]:
        """Returns the JSON object, with entry and hashes in base64."""
        return {
            "entry": _encode(self.entry),
            "index": self.index,
            "hashes": [_encode(value) for value in self.hashes],
            "checkpoint": self.checkpoint,
        }


def check_signature_entry(logged: Logged, *, sid: bytes, digest: bytes, signature: bytes) -> None:
    """Checks that the entry is this signature's: digest e, signature r ‖ s (64 bytes). Raises: LogProofError."""
    entry = logged.entry
    if (
        not isinstance(entry, SignatureEntry)
        or entry.sid != sid
        or entry.binding != binding(digest, signature)
    ):
        raise LogProofError("the entry is about something other than this signature")


def parse_proof(text: str | bytes) -> InclusionProof:
    """Parses a proof from JSON. Raises: LogFormError."""
    try:
        content = json.loads(text)
    except ValueError as error:  # also raised for other than UTF-8
        raise LogFormError("not JSON") from error
    if not isinstance(content, dict) or content.keys() != _MEMBERS:
        raise LogFormError("not an inclusion proof")
    index, hashes, checkpoint = content["index"], content["hashes"], content["checkpoint"]
    if type(index) is not int or not isinstance(hashes, list) or not isinstance(checkpoint, str):
        raise LogFormError("not an inclusion proof")
    decoded = tuple(_decode(text) for text in hashes)
    if any(len(value) != HASH_BYTES for value in decoded):
        raise LogFormError("a hash of a proof has 32 bytes")
    return InclusionProof(_decode(content["entry"]), index, decoded, checkpoint)


def _encode(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _decode(text: object) -> bytes:
    try:
        return base64.b64decode(text if isinstance(text, str) else "!", validate=True)
    except (binascii.Error, ValueError) as error:
        raise LogFormError("not base64") from error
