"""Revocation lists of root and issuing CAs: numbered without a repeat, made when something changed or the end is near.

Whether something changed is told by the list's basis, not by comparing times: a change that was committed late, with an
earlier time, is seen too.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from mshield.domain import errors
from mshield.domain.times import DAY_MS, HOUR_MS
from mshield.gm.engine import Engine
from mshield.keys.authority import ROOT, Authorities, Authority, open_authority
from mshield.keys.keyring import Keyring
from mshield.pki.certificates.certificate import Certificate
from mshield.pki.revocation.crl import Revoked, build_crl
from mshield.services.publication.status import revocation_of
from mshield.settings import Settings
from mshield.store.ca import authorities as store
from mshield.store.ca.authorities import CrlRow
from mshield.store.certificates.certificates import list_revoked, read_status, revoked_basis
from mshield.store.database.interface import Database, Tx

RETAIN_MS: Final = 31 * DAY_MS
"""How long an expired certificate's entry stays: longer than a list lives (RFC 5280, 3.3)."""

KEPT_MS: Final = HOUR_MS
"""How long a list that has a successor stays in the database."""

Content = list[tuple[Certificate, list[Revoked]]]
"""What a list says, by issuer."""


@dataclass(frozen=True, slots=True)
class PublishedCrl:
    """A list in force. `renew_at` is when the next one will be there at the latest; times in ms since the epoch."""

    der: bytes = field(repr=False)
    number: int
    this_update: int
    next_update: int

    @property
    def renew_at(self) -> int:
        """A quarter of its life before its end."""
        return renew_at(self.this_update, self.next_update)


class CrlPublisher:
    """Makes the lists and keeps the last of each in memory."""

    def __init__(
        self, db: Database, keyring: Keyring, engine: Engine, settings: Settings, authorities: Authorities
    ) -> None:
        self._db, self._keyring, self._engine = db, keyring, engine
        self._authorities = authorities
        self._root_life_ms = settings.root_crl_hours * HOUR_MS
        self._life_ms = settings.crl_hours * HOUR_MS
        self._last: dict[str, PublishedCrl] = {}
        self._making = asyncio.Lock()

    async def refresh(self, *, now: int) -> int:
        """Makes each CA's list that is due and deletes those that nobody needs any more; how many it made.

        A CA whose certificate has ended publishes no more.
        """
        count = 0
        await self._authorities.refresh(self._db)
        for ca in self._authorities.names:
            certificate = self._authorities.certificate(ca)
            if certificate is not None and now <= certificate.not_after and await self.is_due(ca, now=now):
                await self.current(ca, now=now)
                count += 1
        await store.prune_crls(self._db, before=now - KEPT_MS)
        return count

    async def is_due(self, ca: str, *, now: int) -> bool:
        """Whether the next call of `current` makes a list."""
        return await self._find(ca, now=now) is None

    async def current(self, ca: str, *, now: int) -> PublishedCrl:
        """The list of the root or an issuing CA in force at `now`. Raises ClockDoubted where it would be a new one."""
        if (crl := await self._find(ca, now=now)) is not None:
            return crl
        others_make_it = self._making.locked()
        async with self._making:  # many ask at once for the list that just became stale
            crl = await self._find(ca, now=now) if others_make_it else None
            return crl if crl is not None else await self._make(ca, now=now)

    async def _find(self, ca: str, *, now: int) -> PublishedCrl | None:
        latest = await store.latest_crl(self._db, authority=ca)
        if latest is None or now >= self._good_until(latest):
            return None
        if latest.basis != await self._basis(ca, since=latest.this_update - RETAIN_MS):
            return None
        last = self._last.get(ca)
        if last is None or last.number != latest.number:
            der = await store.crl_der(self._db, authority=ca, number=latest.number)
            if der is None:
                return None
            last = self._last[ca] = PublishedCrl(der, latest.number, latest.this_update, latest.next_update)
        return last

    def _good_until(self, latest: CrlRow) -> int:
        """The list's end, where no next one is made, as the clock is doubted."""
        if not self._authorities.is_sure():
            return latest.next_update
        return renew_at(latest.this_update, latest.next_update)

    async def _basis(self, ca: str, *, since: int) -> str:
        if ca == ROOT:
            await self._authorities.refresh(self._db)
            return _root_basis(self._revoked_cas())
        return await revoked_basis(self._db, issuer=ca, since=since)

    def _revoked_cas(self) -> list[Revoked]:
        entries = []
        for name in self._authorities.names:
            certificate, revoked = self._authorities.certificate(name), self._authorities.revoked(name)
            if certificate is not None and revoked is not None:
                entries.append(Revoked(certificate.serial, revoked.at, revoked.reason))
        return entries

    async def _make(self, ca: str, *, now: int) -> PublishedCrl:
        self._authorities.require_sure()
        this_update = now // 1000 * 1000

        async def work(tx: Tx) -> tuple[int | None, str, Content]:
            number = await store.next_crl_number(tx, name=ca)
            return number, *await self._read(tx, ca, since=this_update - RETAIN_MS)

        number, basis, content = await self._db.write(work)
        if number is None:
            raise errors.Unavailable
        life_ms = self._root_life_ms if ca == ROOT else self._life_ms
        crl = CrlRow(number, basis, this_update, this_update + life_ms)
        der = await self._build(ca, crl, content)
        await store.insert_crl(self._db, authority=ca, crl=crl, der=der)
        published = self._last[ca] = PublishedCrl(der, number, crl.this_update, crl.next_update)
        return published

    async def _read(self, tx: Tx, ca: str, *, since: int) -> tuple[str, Content]:
        """What a list says of a CA's certificates, with its basis."""
        certificate = self._authorities.certificate(ca)
        if certificate is None:
            raise errors.NotFound
        if ca == ROOT:
            await self._authorities.refresh(tx)
            revoked = self._revoked_cas()
            return _root_basis(revoked), [(certificate, revoked)]
        basis, lines = await list_revoked(tx, issuer=ca, since=since)
        return basis, [(certificate, entries_of(lines, issuer=ca))]

    async def _build(self, ca: str, crl: CrlRow, content: Content) -> bytes:
        ((_, revoked),) = content
        # A long list takes a while: other requests go on meanwhile.
        return await asyncio.to_thread(_build, await self._authority(ca), crl, revoked)

    async def _authority(self, ca: str) -> Authority:
        authority = self._authorities.find(ca)
        return authority or await open_authority(self._db, self._keyring, self._engine, ca)


def _build(authority: Authority, crl: CrlRow, revoked: list[Revoked]) -> bytes:
    return build_crl(
        signer=authority.signer,
        issuer=authority.certificate,
        number=crl.number,
        this_update=crl.this_update,
        next_update=crl.next_update,
        revoked=until(crl.this_update, revoked),
    )


def until(this_update: int, revoked: Sequence[Revoked]) -> list[Revoked]:
    """Another process's clock may be a little ahead; a list can't tell of the future."""
    return [entry if entry.at <= this_update else entry._replace(at=this_update) for entry in revoked]


def entries_of(lines: Sequence[str], *, issuer: str) -> list[Revoked]:
    """The entries of a CA's list."""
    return [entry for line in lines if (entry := _entry_of(line, issuer)) is not None]


@lru_cache(maxsize=1 << 16)
def _entry_of(line: str, issuer: str) -> Revoked | None:
    """Remembered: from one list to the next few of its thousands of lines differ."""
    status = read_status(line, issuer=issuer)
    revocation = revocation_of(status)
    return None if revocation is None else Revoked(int(status.serial, 16), revocation.at, revocation.reason)


def _root_basis(revoked: list[Revoked]) -> str:
    """A text that differs whenever the root's list does: CAs are only ever added to it."""
    return f"{len(revoked)}:{sum(entry.at for entry in revoked)}"


def renew_at(this_update: int, next_update: int) -> int:
    """When the next list is due: a quarter of this one's life before its end."""
    return next_update - (next_update - this_update) // 4
