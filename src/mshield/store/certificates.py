"""Shield certificates: reserved with their serial, then found again, and the revocation data that is published of them.

`holds` is a comma-separated sorted text in its column and a frozenset here. Times are ms since the epoch; a serial is
40 lower-case hex digits.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import msgspec

from mshield.store.database import Database, Row, Tx
from mshield.store.queries import Queries

_SQL = Queries("certificates")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCertificate:
    """What is reserved for the certificate of key `uid`; `request_sid` is the task of its signed request."""

    uid: bytes
    request_sid: bytes
    account_id: str
    device_id: str
    person_id: str
    filing_version: int
    shield_number: str
    organisation: str
    credit_code: str
    role: str
    common_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateRow(NewCertificate):
    """A certificate; `issuer` names the CA, `der` is None from the reservation of its serial until it is signed."""

    serial: str
    issuer: str
    der: bytes | None = field(repr=False)
    state: str
    holds: frozenset[str]
    not_before: int
    not_after: int
    issued_at: int
    changed_at: int
    revoked_at: int | None
    revocation_reason: int | None


class Reservation(msgspec.Struct, frozen=True, gc=False):
    """A serial (40 lower-case hex digits) that is given to one certificate, by which CA, and its validity in ms."""

    serial: str
    issuer: str
    not_before: int
    not_after: int


@dataclass(frozen=True, slots=True)
class Holder:
    """The certified public key (65 bytes), and the filed person with his sealed id number."""

    public_key: bytes | None
    person_id: str
    id_type: str
    id_number_box: bytes = field(repr=False)


class StatusRow(msgspec.Struct, frozen=True, gc=False):
    """What a certificate's published status is made of; `issuer` names the CA. A list has thousands of them."""

    serial: str
    issuer: str
    state: str
    holds: frozenset[str]
    issued_at: int
    changed_at: int
    revoked_at: int | None
    revocation_reason: int | None


async def reserve(
    tx: Tx, new: NewCertificate, reservation: Reservation, *, now: int
) -> CertificateRow | None:
    """The request's reservation: this one, or the one that was made before (with its own serial and times)."""
    made = await insert(tx, reservation_values(new, reservation, now=now))
    if made is None:
        return await find_by_request(tx, request_sid=new.request_sid)
    return _certificate(made)


async def insert(tx: Tx, values: dict[str, object]) -> Row | None:
    """The reservation's row as it was written; None where the request has one already."""
    return await tx.one(_SQL["reserve"], **values)


def reservation_values(new: NewCertificate, reservation: Reservation, *, now: int) -> dict[str, object]:
    """What a reservation's statement wants."""
    return {
        "serial": reservation.serial,
        "uid": new.uid,
        "request_sid": new.request_sid,
        "account_id": new.account_id,
        "device_id": new.device_id,
        "person_id": new.person_id,
        "filing_version": new.filing_version,
        "shield_number": new.shield_number,
        "organisation": new.organisation,
        "credit_code": new.credit_code,
        "role": new.role,
        "common_name": new.common_name,
        "issuer": reservation.issuer,
        "not_before": reservation.not_before,
        "not_after": reservation.not_after,
        "now": now,
    }


async def find_by_request(db: Database | Tx, *, request_sid: bytes) -> CertificateRow | None:
    """The certificate that was made from a request, or None."""
    row = await db.one(_SQL["find_by_request"], request_sid=request_sid)
    return None if row is None else _certificate(row)


async def find_by_serial(db: Database | Tx, *, serial: str) -> CertificateRow | None:
    """The certificate with this serial, or None."""
    row = await db.one(_SQL["find_by_serial"], serial=serial)
    return None if row is None else _certificate(row)


async def find_newest(db: Database, *, device_id: str, account_id: str) -> CertificateRow | None:
    """The newest certificate of a device and account, in whatever state, or None."""
    row = await db.one(_SQL["find_newest"], device_id=device_id, account_id=account_id)
    return None if row is None else _certificate(row)


async def find_holder(db: Database, *, serial: str) -> Holder | None:
    """Key and holder of a reserved certificate, or None."""
    row = await db.one(_SQL["find_holder"], serial=serial)
    return None if row is None else Holder(row["public_key"], row["id"], row["id_type"], row["id_number_box"])


async def list_revoked(db: Database | Tx, *, issuer: str, since: int) -> list[StatusRow]:
    """All certificates of a CA revoked, superseded or on hold whose validity ends after `since`."""
    return [_status(row) for row in await db.all(_SQL["revoked"], issuer=issuer, since=since)]


async def revoked_basis(db: Database, *, issuer: str, since: int) -> str:
    """`basis_of(list_revoked(issuer, since))`, without fetching the list."""
    row = await db.one(_SQL["revoked_basis"], issuer=issuer, since=since)
    return "0:0" if row is None else f"{row['entries']}:{row['total']}"


def basis_of(rows: Iterable[StatusRow]) -> str:
    """A text that differs whenever the list does."""
    ages = [row.changed_at - row.issued_at for row in rows]
    return f"{len(ages)}:{sum(ages)}"


async def find_status(db: Database, *, serial: str) -> StatusRow | None:
    """The status of a signed certificate, or None when there is none of this serial."""
    rows = await db.read_together(_SQL["find_status"], serial=serial)
    return _status(tuple(rows[0])[:-1]) if rows else None  # the last one is `call`


def status_of(row: Row, *, state: str) -> StatusRow:
    """The status of a certificate whose columns a wider statement gives; its state there has the name `state`."""
    return _status_of(
        row["serial"],
        row["issuer"],
        row[state],
        row["holds"],
        row["issued_at"],
        row["changed_at"],
        row["revoked_at"],
        row["revocation_reason"],
    )


def _holds(text: str) -> frozenset[str]:
    return frozenset(filter(None, text.split(",")))


def _certificate(row: Row) -> CertificateRow:
    return CertificateRow(**{**row, "holds": _holds(row["holds"])})


def _status(row: Row | tuple[Any, ...]) -> StatusRow:
    return _status_of(*row)  # both databases' rows iterate over their values, in the statement's order


@lru_cache(maxsize=1 << 16)
def _status_of(  # noqa: PLR0917  # one column each
    serial: str,
    issuer: str,
    state: str,
    holds: str,
    issued_at: int,
    changed_at: int,
    revoked_at: int | None,
    revocation_reason: int | None,
) -> StatusRow:
    """Remembered: from one list to the next few of its thousands of rows differ."""
    return StatusRow(
        serial, issuer, state, _holds(holds), issued_at, changed_at, revoked_at, revocation_reason
    )
