"""Shield certificates: reserved with their serial, then found again, and the revocation data that is published of them.

`holds` is a comma-separated sorted text in its column and a frozenset here. Times are ms since the epoch; a serial is
40 lower-case hex digits.
"""

from dataclasses import asdict, dataclass, field
from typing import Final, NamedTuple

import msgspec

from mshield.domain.certificates.shards import serials_of
from mshield.store.database.interface import Database, Row, Sealer, Tx
from mshield.store.database.queries import Queries
from mshield.store.seals.tables import CERTIFICATES

_SQL: Final = Queries("certificates", "certificates")


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
    """The certified public key (65 bytes), and the filed person with their sealed id number."""

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
    held_since: int | None


class RevokedList(NamedTuple):
    """What a revocation list says: `lines` for `read_status`, and a text that differs whenever the list does."""

    basis: str
    lines: list[str]


async def reserve(
    tx: Tx, new: NewCertificate, reservation: Reservation, *, now: int
) -> CertificateRow | None:
    """The request's reservation: this one, or the one that was made before (with its own serial and times)."""
    row = await insert(tx, reservation_values(tx.sealer, new, reservation, now=now))
    if row is None:
        return await find_by_request(tx, request_sid=new.request_sid)
    return _certificate(tx, row)


async def insert(tx: Tx, values: dict[str, object]) -> Row | None:
    """The reservation's row as it was written; None where the request has one already."""
    return await tx.one(_SQL["reserve"], **values)


def reservation_values(
    sealer: Sealer, new: NewCertificate, reservation: Reservation, *, now: int
) -> dict[str, object]:
    """The parameters of a reservation's statement."""
    values = asdict(new) | msgspec.structs.asdict(reservation)
    return values | {"seal": CERTIFICATES.seal(sealer, values, version=1), "now": now}


async def find_by_request(db: Database | Tx, *, request_sid: bytes) -> CertificateRow | None:
    """The certificate that was made from a request, or None. Raises SealBroken."""
    row = await db.one(_SQL["find_by_request"], request_sid=request_sid)
    return None if row is None else _certificate(db, row)


async def find_by_serial(db: Database | Tx, *, serial: str) -> CertificateRow | None:
    """The certificate with this serial, or None. Raises SealBroken."""
    row = await db.one(_SQL["find_by_serial"], serial=serial)
    return None if row is None else _certificate(db, row)


async def find_newest(db: Database, *, device_id: str, account_id: str) -> CertificateRow | None:
    """The newest certificate of a device and account, in whatever state, or None. Raises SealBroken."""
    row = await db.one(_SQL["find_newest"], device_id=device_id, account_id=account_id)
    return None if row is None else _certificate(db, row)


async def find_holder(db: Database, *, serial: str) -> Holder | None:
    """Key and holder of a reserved certificate, or None."""
    row = await db.one(_SQL["find_holder"], serial=serial)
    return None if row is None else Holder(row["public_key"], row["id"], row["id_type"], row["id_number_box"])


async def list_revoked(db: Database | Tx, *, issuer: str, since: int) -> RevokedList:
    """All certificates of a CA revoked, superseded or on hold whose validity ends after `since`."""
    row = await db.one(_SQL["revoked"], issuer=issuer, since=since)
    lines = None if row is None else row["lines"]
    return RevokedList(_basis(row), lines.split("\n") if lines else [])


async def list_revoked_of(db: Database | Tx, *, issuer: str, shard: int, since: int) -> list[str]:
    """The lines of `list_revoked` that stand on the list of one shard."""
    if shard == 0:
        row = await db.one(_SQL["revoked_of_first"], issuer=issuer, since=since)
    else:
        first, last = serials_of(shard)
        row = await db.one(_SQL["revoked_of_shard"], issuer=issuer, since=since, first=first, last=last)
    lines = None if row is None else row["lines"]
    return lines.split("\n") if lines else []


async def revoked_basis(db: Database, *, issuer: str, since: int) -> str:
    """The basis of `list_revoked(issuer, since)`, without fetching the list."""
    return _basis(await db.one(_SQL["revoked_basis"], issuer=issuer, since=since))


def _basis(row: Row | None) -> str:
    return "0:0" if row is None else f"{row['entries']}:{row['total']}"


def read_status(line: str, *, issuer: str) -> StatusRow:
    """The status that a line of `RevokedList` of this CA tells."""
    serial, state, holds, issued_at, changed_at, revoked_at, reason, held_since = line.split(" ")
    return StatusRow(
        serial,
        issuer,
        state,
        _holds(holds),
        int(issued_at),
        int(changed_at),
        int(revoked_at) if revoked_at else None,
        int(reason) if reason else None,
        int(held_since) if held_since else None,
    )


async def status_in(tx: Tx, *, serial: str) -> StatusRow | None:
    """`find_status` inside of a transaction."""
    row = await tx.one(_SQL["find_status"], serial=serial, call=0)
    return None if row is None else status_of(row, state="state")


async def find_status(db: Database, *, serial: str) -> StatusRow | None:
    """The status of a signed certificate, or None for another serial."""
    rows = await db.read_together(_SQL["find_status"], serial=serial)
    return status_of(rows[0], state="state") if rows else None


def status_of(row: Row, *, state: str) -> StatusRow:
    """The status of a certificate whose columns a wider statement gives; its state there has the name `state`."""
    return StatusRow(
        row["serial"],
        row["issuer"],
        row[state],
        _holds(row["holds"]),
        row["issued_at"],
        row["changed_at"],
        row["revoked_at"],
        row["revocation_reason"],
        row["held_since"],
    )


def _holds(text: str) -> frozenset[str]:
    return frozenset(filter(None, text.split(",")))


def _certificate(db: Database | Tx, row: Row) -> CertificateRow:
    CERTIFICATES.check(db.sealer, row)
    values = {**row, "holds": _holds(row["holds"])}
    del values["seal_version"], values["seal"]
    return CertificateRow(**values)
