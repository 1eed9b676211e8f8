"""What the CA publishes: its certificates, the revocation lists, and the OCSP answers, all fit to be cached.

An OCSP answer is made from the database's present state; lists are those that the job has made, seconds after a change.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from mshield.domain import errors
from mshield.domain.certificates.shards import read_list_name
from mshield.gm.engine import Engine
from mshield.keys.authority import Authorities, generation_of
from mshield.keys.errors import NoAuthority
from mshield.keys.keyring import Keyring
from mshield.keys.p256 import P256
from mshield.keys.tsa import TSA
from mshield.pki.certificates.certificate import Certificate
from mshield.pki.timestamps.algorithms import Profile
from mshield.services.publication.crl import CrlPublisher
from mshield.services.publication.lists import PublishedCrl
from mshield.services.publication.ocsp import PRESIGN_SECONDS, CaEnded, OcspAnswer, OcspPublisher
from mshield.services.publication.p256 import P256Publisher
from mshield.services.publication.time_stamps import TimeStamping
from mshield.settings import Settings
from mshield.store.ca.authorities import find_certificate
from mshield.store.certificates.certificates import StatusRow
from mshield.store.database.interface import Database

__all__ = ["CaEnded", "OcspAnswer", "PublishedCrl", "Publisher"]

_P256_OF: Final = f"{P256}-"
"""Before the name of a list: the same list by the P-256 signer."""

_log: Final = logging.getLogger(__name__)


class Publisher:
    """One per process: it remembers the last lists and a few answers, all of which may be lost."""

    def __init__(
        self, db: Database, keyring: Keyring, engine: Engine, settings: Settings, authorities: Authorities
    ) -> None:
        self._db, self._authorities = db, authorities
        self._crls = CrlPublisher(db, keyring, engine, settings, authorities)
        self._ocsp = OcspPublisher(db, keyring, engine, settings, authorities)
        self.time_stamps = TimeStamping(db, keyring, engine, settings, is_sure=authorities.may_sign)
        self._p256: P256Publisher | None = None
        if settings.p256_status:
            self._p256 = P256Publisher.of(db, keyring, engine, settings, authorities, crls=self._crls)

    async def certificate(self, ca: str) -> bytes:
        """The certificate (DER) of the root, an issuing CA, the P-256 signer or the own TSA. Raises NotFound."""
        if ca in TSA.values():
            certificate = await find_certificate(self._db, name=ca)
            if certificate is None:
                raise errors.NotFound
            return certificate
        if ca == P256:
            return await self._ordinary().certificate()
        return (await self._find(ca)).der

    async def crl(self, name: str, *, now: int) -> PublishedCrl:
        """The last list of the root, an issuing CA or one of its shards, or the P-256 signer, as the job has made it.

        `p256-` before the name of one of the former is that list, signed by the latter. Raises NotFound;
        ClockDoubted where there is none yet.
        """
        if name == P256:
            return await self._ordinary().crl(now=now)
        is_ordinary = name.startswith(_P256_OF)
        parts = read_list_name(name.removeprefix(_P256_OF))
        if parts is None:
            raise errors.NotFound
        ca, shard = parts
        await self._find(ca)
        if is_ordinary:
            return await self._ordinary().crl_of(ca, shard=shard, now=now)
        return await self._crls.current(ca, shard=shard, now=now)

    async def refresh(self, *, now: int) -> int:
        """Makes the lists that are due and deletes those that nobody needs; how many it made.

        A list is for all processes, so one of them does this.
        """
        count = await self._crls.refresh(now=now)
        return count if self._p256 is None else count + await self._p256.refresh(changed=count > 0, now=now)

    async def presign(self, *, now: int) -> int:
        """Signs OCSP answers that this process has given and that run out soon, a few at once; how many.

        They are in the memory of the process that gives them, so each does this.
        """
        signed = await self._ocsp.presign(now=now)
        return signed if self._p256 is None else signed + await self._p256.answers.presign(now=now)

    async def keep(self, clock: Callable[[], int]) -> None:
        """Presigns each second until it is cancelled. A failure is logged: whoever asks then waits for a signature."""
        well = True
        while True:
            await asyncio.sleep(PRESIGN_SECONDS)
            try:
                await self.presign(now=clock())
                well = True
            except Exception as error:  # noqa: BLE001  # nothing may end this loop
                if well:
                    _log.warning("OCSP answers are not signed ahead: %s", type(error).__name__)
                well = False

    async def time_stamp(self, profile: Profile, request: bytes, *, now: int) -> bytes:
        """The own TSA's answer (DER) to a request that may be anything at all. Raises NotFound where there is none."""
        try:
            return await self.time_stamps.answer(profile, request, now=now)
        except NoAuthority as error:
            raise errors.NotFound from error

    async def p256_ocsp(self, request: bytes, *, now: int) -> OcspAnswer:
        """`ocsp`, signed for clients that know no SM2. Raises NotFound where that is off."""
        return await self._ordinary().ocsp(request, now=now)

    def _ordinary(self) -> P256Publisher:
        if self._p256 is None:
            raise errors.NotFound
        return self._p256

    async def _find(self, ca: str) -> Certificate:
        certificate = self._authorities.certificate(ca)
        if certificate is None and generation_of(ca) is not None:  # perhaps one that was just made
            await self._authorities.refresh(self._db)
            certificate = self._authorities.certificate(ca)
        if certificate is None:
            raise errors.NotFound
        return certificate

    async def ocsp(self, request: bytes, *, now: int) -> OcspAnswer:
        """The answer to an OCSP request in DER, which may be anything at all."""
        return await self._ocsp.answer(request, now=now)

    async def ocsp_for(self, serial: str, *, now: int, since: int = 0) -> bytes:
        """An OCSP response (DER, no nonce) about the shield certificate with this serial (hex), made after `since`.

        Raises CaEnded.
        """
        return await self._ocsp.answer_for(serial, now=now, since=since)

    async def ocsp_of(self, status: StatusRow, *, now: int) -> bytes:
        """`ocsp_for` where the certificate's status was just read."""
        return await self._ocsp.answer_of(status, now=now)

    async def ocsp_for_ca(self, certificate: Certificate, *, now: int, since: int) -> bytes:
        """An OCSP response (DER, no nonce) of the root about an issuing CA, made after `since`."""
        return await self._ocsp.answer_for_ca(certificate, now=now, since=since)
