"""From a signed certification request to its reservation: one reading, then one writing that admits and reserves.

Applications of one person at once, from whichever of their accounts, are told apart by the person's number of
reservations: a call that read an older one is refused, and takes the steps one by one behind a lock instead, which also
decide why a key gets no certificate. Taking a person off the file counts as well: a reservation is made before it, or
not at all. A crash before the commit leaves the key waiting and no serial; one after it, a serial that is signed later.
"""

from typing import Final, Literal

import msgspec

from mshield.domain.certificates.states import MAX_DEVICES, CertificateState
from mshield.store.certificates import certificates
from mshield.store.certificates.certificates import Holder, NewCertificate, Reservation
from mshield.store.certificates.enrolment import find_occupant, other_devices_in_use
from mshield.store.certificates.key_marks import check_key
from mshield.store.database.interface import Database, Row, Tx
from mshield.store.database.queries import Queries
from mshield.store.seals.login_marks import check_login
from mshield.store.seals.tables import FILED_PERSONS, KEYS

_SQL: Final = Queries("certificates", "issuing")
_KEY: Final = KEYS.joined("k_")
_FILED: Final = FILED_PERSONS.joined("f_")


class ConfirmedKey(msgspec.Struct, frozen=True, gc=False):
    """A key whose certification request is signed: all that the certificate is made from.

    `reservations` is the person's number of them, which stands at their first account, `first_account_id`; `reserved`
    is there where this key has one of them already.
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
        """Whom the certificate will name."""
        return Holder(self.public_key, self.person_id, self.id_type, self.id_number_box)


class LoginKey(msgspec.Struct, frozen=True, gc=False):
    """Whether the login is valid, and the device's key that waits for its certificate, if any."""

    valid: bool
    key: ConfirmedKey | None


Admission = Literal["admitted", "no_filing", "occupied", "limit", "other_account", "gone"]


async def find_by_token(db: Database, *, token_hash: bytes, jkt: str, now: int) -> LoginKey:
    """The caller's key that is signed for but has no certificate yet."""
    rows = await db.read_together(_SQL["find_by_token"], token_hash=token_hash, jkt=jkt, now=now)
    for row in rows[:1]:
        check_login(db.sealer, row, token_hash=token_hash, jkt=jkt)
    return LoginKey(bool(rows), _first(db, rows))


async def find_of_device(db: Database, *, device_id: str, account_id: str) -> ConfirmedKey | None:
    """The same of a login that is known to be valid."""
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
    """Admits the key and reserves its certificate, durably. False where the steps must be taken one by one.

    `authorities` is the version of the CAs that the reservation was made by (see `keys.authority.Authorities`).
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
    # In the order of the rows that are locked first: two groups never wait for each other.
    return bool(await db.write_together(_SQL["reserve"], by=key.first_account_id, **values))


async def refuse(db: Database, key: ConfirmedKey) -> None:
    """A key that never gets a certificate: the phone applies anew."""
    await db.run(_SQL["refuse_key"], uid=key.uid)


async def admit(tx: Tx, key: ConfirmedKey) -> Admission:
    """Whether the key may get its certificate, decided anew where it is reserved: applications at once can't all pass.

    Pins the device to the account (R7). A key that is refused is void; one that has its reservation is admitted again.
    """
    # The person's row is locked first: all that is read below then includes what earlier calls committed, and the grown
    # number refuses the one statement (`reserve`) of a call that read the key before.
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
    """Passes over a key whose reservation was ended before anything was signed under it: nothing comes of it."""
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
    # The certificate will say what stands in these two rows, for the key that was made in this enrolment.
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
