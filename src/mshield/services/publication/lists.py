"""Revocation lists that are in force: served from stored bytes, whatever their size, and remembered by each process."""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from mshield.domain.times import SECOND_MS
from mshield.store.ca import authorities as first
from mshield.store.ca import shards
from mshield.store.ca.authorities import CrlRow
from mshield.store.database.interface import Database, Tx

LOOK_MS: Final = SECOND_MS
"""For how long the database isn't asked again which list is in force."""

KEPT_BYTES: Final = 32 * 1024 * 1024
"""How much of lists a process remembers in all; those that were asked for longest ago are forgotten first."""

Name = tuple[str, int]
"""A CA and its shard."""


@dataclass(frozen=True, slots=True)
class PublishedCrl:
    """A list in force. `renew_at` is when the next one will be there at the latest; times in ms since the epoch."""

    der: bytes = field(repr=False)
    number: int
    this_update: int
    next_update: int
    tag: str = ""
    """Its strong ETag."""

    @property
    def renew_at(self) -> int:
        """A quarter of its life before its end."""
        return renew_at(self.this_update, self.next_update)


@dataclass(slots=True)
class _Kept:
    crl: PublishedCrl
    looked_at: int


class StoredLists:
    """Those of one process. Nobody who asks waits for a list to be made."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._kept: OrderedDict[Name, _Kept] = OrderedDict()
        self._bytes = 0

    async def current(self, name: Name, *, now: int) -> PublishedCrl | None:
        """The list in force at `now`, at most a second old; None where none is stored, or it has ended."""
        kept = self._kept.get(name)
        if kept is not None and 0 <= now - kept.looked_at < LOOK_MS and now < kept.crl.next_update:
            return kept.crl
        latest = await self.latest(self._db, name)
        if latest is None or now >= latest.next_update:
            return None
        if kept is not None and kept.crl.number == latest.number:
            kept.looked_at = now
            self._kept.move_to_end(name)
            return kept.crl
        der = await self.der(self._db, name, latest.number)
        return None if der is None else self.put(name, latest, der, now=now)

    async def latest(self, db: Database | Tx, name: Name) -> CrlRow | None:
        """The list with the highest number, without its bytes."""
        ca, shard = name
        if shard == 0:
            return await first.latest_crl(db, authority=ca)
        return await shards.latest(db, authority=ca, shard=shard)

    async def der(self, db: Database | Tx, name: Name, number: int) -> bytes | None:
        """The bytes of the list with this number, from memory where they are there."""
        ca, shard = name
        kept = self._kept.get(name)
        if kept is not None and kept.crl.number == number:
            return kept.crl.der
        if shard == 0:
            return await first.crl_der(db, authority=ca, number=number)
        return await shards.list_der(db, authority=ca, shard=shard, number=number)

    def put(self, name: Name, row: CrlRow, der: bytes, *, now: int) -> PublishedCrl:
        """Remembers a list that is stored."""
        tag = f'"{hashlib.sha256(der).hexdigest()[:32]}"'
        crl = PublishedCrl(der, row.number, row.this_update, row.next_update, tag)
        if (old := self._kept.pop(name, None)) is not None:
            self._bytes -= len(old.crl.der)
        self._kept[name] = _Kept(crl, now)
        self._bytes += len(der)
        while self._bytes > KEPT_BYTES and len(self._kept) > 1:
            _, gone = self._kept.popitem(last=False)
            self._bytes -= len(gone.crl.der)
        return crl


def renew_at(this_update: int, next_update: int) -> int:
    """When the next list is due: a quarter of this one's life before its end."""
    return next_update - (next_update - this_update) // 4
