"""Proof that an administrator's act is in the log: one JSON file, checked offline with the log's key.

The log itself reveals only the time of an act. The row and salt in this file open the entry's commitment.
"""

import json
from dataclasses import dataclass
from typing import Final

import msgspec

from mshield.pki.errors import LogFormError, LogProofError
from mshield.pki.strict_json import read_json
from mshield.pki.tlog.entry import ActEntry, Value, canonical, commitment
from mshield.pki.tlog.note import VerifierKey
from mshield.pki.tlog.proof import InclusionProof, Logged, parse_proof

TYPE: Final = "mshield-act-proof/v1"
_TEXTS: Final = ("id", "actor", "actor_id", "act", "subject", "details")
_COLUMNS: Final = (*_TEXTS, "at")
_SALT_BYTES: Final = 32
_MEMBERS: Final = {"type", "act", "salt", "proof"}


class ProvenAct(msgspec.Struct, frozen=True):
    """A row of `acts` as it was logged; `details` is its JSON text byte for byte, `at` is in ms."""

    id: str
    actor: str
    actor_id: str | None
    act: str
    subject: str
    details: str
    at: int

    def encode(self) -> bytes:
        """Encodes the row as the entry commits to it."""
        values: list[Value] = [getattr(self, name) for name in _COLUMNS]
        return canonical(_COLUMNS, values)


@dataclass(frozen=True, slots=True)
class ActProof:
    """An act, the salt of its row (32 bytes), and the inclusion proof of its entry."""

    act: ProvenAct
    salt: bytes
    proof: InclusionProof

    def check(self, key: VerifierKey) -> Logged:
        """Checks the proof and returns the proved entry. Raises: LogFormError, LogSignatureError, LogProofError."""
        logged = self.proof.check(key)
        entry = logged.entry
        fits = isinstance(entry, ActEntry) and entry.at == self.act.at
        if not fits or entry.row != commitment(self.salt, self.act.encode()):
            raise LogProofError("the entry is about something other than this act")
        return logged

    def to_json(self) -> dict[str, object]:
        """Returns the JSON object to store in a file."""
        act = {name: getattr(self.act, name) for name in _COLUMNS}
        return {"type": TYPE, "act": act, "salt": self.salt.hex(), "proof": self.proof.to_json()}


def parse_act_proof(text: str | bytes) -> ActProof:
    """Parses a proof. Raises: LogFormError."""
    try:
        content = read_json(text, floats=False)
    except (ValueError, RecursionError) as error:
        raise LogFormError("not JSON") from error
    if not isinstance(content, dict) or content.keys() != _MEMBERS or content["type"] != TYPE:
        raise LogFormError("not the proof of an act")
    return ActProof(_act(content["act"]), _salt(content["salt"]), parse_proof(json.dumps(content["proof"])))


def is_act_proof(text: str | bytes) -> bool:
    """Reports whether a file declares itself such a proof."""
    try:
        content = read_json(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(content, dict) and content.get("type") == TYPE


def _act(row: object) -> ProvenAct:
    if not isinstance(row, dict) or row.keys() != set(_COLUMNS):
        raise LogFormError("not the row of an act")
    texts = [row[name] for name in _TEXTS]
    good = all(
        isinstance(value, str) or (name == "actor_id" and value is None)
        for name, value in zip(_TEXTS, texts, strict=True)
    )
    if not good or type(row["at"]) is not int or not 0 <= row["at"] < 1 << 63:
        raise LogFormError("not the row of an act")
    return ProvenAct(**row)


def _salt(text: object) -> bytes:
    try:
        salt = bytes.fromhex(text if isinstance(text, str) else "")
    except ValueError as error:
        raise LogFormError("not a salt") from error
    if len(salt) != _SALT_BYTES:
        raise LogFormError("a salt has 32 bytes")
    return salt
