"""What the CA publishes: its certificates, the revocation lists, and the OCSP answers, all fit to be cached.

Every answer is made from the database's present state: a change is visible in the next list and the next answer.
"""

from mshield.gm.engine import Engine
from mshield.keys.authority import Authorities
from mshield.keys.keyring import Keyring
from mshield.services.publish_crl import CaName, CrlPublisher, PublishedCrl
from mshield.services.publish_ocsp import OcspAnswer, OcspPublisher
from mshield.settings import Settings
from mshield.store.database import Database

__all__ = ["CaName", "OcspAnswer", "PublishedCrl", "Publisher"]


class Publisher:
    """One per process: it remembers the last lists and a few answers, all of which may be lost."""

    def __init__(
        self, db: Database, keyring: Keyring, engine: Engine, settings: Settings, authorities: Authorities
    ) -> None:
        self._authorities = authorities
        self._crls = CrlPublisher(db, keyring, engine, settings, authorities)
        self._ocsp = OcspPublisher(db, keyring, engine, settings, authorities)

    def certificate(self, ca: CaName) -> bytes:
        """The CA's certificate as DER."""
        return (self._authorities.root if ca == "root" else self._authorities.issuing.certificate).der

    async def crl(self, ca: CaName, *, now: int) -> PublishedCrl:
        """The CA's list in force at `now`: the last one, or a new one if a status changed or its end is near."""
        return await self._crls.current(ca, now=now)

    async def ocsp(self, request: bytes, *, now: int) -> OcspAnswer:
        """The answer to an OCSP request in DER, which may be anything at all."""
        return await self._ocsp.answer(request, now=now)

    async def ocsp_for(self, serial: str, *, now: int) -> bytes:
        """An OCSP response (DER, no nonce) about the shield certificate with this serial (hex)."""
        return await self._ocsp.answer_for(serial, now=now)
