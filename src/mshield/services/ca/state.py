"""How the CA, its lists, its OCSP responders and the log stand: what `mshield doctor` and the console show of them."""

import time
from dataclasses import dataclass

from mshield.domain.certificates.ca_state import CaStanding, CaState, ListState, Warned, warnings_of
from mshield.gm.engine import Engine
from mshield.keys.authority import ROOT, generation_of, responder_name
from mshield.keys.p256 import P256
from mshield.pki.certificates.certificate import Certificate, parse_certificate
from mshield.services.process.health import ping
from mshield.services.publication.lists import renew_at
from mshield.settings import Settings
from mshield.store.ca import authorities as store
from mshield.store.ca import shards
from mshield.store.ca.authorities import AuthorityRow, CrlRow
from mshield.store.database.interface import Database
from mshield.store.log import log
from mshield.store.operations import high_water

__all__ = ["CaStanding", "LogState", "OneCa", "ReadCaState", "Running", "Warned", "WholeState"]


@dataclass(frozen=True, slots=True)
class OneCa:
    """A CA with its certificate; `responder` is that of its OCSP responder, `revoked_at` ms."""

    state: CaState
    certificate: Certificate
    responder: Certificate | None
    revoked_at: int | None
    revocation_reason: int | None


@dataclass(frozen=True, slots=True)
class Running:
    """What this process works with. `database_us`: how long the database took to answer, in microseconds."""

    engine: str
    engine_version: str
    database: str
    database_us: int
    high_water: int
    high_water_at: int
    p256: bool


@dataclass(frozen=True, slots=True)
class LogState:
    """The transparency log: `waiting` rows have no place in it yet."""

    origin: str
    size: int
    changed_at: int
    waiting: int


@dataclass(frozen=True, slots=True)
class WholeState:
    """All of it."""

    cas: tuple[OneCa, ...]
    log: LogState | None
    running: Running
    warnings: tuple[Warned, ...]


@dataclass(frozen=True, slots=True)
class ReadCaState:
    """Reads it from the database, without opening a key."""

    db: Database
    engine: Engine
    settings: Settings

    async def __call__(self, *, now: int) -> WholeState:
        """As it stands now."""
        cas = await self._cas(now=now)
        warnings = warnings_of([ca.state for ca in cas], leaf_days=self.settings.certificate_days, now=now)
        return WholeState(cas, await self._log(), await self._running(), warnings)

    async def _cas(self, *, now: int) -> tuple[OneCa, ...]:
        rows = {row.name: row for row in await store.list_authorities(self.db)}
        issuing = sorted(filter(generation_of, rows), key=lambda name: generation_of(name) or 0)
        return tuple(
            [
                await self._ca(rows[name], rows.get(responder_name(name)), issuing[-1:], now=now)
                for name in (ROOT, *issuing)
                if name in rows
            ]
        )

    async def _ca(
        self, row: AuthorityRow, responder: AuthorityRow | None, newest: list[str], *, now: int
    ) -> OneCa:
        certificate = parse_certificate(row.certificate)
        answering = None if responder is None else parse_certificate(responder.certificate)
        crl = await self._first_to_end(row.name)
        state = CaState(
            name=row.name,
            generation=generation_of(row.name),
            standing=_standing(row, certificate, is_newest=row.name in newest, now=now),
            not_after=certificate.not_after,
            crl=None
            if crl is None
            else ListState(
                crl.number, crl.this_update, crl.next_update, renew_at(crl.this_update, crl.next_update)
            ),
            responder_until=None if answering is None else answering.not_after,
        )
        return OneCa(state, certificate, answering, row.revoked_at, row.revocation_reason)

    async def _first_to_end(self, ca: str) -> CrlRow | None:
        """The list that ends first of all shards' lists, so that one which isn't renewed shows."""
        crl, of_shards = (
            await store.latest_crl(self.db, authority=ca),
            await shards.oldest(self.db, authority=ca),
        )
        if crl is None or of_shards is None:
            return crl
        return min(crl, of_shards, key=lambda one: one.next_update)

    async def _log(self) -> LogState | None:
        state = await log.find_state(self.db)
        if state is None:
            return None
        return LogState(state.origin, state.size, state.changed_at, await log.count_waiting(self.db))

    async def _running(self) -> Running:
        begun = time.perf_counter_ns()
        await ping(self.db)
        took = (time.perf_counter_ns() - begun) // 1000
        mark, marked_at = await high_water.find(self.db)
        known = await store.find_authority(self.db, name=P256) is not None
        return Running(self.engine.name, self.engine.version, self.db.dialect, took, mark, marked_at, known)


def _standing(row: AuthorityRow, certificate: Certificate, *, is_newest: bool, now: int) -> CaStanding:
    if row.revoked_at is not None:
        return "revoked"
    if now > certificate.not_after:
        return "expired"
    if row.name == ROOT:
        return "root"
    return "issuing" if is_newest else "former"
