"""State of the CA, its lists, its OCSP responders and the log, for `mshield doctor` and the console."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from mshield.gm.engine import Engine
from mshield.pki.certificates.certificate import Certificate, parse_certificate
from mshield.pki.foreign.certificate import parse_foreign_certificate
from mshield.pki.revocation.crl import parse_crl
from mshield.server.authorities.authority import ROOT, generation_of, responder_name
from mshield.server.authorities.p256 import P256
from mshield.server.authorities.rows import authorities as store
from mshield.server.authorities.rows.authorities import AuthorityRow, CrlRow
from mshield.server.ca.rules import (
    CaStanding,
    CaState,
    ListStateMessage,
    WarningMessage,
    cross_warning,
    warnings_of,
)
from mshield.server.database.interface import Database
from mshield.server.log.rows import log
from mshield.server.publication.crl import IMPORTED
from mshield.server.publication.lists import renew_at
from mshield.server.publication.rows import shards
from mshield.server.restore.rows import high_water
from mshield.server.runtime.health.database import ping
from mshield.server.settings.ca import CaSettings
from mshield.wire.messages import AnswerMessage

__all__ = ["CaStanding", "LogStateMessage", "OneCa", "ReadCaState", "Running", "WholeState"]


@dataclass(frozen=True, slots=True)
class OneCa:
    """A CA with its certificate; `responder` is its OCSP responder's certificate, `revoked_at` in ms."""

    state: CaState
    certificate: Certificate
    responder: Certificate | None
    revoked_at: int | None
    revocation_reason: int | None


@dataclass(frozen=True, slots=True)
class Running:
    """Components that this process uses. `database_us`: response time of the database in µs."""

    engine: str
    engine_version: str
    database: str
    database_us: int
    high_water: int
    high_water_at: int
    p256: bool


class LogStateMessage(AnswerMessage, frozen=True):
    """The transparency log; `waiting` rows aren't in it yet, `changed_at` (ms) is when it last grew."""

    origin: str
    size: int
    changed_at: int
    waiting: int


@dataclass(frozen=True, slots=True)
class WholeState:
    """State of everything."""

    cas: tuple[OneCa, ...]
    log: LogStateMessage | None
    running: Running
    warnings: tuple[WarningMessage, ...]


@dataclass(frozen=True, slots=True)
class ReadCaState:
    """Reads the state from the database, without opening a key."""

    db: Database
    engine: Engine
    settings: CaSettings

    async def __call__(self, *, now: int) -> WholeState:
        """Returns the current state."""
        cas = await self._cas(now=now)
        warnings = warnings_of([ca.state for ca in cas], leaf_days=self.settings.certificate_days, now=now)
        warnings += await self._cross_warnings(now=now)
        return WholeState(cas, await self._log(), await self._running(), warnings)

    async def _cross_warnings(self, *, now: int) -> tuple[WarningMessage, ...]:
        found = []
        for row in await store.list_cross(self.db):
            certificate = parse_foreign_certificate(row.certificate)
            root = certificate.issuer.common_name
            found.append(cross_warning(row.authority, root, not_after=certificate.not_after, now=now))
        return tuple(warning for warning in found if warning is not None)

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
        responder_certificate = None if responder is None else parse_certificate(responder.certificate)
        crl = await self._first_to_end(row.name)
        elsewhere = row.name == ROOT and crl is not None and crl.basis == IMPORTED
        state = CaState(
            name=row.name,
            generation=generation_of(row.name),
            standing=_standing(row, certificate, is_newest=row.name in newest, now=now),
            not_after=certificate.not_after,
            crl=None
            if crl is None
            else ListStateMessage(
                crl.number, crl.this_update, crl.next_update, renew_at(crl.this_update, crl.next_update)
            ),
            responder_until=None if responder_certificate is None else responder_certificate.not_after,
            elsewhere=elsewhere,
            unlisted=await self._unlisted(crl) if elsewhere and crl is not None else (),
        )
        return OneCa(state, certificate, responder_certificate, row.revoked_at, row.revocation_reason)

    async def _unlisted(self, crl: CrlRow) -> tuple[str, ...]:
        der = await store.crl_der(self.db, authority=ROOT, number=crl.number)
        return () if der is None else _missing_in(der, await store.list_authorities(self.db))

    async def _first_to_end(self, ca: str) -> CrlRow | None:
        """Returns the earliest-ending list among all shards, so that a list that isn't renewed shows up."""
        crl, oldest_shard_list = (
            await store.latest_crl(self.db, authority=ca),
            await shards.oldest(self.db, authority=ca),
        )
        if crl is None or oldest_shard_list is None:
            return crl
        return min(crl, oldest_shard_list, key=lambda one: one.next_update)

    async def _log(self) -> LogStateMessage | None:
        state = await log.find_state(self.db)
        if state is None:
            return None
        return LogStateMessage(state.origin, state.size, state.changed_at, await log.count_waiting(self.db))

    async def _running(self) -> Running:
        start = time.perf_counter_ns()
        await ping(self.db)
        elapsed_us = (time.perf_counter_ns() - start) // 1000
        mark, marked_at = await high_water.find(self.db)
        has_p256 = await store.find_authority(self.db, name=P256) is not None
        return Running(
            self.engine.name, self.engine.version, self.db.dialect, elapsed_us, mark, marked_at, has_p256
        )


def _missing_in(crl: bytes, rows: Sequence[AuthorityRow]) -> tuple[str, ...]:
    """Returns the issuing CAs that are revoked here but not on the root's list (DER)."""
    parsed = parse_crl(crl)
    revoked = [
        (row.name, parse_certificate(row.certificate))
        for row in rows
        if row.revoked_at is not None and generation_of(row.name) is not None
    ]
    return tuple(
        name
        for name, certificate in revoked
        if certificate.serial not in parsed.revoked and parsed.this_update <= certificate.not_after
    )


def _standing(row: AuthorityRow, certificate: Certificate, *, is_newest: bool, now: int) -> CaStanding:
    if row.revoked_at is not None:
        return "revoked"
    if now > certificate.not_after:
        return "expired"
    if row.name == ROOT:
        return "root"
    return "issuing" if is_newest else "former"
