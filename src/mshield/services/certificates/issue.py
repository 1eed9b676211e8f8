"""Issues a shield's certificate: the serial is committed first, then the certificate is linted, signed and stored.

So the CA never signs a serial that the database doesn't know. A crash in between leaves the row without a certificate
as evidence; the same calls again continue with the same serial.
"""

import logging
import os
from dataclasses import dataclass
from typing import Final

from mshield.domain import errors
from mshield.domain.certificates.shards import shard_of
from mshield.domain.id_numbers import CERTIFICATE_HASH, FILING_BOX
from mshield.domain.identity import ROLE_NAMES, Role
from mshield.domain.times import DAY_MS
from mshield.keys.authority import Authorities, Authority
from mshield.keys.errors import NoAuthority
from mshield.keys.keyring import Keyring
from mshield.keys.secrets import LookupKey
from mshield.pki.certificates.certificate import Certificate, parse_certificate
from mshield.pki.certificates.identity import HASH_PREFIX, IdKind
from mshield.pki.certificates.issue import issue_leaf, serial_from
from mshield.pki.certificates.names import LeafSubject
from mshield.pki.certificates.profiles import LeafIdentity
from mshield.services.publication.urls import leaf_urls
from mshield.settings import Settings
from mshield.store.certificates import certificates as store
from mshield.store.certificates import changes as certificate_changes
from mshield.store.certificates.certificates import CertificateRow, NewCertificate, Reservation
from mshield.store.certificates.issuing import ConfirmedKey
from mshield.store.certificates.renewals import RenewalRow
from mshield.store.database.interface import Database, Tx

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

    async def reserve(self, new: NewCertificate, *, now: int) -> CertificateRow:
        """Commits the certificate's row with its serial; a request's second reservation is its first one.

        Raises Unavailable where the issuing CA is revoked, ClockDoubted.
        """

        async def work(tx: Tx) -> CertificateRow | None:
            return await self.reserve_in(tx, new, now=now)

        row = await self.db.write(work)
        if row is None:
            raise errors.Conflict
        return row

    async def reserve_in(self, tx: Tx, new: NewCertificate, *, now: int) -> CertificateRow | None:
        """`reserve` inside of the caller's transaction. Raises what that raises."""
        # In the transaction of the reservation: another process may have made or revoked a CA. What is reserved or
        # issued of one that is revoked just after this, the job `ca` ends.
        await self.authorities.refresh(tx)
        try:
            reservation = self.new_reservation(now=now)
        except NoAuthority as error:
            _log.error("no certificate is issued: %s", error)
            raise errors.Unavailable from error
        return await store.reserve(tx, new, reservation, now=now)

    def new_reservation(self, *, now: int) -> Reservation:
        """A random serial of the CA that issues, valid for the settings' days, but no longer than that CA.

        Raises NoAuthority, ClockDoubted.
        """
        self.authorities.require_sure()
        issuing = self.authorities.issuing
        start = now // 1000 * 1000  # certificates tell time in seconds
        end = min(start + self.settings.certificate_days * DAY_MS, issuing.certificate.not_after)
        serial = serial_from(os.urandom(20), shard=self.authorities.shard(issuing.name))
        return Reservation(serial_text(serial), issuing.name, start, end)

    async def issue(self, serial: str, *, in_force: bool = True, now: int) -> Certificate:
        """Signs and stores the reserved certificate, or gives the stored one.

        `in_force` also makes it its key's; a renewal's certificate isn't in force before it is confirmed. Raises
        NotFound for an unknown serial, Conflict when it was revoked before it was signed, LintError, SealError.
        """
        row = await store.find_by_serial(self.db, serial=serial)
        if row is None:
            raise errors.NotFound
        if row.der is not None:
            return parse_certificate(row.der)
        holder = await store.find_holder(self.db, serial=serial)
        if holder is None:
            raise errors.Conflict
        return await self.issue_reserved(row, reservation_of(row), holder, in_force=in_force, now=now)

    async def issue_reserved(
        self,
        new: NewCertificate,
        reservation: Reservation,
        holder: store.Holder,
        *,
        in_force: bool = True,
        now: int,
    ) -> Certificate:
        """`issue`, from what was just read or reserved. Raises what that raises."""
        self.authorities.require_sure()
        # A crash before the commit below loses a signature that nobody has seen. The reservation stands: OCSP answers
        # `unknown`, the device and the person's limit (R5) are taken by it, and the next call signs again under its
        # serial and times.
        certificate, serial = await self._signed(new, reservation, holder), reservation.serial
        if in_force:
            stored = await certificate_changes.activate(
                self.db, serial=serial, uid=new.uid, der=certificate.der, now=now
            )
        else:
            stored = await certificate_changes.keep_signed(
                self.db, serial=serial, der=certificate.der, now=now
            )
        if stored:
            return certificate
        # Another call stored its own: that one is the certificate, ours was never seen by anyone. Or the reservation
        # has ended: then nothing is issued.
        row = await store.find_by_serial(self.db, serial=serial)
        if row is None or row.der is None:
            raise errors.Conflict
        return parse_certificate(row.der)

    async def _signed(
        self, new: NewCertificate, reservation: Reservation, holder: store.Holder
    ) -> Certificate:
        issuer = self.authorities.find(reservation.issuer)
        if issuer is None or holder.public_key is None:
            raise errors.Conflict
        public = holder.public_key
        return await issuer.signing(lambda: self._leaf(issuer, public, new, reservation, holder))

    def _leaf(
        self,
        issuer: Authority,
        public: bytes,
        new: NewCertificate,
        reservation: Reservation,
        holder: store.Holder,
    ) -> Certificate:
        return issue_leaf(
            signer=issuer.signer,
            issuer=issuer.certificate,
            serial=int(reservation.serial, 16),
            subject=LeafSubject(
                organisation=new.organisation, role=ROLE_NAMES[Role(new.role)][0], common_name=new.common_name
            ),
            identity=self._identity(new, holder),
            public=public,
            not_before=reservation.not_before,
            not_after=reservation.not_after,
            urls=leaf_urls(self.settings, reservation.issuer, shard=shard_of(reservation.serial)),
            policy_oid=self.settings.policy_oid,
        )

    def _identity(self, new: NewCertificate, holder: store.Holder) -> LeafIdentity:
        return LeafIdentity(
            id_number=self._id_number(holder),
            credit_code=new.credit_code,
            id_kind=_ID_KINDS.get(holder.id_type, "passport"),
        )

    def _id_number(self, holder: store.Holder) -> str | None:
        if self.settings.certificate_id_number == "none":
            return None
        number = self.keyring.open(
            holder.id_number_box, purpose=FILING_BOX, context=holder.person_id.encode()
        ).decode()
        if self.settings.certificate_id_number == "clear":
            return number
        return HASH_PREFIX + self.lookup.lookup_hash(CERTIFICATE_HASH, number).hex()


def new_certificate(
    row: ConfirmedKey | RenewalRow, subject: LeafSubject, *, request_sid: bytes
) -> NewCertificate:
    """What is reserved for a signed request; names are those that were signed for."""
    return NewCertificate(
        uid=row.uid,
        request_sid=request_sid,
        account_id=row.account_id,
        device_id=row.device_id,
        person_id=row.person_id,
        filing_version=row.filing_version,
        shield_number=row.shield_number,
        organisation=subject.organisation,
        credit_code=row.credit_code,
        role=row.role,
        common_name=subject.common_name,
    )


def reservation_of(row: CertificateRow) -> Reservation:
    """The reservation that a stored row holds."""
    return Reservation(row.serial, row.issuer, row.not_before, row.not_after)


def serial_text(serial: int) -> str:
    """A serial number as it stands in the database and in answers: 40 lower-case hex digits."""
    return f"{serial:040x}"
