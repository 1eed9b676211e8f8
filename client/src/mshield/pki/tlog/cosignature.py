"""Cosignatures of witnesses on checkpoints (C2SP tlog-cosignature, Ed25519 v1).

A witness states: at this time, this is the largest log of this name that I have seen, and it begins with
everything I saw before. It signs two lines, `cosignature/v1` and `time SECONDS`, and the checkpoint's text.
"""

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from mshield.pki.errors import CosignatureError, LogFormError
from mshield.pki.tlog.note import decode_base64, is_key_name, split_note

_COSIGNATURE: Final = b"\x04"
_KEY_BYTES: Final = 32
_KEY_ID_BYTES: Final = 4
_TIME_BYTES: Final = 8
_SIGNATURE_BYTES: Final = 64


@dataclass(frozen=True, slots=True)
class WitnessKey:
    """A witness's name and public key (32 bytes); as text a `vkey`: `NAME+KEYID+BASE64(0x04 ‖ key)`."""

    name: str
    public: bytes

    def __post_init__(self) -> None:
        if not is_key_name(self.name) or len(self.public) != _KEY_BYTES:
            raise LogFormError("not a name or key of a witness")

    @property
    def key_id(self) -> bytes:
        """The first four bytes of SHA-256(name ‖ 0x0A ‖ 0x04 ‖ key)."""
        named = self.name.encode() + b"\n" + _COSIGNATURE + self.public
        return hashlib.sha256(named).digest()[:_KEY_ID_BYTES]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(_COSIGNATURE + self.public).decode()}"

    @classmethod
    def parse(cls, text: str) -> "WitnessKey":
        """Parses a `vkey`. Raises: LogFormError, also if the key id doesn't match name and key."""
        name, _, rest = text.strip().partition("+")
        key_id, _, encoded = rest.partition("+")
        key = decode_base64(encoded)
        if key[:1] != _COSIGNATURE:
            raise LogFormError("not the vkey of a witness with an Ed25519 key")
        witness = cls(name, key[1:])
        if witness.key_id.hex() != key_id:
            raise LogFormError("the vkey's key id is not that of its name and key")
        return witness


@dataclass(frozen=True, slots=True)
class Cosignature:
    """A cosignature of a checkpoint: the witness's name and the time (ms since the epoch, whole seconds)."""

    witness: str
    at: int


def cosign(note: str, key: WitnessKey, private: Ed25519PrivateKey, *, now: int) -> str:
    """Makes the witness's line for a checkpoint (a signed note) at `now` (ms). Raises: LogFormError."""
    text, _ = split_note(note)
    seconds = now // 1000
    signed = seconds.to_bytes(_TIME_BYTES, "big") + private.sign(_message(text, seconds))
    return f"— {key.name} {base64.b64encode(key.key_id + signed).decode()}\n"


def cosignatures(note: str, keys: Iterable[WitnessKey]) -> list[Cosignature]:
    """Returns the cosignatures of these witnesses on a checkpoint; other lines are ignored.

    Raises: LogFormError, CosignatureError (a wrong signature under a witness's name and key id).
    """
    text, lines = split_note(note)
    by_name = {(key.name, key.key_id): key for key in keys}
    return [
        _checked(text, key, content[_KEY_ID_BYTES:])
        for name, content in lines
        if (key := by_name.get((name, content[:_KEY_ID_BYTES]))) is not None
    ]


def _checked(text: str, key: WitnessKey, signed: bytes) -> Cosignature:
    if len(signed) != _TIME_BYTES + _SIGNATURE_BYTES:
        raise LogFormError("a cosignature has 72 bytes")
    seconds = int.from_bytes(signed[:_TIME_BYTES], "big")
    if seconds >= 1 << 63:
        raise LogFormError("a cosignature's time is below 2^63")
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signed[_TIME_BYTES:], _message(text, seconds))
    except InvalidSignature as error:
        raise CosignatureError(f"the cosignature of {key.name} is wrong") from error
    return Cosignature(key.name, seconds * 1000)


def _message(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()
