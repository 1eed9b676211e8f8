"""Shards of revocation lists: the list in force of each, and the certificates whose statuses no list tells yet.

Shard 0 has its lists in `crls`, where the root's are (see `authorities`). Times are ms since the epoch.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from mshield.store.ca.authorities import CrlRow
from mshield.store.database.interface import Database, Row, Tx
from mshield.store.database.queries import Queries

_SQL: Final = Queries("ca", "shards")
NEVER: Final = 2**62
"""When the list of a CA that has ended is renewed."""

ANY: Final = -1
"""A list that is made from no other one, but from the rows."""


def basis_of(*, is_sharded: bool, renew_at: int) -> str:
    """What a shard's list was made by: whether it names its shard, and when (ms) it is made from all rows again."""
    return f"{int(is_sharded)} {renew_at}"


class Newest(NamedTuple):
    """The shard that a CA's certificates get, and since when."""

    shard: int
    opened_at: int


class Changed(NamedTuple):
    """A certificate whose status changed, `changes` times since a list told of it."""

    serial: str
    issuer: str
    changes: int


async def open_shard(db: Database, *, authority: str, shard: int, now: int) -> None:
    """New certificates get this shard from now on; nothing where it was opened before."""
    await db.run(_SQL["open_shard"], authority=authority, shard=shard, now=now)


async def newest(db: Database, *, authority: str) -> Newest | None:
    """The CA's last shard; 0, since the CA was made, where it has no other. None for an unknown CA."""
    row = await db.one(_SQL["newest_shard"], authority=authority)
    if row is None:
        return None
    return Newest(0, row["created_at"]) if row["shard"] is None else Newest(row["shard"], row["opened_at"])


async def issued_since(db: Database, *, since: int, most: int) -> int:
    """How many certificates were reserved since then; no more than `most`."""
    row = await db.one(_SQL["issued_since"], since=since, most=most)
    return 0 if row is None else int(row["issued"])


async def has_shard(db: Database, *, authority: str, shard: int) -> bool:
    """Whether it was opened."""
    return await db.one(_SQL["has_shard"], authority=authority, shard=shard) is not None


async def latest(db: Database | Tx, *, authority: str, shard: int) -> CrlRow | None:
    """The list in force without its bytes, or None."""
    return _list(await db.one(_SQL["latest_of_shard"], authority=authority, shard=shard))


async def oldest(db: Database, *, authority: str) -> CrlRow | None:
    """The list in force that ends first, of all shards but 0; None where there is none."""
    return _list(await db.one(_SQL["oldest_of_shards"], authority=authority))


async def list_der(db: Database | Tx, *, authority: str, shard: int, number: int) -> bytes | None:
    """The bytes of the list with this number, while it is in force."""
    row = await db.one(_SQL["der_of_shard"], authority=authority, shard=shard, number=number)
    return None if row is None else row["der"]


async def keep(
    tx: Tx, *, authority: str, shard: int, crl: CrlRow, der: bytes, renew_at: int, made_from: int
) -> bool:
    """Puts a list in force, which is made from the rows once more at `renew_at` at the latest.

    False where a later one is, or where it was made from one that is no longer in force.
    """
    touched = await tx.run(
        _SQL["keep_of_shard"],
        authority=authority,
        shard=shard,
        number=crl.number,
        der=der,
        this_update=crl.this_update,
        next_update=crl.next_update,
        renew_at=renew_at,
        made_from=made_from,
    )
    return touched == 1


async def due(db: Database, *, now: int, most: int) -> list[tuple[str, int]]:
    """CAs and shards whose lists are to be renewed, those that wait longest first."""
    rows = await db.all(_SQL["due_shards"], now=now, most=most)
    return [(row["authority"], row["shard"]) for row in rows]


async def renew_no_more(db: Database, *, authority: str, shard: int) -> None:
    """Nothing is published of a CA that has ended."""
    await db.run(_SQL["renew_shard_at"], authority=authority, shard=shard, renew_at=NEVER)


async def changed(db: Database | Tx, *, most: int) -> list[Changed]:
    """Certificates whose statuses changed since a list told of them, in the order of their serials."""
    rows = await db.all(_SQL["changed"], most=most)
    return [Changed(row["serial"], row["issuer"], row["changes"]) for row in rows]


async def forget_changes(tx: Tx, noted: Sequence[Changed]) -> None:
    """Forgets changes that a list tells."""
    for one in noted:
        await tx.run(_SQL["forget_change"], serial=one.serial, changes=one.changes)


def _list(row: Row | None) -> CrlRow | None:
    return (
        None
        if row is None
        else CrlRow(
            row["number"],
            basis_of(is_sharded=True, renew_at=row["renew_at"]),
            row["this_update"],
            row["next_update"],
        )
    )
