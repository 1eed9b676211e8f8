"""Secrets of the transparency log: the Ed25519 key that signs checkpoints, and the key that derives the rows' salts.

Both are random, created once, and sealed in the database, so they survive every change of the master key.
"""

import hmac
import os
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mshield.pki.tlog.note import Checkpoint, VerifierKey, sign_note
from mshield.server.database.interface import Database
from mshield.server.keys.errors import SealError
from mshield.server.keys.keyring import Keyring
from mshield.server.keys.rows.secrets import find_secret, insert_secret

SIGNING: Final = "log-signing"
SALT: Final = "log-salt"
_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class LogKey:
    """Secrets of the log, with its name."""

    verifier: VerifierKey
    private: Ed25519PrivateKey = field(repr=False)
    salt_key: bytes = field(repr=False)

    def sign(self, checkpoint: Checkpoint) -> str:
        """Signs a checkpoint and returns it as a signed note."""
        return checkpoint.sign(self.verifier, self.private)

    def sign_text(self, text: str) -> str:
        """Signs a text that isn't a checkpoint and returns it as a signed note."""
        return sign_note(text, self.verifier, self.private)

    def salt(self, kind: int, row_id: bytes) -> bytes:
        """Returns the salt of a row, 32 bytes: HMAC-SHA-256(salt key, kind ‖ the row's key)."""
        return hmac.digest(self.salt_key, bytes((kind,)) + row_id, "sha256")


async def load_log_key(db: Database, keyring: Keyring, *, name: str, now: int) -> LogKey:
    """Returns the keys of this database's log, creating them at the first call. Raises: SealError."""
    private = Ed25519PrivateKey.from_private_bytes(await _secret(db, keyring, SIGNING, now=now))
    public = private.public_key().public_bytes_raw()
    return LogKey(VerifierKey(name, public), private, await _secret(db, keyring, SALT, now=now))


async def _secret(db: Database, keyring: Keyring, name: str, *, now: int) -> bytes:
    box = await find_secret(db, name=name)
    if box is None:
        new_box = keyring.seal(os.urandom(_BYTES), purpose="secret", context=name.encode())
        await insert_secret(db, name=name, box=new_box, now=now)
        box = await find_secret(db, name=name)  # if two processes created one at once, the first wins
    if box is None:
        raise SealError("日志密钥未能保存", "the log's key was not stored")
    return keyring.open(box, purpose="secret", context=name.encode())
