"""Revocation lists of root and issuing CAs, made only by the job, with unique numbers and in shards of limited size.

Every change of a status is recorded for this. The next list is the previous one with those entries changed.
Near the list's end it is rebuilt from all rows of its shard, which drops expired ones. Changes aren't
detected by their times, so a change that is committed late, with an earlier time, isn't missed.

One row that somebody wrote into stops no list: a certificate whose status can't be trusted keeps its entry of
the previous list, or is listed as on hold, with a critical line in the log.
"""

import asyncio
import logging
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from typing import Final

from mshield.gm.engine import Engine
from mshield.pki.certificates.certificate import Certificate
from mshield.pki.certificates.trust import require_signature
from mshield.pki.errors import BadCertificateSignature, CrlError, DerError
from mshield.pki.revocation.crl import CERTIFICATE_HOLD, REASONS, Revoked, build_crl, parse_crl, rebuild_crl
from mshield.server.authorities.authority import ROOT, Authorities, Authority, open_authority
from mshield.server.authorities.rows import authorities as store
from mshield.server.authorities.rows.authorities import CrlRow
from mshield.server.authorities.urls import list_url
from mshield.server.certificates.rows.certificates import (
    StatusRow,
    ended_unlisted,
    list_revoked_of,
    logged_status,
    read_status,
    status_in,
)
from mshield.server.certificates.rules.shards import MOST_SHARD, shard_of
from mshield.server.database.interface import Database, SealBroken, Tx
from mshield.server.errors import NotFound, Unavailable
from mshield.server.keys.errors import NoAuthority
from mshield.server.keys.keyring import Keyring
from mshield.server.publication.lists import Name, PublishedCrl, StoredLists, renew_at
from mshield.server.publication.rows import shards
from mshield.server.publication.rows.shards import ANY, Changed, basis_of
from mshield.server.publication.status import revocation_of
from mshield.server.settings.settings import Settings
from mshield.wire.times import DAY_MS, HOUR_MS, MINUTE_MS

RETAIN_MS: Final = 31 * DAY_MS
"""Time in ms for which an expired certificate's entry stays: longer than a list's lifetime (RFC 5280, 3.3)."""

RETENTION_MS: Final = MINUTE_MS
"""Time in ms for which a replaced list stays in the database, for processes about to read it."""

IMPORTED: Final = "imported"
"""Basis of the root's list if the root's key is elsewhere: the list is imported and never made here."""

_BATCH: Final = 500
_BATCHES: Final = 40
"""Changes read at a time, and maximum number of reads per run."""

_RENEWED: Final = 20
"""Maximum number of shard lists rebuilt from all rows in one run; the next run follows in seconds."""

_DOUBTED_AT: Final = 1 << 53
"""Time of the entry of a certificate whose status can't be trusted, replaced by that of the list."""

_SERIAL: Final = re.compile(r"[0-9a-f]{40}")
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
        self._pruned_at = 0

    async def current(self, ca: str, *, shard: int = 0, now: int) -> PublishedCrl:
        """Returns the list in force at `now`; makes one only if there is none, e.g. before the job's first run.

        Raises: NotFound (the shard isn't open, or an imported list has ended), ClockDoubted (a list would have
        to be made).
        """
        if (crl := await self._stored.current((ca, shard), now=now)) is not None:
            return crl
        async with self._making:
            crl = await self._stored.current((ca, shard), now=now)
            if crl is None and ca == ROOT and await self._is_imported():
                raise NotFound  # the imported list has ended: only the root can make the next one
            return crl if crl is not None else await self._make((ca, shard), now=now)

    async def _is_imported(self) -> bool:
        """Reports whether the root's lists are imported, since its key is elsewhere."""
        latest = await store.latest_crl(self._db, authority=ROOT)
        return latest is not None and latest.basis == IMPORTED

    async def refresh(self, *, now: int) -> int:
        """Makes each list that is due, and deletes those no longer needed; returns how many it made.

        A CA whose certificate has expired publishes no more lists.
        """
        await self._authorities.refresh(self._db)
        await self._open_next(now=now)
        count = await self._renew(now=now) + await self._tell(now=now)
        if count or now - self._pruned_at >= RETENTION_MS:
            await store.prune_crls(self._db, before=now - RETENTION_MS)
            self._pruned_at = now
        return count

    async def _open_next(self, *, now: int) -> None:
        """Opens the next shard for further certificates once the newest one is full."""
        try:
            ca = self._authorities.issuing.name
        except NoAuthority:
            return
        newest = await shards.newest(self._db, authority=ca)
        if newest is None or newest.shard >= MOST_SHARD:
            return
        most = self._settings.ca.crl_shard_certificates
        if await shards.issued_since(self._db, since=newest.opened_at, most=most) >= most:
            await shards.open_shard(self._db, authority=ca, shard=newest.shard + 1, now=now)
            await self._authorities.refresh(self._db)

    async def _renew(self, *, now: int) -> int:
        """Rebuilds lists that are near their end, or whose form is outdated."""
        count = 0
        for ca in self._authorities.names:
            if self._has_ended(ca, now=now):
                continue
            latest = await store.latest_crl(self._db, authority=ca)
            if latest is None or not self._is_current(ca, latest, now=now):
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
        """Makes the lists of the certificates whose statuses changed."""
        count = 0
        for _ in range(_BATCHES):
            changed = await shards.changed(self._db, most=_BATCH)
            forged = [one for one in changed if not _SERIAL.fullmatch(one.serial)]
            if forged:  # No statement of the service writes it, and no certificate has it.
                _log.critical(
                    "%d recorded changes of statuses have serials that are none: dropped", len(forged)
                )
                await self._forget(forged)
            whole = sorted(set(changed) - set(forged), key=_list_name_of)
            for name, of_one in groupby(whole, key=_list_name_of):
                changes = list(of_one)
                if await self._is_published(name, now=now):
                    await self._make(name, noted=changes, now=now)
                    count += 1
                else:
                    await self._forget(changes)
            if len(changed) < _BATCH:
                break
        return count

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

    def _is_current(self, ca: str, latest: CrlRow, *, now: int) -> bool:
        """Reports whether a list of shard 0 needn't be rebuilt from the rows.

        A list with another basis is rebuilt.
        """
        if ca == ROOT and latest.basis == IMPORTED:
            return True
        if ca == ROOT:
            due_at = renew_at(latest.this_update, latest.next_update)
            return now < due_at and latest.basis == _root_basis(revoked_cas(self._authorities))
        return self._is_of_form((ca, 0), latest) and now < _rebuild_at(latest)

    def _is_of_form(self, name: Name, latest: CrlRow) -> bool:
        return latest.basis == basis_of(
            is_sharded=self._point(name) is not None, renew_at=_rebuild_at(latest)
        )

    def _point(self, name: Name) -> str | None:
        """Returns the address that the list contains; None for a CA with a single list, which contains no address."""
        ca, shard = name
        if shard == 0 and self._authorities.shard(ca) == 0:
            return None
        return list_url(self._settings.site, ca, shard)

    async def _make(self, name: Name, *, noted: Sequence[Changed] = (), now: int) -> PublishedCrl:
        """Makes a new list that includes at least the changes `noted`."""
        self._authorities.require_sure()
        crl = await self._make_from_last(name, noted, now=now) if noted else None
        return crl or await self._make_from_rows(name, noted, now=now)

    async def _make_from_last(self, name: Name, noted: Sequence[Changed], *, now: int) -> PublishedCrl | None:
        """Makes the list from the previous one; returns None if that is unusable, so that the rows must be used."""
        ca, _ = name
        this_update = now // 1000 * 1000

        async def work(tx: Tx) -> tuple[int, CrlRow, bytes, dict[int, Revoked | None]] | None:
            number = await store.next_crl_number(tx, name=ca)
            last = await self._stored.latest(tx, name)
            if number is None or last is None or last.this_update > this_update:
                return None
            der = await self._stored.der(tx, name, last.number)
            if der is None or not self._is_of_form(name, last) or now >= _rebuild_at(last):
                return None
            entries = [(int(one.serial, 16), await _entry_in(tx, one.serial, now=now)) for one in noted]
            return number, last, der, dict(entries)

        read = await self._db.write(work)
        if read is None:
            return None
        number, last, der, new = read
        listed = await self.listed(name) if any(map(_is_doubted, new.values())) else {}
        changes = {
            serial: None if entry is None else until(this_update, [_kept(entry, listed)])[0]
            for serial, entry in new.items()
        }
        crl = CrlRow(number, last.basis, this_update, this_update + self._life_ms(ca))
        authority = await self._authority(ca)
        try:
            made = await asyncio.to_thread(
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
            _log.error("a stored revocation list of %s differs from the signed one: %s", ca, error)
            return None
        if not await self._store(name, crl, made, noted, made_from=last.number):
            return None
        return self._stored.put(name, crl, made, now=now)

    async def _make_from_rows(self, name: Name, noted: Sequence[Changed], *, now: int) -> PublishedCrl:
        ca, shard = name
        if shard and not await shards.has_shard(self._db, authority=ca, shard=shard):
            raise NotFound
        certificate = self._authorities.certificate(ca)
        if certificate is None:
            raise NotFound
        this_update = now // 1000 * 1000
        next_update = this_update + self._life_ms(ca)
        point = self._point(name)

        listed = {} if ca == ROOT else await self.listed(name)

        async def work(tx: Tx) -> tuple[int | None, list[Revoked]]:
            number = await store.next_crl_number(tx, name=ca)
            return number, await self.read_rows(
                tx, name, listed, noted=noted, this_update=this_update, now=now
            )

        number, revoked = await self._db.write(work)
        if number is None:
            raise Unavailable
        basis = (
            _root_basis(revoked)
            if ca == ROOT
            else basis_of(is_sharded=point is not None, renew_at=renew_at(this_update, next_update))
        )
        crl = CrlRow(number, basis, this_update, next_update)
        authority = await self._authority(ca)
        # In a thread, since a long list takes a while and must not block other requests.
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
        if not await self._store(
            name, crl, der, noted, made_from=ANY
        ):  # Another process has stored a later one.
            later = await self._stored.current(name, now=now)
            if later is not None:
                return later
        return self._stored.put(name, crl, der, now=now)

    async def read_rows(
        self,
        tx: Tx,
        name: Name,
        listed: Mapping[int, Revoked],
        *,
        noted: Sequence[Changed] = (),
        this_update: int,
        now: int,
    ) -> list[Revoked]:
        """Returns a list's entries: the rows', and those of ended certificates whose rows differ from the log.

        `noted` and `listed`, the entries of the latest list, are checked where the rows don't have them: they
        stay as doubted ones if a row or its events were written into.
        """
        ca, shard = name
        if ca == ROOT:
            await self._authorities.refresh(tx)
            return revoked_cas(self._authorities)
        since = this_update - RETAIN_MS
        revoked = entries_of(await list_revoked_of(tx, issuer=ca, shard=shard, since=since), issuer=ca)
        missing = [
            entry
            for serial in await ended_unlisted(tx, issuer=ca, since=since)
            if shard_of(serial) == shard and (entry := await _entry_in(tx, serial, now=now)) is not None
        ]
        rest = listed.keys() | {int(one.serial, 16) for one in noted}
        for serial in sorted(rest - {entry.serial for entry in (*revoked, *missing)}):
            entry = await _entry_in(tx, f"{serial:040x}", since=since, now=now)
            if entry is not None and _is_doubted(entry):
                revoked.append(entry)
        if missing:
            _log.critical(
                "%d revoked certificates of %s are listed by the log: their rows differ", len(missing), ca
            )
        return [_kept(entry, listed) for entry in (*revoked, *missing)]

    async def listed(self, name: Name) -> Mapping[int, Revoked]:
        """Returns the entries of the latest list; none if there is no list, or the CA didn't sign it."""
        last, certificate = await self._stored.latest(self._db, name), self._authorities.certificate(name[0])
        der = None if last is None else await self._stored.der(self._db, name, last.number)
        if der is None or certificate is None:
            return {}
        try:
            return await asyncio.to_thread(_entries_in, self._engine, certificate, der)
        except (BadCertificateSignature, CrlError, DerError) as error:
            _log.error("a stored revocation list of %s differs from the signed one: %s", name[0], error)
            return {}

    async def _store(
        self, name: Name, crl: CrlRow, der: bytes, noted: Sequence[Changed], *, made_from: int
    ) -> bool:
        ca, shard = name

        async def work(tx: Tx) -> bool:
            is_stored = True
            if shard:
                is_stored = await shards.keep(
                    tx,
                    authority=ca,
                    shard=shard,
                    crl=crl,
                    der=der,
                    renew_at=_rebuild_at(crl),
                    made_from=made_from,
                )
            else:
                is_stored = await store.insert_crl_in_turn(
                    tx, authority=ca, crl=crl, der=der, made_from=made_from
                )
            if is_stored:
                await shards.forget_changes(tx, noted)
            return is_stored

        return await self._db.write(work)

    def _life_ms(self, ca: str) -> int:
        return HOUR_MS * (self._settings.ca.root_crl_hours if ca == ROOT else self._settings.ca.crl_hours)

    async def _authority(self, ca: str) -> Authority:
        authority = self._authorities.find(ca)
        return authority or await open_authority(self._db, self._keyring, self._engine, ca)


def _list_name_of(changed: Changed) -> Name:
    return changed.issuer, shard_of(changed.serial)


def _rebuild_at(latest: CrlRow) -> int:
    """Returns when the list must be rebuilt from the rows; 0 (at once) for a basis without a time."""
    _, _, at = latest.basis.partition(" ")
    return int(at) if at.isdecimal() else 0


def revoked_cas(authorities: Authorities) -> list[Revoked]:
    """Returns the entries of the root's list."""
    entries = []
    for name in authorities.names:
        certificate, revoked = authorities.certificate(name), authorities.revoked(name)
        if certificate is not None and revoked is not None:
            entries.append(Revoked(certificate.serial, revoked.at, revoked.reason))
    return entries


def until(this_update: int, revoked: Sequence[Revoked]) -> list[Revoked]:
    """Caps the entries' times at the list's time: another process's clock may be slightly ahead."""
    return [entry if entry.at <= this_update else entry._replace(at=this_update) for entry in revoked]


def entries_of(lines: Sequence[str], *, issuer: str) -> list[Revoked]:
    """Returns the entries of a CA's list."""
    return [entry for line in lines if (entry := _entry_of(line, issuer)) is not None]


@lru_cache(maxsize=1 << 13)
def _entry_of(line: str, issuer: str) -> Revoked | None:
    """Cached, since few lines differ from one list to the next.

    A line that this service doesn't write is a doubted certificate.
    """
    try:
        return _revoked(read_status(line, issuer=issuer))
    except ValueError:
        serial = line.partition(" ")[0]
        return _doubted(serial) if _SERIAL.fullmatch(serial) else None


def _revoked(status: StatusRow) -> Revoked | None:
    revocation = revocation_of(status)
    if revocation is None:
        return None
    if revocation.reason not in REASONS or not 0 <= revocation.at < _DOUBTED_AT:
        return _doubted(status.serial)
    return Revoked(int(status.serial, 16), revocation.at, revocation.reason)


async def _entry_in(tx: Tx, serial: str, *, since: int = 0, now: int) -> Revoked | None:
    """Returns the certificate's entry, a doubted one if its row and its events contradict each other.

    None: it is good, unknown, or its validity ended by `since` (ms).
    """
    status = await status_in(tx, serial=serial)
    if status is None or status.not_after <= since:
        return None
    try:
        return _revoked(await logged_status(tx, status, now=now))
    except SealBroken:
        return _doubted(serial)


def _doubted(serial: str) -> Revoked:
    """Returns the entry of a certificate whose status can't be trusted: on hold until an operator has mended it."""
    _log.critical("the status of certificate %.42r can't be trusted: it is listed as on hold", serial)
    return Revoked(int(serial, 16), _DOUBTED_AT, CERTIFICATE_HOLD)


def _is_doubted(entry: Revoked | None) -> bool:
    return entry is not None and entry.at == _DOUBTED_AT


def _kept(entry: Revoked, listed: Mapping[int, Revoked]) -> Revoked:
    """Returns the entry, or for a doubted one that of the latest list, if any: a revocation stays one."""
    return listed.get(entry.serial, entry) if _is_doubted(entry) else entry


def _entries_in(engine: Engine, issuer: Certificate, der: bytes) -> Mapping[int, Revoked]:
    crl = parse_crl(der)
    require_signature(engine, issuer.public_key, crl.tbs, crl.signature, "revocation list")
    return crl.revoked


def _root_basis(revoked: list[Revoked]) -> str:
    """Returns a text that differs whenever the root's list does, given that CAs are only ever added to the list."""
    return f"{len(revoked)}:{sum(entry.at for entry in revoked)}"
