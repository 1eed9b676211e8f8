"""Time stamps on signatures, asked for by a job after the signature, so that no authority holds up signing.

A failure is asked again for a day. Every token is verified before it is kept.
"""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from mshield.domain.times import DAY_MS, HOUR_MS
from mshield.gateways.outside import OutsideError
from mshield.gateways.time_stamps import ask_time_stamp
from mshield.gm.engine import Engine
from mshield.gm.sm2 import Signature
from mshield.keys.errors import NoAuthority
from mshield.pki.asn1 import pem
from mshield.pki.errors import PkiError, TimeStampError
from mshield.pki.timestamps.algorithms import HASH_OF, hashed
from mshield.pki.timestamps.certificate import TsaCertificate
from mshield.pki.timestamps.foreign import parse_any_tsa_certificate
from mshield.pki.timestamps.request import NONCE_BYTES, TimeStampRequest, nonce_from
from mshield.pki.timestamps.response import token_of
from mshield.pki.timestamps.verify import TsaTrust, VerifiedStamp, verify_answer
from mshield.services.publication.time_stamps import TimeNotAvailable, TimeStamping
from mshield.setting_forms import OWN_TSA
from mshield.settings import Settings
from mshield.store.database.interface import Database
from mshield.store.requests import time_stamps as store
from mshield.store.requests.time_stamps import DueStamp, StampRow
from mshield.tsa_settings import TsaPlace

FOR_MS: Final = DAY_MS
"""For how long an authority that fails is asked again."""

RENEW_MS: Final = 60 * DAY_MS
"""A stamp is renewed when less than this is left of its authority's life."""

_MOST: Final = 200
_AT_ONCE: Final = 8
_FIRST_WAIT_MS: Final = 10_000
_log: Final = logging.getLogger(__name__)

State = Literal["pending", "done", "failed"]


class BadTsaRoots(Exception):
    """The file of MSHIELD_TSA_ROOTS can't be read."""

    code = "bad_tsa_roots"

    def __init__(self, why: str) -> None:
        self.zh = f"MSHIELD_TSA_ROOTS 不能用：{why}"
        self.en = f"MSHIELD_TSA_ROOTS can't be used: {why}"
        super().__init__(self.en)


def state_of(rows: Sequence[StampRow], settings: Settings, *, signed_at: int, now: int) -> State | None:
    """How the stamps of a signature stand; None where none was ever wanted."""
    if not rows:
        wanted = bool(settings.tsa_url) and now - signed_at < FOR_MS
        return "pending" if wanted else None
    states = {row.state for row in rows}
    if "pending" in states:
        return "pending"
    return "done" if "done" in states else "failed"


def outside_roots(settings: Settings) -> tuple[TsaCertificate, ...]:
    """The roots of outside authorities, under which certificates are read as others write them. Raises BadTsaRoots."""
    if settings.tsa_roots is None:
        return ()
    try:
        text = settings.tsa_roots.read_text("ascii")
        roots = tuple(map(parse_any_tsa_certificate, pem.decode("CERTIFICATE", text)))
    except (OSError, UnicodeError, PkiError) as error:
        raise BadTsaRoots(str(error)) from error
    if not roots:
        raise BadTsaRoots("there is no certificate in it")
    return roots


@dataclass(frozen=True, slots=True)
class StampSignatures:
    """Asks every authority of the settings for a stamp on each signature of a request."""

    db: Database
    engine: Engine
    settings: Settings
    own: TimeStamping
    clock: Callable[[], int]
    ask: Callable[[str, bytes], Awaitable[bytes]] = ask_time_stamp

    async def __call__(self) -> int:
        """What the job does: takes new signatures in, and asks for what is due; gives how many stamps it got."""
        places = {place.url: place for place in self.settings.tsa_places}
        if not places:
            return 0
        now = self.clock()
        for url in places:
            while await store.take_in(self.db, url, since=now - FOR_MS, most=_MOST, now=now) == _MOST:
                pass
        roots = outside_roots(self.settings)
        gate = asyncio.Semaphore(_AT_ONCE)

        async def one(stamp: DueStamp) -> bool:
            async with gate:
                return await self._try(stamp, places.get(stamp.place), roots)

        due = await store.due(self.db, now=now, most=_MOST)
        return sum(await asyncio.gather(*map(one, due)))

    async def renew(self, *, within_ms: int = RENEW_MS) -> int:
        """Notes renewals of the stamps whose authorities' lives end within that time; gives how many.

        A third party's stamp is renewed by the first third party of the settings, or by the own authority alone.
        """
        places = sorted(self.settings.tsa_places, key=lambda place: place.url == OWN_TSA)
        if not places:
            return 0
        now = self.clock()
        return await store.renew(
            self.db, places[0].url, before=now + within_ms, again_before=now - FOR_MS, most=_MOST, now=now
        )

    async def _try(self, stamp: DueStamp, place: TsaPlace | None, roots: Sequence[TsaCertificate]) -> bool:
        if place is None:
            await self._failed(stamp, "not_in_the_settings")
            return False
        try:
            data = Signature.from_raw(stamp.signature).to_der() if stamp.renewed is None else stamp.renewed
            token, verified = await self.stamped(data, place, roots, signed_at=stamp.signed_at)
            _require_later(verified, stamp)
        except (TimeStampError, OutsideError, NoAuthority, TimeNotAvailable) as error:
            await self._failed(stamp, getattr(error, "reason", type(error).__name__))
            return False
        await store.end_done(
            self.db,
            stamp,
            token=token,
            profile=verified.profile,
            stamped_at=verified.info.at,
            good_until=verified.until,
        )
        return True

    async def stamped(
        self, data: bytes, place: TsaPlace, roots: Sequence[TsaCertificate], *, signed_at: int | None
    ) -> tuple[bytes, VerifiedStamp]:
        """A token of this authority on the data, verified; `signed_at` (ms) is what it must not be from before.

        Raises TimeStampError, OutsideError, NoAuthority, TimeNotAvailable.
        """
        is_own = place.url == OWN_TSA
        name = HASH_OF[place.profile]
        request = TimeStampRequest(
            hash=name,
            digest=hashed(name, data),
            policy=self.own.policy if is_own else place.policy,
            nonce=nonce_from(os.urandom(NONCE_BYTES)),
        )
        if is_own:
            token = await self.own.token(place.profile, request, now=self.clock())
            trust = TsaTrust([(await self.own.keys.signer(place.profile)).certificate])
        else:
            token = token_of(await self.ask(place.url, request.encode()))
            trust = TsaTrust((), self.settings.tsa_waived_sha256, tolerant=roots)
        verified = verify_answer(
            self.engine,
            token,
            request,
            data=data,
            trust=trust,
            now=self.clock(),
            signed_at=signed_at,
        )
        return token, verified

    async def _failed(self, stamp: DueStamp, reason: str) -> None:
        now = self.clock()
        next_at = now + min(_FIRST_WAIT_MS << min(stamp.attempts, 10), HOUR_MS)
        is_over = next_at >= stamp.asked_at + FOR_MS
        await store.note_failure(self.db, stamp, error=reason, next_at=None if is_over else next_at)
        if is_over or stamp.attempts == 0:
            _log.warning("time stamp by %s: %s%s", stamp.place, reason, ", given up" if is_over else "")


def _require_later(stamp: VerifiedStamp, due: DueStamp) -> None:
    """Raises TimeStampError for a renewal that ends no later than what it renews."""
    if due.renewed_until is not None and stamp.until <= due.renewed_until:
        raise TimeStampError("ends_no_later", "the authority's life ends no later than what it should renew")
