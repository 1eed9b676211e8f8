"""Request to a witness (C2SP tlog-witness, `add-checkpoint`): old size, consistency proof, checkpoint."""

import base64
import re
from dataclasses import dataclass
from typing import Final

from mshield.pki.errors import LogFormError
from mshield.pki.tlog.merkle import HASH_BYTES
from mshield.pki.tlog.note import decode_base64, split_note

MOST_HASHES: Final = 63
_OLD: Final = re.compile(r"old (0|[1-9][0-9]{0,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """Request with the size that the witness presumably knows, the consistency proof from it, and the checkpoint."""

    old: int
    proof: tuple[bytes, ...]
    note: str

    @property
    def origin(self) -> str:
        """The log's name in the checkpoint; no signature is checked."""
        return split_note(self.note)[0].partition("\n")[0]

    def encode(self) -> bytes:
        """Encodes the request body."""
        lines = [f"old {self.old}", *(base64.b64encode(one).decode() for one in self.proof), "", self.note]
        return "\n".join(lines).encode()


def parse_add_checkpoint(data: bytes) -> AddCheckpoint:
    """Parses an untrusted request. Raises: LogFormError."""
    try:
        head, gap, note = data.decode("utf-8").partition("\n\n")
    except UnicodeDecodeError as error:
        raise LogFormError("not UTF-8") from error
    first, *rest = head.split("\n")
    match = _OLD.fullmatch(first)
    if not gap or match is None or len(rest) > MOST_HASHES:
        raise LogFormError("not a request to a witness")
    proof = tuple(map(decode_base64, rest))
    if any(len(one) != HASH_BYTES for one in proof):
        raise LogFormError("a hash has 32 bytes")
    split_note(note)
    return AddCheckpoint(int(match[1]), proof, note)
