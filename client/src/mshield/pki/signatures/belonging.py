"""What belongs to an evidence bundle: a note over all of it, signed by the log (docs/evidence.md).

So no time stamp, content or status can be taken out of a bundle, or come from another one.
"""

import base64
import hashlib
import json
from typing import Final

import msgspec

from mshield.pki.errors import BundleChanged
from mshield.pki.signatures.evidence import Evidence
from mshield.pki.tlog.note import VerifierKey, open_note, split_note

TYPE: Final = "mshield-belongs/v1"
"""First line of the note. No log has that name, so the note is never a checkpoint."""


def belonging(evidence: Evidence) -> str:
    """Returns the note's text: its type, and SHA-256 of the bundle without the note, as canonical JSON."""
    bundle = msgspec.to_builtins(evidence)
    bundle["log"].pop("belongs", None)
    octets = json.dumps(bundle, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    return f"{TYPE}\n{base64.b64encode(hashlib.sha256(octets).digest()).decode()}\n"


def require_belonging(evidence: Evidence, key: VerifierKey) -> bool:
    """Checks the bundle's note by the log's key; False if it has none. Raises: LogError."""
    note = evidence.log.belongs
    if note is msgspec.UNSET:
        return False
    if open_note(note, key) != belonging(evidence) or len(split_note(note)[1]) != 1:
        raise BundleChanged("the log signed another bundle")
    return True
