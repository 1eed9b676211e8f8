"""Time stamps on signatures, requested by a job after the signature, so that no authority delays signing.

Failed requests are retried for a day. Every token is verified before it is stored.
"""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from mshield.gm.engine import Engine
from mshield.gm.sm2 import Signature
from mshield.pki.asn1 import pem
from mshield.pki.errors import PkiError, TimeStampError
from mshield.pki.timestamps.algorithms import HASH_OF, hashed
from mshield.pki.timestamps.certificate import TsaCertificate
from mshield.pki.timestamps.foreign import parse_any_tsa_certificate
from mshield.pki.timestamps.request import NONCE_BYTES, TimeStampRequest, nonce_from
from mshield.pki.timestamps.response import token_of
from mshield.pki.timestamps.verify import TsaTrust, VerifiedStamp, verify_answer
from mshield.server.database.interface import Database
from mshield.server.keys.errors import NoAuthority
from mshield.server.publication.time_stamps import TimeNotAvailable, TimeStamping
from mshield.server.requests.external.time_stamps import ask_time_stamp
from mshield.server.requests.rows import time_stamps as store
from mshield.server.requests.rows.time_stamps import DueStamp, StampRow
from mshield.server.runtime.external.call import OutsideError
from mshield.server.settings.forms import OWN_TSA
from mshield.server.settings.time_stamps import TimeStampSettings, TsaPlace
from mshield.wire.times import DAY_MS, HOUR_MS

FOR_MS: Final = DAY_MS
"""Time in ms for which a failing authority is retried."""

RENEW_MS: Final = 60 * DAY_MS
"""Remaining validity (ms) of a stamp's authority below which the stamp is renewed."""

_MOST: Final = 200
_AT_ONCE: Final = 8
_FIRST_WAIT_MS: Final = 10_000
_log: Final = logging.getLogger(__name__)

State = Literal["pending", "done", "failed"]


class BadTsaRoots(Exception):
    """Error: the file of MSHIELD_TSA_ROOTS can't be read."""

    code = "bad_tsa_roots"

    def __init__(self, why: str) -> None:
        self.zh = f"MSHIELD_TSA_ROOTS 不能用：{why}"
        self.en = f"MSHIELD_TSA_ROOTS can't be used: {why}"
        super().__init__(self.en)


def state_of(
    rows: Sequence[StampRow], settings: TimeStampSettings, *, signed_at: int, now: int
) -> State | None:
    """Returns the state of a signature's stamps; None if none was ever requested."""
    if not rows:
        is_wanted = bool(settings.url) and now - signed_at < FOR_MS
        return "pending" if is_wanted else None
    states = {row.state for row in rows}
    if "pending" in states:
        return "pending"
    return "done" if "done" in states else "failed"


def outside_roots(settings: TimeStampSettings) -> tuple[TsaCertificate, ...]:
    """Returns the roots of outside authorities, parsed with a tolerant reader. Raises: BadTsaRoots."""
    if settings.roots is None:
        return ()
    try:
        text = settings.roots.read_text("ascii")
        roots = tuple(map(parse_any_tsa_certificate, pem.decode("CERTIFICATE", text)))
    except (OSError, UnicodeError, PkiError) as error:
        raise BadTsaRoots(str(error)) from error
    if not roots:
        raise BadTsaRoots("it contains no certificate")
    return roots


@dataclass(frozen=True, slots=True)
class StampSignatures:
    """Requests a stamp on each signature of a request from each configured authority."""

    db: Database
    engine: Engine
    settings: TimeStampSettings
    own: TimeStamping
    clock: Callable[[], int]
    ask: Callable[[str, bytes], Awaitable[bytes]] = ask_time_stamp

    async def __call__(self) -> int:
        """Runs the job: adds new signatures and requests all due stamps. Returns the number of stamps received."""
        places = {place.url: place for place in self.settings.places}
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
        """Schedules renewals of stamps whose authorities end within that time, and returns their number.

        A third party's stamp is renewed by the first third party in the settings, or by the own authority if
        it is the only one.
        """
        places = sorted(self.settings.places, key=lambda place: place.url == OWN_TSA)
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
        """Requests a token on `data` from this authority and verifies it. It must not be from before `signed_at` (ms).

        Raises: TimeStampError, OutsideError, NoAuthority, TimeNotAvailable.
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
            trust = TsaTrust((), self.settings.waived_sha256, tolerant=roots)
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
    """Raises TimeStampError for a renewal that isn't valid longer than the stamp it renews."""
    if due.renewed_until is not None and stamp.until <= due.renewed_until:
        raise TimeStampError(
            "ends_no_later", "the authority's certificate ends no later than that of the stamp to renew"
        )
