"""Database side of the high-water mark, and the effects of a declared restore on all keys."""

from typing import Final

from mshield.server.database.interface import Database, Row, Tx
from mshield.server.database.queries import Queries
from mshield.server.runtime.rows.known_mark import KnownMark, Mark
from mshield.server.seals.sealing import changing, keys_of
from mshield.server.seals.tables import KEYS

_SQL: Final = Queries("restore", "high_water")
MAX_MARKS: Final = 10_000
"""Number of marks kept in the database."""


async def known_as(db: Database, *, name: str) -> tuple[str, int]:
    """Returns this database's name (`name`, if it had none before) and its current mark."""
    row = await db.run_one(_SQL["give_name"], name=name)
    return (name, 0) if row is None else (row["name"], row["mark"])


async def raise_mark(db: Database, known: KnownMark, *, token: bytes, now: int) -> Mark:
    """Raises the mark by one and returns it.

    Raises: RestoreUndeclared (the database lacks `known`; nothing was changed).
    """

    async def work(tx: Tx) -> Mark:
        await known.require(tx)
        row = await tx.one(_SQL["raise_mark"], now=now)
        return await _store_mark(tx, row, token=token, now=now)

    return await db.write(work)


async def raise_above(tx: Tx, *, known: int, token: bytes, now: int) -> Mark:
    """Raises the mark above `known`, the last one known elsewhere, when a loss is declared; returns the new mark."""
    row = await tx.one(_SQL["raise_above"], known=known, now=now)
    return await _store_mark(tx, row, token=token, now=now)


async def _store_mark(tx: Tx, row: Row | None, *, token: bytes, now: int) -> Mark:
    mark = Mark(0 if row is None else row["mark"], token, now)
    await tx.run(_SQL["keep_mark"], mark=mark.number, token=token, now=now)
    await tx.run(_SQL["forget_marks"], last=mark.number - MAX_MARKS)
    return mark


async def find_loss(tx: Tx) -> int | None:
    """Returns the time (ms) from which on data are missing in this database, as noticed by a process.

    None if there is no loss.
    """
    row = await tx.one(_SQL["find_loss"])
    return None if row is None else row["lost_since"]


async def restrain_keys(tx: Tx, *, failures: int, epochs: int) -> int:
    """Raises each key's count of wrong PINs to at least `failures`, as part of a declared restore.

    Also accepts any one-time value until the key's next success, skips `epochs` epoch numbers and a thousand
    times as many generations (an operation uses some), and ends all open sessions. Returns the number of
    keys.
    """
    await tx.run(_SQL["end_sessions"])
    await tx.run(_SQL["end_attempts"])
    for uid in await keys_of(tx, _SQL["less_restrained"], KEYS, failures=failures):
        async with changing(tx, KEYS, uid):
            await tx.run(_SQL["restrain_key"], failures=failures, uid=uid)
    return await tx.run(_SQL["restrain_keys"], epochs=epochs, generations=1000 * epochs)


async def held_as_copies(tx: Tx, *, since: int) -> list[str]:
    """Returns the serials of certificates put on hold as copies since `since` (ms) and still on hold."""
    return [row["serial"] for row in await tx.all(_SQL["held_as_copies"], since=since)]


async def skip_crl_numbers(tx: Tx, *, numbers: int, at_least: int) -> None:
    """Skips list numbers that may have been used without being in this database: the next ones are above both values.

    The existing lists are deleted, so that the next call for each makes a new one.
    """
    await tx.run(_SQL["forget_crls"])
    await tx.run(_SQL["forget_crls_of_shards"])
    await tx.run(_SQL["skip_crl_numbers"], numbers=numbers, at_least=at_least)


async def find(db: Database) -> tuple[int, int]:
    """Returns the mark and when (ms) it was raised."""
    row = await db.one(_SQL["find"])
    return (0, 0) if row is None else (row["mark"], row["marked_at"])
