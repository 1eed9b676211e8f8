"""The transparency log's secrets: the Ed25519 key that signs checkpoints, and the key from which rows' salts are made.

Both are random, made once, and sealed in the database, so that they survive every change of the master key.
"""

import hmac
import os
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mshield.keys.errors import SealError
from mshield.keys.keyring import Keyring
from mshield.pki.tlog.note import Checkpoint, VerifierKey
from mshield.store.database.interface import Database
from mshield.store.operations.secrets import find_secret, insert_secret

SIGNING: Final = "log-signing"
SALT: Final = "log-salt"
_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class LogKey:
    """The secrets under the log's name."""

    verifier: VerifierKey
    private: Ed25519PrivateKey = field(repr=False)
    salt_key: bytes = field(repr=False)

    def sign(self, checkpoint: Checkpoint) -> str:
        """The checkpoint as a signed note."""
        return checkpoint.sign(self.verifier, self.private)

    def salt(self, kind: int, row_id: bytes) -> bytes:
        """The salt of a row, 32 bytes: HMAC-SHA-256(salt key, kind ‖ the row's key)."""
        return hmac.digest(self.salt_key, bytes((kind,)) + row_id, "sha256")


async def load_log_key(db: Database, keyring: Keyring, *, name: str, now: int) -> LogKey:
    """The keys of this database's log, made at the first call. Raises SealError."""
    private = Ed25519PrivateKey.from_private_bytes(await _secret(db, keyring, SIGNING, now=now))
    public = private.public_key().public_bytes_raw()
    return LogKey(VerifierKey(name, public), private, await _secret(db, keyring, SALT, now=now))


async def _secret(db: Database, keyring: Keyring, name: str, *, now: int) -> bytes:
    box = await find_secret(db, name=name)
    if box is None:
        new_box = keyring.seal(os.urandom(_BYTES), purpose="secret", context=name.encode())
        await insert_secret(db, name=name, box=new_box, now=now)
        box = await find_secret(db, name=name)  # the first of two that made one at once
    if box is None:
        raise SealError("日志密钥未能保存", "the log's key was not stored")
    return keyring.open(box, purpose="secret", context=name.encode())
