"""Lists and OCSP answers by the P-256 signer: the same statuses as in those of the SM2 chain, made in the same way."""

import asyncio
import logging
from dataclasses import dataclass
from typing import Final

from mshield.domain import errors
from mshield.gm.engine import Engine
from mshield.keys.authority import Authorities
from mshield.keys.errors import NoAuthority
from mshield.keys.keyring import Keyring
from mshield.keys.p256 import P256, P256Key
from mshield.pki.revocation.p256 import P256Signer
from mshield.services.publication.crl import Content, CrlPublisher, PublishedCrl, until
from mshield.services.publication.ocsp import OcspAnswer, OcspPublisher, OcspSigner
from mshield.settings import Settings
from mshield.store.ca.authorities import CrlRow
from mshield.store.database.interface import Database, Tx

_log: Final = logging.getLogger(__name__)


class P256CrlPublisher(CrlPublisher):
    """One list of all CAs of this service."""

    def __init__(
        self,
        db: Database,
        keyring: Keyring,
        engine: Engine,
        settings: Settings,
        authorities: Authorities,
        *,
        key: P256Key,
    ) -> None:
        super().__init__(db, keyring, engine, settings, authorities)
        self._key = key

    async def _basis(self, ca: str, *, since: int) -> str:  # noqa: ARG002  # of all CAs
        bases = []
        for name in self._authorities.names:
            bases.append(await super()._basis(name, since=since))  # noqa: PERF401  # super() needs a plain loop
        return " ".join(bases)

    async def _read(self, tx: Tx, ca: str, *, since: int) -> tuple[str, Content]:  # noqa: ARG002  # of all
        bases, content = [], []
        for name in self._authorities.names:
            basis, of_one = await super()._read(tx, name, since=since)
            bases.append(basis)
            content += of_one
        return " ".join(bases), content

    async def _build(self, ca: str, crl: CrlRow, content: Content) -> bytes:  # noqa: ARG002  # one signer
        signer = await self._key.signer()
        revoked = [(issuer, until(crl.this_update, entries)) for issuer, entries in content if entries]
        return await asyncio.to_thread(
            signer.crl,
            revoked,
            number=crl.number,
            this_update=crl.this_update,
            next_update=crl.next_update,
        )


class P256OcspPublisher(OcspPublisher):
    """Answers about all CAs of this service."""

    def __init__(
        self,
        db: Database,
        keyring: Keyring,
        engine: Engine,
        settings: Settings,
        authorities: Authorities,
        *,
        key: P256Key,
    ) -> None:
        super().__init__(db, keyring, engine, settings, authorities)
        self._key = key
        self._unasked_ms = 0  # the key is looked up each time anyway

    async def _signer(self, issuer: str, *, now: int) -> OcspSigner:  # noqa: ARG002  # one, whoever the issuer is
        return await self._key.signer()


@dataclass(frozen=True, slots=True)
class P256Publisher:
    """All that the P-256 signer publishes. Where there is no such key, everything raises NotFound."""

    key: P256Key
    crls: P256CrlPublisher
    answers: P256OcspPublisher

    @classmethod
    def of(
        cls, db: Database, keyring: Keyring, engine: Engine, settings: Settings, authorities: Authorities
    ) -> "P256Publisher":
        """The publisher of this database."""
        key = P256Key(db, keyring)
        return cls(
            key,
            P256CrlPublisher(db, keyring, engine, settings, authorities, key=key),
            P256OcspPublisher(db, keyring, engine, settings, authorities, key=key),
        )

    async def certificate(self) -> bytes:
        """The signer's certificate (DER)."""
        return (await self._signer()).certificate

    async def crl(self, *, now: int) -> PublishedCrl:
        """The list in force."""
        await self._signer()
        return await self.crls.current(P256, now=now)

    async def ocsp(self, request: bytes, *, now: int) -> OcspAnswer:
        """The answer to an OCSP request in DER, which may be anything at all."""
        await self._signer()
        return await self.answers.answer(request, now=now)

    async def refresh(self, *, now: int) -> int:
        """Makes the list if it is due."""
        try:
            await self.key.signer()
        except NoAuthority as error:
            _log.warning("MSHIELD_P256_STATUS is set, but %s", error)
            return 0
        due = await self.crls.is_due(P256, now=now)
        if due:
            await self.crls.current(P256, now=now)
        return int(due)

    async def _signer(self) -> P256Signer:
        try:
            return await self.key.signer()
        except NoAuthority as error:
            raise errors.NotFound from error
