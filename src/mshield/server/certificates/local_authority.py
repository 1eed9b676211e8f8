"""The service's own CA: reserves, signs and activates a certificate in the phone's call."""

import contextlib
from dataclasses import dataclass

from mshield.server.certificates.admission import admitted
from mshield.server.certificates.issue import Issue, reservation_of
from mshield.server.certificates.rows import issuing
from mshield.server.certificates.rows.certificates import CertificateRow, NewCertificate, Reservation
from mshield.server.certificates.rows.issuing import ConfirmedKey
from mshield.server.database.interface import Database, Tx
from mshield.server.keys.errors import NoAuthority


@dataclass(frozen=True, slots=True)
class LocalAuthority:
    """Issues by the service's own CA; never leaves a request waiting."""

    db: Database
    issue: Issue
    name: str = "local"

    async def certify(self, key: ConfirmedKey, new: NewCertificate, *, now: int) -> None:
        """Issues the certificate; continues with the key's reservation if it has one."""
        reserved = key.reserved or await self._reserve(key, new, now=now)
        await self.issue.issue_reserved(new, reserved, key.holder, now=now)

    async def _reserve(self, key: ConfirmedKey, new: NewCertificate, *, now: int) -> Reservation:
        # Try the one guarded statement first: it nearly always succeeds. It fails, without a reason, if
        # anything differs from what was read. It may have raised the person's count by then, which at worst
        # makes simultaneous applications take the slow path too.
        with contextlib.suppress(NoAuthority):  # Another process may have created a CA.
            reservation = self.issue.new_reservation(now=now)
            version = self.issue.authorities.version
            if await issuing.reserve(self.db, key, new, reservation, authorities=version, now=now):
                return reservation

        async def reserve_in(tx: Tx) -> CertificateRow | None:
            return await self.issue.reserve_in(tx, new, now=now)

        return reservation_of(await admitted(self.db, key, reserve_in))
