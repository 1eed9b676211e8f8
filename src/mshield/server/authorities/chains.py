"""Certificates above a shield's certificate, whichever CA issued it: the one place that results and evidence ask."""

from collections.abc import Sequence
from dataclasses import dataclass

from mshield.pki.certificates.certificate import Certificate, parse_certificate
from mshield.server.authorities.authority import Authorities
from mshield.server.authorities.outside.checks import issuer_serial
from mshield.server.authorities.rows import submissions
from mshield.server.database.interface import Database
from mshield.server.keys.errors import NoAuthority


@dataclass(frozen=True, slots=True)
class Chains:
    """Chains of the service's own CAs, from memory, and of outside ones, as stored with each certificate."""

    db: Database
    authorities: Authorities

    async def chain_of(self, certificate: Certificate) -> Sequence[Certificate]:
        """Returns the certificates above, from the issuing CA to the root. Raises: NoAuthority, SealBroken."""
        if self.is_own(certificate):
            return self.authorities.chain_of(certificate)
        stored = await submissions.find_chain(self.db, issuer_serial=issuer_serial(certificate))
        if stored is None:
            raise NoAuthority("此证书不是本机构签发的", "this certificate was issued by another CA")
        return tuple(map(parse_certificate, stored))

    async def chain_pem_of(self, certificate: Certificate) -> tuple[str, ...]:
        """Returns `chain_of` as PEM texts."""
        if self.is_own(certificate):
            return self.authorities.chain_pem_of(certificate)
        return tuple(above.pem() for above in await self.chain_of(certificate))

    async def whole_chain_pem_of(self, certificate: Certificate) -> tuple[str, ...]:
        """Returns `chain_pem_of`, then the own issuing CA's certificates by other roots."""
        if self.is_own(certificate):
            return self.authorities.whole_chain_pem_of(certificate)
        return await self.chain_pem_of(certificate)

    def is_own(self, certificate: Certificate) -> bool:
        """Reports whether an issuing CA of the service issued it, so that the service answers for its status."""
        return self.authorities.issued(certificate)
