"""The certificate authorities (root, issuing, their OCSP responders) and the revocation lists that they published.

Private keys stand here sealed only. A list's number is given in the transaction that reads what the list says.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from mshield.store.database.interface import Database, Row, Tx
from mshield.store.database.queries import Queries

_SQL: Final = Queries("ca", "authorities")


@dataclass(frozen=True, slots=True)
class AuthorityRow:
    """An authority: its certificate (DER), its sealed private key, when (ms) and why (RFC 5280 code) it was revoked."""

    name: str
    certificate: bytes = field(repr=False)
    key_box: bytes = field(repr=False)
    revoked_at: int | None = None
    revocation_reason: int | None = None


class StandingRow(msgspec.Struct, frozen=True, gc=False):
    """Whether an authority is revoked, and which shard its new certificates get."""

    name: str
    revoked_at: int | None
    revocation_reason: int | None
    shard: int = 0


@dataclass(frozen=True, slots=True)
class CrlRow:
    """A published list without its bytes. `basis` tells what it was made from; times in ms since the epoch."""

    number: int
    basis: str
    this_update: int
    next_update: int


async def find_authority(db: Database | Tx, *, name: str) -> AuthorityRow | None:
    """The authority of this name, or None."""
    row = await db.one(_SQL["find_authority"], name=name)
    return None if row is None else _authority(row)


async def find_certificate(db: Database, *, name: str) -> bytes | None:
    """The certificate (DER) that the authority of this name has now, or None."""
    row = await db.one(_SQL["find_certificate"], name=name)
    return None if row is None else row["certificate"]


async def list_authorities(db: Database) -> list[AuthorityRow]:
    """All authorities, in the order in which they were made."""
    return [_authority(row) for row in await db.all(_SQL["list_authorities"])]


async def list_standings(db: Database | Tx) -> list[StandingRow]:
    """How each authority stands, in the order in which they were made."""
    rows = await db.all(_SQL["list_standings"])
    return [
        StandingRow(row["name"], row["revoked_at"], row["revocation_reason"], row["shard"]) for row in rows
    ]


async def revoke_authority(tx: Tx, *, name: str, reason: int, now: int) -> bool:
    """Marks an authority revoked, once; False where it is already, or where there is none."""
    return await tx.run(_SQL["revoke_authority"], name=name, reason=reason, now=now) == 1


async def insert_authorities(tx: Tx, rows: Sequence[AuthorityRow], *, now: int) -> None:
    """Stores new authorities; Conflict if one of the names exists."""
    for row in rows:
        await tx.run(
            _SQL["insert_authority"],
            name=row.name,
            certificate=row.certificate,
            key_box=row.key_box,
            now=now,
        )


async def replace_authority(tx: Tx, row: AuthorityRow, *, old_certificate: bytes) -> bool:
    """Puts a new certificate and key in place of the ones read; False when someone else was faster."""
    touched = await tx.run(
        _SQL["replace_authority"],
        name=row.name,
        certificate=row.certificate,
        key_box=row.key_box,
        old_certificate=old_certificate,
    )
    return touched == 1


async def next_crl_number(tx: Tx, *, name: str) -> int | None:
    """The number of the next list, or None if there is no such authority."""
    row = await tx.one(_SQL["next_crl_number"], name=name)
    return None if row is None else row["crl_number"]


async def insert_crl(db: Database | Tx, *, authority: str, crl: CrlRow, der: bytes) -> None:
    """Stores a list as published."""
    await db.run(
        _SQL["insert_crl"],
        authority=authority,
        number=crl.number,
        der=der,
        basis=crl.basis,
        this_update=crl.this_update,
        next_update=crl.next_update,
    )


async def insert_crl_in_turn(tx: Tx, *, authority: str, crl: CrlRow, der: bytes, made_from: int) -> bool:
    """`insert_crl` where no later list is there; False where it isn't in force then.

    One that was made from the list with the number `made_from` (else -1) comes in force only while that is the last.
    """
    await tx.run(_SQL["await_turn"], name=authority)
    latest = await latest_crl(tx, authority=authority)
    last = 0 if latest is None else latest.number
    if last > crl.number or made_from not in {-1, last}:
        return False
    await insert_crl(tx, authority=authority, crl=crl, der=der)
    return True


async def latest_crl(db: Database | Tx, *, authority: str) -> CrlRow | None:
    """The list with the highest number, or None."""
    row = await db.one(_SQL["latest_crl"], authority=authority)
    return (
        None if row is None else CrlRow(row["number"], row["basis"], row["this_update"], row["next_update"])
    )


async def crl_der(db: Database | Tx, *, authority: str, number: int) -> bytes | None:
    """The bytes of a list, or None."""
    row = await db.one(_SQL["crl_der"], authority=authority, number=number)
    return None if row is None else row["der"]


async def prune_crls(db: Database, *, before: int) -> int:
    """Deletes the lists that were made before that time (ms) and have a successor; gives their number."""
    return await db.run(_SQL["prune_crls"], before=before)


async def delete_crls(tx: Tx, *, authority: str) -> None:
    """Deletes all lists of an authority whose key is replaced."""
    await tx.run(_SQL["delete_crls"], authority=authority)


def _authority(row: Row) -> AuthorityRow:
    return AuthorityRow(**row)
