"""Revocation lists in force: served from stored bytes, whatever their size, and cached by each process."""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from mshield.server.authorities.rows import authorities as first
from mshield.server.authorities.rows.authorities import CrlRow
from mshield.server.database.interface import Database, Tx
from mshield.server.publication.rows import shards
from mshield.wire.times import SECOND_MS

LOOK_MS: Final = SECOND_MS
"""Time in ms after which the list in force is read from the database again."""

MAX_CACHED_BYTES: Final = 32 * 1024 * 1024
"""Maximum size of all cached lists of a process; the least recently used are dropped."""

Name = tuple[str, int]
"""A CA and its shard."""


@dataclass(frozen=True, slots=True)
class PublishedCrl:
    """A list in force. `renew_at` is the latest time at which the next one is made; times in ms since the epoch."""

    der: bytes = field(repr=False)
    number: int
    this_update: int
    next_update: int
    tag: str = ""
    """Strong ETag."""

    @property
    def renew_at(self) -> int:
        """A quarter of its lifetime before its end."""
        return renew_at(self.this_update, self.next_update)


@dataclass(slots=True)
class _Kept:
    crl: PublishedCrl
    looked_at: int


class StoredLists:
    """Cached lists of one process. Reading one never makes a list."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._kept: OrderedDict[Name, _Kept] = OrderedDict()
        self._bytes = 0

    async def current(self, name: Name, *, now: int) -> PublishedCrl | None:
        """Returns the list in force at `now`, at most a second old; None if none is stored, or it has ended."""
        cached = self._kept.get(name)
        if cached is not None and 0 <= now - cached.looked_at < LOOK_MS and now < cached.crl.next_update:
            return cached.crl
        latest = await self.latest(self._db, name)
        if latest is None or now >= latest.next_update:
            return None
        if cached is not None and cached.crl.number == latest.number:
            cached.looked_at = now
            self._kept.move_to_end(name)
            return cached.crl
        der = await self.der(self._db, name, latest.number)
        return None if der is None else self.put(name, latest, der, now=now)

    async def latest(self, db: Database | Tx, name: Name) -> CrlRow | None:
        """Returns the list with the highest number, without its content."""
        ca, shard = name
        if shard == 0:
            return await first.latest_crl(db, authority=ca)
        return await shards.latest(db, authority=ca, shard=shard)

    async def der(self, db: Database | Tx, name: Name, number: int) -> bytes | None:
        """Returns the content of the list with this number, cached if possible."""
        ca, shard = name
        cached = self._kept.get(name)
        if cached is not None and cached.crl.number == number:
            return cached.crl.der
        if shard == 0:
            return await first.crl_der(db, authority=ca, number=number)
        return await shards.list_der(db, authority=ca, shard=shard, number=number)

    def put(self, name: Name, row: CrlRow, der: bytes, *, now: int) -> PublishedCrl:
        """Caches a stored list."""
        tag = f'"{hashlib.sha256(der).hexdigest()[:32]}"'
        crl = PublishedCrl(der, row.number, row.this_update, row.next_update, tag)
        if (old := self._kept.pop(name, None)) is not None:
            self._bytes -= len(old.crl.der)
        self._kept[name] = _Kept(crl, now)
        self._bytes += len(der)
        while self._bytes > MAX_CACHED_BYTES and len(self._kept) > 1:
            _, gone = self._kept.popitem(last=False)
            self._bytes -= len(gone.crl.der)
        return crl


def renew_at(this_update: int, next_update: int) -> int:
    """Returns when the next list is due: a quarter of this one's lifetime before its end."""
    return next_update - (next_update - this_update) // 4
