"""The key of the seals on rows with authority: random, made once, kept sealed in the database beside the lookup key.

So a change of the master key leaves all seals as they are. A database that is older than its seals is sealed once, by
`mshield migrate`; from then on a row without a seal is one that somebody else wrote.
"""

import hmac
import os
from functools import lru_cache
from typing import Final

from cryptography.hazmat.primitives.hashes import SM3
from cryptography.hazmat.primitives.hmac import HMAC

from mshield.keys.errors import KeysError, SealError
from mshield.keys.keyring import Keyring
from mshield.store.database.interface import Database, Tx
from mshield.store.operations.secrets import find_secret, insert_secret
from mshield.store.seals.earlier import has_rows
from mshield.store.seals.tables import LATER

KEY: Final = "seal"
DONE: Final = ("sealed", "sealed_later")
"""The secrets that are there once everything is sealed, and what got its seals later."""

_BEGAN_WITH_ALL: Final = b"sealed from the beginning"
"""The first mark of a database that had all seals from the beginning: if the second is gone, somebody took it."""

_KEY_BYTES: Final = 32
_KNOWN: Final = 4096


class NotSealed(KeysError):
    """The rows of this database have no seals yet, or lost the key of them."""

    code = "not_sealed"

    def __init__(self) -> None:
        super().__init__(
            "数据库中的记录尚未加封：请运行 mshield migrate",
            "the rows of this database are not sealed yet: run `mshield migrate`",
        )


class RowSealer:
    """HMAC-SM3 under the key of the seals."""

    def __init__(self, key: bytes) -> None:
        if len(key) != _KEY_BYTES:
            raise ValueError(f"a key of seals has {_KEY_BYTES} bytes")
        self._begun: Final = HMAC(key, SM3())  # a copy of it costs half of a new one
        # The same rows of people and enterprises come again and again.
        self.fits: Final = lru_cache(maxsize=_KNOWN)(self._fits)

    def mac(self, data: bytes) -> bytes:
        """The seal of these octets, 32 bytes."""
        mac = self._begun.copy()
        mac.update(data)
        return mac.finalize()

    def _fits(self, data: bytes, seal: bytes) -> bool:
        """Whether this is their seal, compared in constant time."""
        return hmac.compare_digest(self.mac(data), seal)


async def load_sealer(db: Database, keyring: Keyring, *, now: int) -> None:
    """Gives the database its sealer; the key is made where there are no rows yet. Raises NotSealed, SealError."""
    if not await is_finished(db):
        if await needs_seals(db):
            raise NotSealed
        await make_key(db, keyring, now=now)
        await finish(db, keyring, now=now)
    await load_key(db, keyring)


async def load_key(db: Database, keyring: Keyring) -> None:
    """Gives the database its sealer. Raises NotSealed without the key, SealError."""
    db.sealer = await _open(db, keyring)


async def is_finished(db: Database) -> bool:
    """Whether every row has its seal."""
    return all([await find_secret(db, name=name) is not None for name in DONE])


async def needs_seals(db: Database) -> bool:
    """Whether there are rows that were never sealed."""
    if not await is_begun(db):
        return await has_rows(db)
    return await find_secret(db, name=DONE[1]) is None and await has_rows(db, LATER)


async def is_begun(db: Database) -> bool:
    """Whether the database has seals, though perhaps not those that came later."""
    return await find_secret(db, name=DONE[0]) is not None


async def began_with_all(db: Database, keyring: Keyring) -> bool:
    """Whether no table was left for later when this database was sealed. Raises SealError."""
    box = await find_secret(db, name=DONE[0])
    try:
        return (
            box is not None
            and keyring.open(box, purpose="secret", context=DONE[0].encode()) == _BEGAN_WITH_ALL
        )
    except ValueError as error:
        raise SealError from error


async def make_key(db: Database, keyring: Keyring, *, now: int) -> None:
    """Makes the key, unless it is there, and gives the database its sealer."""
    box = keyring.seal(os.urandom(_KEY_BYTES), purpose="secret", context=KEY.encode())
    await insert_secret(db, name=KEY, box=box, now=now)
    db.sealer = await _open(db, keyring)


async def finish(db: Database | Tx, keyring: Keyring, *, now: int) -> None:
    """Notes that every row has its seal; a mark that is there stays as it is."""
    for name, content in zip(DONE, (_BEGAN_WITH_ALL, b"sealed"), strict=True):
        box = keyring.seal(content, purpose="secret", context=name.encode())
        await insert_secret(db, name=name, box=box, now=now)


async def _open(db: Database, keyring: Keyring) -> RowSealer:
    box = await find_secret(db, name=KEY)
    if box is None:
        raise NotSealed
    try:
        return RowSealer(keyring.open(box, purpose="secret", context=KEY.encode()))
    except ValueError as error:
        raise SealError from error
