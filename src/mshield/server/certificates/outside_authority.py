"""An outside CA: reserves a handle, submits the co-signed request, and leaves the rest to `submissions`."""

import asyncio
import contextlib
import secrets
from dataclasses import dataclass
from typing import Final

from mshield.gm.sm2 import Signature
from mshield.pki.asn1.frame import assemble
from mshield.server.authorities.outside.settings import LOCAL, CaProfile, Cas
from mshield.server.authorities.rules.submissions import HANDLE_MARK, is_handle
from mshield.server.certificates.admission import admitted
from mshield.server.certificates.authority import CertificateAuthority
from mshield.server.certificates.errors import CaUnavailable
from mshield.server.certificates.rows import certificates as store
from mshield.server.certificates.rows import renewals
from mshield.server.certificates.rows.certificates import CertificateRow, NewCertificate, Reservation
from mshield.server.certificates.rows.issuing import ConfirmedKey
from mshield.server.certificates.rows.renewals import RenewalRow
from mshield.server.certificates.submissions import Submissions
from mshield.server.database.interface import Database, Tx
from mshield.server.errors import Conflict
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
        await self.advance(handle, now=now)

    async def advance(self, handle: str, *, now: int) -> None:
        """Calls the CA as far as it answers at once."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await self.submissions.advance_while_due(handle, now=now)

    async def renew(self, row: RenewalRow, new: NewCertificate, *, now: int) -> str:
        """Stores the submission of a renewal whose request is signed, and returns its handle.

        The renewal then waits for the CA as long as an application. Raises: Conflict (it has ended).
        """
        p10 = assemble(row.request_info or b"", Signature.from_raw(row.request_signature or b""))
        until = now + (self.profile.entry.wait_days + 1) * DAY_MS

        async def work(tx: Tx) -> str:
            reserved = await self._reserve_in(tx, new, p10, now=now)
            if reserved is None or not await renewals.await_ca(tx, sid=row.sid, expires_at=until, now=now):
                raise Conflict
            return reserved.serial

        return await self.db.write(work)

    async def _reserve(self, key: ConfirmedKey, new: NewCertificate, *, now: int) -> str:
        p10 = assemble(key.request_info, Signature.from_raw(key.signature))

        async def reserve_in(tx: Tx) -> CertificateRow | None:
            return await self._reserve_in(tx, new, p10, now=now)

        return (await admitted(self.db, key, reserve_in)).serial

    async def _reserve_in(
        self, tx: Tx, new: NewCertificate, p10: bytes, *, now: int
    ) -> CertificateRow | None:
        # The handle occupies the device like a serial. The CA's certificate replaces these times.
        start = now // 1000 * 1000
        end = start + self.profile.entry.max_days * DAY_MS
        reservation = Reservation(new_handle(), self.name, start, end)
        row = await store.reserve(tx, new, reservation, now=now)
        if row is not None and row.serial == reservation.serial:
            await self.submissions.insert(tx, ca=self.name, handle=row.serial, p10=p10, now=now)
        return row


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
        if key.reserved is not None:
            return self.authority(key.reserved.issuer) if is_handle(key.reserved.serial) else local
        profile = self.route(key.role, key.credit_code)
        return local if profile is None else self.authority(profile.name)

    def authority(self, name: str) -> "OutsideAuthority":
        """Returns the CA of this name. Raises: CaUnavailable (it is no longer in the settings)."""
        profile = self.cas.profiles.get(name)
        if profile is None:
            raise CaUnavailable
        return OutsideAuthority(self.db, self.submissions, profile)

    def route_name(self, role: str, credit_code: str) -> str | None:
        """Returns the name of the CA for a new certificate, `local` for the service's own; None if it is disabled."""
        profile = self.cas.route(role, credit_code)
        if profile is None:
            return LOCAL
        return None if profile.entry.disabled else profile.name

    def route(self, role: str, credit_code: str) -> CaProfile | None:
        """Returns the CA for a new certificate, None for the service's own. Raises: CaUnavailable (it is disabled)."""
        profile = self.cas.route(role, credit_code)
        if profile is not None and profile.entry.disabled:
            raise CaUnavailable
        return profile


def new_handle() -> str:
    """Returns a random key for the row of an outside CA's certificate, which no serial number equals."""
    return HANDLE_MARK + secrets.token_hex(20)[1:]
