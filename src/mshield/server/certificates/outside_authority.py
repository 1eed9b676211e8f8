"""An outside CA: reserves a handle, submits the co-signed request, and leaves the rest to `submissions`."""

import asyncio
import contextlib
import secrets
from dataclasses import dataclass
from typing import Final

from mshield.gm.sm2 import Signature
from mshield.pki.asn1.frame import assemble
from mshield.server.authorities.outside.settings import CaProfile, Cas
from mshield.server.authorities.rules.submissions import HANDLE_MARK, is_handle
from mshield.server.certificates.admission import admitted
from mshield.server.certificates.authority import CertificateAuthority
from mshield.server.certificates.errors import CaUnavailable
from mshield.server.certificates.rows import certificates as store
from mshield.server.certificates.rows.certificates import CertificateRow, NewCertificate, Reservation
from mshield.server.certificates.rows.issuing import ConfirmedKey
from mshield.server.certificates.submissions import Submissions
from mshield.server.database.interface import Database, Tx
from mshield.wire.times import DAY_MS

_PATIENCE_SECONDS: Final = 8.0
"""Time that the phone's call waits for a fast CA, before it answers that the certificate is being issued."""


@dataclass(frozen=True, slots=True)
class OutsideAuthority:
    """Has a CA outside certify a key."""

    db: Database
    submissions: Submissions
    profile: CaProfile

    @property
    def name(self) -> str:
        """Name in the settings."""
        return self.profile.name

    async def certify(self, key: ConfirmedKey, new: NewCertificate, *, now: int) -> None:
        """Stores the submission, then calls the CA as far as it answers at once."""
        handle = key.reserved.serial if key.reserved else await self._reserve(key, new, now=now)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await self.submissions.advance_while_due(handle, now=now)

    async def _reserve(self, key: ConfirmedKey, new: NewCertificate, *, now: int) -> str:
        p10 = assemble(key.request_info, Signature.from_raw(key.signature))
        # The handle occupies the device like a serial. The CA's certificate replaces these times.
        start = now // 1000 * 1000
        end = start + self.profile.entry.max_days * DAY_MS
        reservation = Reservation(new_handle(), self.name, start, end)

        async def reserve_in(tx: Tx) -> CertificateRow | None:
            row = await store.reserve(tx, new, reservation, now=now)
            if row is not None and row.serial == reservation.serial:
                await self.submissions.insert(tx, ca=self.name, handle=row.serial, p10=p10, now=now)
            return row

        return (await admitted(self.db, key, reserve_in)).serial


@dataclass(frozen=True, slots=True)
class OutsideAuthorities:
    """The configured outside CAs, and the routes to them."""

    db: Database
    submissions: Submissions
    cas: Cas

    def authority_of(self, key: ConfirmedKey, local: CertificateAuthority) -> CertificateAuthority:
        """Returns the CA that has the key's request, or else the one that the routes choose.

        Raises: CaUnavailable (it is disabled, or no longer in the settings).
        """
        if key.reserved is None:
            profile = self.route(key.role, key.credit_code)
        elif is_handle(key.reserved.serial):
            profile = self.cas.profiles.get(key.reserved.issuer)
            if profile is None:
                raise CaUnavailable
        else:
            profile = None
        return local if profile is None else OutsideAuthority(self.db, self.submissions, profile)

    def route(self, role: str, credit_code: str) -> CaProfile | None:
        """Returns the CA for a new certificate, None for the service's own. Raises: CaUnavailable (it is disabled)."""
        profile = self.cas.route(role, credit_code)
        if profile is not None and profile.entry.disabled:
            raise CaUnavailable
        return profile


def new_handle() -> str:
    """Returns a random key for the row of an outside CA's certificate, which no serial number equals."""
    return HANDLE_MARK + secrets.token_hex(20)[1:]
