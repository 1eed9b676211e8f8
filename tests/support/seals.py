"""Seals for rows that a test writes directly, as the service would make them."""

# ruff: noqa: S608  the names in the statements are those of the program's own tables

import asyncio
import threading
import uuid
from pathlib import Path
from typing import Final

from mshield.server.certificates.rows.key_marks import begun_mark, key_mark
from mshield.server.database.interface import Database, NoSealer, Tx
from mshield.server.database.opening import open_database
from mshield.server.database.queries import Query, Statement
from mshield.server.keys.keyring import Keyring
from mshield.server.keys.seals import RowSealer, load_sealer
from mshield.server.keys.sources import MasterKeyFile
from mshield.server.seals.login_marks import login_mark
from mshield.server.seals.request_marks import request_mark
from mshield.server.seals.sealing import row_name
from mshield.server.seals.tables import TABLES, SealedTable

SEALER: Final = RowSealer(bytes(32))
"""Sealer for tests that load no keys."""


async def seal_all(db: Database, sql: str = "") -> None:
    """Gives every row of a sealed table its valid seal and record; no-op if no key is loaded yet.

    Runs the statement `sql` first, in the same transaction, so that nobody can read a row with a broken seal.
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
    """Like `seal_all`, for rows of these tables that never had a seal: for tests that repeatedly write many."""

    async def work(tx: Tx) -> None:
        for table in TABLES:
            if table.name in names:
                await _seal(tx, table, where=" WHERE seal_version = 0")

    await db.write(work)


def seal_beside(url: str, key_file: Path, sql: str = "") -> None:
    """Like `seal_all`, in the database of a running service with this master key; also works inside a running loop."""

    async def run() -> None:
        db = await open_database(url, pool_size=1)
        try:
            await load_sealer(db, Keyring.of(MasterKeyFile(key_file)), now=0)
            await seal_all(db, sql)
        finally:
            await db.close()

    failures: list[BaseException] = []

    def work() -> None:
        try:
            asyncio.run(run())
        except BaseException as error:  # noqa: BLE001  # raised again in the waiting thread
            failures.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]


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
            # Use a random id, so that the service's own ids stay in the order in which it makes them.
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
    """Adds the marks of logins, requests and keys, as the service would."""
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
    columns = "id, client_id, kind, channel, number, shield_number, asker_name, asker_domain"
    columns += ", pc_address, pc_browser, return_url"
    for row in await tx.all(
        _query(f"SELECT {columns} FROM requests WHERE mark IS NOT NULL OR state <> 'signed'")
    ):
        await tx.run(
            _query("UPDATE requests SET mark = $1 WHERE id = $2", "mark", "id"),
            mark=request_mark(tx.sealer, **row),
            id=row["id"],
        )
    columns = "uid, enrol_sid, challenge_hash, expires_at, public_key"
    for row in await tx.all(_query(f"SELECT {columns} FROM keys WHERE mark IS NULL")):
        values = dict(row)
        public_key = values.pop("public_key")
        mark = (
            begun_mark(tx.sealer, **values)
            if public_key is None
            else key_mark(tx.sealer, uid=row["uid"], enrol_sid=row["enrol_sid"], public_key=public_key)
        )
        await tx.run(
            _query("UPDATE keys SET mark = $1 WHERE uid = $2", "mark", "uid"), mark=mark, uid=row["uid"]
        )


def _query(sql: str, *names: str) -> Query:
    return Query("test", Statement(sql, names), Statement(sql.replace("$", "?"), names))
