"""Master key: its id and cipher, sealing and opening; and the text format in which master keys are stored.

A line is `ID CIPHER KEY`: 16 hex digits, `aes` or `sm4`, base64. The first line is the current key. Blank
lines and lines that begin with `#` are ignored. In the environment `;` may replace the line break.
"""

import base64
import binascii
import hmac
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from mshield.server.keys.errors import BadMasterKey, SealError, WrappedMasterKey

CipherName = Literal["aes", "sm4"]
"""`aes` is AES-256-GCM (NIST SP 800-38D), `sm4` is SM4-GCM (GB/T 32907 in RFC 8998's mode)."""

ID_BYTES: Final = 8
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16
KEY_BYTES: Final[dict[CipherName, int]] = {"aes": 32, "sm4": 16}
_LINE: Final = re.compile(r"(?P<id>[0-9a-f]{16})\s+(?P<cipher>aes|sm4)\s+(?P<key>[A-Za-z0-9+/]+={0,2})")

_WRAPPED: Final = re.compile(r"[0-9a-f]{16}\s+(?:aes|sm4)\s+[a-z0-9-]+\s+[A-Za-z0-9+/]+={0,2}")
"""Line of a master key wrapped by a token."""


@dataclass(frozen=True, slots=True)
class MasterKey:
    """Master key. `id` (8 bytes) is public and part of each box; `secret` has 32 bytes (aes) or 16 (sm4)."""

    id: bytes
    cipher: CipherName
    secret: bytes = field(repr=False)
    _begun: HMAC = field(init=False, repr=False, compare=False)
    _aes: AESGCM | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if len(self.id) != ID_BYTES or len(self.secret) != KEY_BYTES[self.cipher]:
            raise BadMasterKey("主密钥长度不对", "a master key or its id has the wrong length")
        # Create both once: creating them costs more than sealing a few hundred bytes.
        nonce_key = hmac.digest(self.secret, b"MSHIELD/box/nonce", "sha256")
        object.__setattr__(self, "_begun", HMAC(nonce_key, SHA256()))
        object.__setattr__(self, "_aes", AESGCM(self.secret) if self.cipher == "aes" else None)

    def synthetic_nonce(self, random: bytes, associated: bytes, plaintext: bytes) -> bytes:
        """Returns 12 bytes of HMAC-SHA-256 over 16 random bytes and the data to seal (protocol, section Keys).

        A machine restored from a snapshot repeats its random bytes; different plaintexts still get different
        nonces.
        """
        mac = self._begun.copy()
        mac.update(random + associated + plaintext)
        return mac.finalize()[:NONCE_BYTES]

    def encrypt(self, nonce: bytes, plaintext: bytes, associated: bytes) -> bytes:
        """Returns ciphertext ‖ 16-byte tag. The 12-byte nonce must never repeat under one key."""
        if self._aes is not None:
            return self._aes.encrypt(nonce, plaintext, associated)
        encryptor = Cipher(algorithms.SM4(self.secret), modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(associated)
        return encryptor.update(plaintext) + encryptor.finalize() + encryptor.tag

    def decrypt(self, nonce: bytes, sealed: bytes, associated: bytes) -> bytes:
        """Returns the plaintext. Raises: SealError (key, nonce, ciphertext or associated data don't match)."""
        try:
            if self._aes is not None:
                return self._aes.decrypt(nonce, sealed, associated)
            mode = modes.GCM(nonce, sealed[-TAG_BYTES:])
            decryptor = Cipher(algorithms.SM4(self.secret), mode).decryptor()
            decryptor.authenticate_additional_data(associated)
            return decryptor.update(sealed[:-TAG_BYTES]) + decryptor.finalize()
        except InvalidTag:
            raise SealError from None

    def line(self) -> str:
        """Returns the key as a line of the text format, secret included."""
        return f"{self.id.hex()} {self.cipher} {base64.b64encode(self.secret).decode('ascii')}"


def generate_master_key(cipher: CipherName) -> MasterKey:
    """Generates a random master key with a random id."""
    return MasterKey(os.urandom(ID_BYTES), cipher, os.urandom(KEY_BYTES[cipher]))


def parse_master_keys(text: str) -> tuple[MasterKey, ...]:
    """Parses the text format and returns the keys, the current one first.

    Raises: BadMasterKey, which has the bad line's number, never its content; WrappedMasterKey.
    """
    keys = [_parse_line(number, line) for number, line in lines_of(text)]
    if not keys:
        raise BadMasterKey("没有主密钥", "the text contains no master key")
    if len({key.id for key in keys}) != len(keys):
        raise BadMasterKey("两个主密钥编号相同", "two master keys have the same id")
    return tuple(keys)


def lines_of(text: str) -> Iterator[tuple[int, str]]:
    """Yields the lines that are neither blank nor comments, stripped, with their numbers from 1."""
    for number, line in enumerate(re.split(r"[\n;]", text), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            yield number, line.strip()


def is_clear(line: str) -> bool:
    """Reports whether a line holds a key in the clear."""
    return _read(line) is not None


def format_master_keys(keys: Iterable[MasterKey]) -> str:
    """Formats the keys, the current one first."""
    return "".join(f"{key.line()}\n" for key in keys)


def _parse_line(number: int, line: str) -> MasterKey:
    key = _read(line)
    if key is None and _WRAPPED.fullmatch(line):
        raise WrappedMasterKey(
            "主密钥由令牌包裹：请设置 MSHIELD_PKCS11_WRAPPING_KEY 等，见 docs/operations.md",
            "the master keys are wrapped by a token: set MSHIELD_PKCS11_WRAPPING_KEY and the token's other settings",
        )
    if key is None:
        raise BadMasterKey(
            f"主密钥第 {number} 行格式不对，应为：编号 算法 密钥",
            f"line {number} of the master keys is malformed: expected 16 hex digits, aes or sm4, key "
            f"in base64 of the right length",
        )
    return key


def _read(line: str) -> MasterKey | None:
    match = _LINE.fullmatch(line)
    if match is None:
        return None
    cipher: CipherName = "aes" if match["cipher"] == "aes" else "sm4"
    try:
        return MasterKey(bytes.fromhex(match["id"]), cipher, base64.b64decode(match["key"], validate=True))
    except (binascii.Error, BadMasterKey):
        return None
