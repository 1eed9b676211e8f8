"""The service's own time stamping authority (RFC 3161): answers requests for time stamps, with SM2 or P-256.

It isn't a third party, since the service's operator runs it. It issues no time stamps while the clock isn't
synchronised, is in doubt, or was set back.
"""

import os
from collections.abc import Callable
from typing import Final

from mshield.gm.engine import Engine
from mshield.pki.asn1.arcs import tsa_policy
from mshield.pki.errors import TimeStampError
from mshield.pki.timestamps.algorithms import Profile
from mshield.pki.timestamps.request import MAX_REQUEST, TimeStampRequest, parse_request
from mshield.pki.timestamps.response import granted, rejected
from mshield.pki.timestamps.token import make_token
from mshield.server.authorities.tsa import TsaKeys
from mshield.server.database.interface import Database
from mshield.server.keys.hardware.held import signing
from mshield.server.keys.keyring import Keyring
from mshield.server.publication.ocsp import Admit, admit_all
from mshield.server.runtime.clocks.clock_sync import is_off
from mshield.server.settings.settings import Settings

SET_BACK_MS: Final = 1000
_SERIAL_BYTES: Final = 16
_REFUSED: Final = {"weak_hash": "bad_alg", "extension": "unaccepted_extension"}


class TimeNotAvailable(Exception):
    """The clock is wrong, or not known to be synchronised."""


class TimeStamping:
    """Time stamping of one process."""

    def __init__(
        self,
        db: Database,
        keyring: Keyring,
        engine: Engine,
        settings: Settings,
        *,
        clock_is_off: Callable[[], bool] = is_off,
        is_sure: Callable[[], bool] = lambda: True,
    ) -> None:
        self.keys = TsaKeys(db, keyring, engine)
        checks = settings.site.mode == "production" and settings.time_stamps.clock == "checked"
        self._clock_is_off = clock_is_off if checks else lambda: False
        self._is_sure = is_sure
        self._last = 0
        self.policy = tsa_policy(settings.ca.oid_arc)

    async def answer(self, profile: Profile, request: bytes, *, now: int, admit: Admit = admit_all) -> bytes:
        """Returns the answer (DER) to any request; `system_failure` beyond the share. Raises: NoAuthority (no key)."""
        if len(request) > MAX_REQUEST:
            return rejected("bad_request")
        try:
            parsed = parse_request(request)
        except TimeStampError as error:
            return rejected(_REFUSED.get(error.reason, "bad_data_format"))
        if parsed.policy not in {None, self.policy}:
            return rejected("unaccepted_policy")
        if not admit(1):
            return rejected(
                "system_failure"
            )  # RFC 3161 has no failure for this; the nearest one may be retried.
        try:
            return granted(await self.token(profile, parsed, now=now))
        except TimeNotAvailable:
            return rejected("time_not_available")

    async def token(self, profile: Profile, request: TimeStampRequest, *, now: int) -> bytes:
        """Returns a token (DER). Raises: TimeNotAvailable, NoAuthority, HardwareError."""
        signer = await self.keys.signer(profile)
        certificate = signer.certificate
        in_life = certificate.not_before <= now <= certificate.not_after
        if not in_life or not self._is_sure() or self._clock_is_off() or now < self._last - SET_BACK_MS:
            raise TimeNotAvailable
        self._last = max(self._last, now)
        serial = int.from_bytes(os.urandom(_SERIAL_BYTES), "big") | 1 << 8 * _SERIAL_BYTES - 2
        return await signing(
            signer.key, lambda: make_token(signer, request, policy=self.policy, serial=serial, at=now)
        )
