"""Issues a shield's certificate: the serial is committed first, then the certificate is linted, signed and stored.

A crash in between leaves the row without a certificate as evidence; the same calls again continue with the same serial.
"""

import logging
import os
from dataclasses import dataclass
from typing import Final

from mshield.domain import errors
from mshield.domain.identity import ROLE_NAMES, Role
from mshield.keys.authority import Authorities, Authority
from mshield.keys.errors import NoAuthority
from mshield.keys.keyring import Keyring
from mshield.keys.secrets import LookupKey
from mshield.pki.certificate import Certificate, parse_certificate
from mshield.pki.identity import HASH_PREFIX, IdKind
from mshield.pki.issue import issue_leaf, serial_from
from mshield.pki.names import LeafSubject
from mshield.pki.profiles import LeafIdentity
from mshield.services.urls import leaf_urls
from mshield.settings import Settings
from mshield.store import certificates as store
from mshield.store.certificates import CertificateRow, NewCertificate
from mshield.store.database import Database, Tx

DAY_MS: Final = 86_400_000
ID_NUMBER_KIND: Final = "certificate-id-number"
"""The lookup key's kind for id numbers in certificates: not the kind by which the database is searched."""

_log = logging.getLogger(__name__)
_ID_KINDS: Final[dict[str, IdKind]] = {"resident_id": "resident", "foreign_resident_id": "resident"}


@dataclass(frozen=True, slots=True)
class Issue:
    """Makes certificates. `reserve` and `issue` are both safe to repeat."""

    db: Database
    keyring: Keyring
    lookup: LookupKey
    authorities: Authorities
    settings: Settings

    async def reserve(self, new: NewCertificate, *, in_force: bool = True, now: int) -> CertificateRow:
        """Commits the certificate's row with its serial; a request's second reservation is its first one.

        A renewal's certificate isn't `in_force` for its key before it is confirmed.
        """

        async def work(tx: Tx) -> CertificateRow | None:
            return await self.reserve_in(tx, new, in_force=in_force, now=now)

        row = await self.db.write(work)
        if row is None:
            raise errors.Conflict
        return row

    async def reserve_in(
        self, tx: Tx, new: NewCertificate, *, in_force: bool = True, now: int
    ) -> CertificateRow | None:
        """`reserve` inside of the caller's transaction. Raises Unavailable where every issuing CA is revoked."""
        await self.authorities.refresh(tx)
        try:
            issuing = self.authorities.issuing
        except NoAuthority as error:
            _log.error("no certificate is issued: %s", error)
            raise errors.Unavailable from error
        return await reserve_certificate(
            tx,
            new,
            issuing=issuing,
            days=self.settings.certificate_days,
            in_force=in_force,
            now=now,
        )

    async def issue(self, serial: str, *, in_force: bool = True, now: int) -> Certificate:
        """Signs and stores the reserved certificate, or gives the stored one; `in_force` also activates it.

        Raises NotFound for an unknown serial, Conflict when it was revoked before it was signed, LintError, SealError.
        """
        row = await store.find_by_serial(self.db, serial=serial)
        if row is None:
            raise errors.NotFound
        holder = await store.find_holder(self.db, serial=serial)
        if holder is None:
            raise errors.Conflict
        return await self.issue_reserved(row, holder, in_force=in_force, now=now)

    async def issue_reserved(
        self, row: CertificateRow, holder: store.Holder, *, in_force: bool = True, now: int
    ) -> Certificate:
        """`issue`, from the rows that were just read or reserved."""
        if row.der is not None:
            return parse_certificate(row.der)
        made = self._sign(row, holder)
        if in_force:
            stored = await store.activate(self.db, serial=row.serial, der=made.der, now=now)
        else:
            stored = await store.keep_signed(self.db, serial=row.serial, der=made.der, now=now)
        if stored:
            return made
        # Someone else stored his: that one is the certificate, ours was never seen by anyone.
        found = await store.find_by_serial(self.db, serial=row.serial)
        if found is None or found.der is None:
            raise errors.Conflict
        return parse_certificate(found.der)

    def _sign(self, row: CertificateRow, holder: store.Holder) -> Certificate:
        if holder.public_key is None:
            raise errors.Conflict
        issuer = self.authorities.find(row.issuer)
        if issuer is None:
            raise errors.Conflict
        return issue_leaf(
            signer=issuer.signer,
            issuer=issuer.certificate,
            serial=int(row.serial, 16),
            subject=LeafSubject(
                organisation=row.organisation, role=ROLE_NAMES[Role(row.role)][0], common_name=row.common_name
            ),
            identity=self._identity(row, holder),
            public=holder.public_key,
            not_before=row.not_before,
            not_after=row.not_after,
            urls=leaf_urls(self.settings, row.issuer),
            policy_oid=self.settings.certificate_policy,
        )

    def _identity(self, row: CertificateRow, holder: store.Holder) -> LeafIdentity:
        return LeafIdentity(
            id_number=self._id_number(holder),
            credit_code=row.credit_code,
            id_kind=_ID_KINDS.get(holder.id_type, "passport"),
        )

    def _id_number(self, holder: store.Holder) -> str | None:
        if self.settings.certificate_id_number == "none":
            return None
        number = self.keyring.open(
            holder.id_number_box, purpose="filing-id-number", context=holder.person_id.encode()
        ).decode()
        if self.settings.certificate_id_number == "clear":
            return number
        return HASH_PREFIX + self.lookup.lookup_hash(ID_NUMBER_KIND, number).hex()


async def reserve_certificate(
    tx: Tx, new: NewCertificate, *, issuing: Authority, days: int, in_force: bool = True, now: int
) -> CertificateRow | None:
    """Reserves a random serial for the key's certificate, valid for `days`, but no longer than the issuing CA."""
    start = now // 1000 * 1000
    end = min(start + days * DAY_MS, issuing.certificate.not_after)
    serial = serial_text(serial_from(os.urandom(20)))
    return await store.reserve(
        tx,
        new,
        serial=serial,
        issuer=issuing.name,
        not_before=start,
        not_after=end,
        in_force=in_force,
        now=now,
    )


def serial_text(serial: int) -> str:
    """A serial number as it stands in the database and in answers: 40 lower-case hex digits."""
    return f"{serial:040x}"
