"""Certificate authorities (root, issuing, their OCSP responders) and their published revocation lists.

Private keys are stored only sealed. A list's number is assigned in the transaction that reads the list's
content.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

import msgspec

from mshield.server.database.interface import Database, Row, Tx
from mshield.server.database.queries import Queries

_SQL: Final = Queries("authorities", "authorities")


@dataclass(frozen=True, slots=True)
class AuthorityRow:
    """Authority: certificate (DER), sealed private key, time (ms) and reason (RFC 5280 code) of its revocation."""

    name: str
    certificate: bytes = field(repr=False)
    key_box: bytes = field(repr=False)
    revoked_at: int | None = None
    revocation_reason: int | None = None


class AuthorityState(msgspec.Struct, frozen=True, gc=False):
    """Revocation state of an authority, and the shard for its new certificates.

    `crossed` is another number after each change of its cross certificates.
    """

    name: str
    revoked_at: int | None
    revocation_reason: int | None
    shard: int = 0
    crossed: int = 0


@dataclass(frozen=True, slots=True)
class CrlRow:
    """Published list without its bytes. `basis` identifies the data it was made from; times in ms since the epoch."""

    number: int
    basis: str
    this_update: int
    next_update: int


async def find_authority(db: Database | Tx, *, name: str) -> AuthorityRow | None:
    """Returns the authority of this name, or None."""
    row = await db.one(_SQL["find_authority"], name=name)
    return None if row is None else _authority(row)


async def find_certificate(db: Database, *, name: str) -> bytes | None:
    """Returns the current certificate (DER) of the authority of this name, or None."""
    row = await db.one(_SQL["find_certificate"], name=name)
    return None if row is None else row["certificate"]


async def list_authorities(db: Database | Tx) -> list[AuthorityRow]:
    """Returns all authorities, in order of creation."""
    return [_authority(row) for row in await db.all(_SQL["list_authorities"])]


async def list_authority_states(db: Database | Tx) -> list[AuthorityState]:
    """Returns the state of each authority, in order of creation."""
    rows = await db.all(_SQL["list_authority_states"])
    return [
        AuthorityState(row["name"], row["revoked_at"], row["revocation_reason"], row["shard"], row["crossed"])
        for row in rows
    ]


async def revoke_authority(tx: Tx, *, name: str, reason: int, now: int) -> bool:
    """Marks an authority as revoked; False if it is unknown or already revoked."""
    return await tx.run(_SQL["revoke_authority"], name=name, reason=reason, now=now) == 1


async def insert_authorities(tx: Tx, rows: Sequence[AuthorityRow], *, now: int) -> None:
    """Inserts new authorities. Raises: Conflict (one of the names exists)."""
    for row in rows:
        await tx.run(
            _SQL["insert_authority"],
            name=row.name,
            certificate=row.certificate,
            key_box=row.key_box,
            now=now,
        )


async def replace_authority(tx: Tx, row: AuthorityRow, *, old_certificate: bytes) -> bool:
    """Replaces certificate and key; False if the certificate is no longer `old_certificate`."""
    touched = await tx.run(
        _SQL["replace_authority"],
        name=row.name,
        certificate=row.certificate,
        key_box=row.key_box,
        old_certificate=old_certificate,
    )
    return touched == 1


@dataclass(frozen=True, slots=True)
class RequestRow:
    """Open request (DER) for the certificate of the authority `name`, with its sealed key."""

    name: str
    request: bytes = field(repr=False)
    key_box: bytes = field(repr=False)
    created_at: int


async def list_requests(db: Database | Tx) -> list[RequestRow]:
    """Returns the open requests by name."""
    return [RequestRow(**row) for row in await db.all(_SQL["list_requests"])]


async def insert_request(tx: Tx, row: RequestRow) -> None:
    """Inserts a request. Raises: Conflict (one of this name is open)."""
    await tx.run(
        _SQL["insert_request"], name=row.name, request=row.request, key_box=row.key_box, now=row.created_at
    )


async def delete_request(tx: Tx, row: RequestRow) -> bool:
    """Deletes a request; False if it is no longer open."""
    return await tx.run(_SQL["delete_request"], name=row.name, request=row.request) == 1


@dataclass(frozen=True, slots=True)
class CrossRow:
    """Certificate (DER) of the issuing CA `authority` by another root, and that root's certificate (DER)."""

    authority: str
    certificate: bytes = field(repr=False)
    root: bytes = field(repr=False)


async def list_cross(db: Database | Tx) -> list[CrossRow]:
    """Returns the cross certificates, oldest first."""
    return [CrossRow(**row) for row in await db.all(_SQL["list_cross"])]


async def insert_cross(tx: Tx, row: CrossRow, *, now: int) -> None:
    """Inserts a cross certificate. Raises: Conflict (it is there)."""
    await tx.run(
        _SQL["insert_cross"],
        sha256=sha256(row.certificate).digest(),
        authority=row.authority,
        certificate=row.certificate,
        root=row.root,
        now=now,
    )


async def delete_cross(tx: Tx, fingerprint: bytes) -> bool:
    """Deletes the cross certificate with this SHA-256; False if there is none."""
    return await tx.run(_SQL["delete_cross"], sha256=fingerprint) == 1


async def next_crl_number(tx: Tx, *, name: str) -> int | None:
    """Increments and returns the number for the next list; None if there is no such authority."""
    row = await tx.one(_SQL["next_crl_number"], name=name)
    return None if row is None else row["crl_number"]


async def insert_crl(db: Database | Tx, *, authority: str, crl: CrlRow, der: bytes) -> None:
    """Stores a published list."""
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
    """Stores a list unless a later one exists; False if it was not stored.

    A list derived from the list with number `made_from` (-1 if from none) is stored only while that one is
    the latest.
    """
    await tx.run(_SQL["await_turn"], name=authority)
    latest = await latest_crl(tx, authority=authority)
    last = 0 if latest is None else latest.number
    if last > crl.number or made_from not in {-1, last}:
        return False
    await insert_crl(tx, authority=authority, crl=crl, der=der)
    return True


async def latest_crl(db: Database | Tx, *, authority: str) -> CrlRow | None:
    """Returns the list with the highest number, or None."""
    row = await db.one(_SQL["latest_crl"], authority=authority)
    return (
        None if row is None else CrlRow(row["number"], row["basis"], row["this_update"], row["next_update"])
    )


async def crl_der(db: Database | Tx, *, authority: str, number: int) -> bytes | None:
    """Returns the bytes of a list, or None."""
    row = await db.one(_SQL["crl_der"], authority=authority, number=number)
    return None if row is None else row["der"]


async def prune_crls(db: Database, *, before: int) -> int:
    """Deletes lists made before `before` (ms) that have a successor, and returns their number."""
    return await db.run(_SQL["prune_crls"], before=before)


async def delete_crls(tx: Tx, *, authority: str) -> None:
    """Deletes all lists of an authority whose key is replaced."""
    await tx.run(_SQL["delete_crls"], authority=authority)


def _authority(row: Row) -> AuthorityRow:
    return AuthorityRow(**row)
