"""Key of the row seals: random, created once, sealed in the database beside the lookup key.

So a change of the master key leaves all row seals valid. Only a database without rows gets a key: a row without a
valid seal was written by somebody else, and the service never seals it.
"""

import hmac
import os
from functools import lru_cache
from typing import Final

from cryptography.hazmat.primitives.hashes import SM3
from cryptography.hazmat.primitives.hmac import HMAC

from mshield.server.database.interface import Database
from mshield.server.keys.errors import KeysError, SealError
from mshield.server.keys.keyring import Keyring
from mshield.server.keys.rows.secrets import find_secret, insert_secret
from mshield.server.seals.reading import has_rows

KEY: Final = "seal"
_KEY_BYTES: Final = 32
_RECENT: Final = 4096
_LARGEST_RECENT: Final = 4096


class SealsLost(KeysError):
    """Error: the key of the seals is not in the database, though there are rows."""

    code = "seals_lost"

    def __init__(self) -> None:
        super().__init__(
            "封条的密钥不在数据库中：数据库被改动过，或恢复不完整。处理办法见 docs/operations.md",
            "the key of the seals is missing in the database: it was deleted, or the database was "
            "restored only in part. See docs/operations.md",
        )


class RowSealer:
    """HMAC-SM3 under the seal key."""

    def __init__(self, key: bytes) -> None:
        if len(key) != _KEY_BYTES:
            raise ValueError(f"the key of the seals must have {_KEY_BYTES} bytes")
        self._begun: Final = HMAC(key, SM3())  # copying costs half as much as creating one
        # The same rows are checked again and again, and a new document soon after it was sealed.
        self._recent: Final = lru_cache(maxsize=_RECENT)(self._mac)

    def mac(self, data: bytes) -> bytes:
        """Returns the seal of the data, 32 bytes."""
        # Large documents are checked seldom, and would fill the memory.
        return self._recent(data) if len(data) <= _LARGEST_RECENT else self._mac(data)

    def fits(self, data: bytes, seal: bytes) -> bool:
        """Reports whether `seal` is the seal of the data, compared in constant time."""
        return hmac.compare_digest(self.mac(data), seal)

    def _mac(self, data: bytes) -> bytes:
        mac = self._begun.copy()
        mac.update(data)
        return mac.finalize()


async def load_sealer(db: Database, keyring: Keyring, *, now: int) -> None:
    """Sets the database's sealer; makes the key if there are no rows yet. Raises: SealsLost, SealError."""
    if await find_secret(db, name=KEY) is None:
        if await lacks_key(db):
            raise SealsLost
        box = keyring.seal(os.urandom(_KEY_BYTES), purpose="secret", context=KEY.encode())
        await insert_secret(db, name=KEY, box=box, now=now)
    await load_key(db, keyring)


async def load_key(db: Database, keyring: Keyring) -> None:
    """Sets the database's sealer. Raises: SealsLost (no key), SealError."""
    db.sealer = await _open(db, keyring)


async def lacks_key(db: Database) -> bool:
    """Reports whether there are sealed rows but no key."""
    # In this order, since another process may make the key and the first rows meanwhile.
    return await has_rows(db) and await find_secret(db, name=KEY) is None


async def _open(db: Database, keyring: Keyring) -> RowSealer:
    box = await find_secret(db, name=KEY)
    if box is None:
        raise SealsLost
    try:
        return RowSealer(keyring.open(box, purpose="secret", context=KEY.encode()))
    except ValueError as error:
        raise SealError from error
