"""Revocation lists of root and issuing CAs, made by the job alone: numbered without a repeat, in shards of so many.

Whoever changes a status writes that down. The next list is the one before with those entries changed; near its end
it is made from all rows of its shard, which leaves out what has expired. Whether something changed isn't told by
comparing times: a change that was committed late, with an earlier time, is seen too.
"""

import asyncio
import logging
from collections.abc import Sequence
from functools import lru_cache
from itertools import groupby
from typing import Final

from mshield.domain import errors
from mshield.domain.certificates.shards import MOST_SHARD, shard_of
from mshield.domain.ids import first_id
from mshield.domain.times import DAY_MS, HOUR_MS, MINUTE_MS
from mshield.gm.engine import Engine
from mshield.keys.authority import ROOT, Authorities, Authority, open_authority
from mshield.keys.errors import NoAuthority
from mshield.keys.keyring import Keyring
from mshield.pki.errors import BadCertificateSignature, CrlError, DerError
from mshield.pki.revocation.crl import Revoked, build_crl, rebuild_crl
from mshield.services.publication.lists import Name, PublishedCrl, StoredLists, renew_at
from mshield.services.publication.status import revocation_of
from mshield.services.publication.urls import list_url
from mshield.settings import Settings
from mshield.store.ca import authorities as store
from mshield.store.ca import shards
from mshield.store.ca.authorities import CrlRow
from mshield.store.ca.shards import ANY, Changed, basis_of
from mshield.store.certificates import changes as certificate_changes
from mshield.store.certificates.certificates import StatusRow, list_revoked_of, read_status, status_in
from mshield.store.database.interface import Database, Tx

RETAIN_MS: Final = 31 * DAY_MS
"""How long an expired certificate's entry stays: longer than a list lives (RFC 5280, 3.3)."""

KEPT_MS: Final = MINUTE_MS
"""How long a list that has a successor stays in the database, for who is about to read it."""

LOOK_BACK_MS: Final = MINUTE_MS
"""How often events are looked at for what the last release's programs changed."""

_BATCH: Final = 500
_BATCHES: Final = 40
"""Changes that are read together, and how often in one run."""

_RENEWED: Final = 20
"""Shards' lists that one run makes from all their rows: the next one comes in seconds."""

_log: Final = logging.getLogger(__name__)


class CrlPublisher:
    """Makes the lists."""

    def __init__(
        self, db: Database, keyring: Keyring, engine: Engine, settings: Settings, authorities: Authorities
    ) -> None:
        self._db, self._keyring, self._engine = db, keyring, engine
        self._authorities, self._settings = authorities, settings
        self._stored = StoredLists(db)
        self._making = asyncio.Lock()
        self._pruned_at = self._looked_at = 0
        self._told: dict[str, int] = {}

    async def current(self, ca: str, *, shard: int = 0, now: int) -> PublishedCrl:
        """The list in force at `now`. Only where there is none, as before the job's first run, one is made.

        Raises NotFound for a shard that isn't open, ClockDoubted where the list would be a new one.
        """
        if (crl := await self._stored.current((ca, shard), now=now)) is not None:
            return crl
        async with self._making:
            crl = await self._stored.current((ca, shard), now=now)
            return crl if crl is not None else await self._make((ca, shard), now=now)

    async def refresh(self, *, now: int) -> int:
        """Makes each list that is due and deletes those that nobody needs any more; how many it made.

        A CA whose certificate has ended publishes no more.
        """
        await self._authorities.refresh(self._db)
        await self._open_next(now=now)
        if not 0 <= now - self._looked_at < LOOK_BACK_MS:
            self._looked_at = now
            await self._note_of_last_release(now=now)
        count = await self._renew(now=now) + await self._tell(now=now)
        if count or now - self._pruned_at >= KEPT_MS:
            await store.prune_crls(self._db, before=now - KEPT_MS)
            self._pruned_at = now
        return count

    async def _open_next(self, *, now: int) -> None:
        """Once the newest shard is full the certificates after it get the next one."""
        try:
            ca = self._authorities.issuing.name
        except NoAuthority:
            return
        newest = await shards.newest(self._db, authority=ca)
        if newest is None or newest.shard >= MOST_SHARD:
            return
        most = self._settings.crl_shard_certificates
        if await shards.issued_since(self._db, since=newest.opened_at, most=most) >= most:
            await shards.open_shard(self._db, authority=ca, shard=newest.shard + 1, now=now)
            await self._authorities.refresh(self._db)

    async def _renew(self, *, now: int) -> int:
        """Lists that are near their end, or of another form than they should be."""
        count = 0
        for ca in self._authorities.names:
            if self._has_ended(ca, now=now):
                continue
            latest = await store.latest_crl(self._db, authority=ca)
            if latest is None or not self._stands(ca, latest, now=now):
                await self._make((ca, 0), now=now)
                count += 1
        for ca, shard in await shards.due(self._db, now=now, most=_RENEWED):
            if self._has_ended(ca, now=now):
                await shards.renew_no_more(self._db, authority=ca, shard=shard)
                continue
            await self._make((ca, shard), now=now)
            count += 1
        return count

    async def _tell(self, *, now: int) -> int:
        """Lists of the certificates whose statuses changed."""
        count = 0
        for _ in range(_BATCHES):
            changed = await shards.changed(self._db, most=_BATCH)
            changed.sort(key=_list_of)
            for name, of_one in groupby(changed, key=_list_of):
                noted = list(of_one)
                self._told |= {one.serial: now for one in noted}
                if await self._is_published(name, now=now):
                    await self._make(name, noted=noted, now=now)
                    count += 1
                else:
                    await self._forget(noted)
            if len(changed) < _BATCH:
                break
        return count

    async def _note_of_last_release(self, *, now: int) -> None:
        """Notes what programs of the last release changed: while they serve beside this one, only events tell of it."""
        since = now - 5 * LOOK_BACK_MS
        self._told = {serial: at for serial, at in self._told.items() if at >= since}
        events = await certificate_changes.events_since(self._db, since=first_id(since))
        unknown = {serial for serial, at in events if self._told.get(serial, 0) < at}

        async def work(tx: Tx) -> None:
            for serial in sorted(unknown):
                await certificate_changes.note_listed(tx, serial=serial)

        if unknown:
            await self._db.write(work)

    async def _is_published(self, name: Name, *, now: int) -> bool:
        ca, shard = name
        if self._has_ended(ca, now=now):
            return False
        return shard == 0 or await shards.has_shard(self._db, authority=ca, shard=shard)

    async def _forget(self, noted: Sequence[Changed]) -> None:
        async def work(tx: Tx) -> None:
            await shards.forget_changes(tx, noted)

        await self._db.write(work)

    def _has_ended(self, ca: str, *, now: int) -> bool:
        certificate = self._authorities.certificate(ca)
        return certificate is None or now > certificate.not_after

    def _stands(self, ca: str, latest: CrlRow, *, now: int) -> bool:
        """Whether a list of shard 0 need not be made from the rows. A list of an earlier release has another basis."""
        if ca == ROOT:
            due_at = renew_at(latest.this_update, latest.next_update)
            return now < due_at and latest.basis == _root_basis(revoked_cas(self._authorities))
        return self._is_of_form((ca, 0), latest) and now < _made_from_rows_until(latest)

    def _is_of_form(self, name: Name, latest: CrlRow) -> bool:
        return latest.basis == basis_of(
            is_sharded=self._point(name) is not None, renew_at=_made_from_rows_until(latest)
        )

    def _point(self, name: Name) -> str | None:
        """The address that a list says, which every list of a CA does that has more than one."""
        ca, shard = name
        if shard == 0 and self._authorities.shard(ca) == 0:
            return None
        return list_url(self._settings, ca, shard)

    async def _make(self, name: Name, *, noted: Sequence[Changed] = (), now: int) -> PublishedCrl:
        """A new list, which tells at least the changes `noted`."""
        self._authorities.require_sure()
        crl = await self._make_from_last(name, noted, now=now) if noted else None
        return crl or await self._make_from_rows(name, noted, now=now)

    async def _make_from_last(self, name: Name, noted: Sequence[Changed], *, now: int) -> PublishedCrl | None:
        """None where the last list doesn't serve: the next one is made from the rows then."""
        ca, _ = name
        this_update = now // 1000 * 1000

        async def work(tx: Tx) -> tuple[int, CrlRow, bytes, dict[int, Revoked | None]] | None:
            number = await store.next_crl_number(tx, name=ca)
            last = await self._stored.latest(tx, name)
            if number is None or last is None or last.this_update > this_update:
                return None
            der = await self._stored.der(tx, name, last.number)
            if der is None or not self._is_of_form(name, last) or now >= _made_from_rows_until(last):
                return None
            rows = [(one.serial, await status_in(tx, serial=one.serial)) for one in noted]
            return number, last, der, {int(serial, 16): _entry(row, this_update) for serial, row in rows}

        read = await self._db.write(work)
        if read is None:
            return None
        number, last, der, changes = read
        crl = CrlRow(number, last.basis, this_update, this_update + self._life_ms(ca))
        authority = await self._authority(ca)
        try:
            new = await asyncio.to_thread(
                rebuild_crl,
                self._engine,
                signer=authority.signer,
                issuer=authority.certificate,
                number=number,
                this_update=crl.this_update,
                next_update=crl.next_update,
                last=der,
                changes=changes,
                point=self._point(name),
            )
        except (BadCertificateSignature, CrlError, DerError) as error:
            _log.error("a stored revocation list of %s is not as it was signed: %s", ca, error)
            return None
        if not await self._store(name, crl, new, noted, made_from=last.number):
            return None
        return self._stored.put(name, crl, new, now=now)

    async def _make_from_rows(self, name: Name, noted: Sequence[Changed], *, now: int) -> PublishedCrl:
        ca, shard = name
        if shard and not await shards.has_shard(self._db, authority=ca, shard=shard):
            raise errors.NotFound
        certificate = self._authorities.certificate(ca)
        if certificate is None:
            raise errors.NotFound
        this_update = now // 1000 * 1000
        next_update = this_update + self._life_ms(ca)
        point = self._point(name)

        async def work(tx: Tx) -> tuple[int | None, list[str]]:
            number = await store.next_crl_number(tx, name=ca)
            if ca == ROOT:
                await self._authorities.refresh(tx)
                return number, []
            return number, await list_revoked_of(tx, issuer=ca, shard=shard, since=this_update - RETAIN_MS)

        number, lines = await self._db.write(work)
        if number is None:
            raise errors.Unavailable
        revoked = revoked_cas(self._authorities) if ca == ROOT else entries_of(lines, issuer=ca)
        basis = (
            _root_basis(revoked)
            if ca == ROOT
            else basis_of(is_sharded=point is not None, renew_at=renew_at(this_update, next_update))
        )
        crl = CrlRow(number, basis, this_update, next_update)
        authority = await self._authority(ca)
        # A long list takes a while: other requests go on meanwhile.
        der = await asyncio.to_thread(
            build_crl,
            signer=authority.signer,
            issuer=certificate,
            number=number,
            this_update=this_update,
            next_update=next_update,
            revoked=until(this_update, revoked),
            point=point,
        )
        if not await self._store(name, crl, der, noted, made_from=ANY):  # another process has a later one
            later = await self._stored.current(name, now=now)
            if later is not None:
                return later
        return self._stored.put(name, crl, der, now=now)

    async def _store(
        self, name: Name, crl: CrlRow, der: bytes, noted: Sequence[Changed], *, made_from: int
    ) -> bool:
        ca, shard = name

        async def work(tx: Tx) -> bool:
            stands = True
            if shard:
                stands = await shards.keep(
                    tx,
                    authority=ca,
                    shard=shard,
                    crl=crl,
                    der=der,
                    renew_at=_made_from_rows_until(crl),
                    made_from=made_from,
                )
            else:
                stands = await store.insert_crl_in_turn(
                    tx, authority=ca, crl=crl, der=der, made_from=made_from
                )
            if stands:
                await shards.forget_changes(tx, noted)
            return stands

        return await self._db.write(work)

    def _life_ms(self, ca: str) -> int:
        return HOUR_MS * (self._settings.root_crl_hours if ca == ROOT else self._settings.crl_hours)

    async def _authority(self, ca: str) -> Authority:
        authority = self._authorities.find(ca)
        return authority or await open_authority(self._db, self._keyring, self._engine, ca)


def _list_of(changed: Changed) -> Name:
    return changed.issuer, shard_of(changed.serial)


def _made_from_rows_until(latest: CrlRow) -> int:
    """When the list is to be made from the rows once more; at once where the basis is of an earlier release."""
    _, _, at = latest.basis.partition(" ")
    return int(at) if at.isdecimal() else 0


def revoked_cas(authorities: Authorities) -> list[Revoked]:
    """The entries of the root's list."""
    entries = []
    for name in authorities.names:
        certificate, revoked = authorities.certificate(name), authorities.revoked(name)
        if certificate is not None and revoked is not None:
            entries.append(Revoked(certificate.serial, revoked.at, revoked.reason))
    return entries


def until(this_update: int, revoked: Sequence[Revoked]) -> list[Revoked]:
    """Another process's clock may be a little ahead; a list can't tell of the future."""
    return [entry if entry.at <= this_update else entry._replace(at=this_update) for entry in revoked]


def entries_of(lines: Sequence[str], *, issuer: str) -> list[Revoked]:
    """The entries of a CA's list."""
    return [entry for line in lines if (entry := _entry_of(line, issuer)) is not None]


@lru_cache(maxsize=1 << 13)
def _entry_of(line: str, issuer: str) -> Revoked | None:
    """Remembered: from one list to the next few of its lines differ."""
    return _revoked(read_status(line, issuer=issuer))


def _revoked(status: StatusRow) -> Revoked | None:
    revocation = revocation_of(status)
    return None if revocation is None else Revoked(int(status.serial, 16), revocation.at, revocation.reason)


def _entry(status: StatusRow | None, this_update: int) -> Revoked | None:
    entry = None if status is None else _revoked(status)
    return None if entry is None else until(this_update, [entry])[0]


def _root_basis(revoked: list[Revoked]) -> str:
    """A text that differs whenever the root's list does: CAs are only ever added to it."""
    return f"{len(revoked)}:{sum(entry.at for entry in revoked)}"
