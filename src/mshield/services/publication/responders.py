"""The OCSP responders that a process signs with: each opened once, and again when the database has another one.

A responder may be replaced by another process or by the command line, so each is looked up again every few seconds.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from mshield.domain.times import MINUTE_MS
from mshield.gm.engine import Engine
from mshield.keys.authority import Authority, responder_name
from mshield.keys.keyring import Keyring
from mshield.pki.certificates.certificate import Certificate
from mshield.pki.revocation.ocsp import CertId, CertStatus, build_ocsp_response
from mshield.services.publication.renew_responder import current_responder, is_due
from mshield.store.ca.authorities import find_certificate
from mshield.store.database.interface import Database

LOOK_MS: Final = 5_000
"""For how long the database isn't asked again which responder there is."""

AGAIN_MS: Final = MINUTE_MS
"""For how long a device that failed to sign a responder's certificate isn't asked again."""


@dataclass(frozen=True, slots=True)
class Responder:
    """A CA's responder with its key; `looked_at` (ms): when the database was last asked whether it is still the one."""

    authority: Authority
    issuer: Certificate
    looked_at: int

    @property
    def key(self) -> object:
        """What signs."""
        return self.authority.signer

    @property
    def certificate(self) -> bytes:
        """DER: what tells one responder from another."""
        return self.authority.certificate.der

    def ocsp(
        self,
        statuses: Sequence[tuple[CertId, CertStatus]],
        *,
        now: int,
        next_update: int,
        nonce: bytes | None,
    ) -> bytes:
        """A response (DER) about certificates of the CA; never good for longer than the responder is."""
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
    """One per process."""

    def __init__(
        self,
        db: Database,
        keyring: Keyring,
        engine: Engine,
        *,
        is_sure: Callable[[], bool] = lambda: True,
    ) -> None:
        """`is_sure`: whether the clock is believed; no responder is renewed while it isn't."""
        self._db, self._keyring, self._engine = db, keyring, engine
        self._is_sure = is_sure
        self._known: dict[str, Responder] = {}
        self._again_at = 0
        self._looking = asyncio.Lock()

    async def current(self, ca: str, issuer: Certificate, *, now: int) -> Responder:
        """The responder of the CA with this name and certificate, renewed first where that is due.

        Raises NoAuthority, BadAuthority, SealError, HardwareError.
        """
        if (responder := self._fresh(ca, issuer, now=now)) is not None:
            return responder
        async with self._looking:  # many ask at once when it is time to look
            return self._fresh(ca, issuer, now=now) or await self._look(ca, issuer, now=now)

    def _fresh(self, ca: str, issuer: Certificate, *, now: int) -> Responder | None:
        known = self._known.get(ca)
        if known is None or not 0 <= now - known.looked_at < LOOK_MS:
            return None
        return None if self._is_due(known.authority, issuer, now=now) else known

    def _is_due(self, authority: Authority, issuer: Certificate, *, now: int) -> bool:
        return now >= self._again_at and self._is_sure() and is_due(authority.certificate, issuer, now=now)

    async def _look(self, ca: str, issuer: Certificate, *, now: int) -> Responder:
        known = self._known.get(ca)
        authority = None if known is None else known.authority
        if authority is not None and await find_certificate(self._db, name=responder_name(ca)) != (
            authority.certificate.der
        ):
            authority = None
        if authority is None or self._is_due(authority, issuer, now=now):
            authority = await current_responder(self._db, self._keyring, self._engine, issuer, ca, now=now)
            if is_due(authority.certificate, issuer, now=now):  # its CA's device fails
                self._again_at = now + AGAIN_MS
        responder = self._known[ca] = Responder(authority, issuer, now)
        return responder
