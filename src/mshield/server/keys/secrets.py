"""Lookup key: turns id numbers and the like into keyed hashes that can be searched for but not brute-forced.

It is random, created once, and sealed in the database, so it survives every change of the master key.
"""

import os
import time
from functools import lru_cache
from typing import Final

from cryptography.hazmat.primitives.hashes import SM3
from cryptography.hazmat.primitives.hmac import HMAC

from mshield.server.database.interface import Database
from mshield.server.keys.errors import SealError
from mshield.server.keys.keyring import Keyring
from mshield.server.keys.rows.secrets import find_secret, insert_secret
from mshield.server.keys.seals import load_sealer

NAME: Final = "lookup"
KEY_BYTES: Final = 32


class LookupKey:
    """Keyed hashes of values, with a separate key for each kind of value."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"the lookup key must have {KEY_BYTES} bytes")
        self._key = key
        self._subkey = lru_cache(maxsize=64)(self._derive)

    def lookup_hash(self, kind: str, value: str) -> bytes:
        """Returns HMAC-SM3 of the UTF-8 value under `key_for(kind)`, 32 bytes; the caller normalises values."""
        return _hmac(self._subkey(kind), value.encode())

    def key_for(self, kind: str) -> bytes:
        """Returns the key for one kind of value, 32 bytes: HMAC-SM3 of the kind under the lookup key."""
        return self._subkey(kind)

    def _derive(self, kind: str) -> bytes:
        return _hmac(self._key, kind.encode())


async def load_lookup_key(db: Database, keyring: Keyring, *, now: int | None = None) -> LookupKey:
    """Returns the lookup key of this database, creating it at the first call; also sets the database's sealer.

    Raises: SealError (a stored key doesn't open), SealsLost.
    """
    now = time.time_ns() // 1_000_000 if now is None else now
    await load_sealer(db, keyring, now=now)
    box = await find_secret(db, name=NAME)
    if box is None:
        box = await _make(db, keyring, now=now)
    return LookupKey(keyring.open(box, purpose="secret", context=NAME.encode()))


async def _make(db: Database, keyring: Keyring, *, now: int) -> bytes:
    box = keyring.seal(os.urandom(KEY_BYTES), purpose="secret", context=NAME.encode())
    await insert_secret(db, name=NAME, box=box, now=now)
    stored = await find_secret(db, name=NAME)
    if stored is None:
        raise SealError("查找密钥未能保存", "the lookup key was not stored")
    return stored


def _hmac(key: bytes, message: bytes) -> bytes:
    mac = HMAC(key, SM3())
    mac.update(message)
    return mac.finalize()
