"""OCSP responders used by a process: each is opened once, and again when the database has a new one.

Another process or the command line may replace a responder, so each is looked up again every few seconds.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from mshield.gm.engine import Engine
from mshield.pki.certificates.certificate import Certificate
from mshield.pki.revocation.ocsp import CertId, CertStatus, build_ocsp_response
from mshield.server.authorities.authority import Authority, responder_name
from mshield.server.authorities.rows.authorities import find_certificate
from mshield.server.database.interface import Database
from mshield.server.keys.keyring import Keyring
from mshield.server.publication.renew_responder import current_responder, is_due
from mshield.wire.times import MINUTE_MS

LOOK_MS: Final = 5_000
"""Time in ms after which the current responder is read from the database again."""

AGAIN_MS: Final = MINUTE_MS
"""Time in ms after which a device that failed to sign a responder's certificate is tried again."""


@dataclass(frozen=True, slots=True)
class Responder:
    """A CA's responder with its key; `looked_at` (ms): time of the last check in the database that it is current."""

    authority: Authority
    issuer: Certificate
    looked_at: int

    @property
    def key(self) -> object:
        """The signing key."""
        return self.authority.signer

    @property
    def certificate(self) -> bytes:
        """Certificate (DER), which identifies the responder."""
        return self.authority.certificate.der

    def ocsp(
        self,
        statuses: Sequence[tuple[CertId, CertStatus]],
        *,
        now: int,
        next_update: int,
        nonce: bytes | None,
    ) -> bytes:
        """Returns a response (DER) about certificates of the CA, valid no longer than the responder itself."""
        return build_ocsp_response(
            signer=self.authority.signer,
            responder=self.authority.certificate,
            issuer=self.issuer,
            statuses=statuses,
            this_update=now,
            next_update=min(next_update, self.authority.certificate.not_after),
            produced_at=now,
            nonce=nonce,
        )


class Responders:
    """Cached responders of one process."""

    def __init__(
        self,
        db: Database,
        keyring: Keyring,
        engine: Engine,
        *,
        is_sure: Callable[[], bool] = lambda: True,
    ) -> None:
        """`is_sure` reports whether the clock is trusted; no responder is renewed otherwise."""
        self._db, self._keyring, self._engine = db, keyring, engine
        self._is_sure = is_sure
        self._known: dict[str, Responder] = {}
        self._again_at = 0
        self._looking = asyncio.Lock()

    async def current(self, ca: str, issuer: Certificate, *, now: int) -> Responder:
        """Returns the responder of the CA with this name and certificate, after renewing it if that is due.

        Raises: NoAuthority, BadAuthority, SealError, HardwareError.
        """
        if (responder := self._fresh(ca, issuer, now=now)) is not None:
            return responder
        async with self._looking:  # Many calls arrive at once when the cache has expired.
            return self._fresh(ca, issuer, now=now) or await self._look(ca, issuer, now=now)

    def _fresh(self, ca: str, issuer: Certificate, *, now: int) -> Responder | None:
        cached = self._known.get(ca)
        if cached is None or not 0 <= now - cached.looked_at < LOOK_MS:
            return None
        return None if self._is_due(cached.authority, issuer, now=now) else cached

    def _is_due(self, authority: Authority, issuer: Certificate, *, now: int) -> bool:
        return now >= self._again_at and self._is_sure() and is_due(authority.certificate, issuer, now=now)

    async def _look(self, ca: str, issuer: Certificate, *, now: int) -> Responder:
        cached = self._known.get(ca)
        authority = None if cached is None else cached.authority
        if authority is not None and await find_certificate(self._db, name=responder_name(ca)) != (
            authority.certificate.der
        ):
            authority = None
        if authority is None or self._is_due(authority, issuer, now=now):
            authority = await current_responder(self._db, self._keyring, self._engine, issuer, ca, now=now)
            if is_due(authority.certificate, issuer, now=now):  # The device with its CA's key fails.
                self._again_at = now + AGAIN_MS
        responder = self._known[ca] = Responder(authority, issuer, now)
        return responder
