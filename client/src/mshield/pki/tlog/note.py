"""Signed notes and checkpoints of C2SP (signed-note, tlog-checkpoint), with Ed25519 keys.

A note is a text, an empty line, and lines `— NAME BASE64(key id ‖ signature)`. A checkpoint is a note of
three lines: origin, number of entries, root.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from mshield.pki.errors import LogFormError, LogSignatureError
from mshield.pki.tlog.merkle import HASH_BYTES

_ED25519: Final = b"\x01"
_KEY_BYTES: Final = 32
_KEY_ID_BYTES: Final = 4
_LONGEST: Final = 100_000
_MOST_SIGNATURES: Final = 64
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A log's name and public key (32 bytes); as text a `vkey`: `NAME+KEYID+BASE64(0x01 ‖ key)`."""

    name: str
    public: bytes

    def __post_init__(self) -> None:
        if not is_key_name(self.name) or len(self.public) != _KEY_BYTES:
            raise LogFormError("not a name or key of a log")

    @property
    def key_id(self) -> bytes:
        """The first four bytes of SHA-256(name ‖ 0x0A ‖ 0x01 ‖ key)."""
        named = self.name.encode() + b"\n" + _ED25519 + self.public
        return hashlib.sha256(named).digest()[:_KEY_ID_BYTES]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(_ED25519 + self.public).decode()}"

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """Parses a `vkey`. Raises: LogFormError, also if the key id doesn't match name and key."""
        name, _, rest = text.strip().partition("+")
        key_id, _, encoded = rest.partition("+")
        key = decode_base64(encoded)
        if key[:1] != _ED25519:
            raise LogFormError("not an Ed25519 vkey")
        verifier = cls(name, key[1:])
        if verifier.key_id.hex() != key_id:
            raise LogFormError("the vkey's key id is not that of its name and key")
        return verifier


def is_key_name(name: str) -> bool:
    """Reports whether this is a valid log name: not empty, without white space, plus or control characters."""
    return bool(name) and name.isprintable() and not any(char.isspace() or char == "+" for char in name)


def sign_note(text: str, key: VerifierKey, private: Ed25519PrivateKey) -> str:
    """Signs a text, which must end in a newline, and returns the note. Raises: LogFormError."""
    if not text.endswith("\n") or not _is_clean(text):
        raise LogFormError("not the text of a note")
    signature = base64.b64encode(key.key_id + private.sign(text.encode())).decode()
    return f"{text}\n— {key.name} {signature}\n"


def open_note(note: str, key: VerifierKey) -> str:
    """Returns the text of a note that the key has signed; other keys' signatures are ignored.

    Raises: LogFormError, LogSignatureError (not signed by the key, or a wrong signature under its name and
    id).
    """
    text, lines = split_note(note)
    own = [
        signature for name, signature in lines if name == key.name and signature[:_KEY_ID_BYTES] == key.key_id
    ]
    if not own:
        raise LogSignatureError(f"not signed by {key.name} with the key {key.key_id.hex()}")
    public = Ed25519PublicKey.from_public_bytes(key.public)
    try:
        for signature in own:
            public.verify(signature[_KEY_ID_BYTES:], text.encode())
    except InvalidSignature as error:
        raise LogSignatureError(f"the signature of {key.name} is wrong") from error
    return text


def split_note(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """Returns a note's text and its signatures: name, and key id followed by the signature. Raises: LogFormError."""
    text, gap, lines = note.rpartition("\n\n")
    if not gap or not lines.endswith("\n") or len(note) > _LONGEST or not _is_clean(note):
        raise LogFormError("not a signed note")
    return f"{text}\n", _signatures(lines)


def _signatures(lines: str) -> list[tuple[str, bytes]]:
    signatures = []
    for line in lines[:-1].split("\n"):
        mark, _, rest = line.partition(" ")
        name, _, encoded = rest.partition(" ")
        signature = decode_base64(encoded)
        if mark != "—" or not is_key_name(name) or len(signature) <= _KEY_ID_BYTES:
            raise LogFormError("not a signature line of a note")
        signatures.append((name, signature))
    if len(signatures) > _MOST_SIGNATURES:
        raise LogFormError("too many signatures")
    return signatures


def _is_clean(text: str) -> bool:
    return all(char >= " " or char == "\n" for char in text)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """State of a log: its first `size` entries have the Merkle root `root` (32 bytes)."""

    origin: str
    size: int
    root: bytes

    def __str__(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    def sign(self, key: VerifierKey, private: Ed25519PrivateKey) -> str:
        """Returns the signed note. Raises: LogFormError."""
        return sign_note(str(self), key, private)


def open_checkpoint(note: str, key: VerifierKey) -> Checkpoint:
    """Returns the checkpoint in a note signed by the log itself. Raises: LogFormError, LogSignatureError."""
    lines = open_note(note, key).split("\n")
    # Extension lines may follow; they are ignored.
    if len(lines) < 4 or not all(lines[:-1]) or not _SIZE.fullmatch(lines[1]):
        raise LogFormError("not a checkpoint")
    root = decode_base64(lines[2])
    if len(root) != HASH_BYTES:
        raise LogFormError("a checkpoint's root has 32 bytes")
    if lines[0] != key.name:
        raise LogSignatureError(f"a checkpoint for {lines[0]}, not for {key.name}")
    return Checkpoint(lines[0], int(lines[1]), root)


def decode_base64(text: str) -> bytes:
    """Decodes base64, refusing any other spelling of the same bytes. Raises: LogFormError."""
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise LogFormError("not base64") from error
    if base64.b64encode(content).decode() != text:
        raise LogFormError("not the only valid base64 spelling")
    return content
