"""What a witness is asked with (C2SP tlog-witness, `add-checkpoint`): old size, consistency proof, checkpoint."""

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
    """The size that the witness is thought to know, the proof that the log begins so, and the checkpoint (a note)."""

    old: int
    proof: tuple[bytes, ...]
    note: str

    @property
    def origin(self) -> str:
        """The log's name as the checkpoint says it; nobody's signature was checked."""
        return split_note(self.note)[0].partition("\n")[0]

    def encode(self) -> bytes:
        """As it is sent."""
        lines = [f"old {self.old}", *(base64.b64encode(one).decode() for one in self.proof), "", self.note]
        return "\n".join(lines).encode()


def parse_add_checkpoint(data: bytes) -> AddCheckpoint:
    """What was sent, which may be anything. Raises LogFormError."""
    try:
        head, gap, note = data.decode("utf-8").partition("\n\n")
    except UnicodeDecodeError as error:
        raise LogFormError("not UTF-8") from error
    first, *rest = head.split("\n")
    match = _OLD.fullmatch(first)
    if not gap or match is None or len(rest) > MOST_HASHES:
        raise LogFormError("not what a witness is asked with")
    proof = tuple(map(decode_base64, rest))
    if any(len(one) != HASH_BYTES for one in proof):
        raise LogFormError("a hash has 32 bytes")
    split_note(note)
    return AddCheckpoint(int(match[1]), proof, note)
