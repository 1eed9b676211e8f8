"""The CA's publications: certificates, revocation lists and OCSP answers, all cacheable.

OCSP answers are made from the database's current state; lists are made by the job, seconds after a change.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from mshield.gm.engine import Engine
from mshield.pki.certificates.certificate import Certificate
from mshield.pki.signatures.cms import build_certs_only
from mshield.pki.timestamps.algorithms import Profile
from mshield.server.authorities.authority import Authorities, generation_of
from mshield.server.authorities.p256 import P256
from mshield.server.authorities.rows.authorities import find_certificate
from mshield.server.authorities.tsa import TSA
from mshield.server.certificates.rows.certificates import StatusRow
from mshield.server.certificates.rules.shards import read_list_name
from mshield.server.database.interface import Database
from mshield.server.errors import NotFound
from mshield.server.keys.errors import NoAuthority
from mshield.server.keys.keyring import Keyring
from mshield.server.publication.crl import CrlPublisher
from mshield.server.publication.lists import PublishedCrl
from mshield.server.publication.ocsp import (
    PRESIGN_SECONDS,
    Admit,
    CaEnded,
    OcspAnswer,
    OcspPublisher,
    admit_all,
)
from mshield.server.publication.p256 import P256Publisher
from mshield.server.publication.time_stamps import TimeStamping
from mshield.server.runtime.allowances import Allowance
from mshield.server.runtime.metrics import Count, uncounted
from mshield.server.settings.settings import Settings

__all__ = ["CaEnded", "OcspAnswer", "PublishedCrl", "Publisher"]

_P256_OF: Final = f"{P256}-"
"""Prefix of a list's name for the same list signed with P-256."""

_SHARE_MS: Final = 10_000
_NETWORKS: Final = 5
"""Number of full shares that all networks together have."""

_log: Final = logging.getLogger(__name__)


class Publisher:
    """Publisher of one process; it caches lists and some answers, all of which may be lost."""

    def __init__(
        self,
        db: Database,
        keyring: Keyring,
        engine: Engine,
        settings: Settings,
        authorities: Authorities,
        *,
        count: Count = uncounted,
    ) -> None:
        self._db, self._authorities, self._count = db, authorities, count
        self._shares = {"ocsp": _share_of(settings), "time_stamp": _share_of(settings)}
        self._crls = CrlPublisher(db, keyring, engine, settings, authorities)
        self._ocsp = OcspPublisher(db, keyring, engine, settings.ca, authorities)
        self.time_stamps = TimeStamping(db, keyring, engine, settings, is_sure=authorities.may_sign)
        self._p256: P256Publisher | None = None
        if settings.ca.p256_status:
            self._p256 = P256Publisher.of(db, keyring, engine, settings, authorities, crls=self._crls)

    async def certificate(self, ca: str) -> bytes:
        """Returns the certificate (DER) of the root, an issuing CA, the P-256 signer or the own TSA.

        Raises: NotFound.
        """
        if ca in TSA.values():
            certificate = await find_certificate(self._db, name=ca)
            if certificate is None:
                raise NotFound
            return certificate
        if ca == P256:
            return await self._ordinary().certificate()
        return (await self._find(ca)).der

    async def certificates(self, ca: str) -> bytes:
        """Returns the certificates of an issuing CA, by the own and other roots, as certs-only CMS (DER).

        Raises: NotFound.
        """
        await self._authorities.refresh(self._db)
        authority = self._authorities.find(ca)
        if authority is None:
            raise NotFound
        return build_certs_only([authority.certificate.der, *self._authorities.cross_of(ca)])

    async def crl(self, name: str, *, now: int) -> PublishedCrl:
        """Returns the last list made by the job for the root, an issuing CA, one of its shards, or the P-256 signer.

        The prefix `p256-` before a CA's or shard's name selects its list signed with P-256. Raises: NotFound;
        ClockDoubted (there is no list yet).
        """
        if name == P256:
            return await self._ordinary().crl(now=now)
        is_ordinary = name.startswith(_P256_OF)
        parts = read_list_name(name.removeprefix(_P256_OF))
        if parts is None:
            raise NotFound
        ca, shard = parts
        await self._find(ca)
        if is_ordinary:
            return await self._ordinary().crl_of(ca, shard=shard, now=now)
        return await self._crls.current(ca, shard=shard, now=now)

    async def refresh(self, *, now: int) -> int:
        """Makes the lists that are due, and deletes those no longer needed; returns how many it made.

        Lists are shared by all processes, so one of them does this.
        """
        count = await self._crls.refresh(now=now)
        return count if self._p256 is None else count + await self._p256.refresh(changed=count > 0, now=now)

    async def presign(self, *, now: int) -> int:
        """Signs again a few OCSP answers that this process has given and that expire soon; returns how many.

        Each process must do this, since it caches its own answers.
        """
        signed = await self._ocsp.presign(now=now)
        return signed if self._p256 is None else signed + await self._p256.answers.presign(now=now)

    async def keep(self, clock: Callable[[], int]) -> None:
        """Presigns every second until cancelled. Failures are logged; clients then wait for a signature."""
        is_working = True
        while True:
            await asyncio.sleep(PRESIGN_SECONDS)
            try:
                await self.presign(now=clock())
                is_working = True
            except Exception as error:  # noqa: BLE001  # nothing may end this loop
                if is_working:
                    _log.warning("OCSP answers are not signed ahead: %s", type(error).__name__)
                is_working = False

    async def time_stamp(
        self, profile: Profile, request: bytes, *, now: int, address: str | None = None
    ) -> bytes:
        """Returns the own TSA's answer (DER) to any request. Raises: NotFound (no TSA).

        With `address`, the stamp counts against the share of the caller's network.
        """
        admit = self._admitting("time_stamp", address, now=now)
        try:
            return await self.time_stamps.answer(profile, request, now=now, admit=admit)
        except NoAuthority as error:
            raise NotFound from error

    async def p256_ocsp(self, request: bytes, *, now: int, address: str | None = None) -> OcspAnswer:
        """Like `ocsp`, but signed with P-256, for clients without SM2. Raises: NotFound (not enabled)."""
        admit = self._admitting("ocsp", address, now=now)
        return await self._ordinary().ocsp(request, now=now, admit=admit)

    def _admitting(self, kind: str, address: str | None, *, now: int) -> Admit:
        """Returns the function that counts answers to this address, and what it refuses in the metrics."""
        if address is None:
            return admit_all
        share = self._shares[kind]

        def admit(number: int) -> bool:
            is_admitted = share.spend(address, now=now, number=number)
            if not is_admitted:
                self._count("over_share", kind)
            return is_admitted

        return admit

    def _ordinary(self) -> P256Publisher:
        if self._p256 is None:
            raise NotFound
        return self._p256

    async def _find(self, ca: str) -> Certificate:
        certificate = self._authorities.certificate(ca)
        if certificate is None and generation_of(ca) is not None:  # It may be a new CA.
            await self._authorities.refresh(self._db)
            certificate = self._authorities.certificate(ca)
        if certificate is None:
            raise NotFound
        return certificate

    async def ocsp(self, request: bytes, *, now: int, address: str | None = None) -> OcspAnswer:
        """Answers any OCSP request (DER).

        With `address`, an answer that isn't cached counts against the share of the caller's network.
        """
        return await self._ocsp.answer(request, now=now, admit=self._admitting("ocsp", address, now=now))

    async def ocsp_for(self, serial: str, *, now: int, since: int = 0) -> bytes:
        """Returns an OCSP response (DER, no nonce) about the shield certificate with this serial (hex).

        It was made at or after `since`. Raises: CaEnded, ClockDoubted.
        """
        return await self._ocsp.answer_for(serial, now=now, since=since)

    async def ocsp_of(self, status: StatusRow, *, now: int) -> bytes:
        """Like `ocsp_for`, but with a status that the caller just read. Raises: CaEnded, ClockDoubted."""
        return await self._ocsp.answer_of(status, now=now)

    async def ocsp_for_ca(self, certificate: Certificate, *, now: int, since: int) -> bytes:
        """Returns the root's OCSP response (DER, no nonce) about an issuing CA, made at or after `since`."""
        return await self._ocsp.answer_for_ca(certificate, now=now, since=since)


def _share_of(settings: Settings) -> Allowance:
    share = settings.process.fresh_answers_per_network
    return Allowance(address=share, network=share, everybody=_NETWORKS * share, window=_SHARE_MS)
