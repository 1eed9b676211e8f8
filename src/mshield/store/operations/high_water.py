"""The database's side of the high-water mark, and what a declared restore does to all keys at once."""

from typing import Final

from mshield.store.database.interface import Database, Row, Tx
from mshield.store.database.queries import Queries
from mshield.store.operations.known_mark import KnownMark, Mark
from mshield.store.seals.sealing import changing, keys_of
from mshield.store.seals.tables import KEYS

_SQL: Final = Queries("operations", "high_water")
KEPT: Final = 10_000
"""Marks that stay in the database."""


async def known_as(db: Database, *, name: str) -> tuple[str, int]:
    """The name that this database has, `name` if it had none yet, and how far it has come."""
    row = await db.run_one(_SQL["give_name"], name=name)
    return (name, 0) if row is None else (row["name"], row["mark"])


async def raise_mark(db: Database, known: KnownMark, *, token: bytes, now: int) -> Mark:
    """One further; gives the new mark. Raises RestoreUndeclared, with nothing changed, where `known` is missing."""

    async def work(tx: Tx) -> Mark:
        await known.require(tx)
        row = await tx.one(_SQL["raise_mark"], now=now)
        return await _keep(tx, row, token=token, now=now)

    return await db.write(work)


async def raise_above(tx: Tx, *, known: int, token: bytes, now: int) -> Mark:
    """Beyond what was known outside of this database, whose loss is declared with it; gives the new mark."""
    row = await tx.one(_SQL["raise_above"], known=known, now=now)
    return await _keep(tx, row, token=token, now=now)


async def _keep(tx: Tx, row: Row | None, *, token: bytes, now: int) -> Mark:
    mark = Mark(0 if row is None else row["mark"], token, now)
    await tx.run(_SQL["keep_mark"], mark=mark.number, token=token, now=now)
    await tx.run(_SQL["forget_marks"], last=mark.number - KEPT)
    return mark


async def find_loss(tx: Tx) -> int | None:
    """Since when (ms) this database lacks what was done, as far as a process has noticed it; None where none has."""
    row = await tx.one(_SQL["find_loss"])
    return None if row is None else row["lost_since"]


async def restrain_keys(tx: Tx, *, failures: int, epochs: int) -> int:
    """Counts at least `failures` wrong PINs for each key and accepts any one-time value until its next success.

    Also skips `epochs` numbers of epochs, and a thousand times as many generations, of which an operation takes some;
    ends all open sessions. Gives the number of keys.
    """
    await tx.run(_SQL["end_sessions"])
    await tx.run(_SQL["end_attempts"])
    for uid in await keys_of(tx, _SQL["less_restrained"], KEYS, failures=failures):
        async with changing(tx, KEYS, uid):
            await tx.run(_SQL["restrain_key"], failures=failures, uid=uid)
    return await tx.run(_SQL["restrain_keys"], epochs=epochs, generations=1000 * epochs)


async def held_as_copies(tx: Tx, *, since: int) -> list[str]:
    """The serials of certificates that have been held as copies since then (ms), and are still."""
    return [row["serial"] for row in await tx.all(_SQL["held_as_copies"], since=since)]


async def skip_crl_numbers(tx: Tx, *, numbers: int, at_least: int) -> None:
    """Leaves room for the revocation lists that this database has forgotten: the next ones are above both.

    Those that it has are deleted, so that the next call for each makes a new one.
    """
    await tx.run(_SQL["forget_crls"])
    await tx.run(_SQL["forget_crls_of_shards"])
    await tx.run(_SQL["skip_crl_numbers"], numbers=numbers, at_least=at_least)


async def find(db: Database) -> tuple[int, int]:
    """The mark, and when (ms) it was raised."""
    row = await db.one(_SQL["find"])
    return (0, 0) if row is None else (row["mark"], row["marked_at"])
