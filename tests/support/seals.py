"""Seals for the rows that a test writes itself, as the service would have sealed them."""

# ruff: noqa: S608  the names in the statements are those of the program's own tables

import asyncio
import threading
import uuid
from pathlib import Path
from typing import Final

from mshield.keys.keyring import Keyring
from mshield.keys.seals import RowSealer, load_sealer
from mshield.keys.sources import MasterKeyFile
from mshield.store.certificates.key_marks import begun_mark, mark_earlier
from mshield.store.database.interface import Database, NoSealer, Tx
from mshield.store.database.opening import open_database
from mshield.store.database.queries import Query, Statement
from mshield.store.seals.login_marks import login_mark
from mshield.store.seals.sealing import row_name
from mshield.store.seals.tables import TABLES, SealedTable

SEALER: Final = RowSealer(bytes(32))
"""For a test that loads no keys."""


async def seal_all(db: Database, sql: str = "") -> None:
    """Gives every row of a sealed table the seal and the record that fit it; nothing where no key was loaded yet.

    Before, in the same transaction, runs a statement, if any: nobody reads a row whose seal doesn't fit.
    """
    if isinstance(db.sealer, NoSealer):
        return

    async def work(tx: Tx) -> None:
        if sql:
            await tx.run(_query(sql))
        for table in TABLES:
            await _seal(tx, table)
        await _mark(tx)

    await db.write(work)


async def seal_new(db: Database, *names: str) -> None:
    """The same for rows of these tables that never had a seal: for a test that writes many, more than once."""

    async def work(tx: Tx) -> None:
        for table in TABLES:
            if table.name in names:
                await _seal(tx, table, where=" WHERE seal_version = 0")

    await db.write(work)


def seal_beside(url: str, key_file: Path, sql: str = "") -> None:
    """The same in the database of a running service, which has this master key; also where a loop runs already."""

    async def run() -> None:
        db = await open_database(url, pool_size=1)
        try:
            await load_sealer(db, Keyring.of(MasterKeyFile(key_file)), now=0)
            await seal_all(db, sql)
        finally:
            await db.close()

    failed: list[BaseException] = []

    def work() -> None:
        try:
            asyncio.run(run())
        except BaseException as error:  # noqa: BLE001  # told to whoever waits
            failed.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]


async def _seal(tx: Tx, table: SealedTable, *, where: str = "") -> None:
    columns = ", ".join((*table.columns, "seal_version", "seal"))
    for row in await tx.all(_query(f"SELECT {columns} FROM {table.name}{where}")):
        if table.holds(tx.sealer, row):
            continue
        version = row["seal_version"] + 1
        seal = table.seal(tx.sealer, row, version=version)
        await tx.run(
            _query(
                f"UPDATE {table.name} SET seal_version = $1, seal = $2 WHERE {table.key} = $3",
                *("version", "seal", "key"),
            ),
            version=version,
            seal=seal,
            key=row[table.key],
        )
        if table.logged:
            # With an id of its own: those that the service makes stay in the order in which it makes them.
            await tx.run(
                _query(
                    "INSERT INTO sealed_changes (id, place, row_key, version, seal, at) VALUES ($1, $2, $3, $4, $5, 0)",
                    *("id", "place", "row_key", "version", "seal"),
                ),
                id=str(uuid.uuid4()),
                place=table.name,
                row_key=row_name(row[table.key]),
                version=version,
                seal=seal,
            )


async def _mark(tx: Tx) -> None:
    """Marks the logins and keys that have no mark, as the service would have."""
    for row in await tx.all(
        _query(
            "SELECT p.token_hash, p.account_id, p.device_id, d.jkt, p.expires_at FROM phone_sessions p"
            " JOIN devices d ON d.id = p.device_id"
        )
    ):
        await tx.run(
            _query("UPDATE phone_sessions SET mark = $1 WHERE token_hash = $2", "mark", "token_hash"),
            mark=login_mark(tx.sealer, **row),
            token_hash=row["token_hash"],
        )
    while await mark_earlier(tx):
        pass
    for row in await tx.all(
        _query(
            "SELECT uid, enrol_sid, challenge_hash, expires_at FROM keys WHERE mark IS NULL AND public_key IS NULL"
        )
    ):
        await tx.run(
            _query("UPDATE keys SET mark = $1 WHERE uid = $2", "mark", "uid"),
            mark=begun_mark(tx.sealer, **row),
            uid=row["uid"],
        )


def _query(sql: str, *names: str) -> Query:
    return Query("test", Statement(sql, names), Statement(sql.replace("$", "?"), names))
