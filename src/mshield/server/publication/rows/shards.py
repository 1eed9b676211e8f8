"""Shards of revocation lists: each shard's current list, and certificates whose changed status isn't on any list yet.

The lists of shard 0 are in `crls`, like the root's (see `authorities`). Times are ms since the epoch.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from mshield.server.authorities.rows.authorities import CrlRow
from mshield.server.database.interface import Database, Row, Tx
from mshield.server.database.queries import Queries

_SQL: Final = Queries("publication", "shards")
NEVER: Final = 2**62
"""Renewal time of the list of an ended CA."""

ANY: Final = -1
"""Value of `made_from` for a list made from the rows, not from another list."""


def basis_of(*, is_sharded: bool, renew_at: int) -> str:
    """Encodes how a list was made: whether it names its shard, and when (ms) it must be rebuilt from all rows."""
    return f"{int(is_sharded)} {renew_at}"


class Newest(NamedTuple):
    """Newest shard of a CA, used for its certificates, and when it was opened."""

    shard: int
    opened_at: int


class Changed(NamedTuple):
    """Certificate whose status changed `changes` times since a list included it."""

    serial: str
    issuer: str
    changes: int


async def open_shard(db: Database, *, authority: str, shard: int, now: int) -> None:
    """Assigns this shard to new certificates from now on; no-op if it was opened before."""
    await db.run(_SQL["open_shard"], authority=authority, shard=shard, now=now)


async def newest(db: Database, *, authority: str) -> Newest | None:
    """Returns the CA's newest shard; 0, opened with the CA, if it has no other. None for an unknown CA."""
    row = await db.one(_SQL["newest_shard"], authority=authority)
    if row is None:
        return None
    return Newest(0, row["created_at"]) if row["shard"] is None else Newest(row["shard"], row["opened_at"])


async def issued_since(db: Database, *, since: int, most: int) -> int:
    """Counts certificates reserved since `since`, at most `most`."""
    row = await db.one(_SQL["issued_since"], since=since, most=most)
    return 0 if row is None else int(row["issued"])


async def has_shard(db: Database, *, authority: str, shard: int) -> bool:
    """Reports whether the shard was opened."""
    return await db.one(_SQL["has_shard"], authority=authority, shard=shard) is not None


async def latest(db: Database | Tx, *, authority: str, shard: int) -> CrlRow | None:
    """Returns the current list without its bytes, or None."""
    return _list(await db.one(_SQL["latest_of_shard"], authority=authority, shard=shard))


async def oldest(db: Database, *, authority: str) -> CrlRow | None:
    """Returns the current list that expires first, of all shards except 0; None if there is none."""
    return _list(await db.one(_SQL["oldest_of_shards"], authority=authority))


async def list_der(db: Database | Tx, *, authority: str, shard: int, number: int) -> bytes | None:
    """Returns the bytes of the list with this number while it is the current one."""
    row = await db.one(_SQL["der_of_shard"], authority=authority, shard=shard, number=number)
    return None if row is None else row["der"]


async def keep(
    tx: Tx, *, authority: str, shard: int, crl: CrlRow, der: bytes, renew_at: int, made_from: int
) -> bool:
    """Makes a list the current one; it must be rebuilt from the rows by `renew_at`.

    False if a later list is current, or if the list it was made from no longer is.
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
    """Returns CAs and shards whose lists are due for renewal, longest waiting first."""
    rows = await db.all(_SQL["due_shards"], now=now, most=most)
    return [(row["authority"], row["shard"]) for row in rows]


async def renew_no_more(db: Database, *, authority: str, shard: int) -> None:
    """Stops renewing the list, since nothing is published for an ended CA."""
    await db.run(_SQL["renew_shard_at"], authority=authority, shard=shard, renew_at=NEVER)


async def changed(db: Database | Tx, *, most: int) -> list[Changed]:
    """Returns certificates whose status changed since a list included them, by serial."""
    rows = await db.all(_SQL["changed"], most=most)
    return [Changed(row["serial"], row["issuer"], row["changes"]) for row in rows]


async def forget_changes(tx: Tx, noted: Sequence[Changed]) -> None:
    """Deletes changes that a list now includes."""
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
