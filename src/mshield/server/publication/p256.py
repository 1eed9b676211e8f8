"""Lists and OCSP answers signed with P-256, with the same statuses as those of the SM2 chain.

For each CA and shard there is a list with the entries of the SM2 list in force, signed when it is first
requested. While no CA has a second shard there is also one list of all CAs; after that it would grow without
bound.
"""

import asyncio
import hashlib
import logging
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from mshield.gm.engine import Engine
from mshield.pki.errors import BadCertificateSignature, CrlError, DerError
from mshield.pki.revocation.crl import Revoked, revoked_in
from mshield.pki.revocation.p256 import P256Signer
from mshield.server.authorities.authority import ROOT, Authorities
from mshield.server.authorities.p256 import P256, P256Key
from mshield.server.authorities.rows import authorities as store
from mshield.server.authorities.rows.authorities import CrlRow
from mshield.server.authorities.urls import list_url
from mshield.server.certificates.rows.certificates import revoked_basis
from mshield.server.database.interface import Database, Tx
from mshield.server.errors import NotFound, Unavailable
from mshield.server.keys.errors import NoAuthority
from mshield.server.keys.keyring import Keyring
from mshield.server.publication.crl import CrlPublisher, revoked_cas, until
from mshield.server.publication.lists import MAX_CACHED_BYTES, Name, PublishedCrl, StoredLists, renew_at
from mshield.server.publication.ocsp import Admit, OcspAnswer, OcspPublisher, OcspSigner, admit_all
from mshield.server.settings.settings import Settings
from mshield.wire.times import HOUR_MS, MINUTE_MS

_ASK_MS: Final = MINUTE_MS
_NAME: Final = (P256, 0)
_log: Final = logging.getLogger(__name__)


class P256CrlPublisher:
    """Publisher of the single list of all CAs, which the job rebuilds from all rows when a status has changed."""

    def __init__(
        self,
        db: Database,
        settings: Settings,
        authorities: Authorities,
        *,
        crls: CrlPublisher,
        key: P256Key,
    ) -> None:
        self._db, self._authorities, self._crls, self._key = db, authorities, crls, key
        self._life_ms = settings.ca.crl_hours * HOUR_MS
        self._stored, self._certificate = StoredLists(db), b""
        self._making = asyncio.Lock()
        self._asked_at = -_ASK_MS

    @property
    def is_over(self) -> bool:
        """Whether a CA has a second shard; then this list would grow without bound, and is no longer made."""
        return any(self._authorities.shard(name) for name in self._authorities.names)

    async def current(self, *, now: int) -> PublishedCrl:
        """Returns the list in force; makes one only if there is none.

        Raises: ClockDoubted (one would have to be made).
        """
        await self._forget_former()
        if (crl := await self._stored.current(_NAME, now=now)) is not None:
            return crl
        async with self._making:
            return await self._stored.current(_NAME, now=now) or await self._make(now=now)

    async def _forget_former(self) -> None:
        """Drops cached lists of a previous key, which are no longer in force."""
        certificate = (await self._key.signer()).certificate
        if certificate != self._certificate:
            self._stored, self._certificate = StoredLists(self._db), certificate

    async def refresh(self, *, changed: bool, now: int) -> int:
        """Makes the list if it is due; checks for changed statuses every minute, and when a CA's list was made."""
        await self._forget_former()
        latest = await self._stored.latest(self._db, _NAME)
        if latest is not None and now < renew_at(latest.this_update, latest.next_update):
            if not changed and 0 <= now - self._asked_at < _ASK_MS:
                return 0
            self._asked_at = now
            if latest.basis == await self._basis():
                return 0
        await self._make(now=now)
        return 1

    async def _basis(self) -> str:
        """Returns a text that changes when a status changes, but not when expired entries are dropped."""
        revoked = [self._authorities.revoked(name) for name in self._authorities.names]
        bases = [f"{sum(one is not None for one in revoked)}"]
        for name in self._authorities.names[1:]:
            bases.append(await revoked_basis(self._db, issuer=name, since=0))  # noqa: PERF401  # one after the other
        return " ".join(bases)

    async def _make(self, *, now: int) -> PublishedCrl:
        self._authorities.require_sure()
        await self._authorities.refresh(self._db)
        this_update = now // 1000 * 1000
        basis = await self._basis()

        names = self._authorities.names[1:]
        listed = [await self._crls.listed((name, 0)) for name in names]

        async def work(tx: Tx) -> tuple[int | None, list[tuple[str, list[Revoked]]]]:
            number = await store.next_crl_number(tx, name=P256)
            return number, [
                (name, await self._crls.read_rows(tx, (name, 0), of_one, this_update=this_update, now=now))
                for name, of_one in zip(names, listed, strict=True)
            ]

        number, content = await self._db.write(work)
        if number is None:
            raise Unavailable
        content = [(ROOT, revoked_cas(self._authorities)), *content]
        crl = CrlRow(number, basis, this_update, this_update + self._life_ms)
        signer = await self._key.signer()
        der = await asyncio.to_thread(
            signer.crl,
            [
                (issuer, until(this_update, entries))
                for name, entries in content
                if entries and (issuer := self._authorities.certificate(name)) is not None
            ],
            number=number,
            this_update=this_update,
            next_update=crl.next_update,
        )
        await store.insert_crl(self._db, authority=P256, crl=crl, der=der)
        return self._stored.put(_NAME, crl, der, now=now)


class P256Lists:
    """Cached lists of single CAs or shards."""

    def __init__(
        self,
        crls: CrlPublisher,
        engine: Engine,
        settings: Settings,
        authorities: Authorities,
        *,
        key: P256Key,
    ) -> None:
        self._crls, self._engine, self._settings = crls, engine, settings
        self._authorities, self._key = authorities, key
        self._kept: OrderedDict[Name, tuple[bytes, PublishedCrl]] = OrderedDict()
        self._signing = asyncio.Lock()

    async def current(self, ca: str, *, shard: int, now: int) -> PublishedCrl:
        """Returns the list with the entries, number and times of the SM2 list in force.

        Raises: NotFound, ClockDoubted, Unavailable (the stored list differs from the one signed by the CA).
        """
        signer = await self._key.signer()
        crl = await self._crls.current(ca, shard=shard, now=now)
        if (cached := self._find((ca, shard), signer, crl)) is not None:
            return cached
        async with self._signing:
            cached = self._find((ca, shard), signer, crl)
            return cached if cached is not None else await self._sign((ca, shard), signer, crl)

    def _find(self, name: Name, signer: P256Signer, crl: PublishedCrl) -> PublishedCrl | None:
        certificate, cached = self._kept.get(name, (b"", None))
        if cached is None or certificate != signer.certificate or cached.number != crl.number:
            return None
        self._kept.move_to_end(name)
        return cached

    async def _sign(self, name: Name, signer: P256Signer, crl: PublishedCrl) -> PublishedCrl:
        self._authorities.require_sure()
        ca, shard = name
        issuer = self._authorities.certificate(ca)
        if issuer is None:
            raise NotFound

        def sign() -> bytes:
            entries = revoked_in(self._engine, crl.der, issuer)
            return signer.crl(
                [(issuer, entries)] if entries else [],
                number=crl.number,
                this_update=crl.this_update,
                next_update=crl.next_update,
                point=list_url(self._settings.site, ca, shard),
            )

        try:
            der = await asyncio.to_thread(sign)
        except (BadCertificateSignature, CrlError, DerError) as error:
            _log.error("a stored revocation list of %s differs from the signed one: %s", ca, error)
            raise Unavailable from error
        tag = f'"{hashlib.sha256(der).hexdigest()[:32]}"'
        published = PublishedCrl(der, crl.number, crl.this_update, crl.next_update, tag)
        self._kept.pop(name, None)
        self._kept[name] = (signer.certificate, published)
        while (
            sum(len(kept.der) for _, kept in self._kept.values()) > MAX_CACHED_BYTES and len(self._kept) > 1
        ):
            self._kept.popitem(last=False)
        return published


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
        super().__init__(db, keyring, engine, settings.ca, authorities)
        self._key = key
        self._unasked_ms = 0  # The key is looked up for every answer anyway.

    async def _signer(self, issuer: str, *, now: int) -> OcspSigner:  # noqa: ARG002  # same signer for every issuer
        return await self._key.signer()


@dataclass(frozen=True, slots=True)
class P256Publisher:
    """Publishes everything signed with P-256. Without such a key, all methods but `refresh` raise NotFound."""

    key: P256Key
    crls: P256CrlPublisher
    lists: P256Lists
    answers: P256OcspPublisher

    @classmethod
    def of(
        cls,
        db: Database,
        keyring: Keyring,
        engine: Engine,
        settings: Settings,
        authorities: Authorities,
        *,
        crls: CrlPublisher,
    ) -> "P256Publisher":
        """Creates the publisher for this database, whose SM2 lists are `crls`."""
        key = P256Key(db, keyring)
        return cls(
            key,
            P256CrlPublisher(db, settings, authorities, crls=crls, key=key),
            P256Lists(crls, engine, settings, authorities, key=key),
            P256OcspPublisher(db, keyring, engine, settings, authorities, key=key),
        )

    async def certificate(self) -> bytes:
        """Returns the signer's certificate (DER)."""
        return (await self._signer()).certificate

    async def crl(self, *, now: int) -> PublishedCrl:
        """Returns the list of all CAs in force. Raises: NotFound (a CA has a second shard)."""
        await self._signer()
        if self.crls.is_over:
            raise NotFound
        return await self.crls.current(now=now)

    async def crl_of(self, ca: str, *, shard: int, now: int) -> PublishedCrl:
        """Returns the list of one CA or shard. Raises: NotFound."""
        await self._signer()
        return await self.lists.current(ca, shard=shard, now=now)

    async def ocsp(self, request: bytes, *, now: int, admit: Admit = admit_all) -> OcspAnswer:
        """Answers any OCSP request (DER)."""
        await self._signer()
        return await self.answers.answer(request, now=now, admit=admit)

    async def refresh(self, *, changed: bool, now: int) -> int:
        """Makes the list if it is due, and returns how many it made; `changed`: a CA's list was made."""
        try:
            await self.key.signer()
        except NoAuthority as error:
            _log.warning("MSHIELD_P256_STATUS is set, but %s", error)
            return 0
        return 0 if self.crls.is_over else await self.crls.refresh(changed=changed, now=now)

    async def _signer(self) -> P256Signer:
        try:
            return await self.key.signer()
        except NoAuthority as error:
            raise NotFound from error
