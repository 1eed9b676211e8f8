"""Revocation lists of root and issuing CA: numbered without a repeat, made when something changed or the end is near.

Whether something changed is told by the list's basis, not by comparing times: a change that was committed late, with an
earlier time, is seen too.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Final, Literal

from mshield.domain import errors
from mshield.gm.engine import Engine
from mshield.keys.authority import Authorities, Authority, open_authority
from mshield.keys.keyring import Keyring
from mshield.pki.crl import Revoked, build_crl
from mshield.services.status import revocation_of
from mshield.settings import Settings
from mshield.store import authorities as store
from mshield.store.authorities import CrlRow
from mshield.store.certificates import StatusRow, basis_of, list_revoked, revoked_basis
from mshield.store.database import Database, Tx

CaName = Literal["root", "issuing"]

HOUR_MS: Final = 3_600_000
RETAIN_MS: Final = 31 * 24 * HOUR_MS
"""How long an expired certificate's entry stays: longer than a list lives (RFC 5280, 3.3)."""

_NOTHING: Final = basis_of(())


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
        return _renew_at(self.this_update, self.next_update)


class CrlPublisher:
    """Makes the lists and keeps the last of each in memory."""

    def __init__(
        self, db: Database, keyring: Keyring, engine: Engine, settings: Settings, authorities: Authorities
    ) -> None:
        self._db, self._keyring, self._engine = db, keyring, engine
        self._authorities = authorities
        self._life_ms: dict[CaName, int] = {
            "root": settings.root_crl_hours * HOUR_MS,
            "issuing": settings.crl_hours * HOUR_MS,
        }
        self._last: dict[CaName, PublishedCrl] = {}
        self._making = asyncio.Lock()

    async def current(self, ca: CaName, *, now: int) -> PublishedCrl:
        """The list in force at `now`."""
        if (found := await self._find(ca, now=now)) is not None:
            return found
        async with self._making:  # many ask at once for the list that just became stale
            found = await self._find(ca, now=now)
            return found if found is not None else await self._make(ca, now=now)

    async def _find(self, ca: CaName, *, now: int) -> PublishedCrl | None:
        latest = await store.latest_crl(self._db, authority=ca)
        if latest is None or now >= _renew_at(latest.this_update, latest.next_update):
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

    async def _basis(self, ca: CaName, *, since: int) -> str:
        return _NOTHING if ca == "root" else await revoked_basis(self._db, since=since)

    async def _make(self, ca: CaName, *, now: int) -> PublishedCrl:
        this_update = now // 1000 * 1000

        async def work(tx: Tx) -> tuple[int | None, list[StatusRow]]:
            number = await store.next_crl_number(tx, name=ca)
            # The root has certified the issuing CA alone, and nothing revokes that.
            rows = [] if ca == "root" else await list_revoked(tx, since=this_update - RETAIN_MS)
            return number, rows

        number, rows = await self._db.write(work)
        if number is None:
            raise errors.Unavailable
        crl = CrlRow(number, basis_of(rows), this_update, this_update + self._life_ms[ca])
        # A long list takes a second: other requests go on meanwhile.
        der = await asyncio.to_thread(_build, await self._authority(ca), crl, rows)
        await store.insert_crl(self._db, authority=ca, crl=crl, der=der)
        made = self._last[ca] = PublishedCrl(der, number, crl.this_update, crl.next_update)
        return made

    async def _authority(self, ca: CaName) -> Authority:
        if ca == "issuing":
            return self._authorities.issuing
        return await open_authority(self._db, self._keyring, self._engine, "root")


def _build(authority: Authority, crl: CrlRow, rows: list[StatusRow]) -> bytes:
    return build_crl(
        signer=authority.signer,
        issuer=authority.certificate,
        number=crl.number,
        this_update=crl.this_update,
        next_update=crl.next_update,
        revoked=[entry for row in rows if (entry := _entry(row, crl.this_update)) is not None],
    )


def _entry(row: StatusRow, this_update: int) -> Revoked | None:
    revocation = revocation_of(row)
    if revocation is None:
        return None
    # Another process's clock may be a little ahead; a list can't tell of the future.
    return Revoked(int(row.serial, 16), min(revocation.at, this_update), revocation.reason)


def _renew_at(this_update: int, next_update: int) -> int:
    return next_update - (next_update - this_update) // 4
