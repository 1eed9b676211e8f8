"""Shield certificates: reservation of their serials, look-ups, and the published revocation data.

`holds` is a comma-separated sorted text in its column and a frozenset here. Times are ms since the epoch; a
serial is 40 lower-case hex digits.
"""

from dataclasses import asdict, dataclass, field
from typing import Final

import msgspec

from mshield.server.certificates.rows import standing
from mshield.server.certificates.rules.shards import serials_of
from mshield.server.certificates.rules.states import Hold, format_holds
from mshield.server.database.interface import Database, Row, SealBroken, Sealer, Tx
from mshield.server.database.queries import Queries
from mshield.server.seals.tables import CERTIFICATES

_SQL: Final = Queries("certificates", "certificates")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCertificate:
    """Data reserved for the certificate of key `uid`; `request_sid` is the task of its signed request."""

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
    """Certificate; `issuer` names the CA, `der` is None from the reservation of its serial until it is signed."""

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
    """Serial (40 lower-case hex digits) reserved for one certificate, with its CA, and the validity in ms."""

    serial: str
    issuer: str
    not_before: int
    not_after: int


@dataclass(frozen=True, slots=True)
class Holder:
    """Certified public key (65 bytes), and the filed person with their sealed id number."""

    public_key: bytes | None
    person_id: str
    id_type: str
    id_number_box: bytes = field(repr=False)


class StatusRow(msgspec.Struct, frozen=True, gc=False):
    """Published status of a certificate; `issuer` names the CA. A struct, since a list has thousands of them.

    `logged` is the standing that the newest event left, null without events, and with `not_after` 0 where it
    wasn't selected: in a list, or in a result.
    """

    serial: str
    issuer: str
    state: str
    holds: frozenset[str]
    issued_at: int
    changed_at: int
    revoked_at: int | None
    revocation_reason: int | None
    held_since: int | None
    logged: str | None = None
    not_after: int = 0


async def reserve(
    tx: Tx, new: NewCertificate, reservation: Reservation, *, now: int
) -> CertificateRow | None:
    """Reserves a certificate, or returns the request's earlier reservation with its own serial and times."""
    row = await insert(tx, reservation_values(tx.sealer, new, reservation, now=now))
    if row is None:
        return await find_by_request(tx, request_sid=new.request_sid)
    return _certificate(tx, row)


async def insert(tx: Tx, values: dict[str, object]) -> Row | None:
    """Inserts a reservation and returns its row; None if the request has one already."""
    return await tx.one(_SQL["reserve"], **values)


def reservation_values(
    sealer: Sealer, new: NewCertificate, reservation: Reservation, *, now: int
) -> dict[str, object]:
    """Returns the parameters of a reservation's statement."""
    values = asdict(new) | msgspec.structs.asdict(reservation)
    return values | {"seal": CERTIFICATES.seal(sealer, values, version=1), "now": now}


async def find_by_request(db: Database | Tx, *, request_sid: bytes) -> CertificateRow | None:
    """Returns the certificate made from a request, or None. Raises: SealBroken."""
    row = await db.one(_SQL["find_by_request"], request_sid=request_sid)
    return None if row is None else _certificate(db, row)


async def find_by_serial(db: Database | Tx, *, serial: str) -> CertificateRow | None:
    """Returns the certificate with this serial, or None. Raises: SealBroken."""
    row = await db.one(_SQL["find_by_serial"], serial=serial)
    return None if row is None else _certificate(db, row)


async def find_newest(db: Database, *, device_id: str, account_id: str) -> CertificateRow | None:
    """Returns the newest certificate of a device and account in any state, or None. Raises: SealBroken."""
    row = await db.one(_SQL["find_newest"], device_id=device_id, account_id=account_id)
    return None if row is None else _certificate(db, row)


async def find_holder(db: Database, *, serial: str) -> Holder | None:
    """Returns key and holder of a reserved certificate, or None."""
    row = await db.one(_SQL["find_holder"], serial=serial)
    return None if row is None else Holder(row["public_key"], row["id"], row["id_type"], row["id_number_box"])


async def list_revoked_of(db: Database | Tx, *, issuer: str, shard: int, since: int) -> list[str]:
    """Returns a shard's revoked, superseded or held certificates valid beyond `since`, as lines for `read_status`."""
    if shard == 0:
        row = await db.one(_SQL["revoked_of_first"], issuer=issuer, since=since)
    else:
        first, last = serials_of(shard)
        row = await db.one(_SQL["revoked_of_shard"], issuer=issuer, since=since, first=first, last=last)
    lines = None if row is None else row["lines"]
    return lines.split("\n") if lines else []


async def revoked_basis(db: Database, *, issuer: str, since: int) -> str:
    """Returns a text that changes whenever the CA's list of revoked, superseded or held certificates does."""
    row = await db.one(_SQL["revoked_basis"], issuer=issuer, since=since)
    return "0:0" if row is None else f"{row['entries']}:{row['total']}"


def read_status(line: str, *, issuer: str) -> StatusRow:
    """Parses a line of `list_revoked_of`."""
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
    """Like `find_status`, inside a transaction."""
    row = await tx.one(_SQL["find_status"], serial=serial, call=0)
    return None if row is None else status_of(row, state="state", logged=True)


async def find_status(db: Database, *, serial: str) -> StatusRow | None:
    """Returns the status of a signed certificate, or None for another serial."""
    rows = await db.read_together(_SQL["find_status"], serial=serial)
    return status_of(rows[0], state="state", logged=True) if rows else None


async def logged_status(db: Database | Tx, row: StatusRow, *, now: int) -> StatusRow:
    """Returns the status, or the end that the log's events tell of if the row lacks it.

    A certificate that expired so long ago that its events are archived keeps the row's status. Raises:
    SealBroken (the events leave another standing than the row's, or the row has an unknown hold).
    """
    if row.state in standing.ENDED or (row.logged is None and row.not_after <= now):
        return row
    try:
        holds = format_holds(map(Hold, row.holds)) if row.holds else ""
    except ValueError as error:
        raise SealBroken("certificates", row.serial) from error
    if row.logged == f"{row.state} {holds}":
        return row
    end = await standing.find_end(db, serial=row.serial, state=row.state, holds=holds)
    if end is None:
        return row
    return msgspec.structs.replace(
        row, state=end.state, changed_at=end.at, revoked_at=end.at, revocation_reason=end.revocation_reason
    )


async def ended_unlisted(db: Database | Tx, *, issuer: str, since: int) -> list[str]:
    """Returns serials of certificates that events ended, although no list has them: their rows differ."""
    return [row["serial"] for row in await db.all(_SQL["ended_unlisted"], issuer=issuer, since=since)]


def status_of(row: Row, *, state: str, logged: bool = False) -> StatusRow:
    """Returns the status from the row of a wider statement, whose state column is named `state`.

    `logged`: the statement selects `logged` and `not_after`, too.
    """
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
        row["logged"] if logged else None,
        row["not_after"] if logged else 0,
    )


def _holds(text: str) -> frozenset[str]:
    return frozenset(filter(None, text.split(",")))


def _certificate(db: Database | Tx, row: Row) -> CertificateRow:
    CERTIFICATES.check(db.sealer, row)
    values = {**row, "holds": _holds(row["holds"])}
    del values["seal_version"], values["seal"]
    return CertificateRow(**values)
