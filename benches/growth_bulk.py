"""Bulk loading of tens of millions of rows into PostgreSQL within minutes, for growth_population.py.

Indexes are created afterwards. The server must have no other users: it doesn't wait for the disk meanwhile,
and after a crash its data is worthless.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

import asyncpg

_AT_ONCE: Final = 2
_MEANWHILE: Final = {
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_wal_size": "3GB",
    "checkpoint_timeout": "1h",
}
_CONSTRAINTS: Final = """
SELECT conname, conrelid::regclass::text AS of_table, contype::text, pg_get_constraintdef(oid) AS definition
FROM pg_constraint
WHERE contype IN ('p', 'u', 'f') AND (conrelid::regclass::text = ANY($1) OR confrelid::regclass::text = ANY($1))
ORDER BY contype
"""
_INDEXES: Final = """
SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS definition
FROM pg_index i WHERE i.indrelid::regclass::text = ANY($1)
  AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.contype IN ('p', 'u'))
"""
_SESSION: Final = (
    "SET session_replication_role = replica",  # skips the foreign key checks
    "SET synchronous_commit = off",
    "SET maintenance_work_mem = '512MB'",
    "SET max_parallel_maintenance_workers = 1",
)


SEARCH_INDEXES: Final = (
    *("certificates_shield_end", "certificates_surname", "certificates_name", "certificates_given_name"),
    *("certificates_state", "certificates_held", "certificates_ends", "certificates_enterprise_account"),
)
"""Indexes that only lists and searches need."""
_PRICED: Final = 2_000
_ISSUE: Final = """
INSERT INTO certificates (serial, uid, request_sid, account_id, device_id, person_id, filing_version, shield_number,
  organisation, credit_code, role, common_name, state, holds, not_before, not_after, issued_at, changed_at)
SELECT '5' || substr(encode(sha256(decode(md5(n.text), 'hex')), 'hex'), 2, 39), decode(md5('u' || n.text), 'hex'),
  decode(md5('q' || n.text), 'hex'), account_id, device_id || n.text, person_id || n.text, 2,
  'MS' || lpad((n.number * 7368787 % 99999989 * 991 % 100000000000)::text, 11, '0'), organisation,
  credit_code, role, common_name, 'issued', '', not_before, not_after, issued_at + n.number, changed_at
FROM (SELECT * FROM certificates WHERE serial LIKE '4%' OFFSET $1::bigint % 97 LIMIT 1) c,
  (SELECT $1::bigint AS number, ($1::bigint)::text AS text) n
RETURNING serial
"""


async def price_of_indexes(url: str, *, cpu: Callable[[], float]) -> str:
    """Measures the cost of the search indexes per issued certificate: reserves and activates a row, then rolls back."""
    costs = []
    connection = await asyncpg.connect(url)
    try:
        for names in ((), SEARCH_INDEXES, (), SEARCH_INDEXES):
            transaction = connection.transaction()
            await transaction.start()
            await connection.execute("SET LOCAL session_replication_role = replica")
            for name in names:
                await connection.execute(f"DROP INDEX {name}")
            issue = await connection.prepare(_ISSUE)
            enforce = await connection.prepare(
                "UPDATE certificates SET state = 'active', der = $2 WHERE serial = $1"
            )
            before, written = cpu(), await connection.fetchval("SELECT pg_current_wal_insert_lsn()")
            for number in range(_PRICED):
                serial = await issue.fetchval(number)
                await enforce.fetch(serial, bytes(700))
            spent = 1e3 * (cpu() - before) / _PRICED
            octets = await connection.fetchval(
                "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), $1::pg_lsn)", written
            )
            costs.append((spent, int(octets) // _PRICED))
            await transaction.rollback()
    finally:
        await connection.close()
    (with_ms, with_wal), (without_ms, without_wal) = min(costs[::2]), min(costs[1::2])
    return (
        f"rows of an issue: {with_ms:.2f} ms of PostgreSQL's CPU and {with_wal} octets of WAL with the search's"
        f" {len(SEARCH_INDEXES)} indexes, {without_ms:.2f} ms and {without_wal} octets without"
    )


async def begin(connection: asyncpg.Connection) -> None:
    """Prepares the server and this connection for bulk loading."""
    for name, value in _MEANWHILE.items():
        await connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
    await connection.execute("SELECT pg_reload_conf()")
    for statement in _SESSION:
        await connection.execute(statement)


async def end(connection: asyncpg.Connection) -> None:
    """Restores the server's settings, flushes everything to disk and collects statistics, as autovacuum would."""
    await connection.execute("VACUUM (ANALYZE)")
    for name in _MEANWHILE:
        await connection.execute(f"ALTER SYSTEM RESET {name}")
    await connection.execute("SELECT pg_reload_conf()")
    await connection.execute("CHECKPOINT")


async def without_indexes(connection: asyncpg.Connection, tables: Sequence[str]) -> list[list[str]]:
    """Drops indexes and keys of these tables; returns the statements that restore them, in stages."""
    constraints = await connection.fetch(_CONSTRAINTS, tables)
    indexes = await connection.fetch(_INDEXES, tables)
    for row in constraints:  # foreign keys come first: the other constraints can't be dropped before them
        await connection.execute(f'ALTER TABLE {row["of_table"]} DROP CONSTRAINT "{row["conname"]}"')
    for row in indexes:
        await connection.execute(f"DROP INDEX {row['name']}")
    again = {
        row["conname"]: f'ALTER TABLE {row["of_table"]} ADD CONSTRAINT "{row["conname"]}" {row["definition"]}'
        for row in constraints
    }
    keys = [again[row["conname"]] for row in constraints if row["contype"] != "f"]
    foreign = [f"{again[row['conname']]} NOT VALID" for row in constraints if row["contype"] == "f"]
    return [keys, [row["definition"] for row in indexes], foreign]


async def run_all(url: str, statements: Sequence[str]) -> None:
    """Runs all statements, several at a time depending on the number of cores."""
    waiting = list(reversed(statements))

    async def work() -> None:
        connection = await asyncpg.connect(url)
        try:
            for statement in _SESSION:
                await connection.execute(statement)
            while waiting:
                await connection.execute(waiting.pop())
        finally:
            await connection.close()

    await asyncio.gather(*(work() for _ in range(_AT_ONCE)))
