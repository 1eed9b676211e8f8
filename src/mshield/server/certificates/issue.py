"""Issuance of a shield's certificate: commits the serial first, then lints, signs and stores the certificate.

The CA therefore never signs a serial that isn't in the database. After a crash in between, the row without a
certificate remains as evidence, and repeated calls continue with the same serial.
"""

import logging
import os
from dataclasses import dataclass
from typing import Final

from mshield.pki.certificates.certificate import Certificate, parse_certificate
from mshield.pki.certificates.identity import HASH_PREFIX, IdKind
from mshield.pki.certificates.issue import issue_leaf, serial_from
from mshield.pki.certificates.names import LeafSubject
from mshield.pki.certificates.profiles import LeafIdentity
from mshield.server.authorities.authority import Authorities, Authority
from mshield.server.authorities.urls import leaf_urls
from mshield.server.certificates.rows import certificates as store
from mshield.server.certificates.rows import changes as certificate_changes
from mshield.server.certificates.rows.certificates import CertificateRow, NewCertificate, Reservation
from mshield.server.certificates.rows.issuing import ConfirmedKey
from mshield.server.certificates.rows.renewals import RenewalRow
from mshield.server.certificates.rules.shards import shard_of
from mshield.server.database.interface import Database, Tx
from mshield.server.errors import Conflict, NotFound, Unavailable
from mshield.server.keys.errors import NoAuthority
from mshield.server.keys.keyring import Keyring
from mshield.server.keys.secrets import LookupKey
from mshield.server.settings.settings import Settings
from mshield.server.values.id_numbers import CERTIFICATE_HASH, FILING_BOX
from mshield.wire.identity import ROLE_NAMES, Role
from mshield.wire.times import DAY_MS

_log = logging.getLogger(__name__)
_ID_KINDS: Final[dict[str, IdKind]] = {"resident_id": "resident", "foreign_resident_id": "resident"}


@dataclass(frozen=True, slots=True)
class Issue:
    """Issues certificates. `reserve` and `issue` are idempotent."""

    db: Database
    keyring: Keyring
    lookup: LookupKey
    authorities: Authorities
    settings: Settings

    async def reserve(self, new: NewCertificate, *, now: int) -> CertificateRow:
        """Commits the certificate's row with its serial; for the same request again, returns the first reservation.

        Raises: Unavailable (the issuing CA is revoked), ClockDoubted.
        """

        async def work(tx: Tx) -> CertificateRow | None:
            return await self.reserve_in(tx, new, now=now)

        row = await self.db.write(work)
        if row is None:
            raise Conflict
        return row

    async def reserve_in(self, tx: Tx, new: NewCertificate, *, now: int) -> CertificateRow | None:
        """Like `reserve`, but inside the caller's transaction."""
        # Refresh inside the transaction, since another process may have created or revoked a CA. If the CA is
        # revoked right after this, the job `ca` ends what was reserved or issued under it.
        await self.authorities.refresh(tx)
        try:
            reservation = self.new_reservation(now=now)
        except NoAuthority as error:
            _log.error("no certificate can be issued: %s", error)
            raise Unavailable from error
        return await store.reserve(tx, new, reservation, now=now)

    def new_reservation(self, *, now: int) -> Reservation:
        """Generates a random serial under the issuing CA, valid for the configured days but no longer than that CA.

        Raises: NoAuthority, ClockDoubted.
        """
        self.authorities.require_sure()
        issuing = self.authorities.issuing
        start = now // 1000 * 1000  # certificates have a resolution of one second
        end = min(start + self.settings.ca.certificate_days * DAY_MS, issuing.certificate.not_after)
        serial = serial_from(os.urandom(20), shard=self.authorities.shard(issuing.name))
        return Reservation(serial_text(serial), issuing.name, start, end)

    async def issue(self, serial: str, *, in_force: bool = True, now: int) -> Certificate:
        """Signs and stores the reserved certificate, or returns the stored one.

        `in_force` also makes it the current certificate of its key; a renewed certificate comes into force
        only when it is confirmed. Raises: NotFound (unknown serial), Conflict (revoked before it was signed),
        LintError, SealError.
        """
        row = await store.find_by_serial(self.db, serial=serial)
        if row is None:
            raise NotFound
        if row.der is not None:
            return parse_certificate(row.der)
        holder = await store.find_holder(self.db, serial=serial)
        if holder is None:
            raise Conflict
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
        """Like `issue`, but with rows that the caller just read or reserved."""
        self.authorities.require_sure()
        # A crash before the commit below loses a signature that was never published. The reservation stays:
        # OCSP answers `unknown`, it occupies the device and counts towards the person's limit (R5), and the
        # next call signs again with its serial and times.
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
        # Either another call stored its certificate, which then is the valid one, and ours was never
        # published; or the reservation has ended, and nothing is issued.
        row = await store.find_by_serial(self.db, serial=serial)
        if row is None or row.der is None:
            raise Conflict
        return parse_certificate(row.der)

    async def _signed(
        self, new: NewCertificate, reservation: Reservation, holder: store.Holder
    ) -> Certificate:
        issuer = self.authorities.find(reservation.issuer)
        if issuer is None or holder.public_key is None:
            raise Conflict
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
            urls=leaf_urls(self.settings.site, reservation.issuer, shard=shard_of(reservation.serial)),
            policy_oid=self.settings.ca.policy_oid,
        )

    def _identity(self, new: NewCertificate, holder: store.Holder) -> LeafIdentity:
        return LeafIdentity(
            id_number=self._id_number(holder),
            credit_code=new.credit_code,
            id_kind=_ID_KINDS.get(holder.id_type, "passport"),
        )

    def _id_number(self, holder: store.Holder) -> str | None:
        if self.settings.ca.certificate_id_number == "none":
            return None
        number = self.keyring.open(
            holder.id_number_box, purpose=FILING_BOX, context=holder.person_id.encode()
        ).decode()
        if self.settings.ca.certificate_id_number == "clear":
            return number
        return HASH_PREFIX + self.lookup.lookup_hash(CERTIFICATE_HASH, number).hex()


def new_certificate(
    row: ConfirmedKey | RenewalRow, subject: LeafSubject, *, request_sid: bytes
) -> NewCertificate:
    """Returns the row to reserve for a signed request; `subject` has the names that were signed."""
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
    """Returns the reservation of a stored row."""
    return Reservation(row.serial, row.issuer, row.not_before, row.not_after)


def serial_text(serial: int) -> str:
    """Formats a serial number as in the database and in answers: 40 lower-case hex digits."""
    return f"{serial:040x}"
