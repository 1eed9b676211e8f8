"""Reads and writes of issuing, from a signed certification request to the reservation of the certificate.

Simultaneous applications of one person, from any of their accounts, are detected by the person's number of
reservations: a call that read an older number is refused and then takes the separate steps under a lock,
which also determine why a key gets no certificate. Ending the person's filing is counted too, so a
reservation is made before it or not at all. A crash before the commit leaves the key waiting without a
serial; a crash after it leaves a serial that is signed later.
"""

from typing import Final, Literal

import msgspec

from mshield.server.certificates.rows import certificates
from mshield.server.certificates.rows.certificates import Holder, NewCertificate, Reservation
from mshield.server.certificates.rows.enrolment import find_occupant, other_devices_in_use
from mshield.server.certificates.rows.key_marks import check_key
from mshield.server.certificates.rules.states import MAX_DEVICES, CertificateState
from mshield.server.database.interface import Database, Row, Tx
from mshield.server.database.queries import Queries
from mshield.server.seals.login_marks import check_login
from mshield.server.seals.tables import FILED_PERSONS, KEYS

_SQL: Final = Queries("certificates", "issuing")
_KEY: Final = KEYS.joined("k_")
_FILED: Final = FILED_PERSONS.joined("f_")


class ConfirmedKey(msgspec.Struct, frozen=True, gc=False):
    """Key whose certification request is signed, with all data for its certificate.

    `reservations` is the person's number of reservations, stored at their first account, `first_account_id`;
    `reserved` is this key's own reservation, if it has one.
    """

    uid: bytes
    request_sid: bytes
    account_id: str
    device_id: str
    person_id: str
    filing_version: int
    subject: str
    public_key: bytes
    shield_number: str
    id_type: str
    id_number_box: bytes
    role: str
    credit_code: str
    request_info: bytes
    signature: bytes
    first_account_id: str
    reservations: int
    reserved: Reservation | None

    @property
    def holder(self) -> Holder:
        """Future holder of the certificate."""
        return Holder(self.public_key, self.person_id, self.id_type, self.id_number_box)


class LoginKey(msgspec.Struct, frozen=True, gc=False):
    """Validity of the login, and the device's key waiting for its certificate, if any."""

    valid: bool
    key: ConfirmedKey | None


Admission = Literal["admitted", "no_filing", "occupied", "limit", "other_account", "gone"]


async def find_by_token(db: Database, *, token_hash: bytes, jkt: str, now: int) -> LoginKey:
    """Returns the caller's key that has a signed request but no certificate yet."""
    rows = await db.read_together(_SQL["find_by_token"], token_hash=token_hash, jkt=jkt, now=now)
    for row in rows[:1]:
        check_login(db.sealer, row, token_hash=token_hash, jkt=jkt)
    return LoginKey(bool(rows), _first(db, rows))


async def find_of_device(db: Database, *, device_id: str, account_id: str) -> ConfirmedKey | None:
    """Like `find_by_token`, for a login already known to be valid."""
    return _first(db, await db.all(_SQL["find_of_device"], device_id=device_id, account_id=account_id))


async def reserve(
    db: Database,
    key: ConfirmedKey,
    new: NewCertificate,
    reservation: Reservation,
    *,
    authorities: int,
    now: int,
) -> bool:
    """Durably admits the key and reserves its certificate; False if the separate steps (`admit`) are needed.

    `authorities` is the version of the CAs used for the reservation (see `keys.authority.Authorities`).
    """
    values = certificates.reservation_values(db.sealer, new, reservation, now=now) | {
        "first_account_id": key.first_account_id,
        "reservations": key.reservations,
        "authorities": authorities,
        "most": MAX_DEVICES,
    }

    async def work(tx: Tx) -> bool:
        return (
            await tx.run(_SQL["count_reservation"], **values) == 1
            and await tx.run(_SQL["pin_device"], **values) == 1
            and await certificates.insert(tx, values) is not None
        )

    if db.dialect == "sqlite":
        return await db.write(work)
    # Ordered by the rows locked first, so that two batches never wait for each other.
    return bool(await db.write_together(_SQL["reserve"], by=key.first_account_id, **values))


async def refuse(db: Database, key: ConfirmedKey) -> None:
    """Voids a key that will never get a certificate, so that the phone applies again."""
    await db.run(_SQL["refuse_key"], uid=key.uid)


async def void_key(tx: Tx, *, uid: bytes) -> None:
    """Like `refuse`, inside a transaction."""
    await tx.run(_SQL["refuse_key"], uid=uid)


async def admit(tx: Tx, key: ConfirmedKey) -> Admission:
    """Decides at reservation time whether the key may get its certificate, so simultaneous applications can't all pass.

    Pins the device to the account (R7). A refused key is voided; a key with a reservation is admitted again.
    """
    # Lock the person's row first: everything read below then includes what earlier calls committed, and the
    # increased number makes the single statement (`reserve`) of a call that read the key earlier fail.
    await tx.run(_SQL["take_turn"], first_account_id=key.first_account_id)
    standing = await tx.one(_SQL["standing"], uid=key.uid)
    if standing is not None and standing["serial"] is not None:
        return "admitted"
    if standing is None or standing["state"] != "confirmed":
        return "gone"  # refused meanwhile
    pinned = await tx.run(_SQL["pin_device"], device_id=key.device_id, account_id=key.account_id)
    admission = await _admission(tx, key) if pinned == 1 else "other_account"
    if admission != "admitted":
        await tx.run(_SQL["refuse_key"], uid=key.uid)
    return admission


async def _admission(tx: Tx, key: ConfirmedKey) -> Admission:
    if await tx.one(_SQL["on_file"], person_id=key.person_id) is None:
        return "no_filing"
    if await find_occupant(tx, device_id=key.device_id) is not None:
        return "occupied"
    used = await other_devices_in_use(tx, account_id=key.account_id, device_id=key.device_id)
    return "admitted" if used < MAX_DEVICES else "limit"


def _first(db: Database, rows: list[Row]) -> ConfirmedKey | None:
    """Returns the first signed key without a certificate, or with one that is reserved but not in force yet.

    Keys are skipped if their reserved certificate ended before it was signed.
    """
    return next(
        (
            _confirmed(db, row)
            for row in rows
            if row["signature"] is not None
            and row["certificate_state"] in {None, CertificateState.ISSUED.value}
        ),
        None,
    )


def _confirmed(db: Database, row: Row) -> ConfirmedKey:
    # The certificate's content comes from these two rows and the key of this enrolment, so check all three.
    _KEY.check(db.sealer, row)
    _FILED.check(db.sealer, row)
    check_key(db.sealer, {**row, "uid": row["k_uid"]})
    serial = row["serial"]
    return ConfirmedKey(
        uid=row["k_uid"],
        request_sid=row["enrol_sid"],
        account_id=row["k_account_id"],
        device_id=row["k_device_id"],
        person_id=row["k_person_id"],
        filing_version=row["k_filing_version"],
        subject=row["k_subject"],
        public_key=row["public_key"],
        shield_number=row["shield_number"],
        id_type=row["f_id_type"],
        id_number_box=row["id_number_box"],
        role=row["f_role"],
        credit_code=row["f_credit_code"],
        request_info=row["message"],
        signature=row["signature"],
        first_account_id=row["first_account_id"],
        reservations=row["reservations"],
        reserved=None
        if serial is None
        else Reservation(serial, row["issuer"], row["not_before"], row["not_after"]),
    )
