"""Cost for PostgreSQL of erasing contents: as rows of `tasks`, in a table of their own, or in partitions by day.

Rows of two kilobytes are inserted, erased, vacuumed and inserted again, in three layouts: the current schema;
contents in a separate table; the same table partitioned by day, where expired partitions are dropped. Only
PostgreSQL's CPU time is counted.
"""

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg

from benches.cpu import database_cpu
from mshield.server.database.migrate import migrate
from tests.support.postgresql import Server, start_server

_DAYS: Final = 10
"""Number of partitions that the rows are spread over; all of them have expired."""
_AT_ONCE: Final = 200
"""Rows per transaction, as in the job `retention`."""
_CHUNK: Final = 50_000
_POOL: Final = """
CREATE TABLE pool AS SELECT k, (SELECT string_agg(sha512((k || '/' || n)::bytea), ''::bytea)
  FROM generate_series(1, 32) n) AS content FROM generate_series(0, 999) k
"""
_TASKS: Final = """
INSERT INTO tasks (sid, request_id, position, uid, purpose, state, message, media_type, title, display, created_at,
  expires_at, content, size, seal_version, seal)
SELECT substr(sha256(('s' || i)::bytea), 1, 16), 'r' || lpad(i::text, 12, '0'), 0,
  substr(sha256(('u' || i)::bytea), 1, 16), 'sign', 'signed', sha256(('m' || i)::bytea), 'text/plain', '报关单', '[]',
  i, i, {content}, 2048, 1, sha256(('w' || i)::bytea)
FROM generate_series($1::bigint, $2::bigint - 1) i JOIN pool p ON p.k = i % 1000
"""
_CONTENTS: Final = """
INSERT INTO contents (day, sid, content)
SELECT $3::int, substr(sha256(('s' || i)::bytea), 1, 16), p.content
FROM generate_series($1::bigint, $2::bigint - 1) i JOIN pool p ON p.k = i % 1000
"""
_SINGLE: Final = 5_000
_TASK: Final = """
INSERT INTO tasks (sid, request_id, position, uid, purpose, state, message, media_type, title, display, created_at,
  expires_at, content, size, seal_version, seal)
VALUES ($1, 'one by one', 0, $1, 'sign', 'signed', $2, 'text/plain', '报关单', '[]', 1, 1, {content}, 2048, 1, $2)
"""
_LAYOUTS: Final = {
    "in tasks": (),
    "own table": ("CREATE TABLE contents (day INT, sid BYTEA, content BYTEA, PRIMARY KEY (day, sid))",),
    "own table, by day": (
        "CREATE TABLE contents (day INT, sid BYTEA, content BYTEA, PRIMARY KEY (day, sid)) PARTITION BY RANGE (day)",
        *(
            f"CREATE TABLE contents_{day} PARTITION OF contents FOR VALUES FROM ({day}) TO ({day + 1})"
            for day in range(2 * _DAYS)
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class Phase:
    """One step of a layout: wall seconds, seconds of PostgreSQL's CPU, MB of WAL, and MB on disk when it ended.

    `dead` is the MB of dead rows and contents at that time; it includes tables, their out-of-line contents
    and indexes.
    """

    layout: str
    step: str
    seconds: float
    cpu: float
    wal: float
    size: float
    dead: float


@dataclass(slots=True)
class _Bench:
    """One layout in a database of its own."""

    connection: asyncpg.Connection
    server: Server
    layout: str
    rows: int

    async def run(self) -> list[Phase]:
        """Runs and measures the layout's steps."""
        for statement in (_POOL, *_LAYOUTS[self.layout], "CHECKPOINT"):
            await self.connection.execute(statement)
        return [
            await self._measured("put in", lambda: self._put(0)),
            await self._measured("erase", self._erase),
            await self._measured("vacuum", self._vacuum),
            await self._measured("put in again", lambda: self._put(1)),
            await self._measured(f"{_SINGLE} one by one", self._one_by_one),
        ]

    async def _measured(self, step: str, work: Callable[[], Awaitable[None]]) -> Phase:
        await self.connection.execute("CHECKPOINT")
        written = await self.connection.fetchval("SELECT pg_current_wal_insert_lsn()")
        began, cpu = time.monotonic(), database_cpu(self.server)
        await work()
        seconds, spent = time.monotonic() - began, database_cpu(self.server) - cpu
        wal = await self.connection.fetchval(
            "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), $1::pg_lsn)", written
        )
        return Phase(
            self.layout,
            step,
            seconds,
            spent,
            int(wal) / 1e6,
            await self._size() / 1e6,
            await self._dead() / 1e6,
        )

    async def _put(self, turn: int) -> None:
        is_own = bool(_LAYOUTS[self.layout])
        tasks = _TASKS.format(content="NULL" if is_own else "p.content")
        first = turn * self.rows
        for start in range(first, first + self.rows, _CHUNK):
            stop = min(start + _CHUNK, first + self.rows)
            await self.connection.execute(tasks, start, stop)
            if is_own:
                await self.connection.execute(_CONTENTS, start, stop, start * _DAYS // self.rows)

    async def _one_by_one(self) -> None:
        """Inserts row by row, as requests arrive; the same statement stores the content in its place."""
        if _LAYOUTS[self.layout]:
            own = f"INSERT INTO contents (day, sid, content) VALUES ({_DAYS}, $1, $3)"  # noqa: S608  # a number
            statement = f"WITH one AS ({_TASK.format(content='NULL')}) {own}"
        else:
            statement = _TASK.format(content="$3")
        content = os.urandom(2048)
        for _ in range(_SINGLE):
            await self.connection.execute(statement, os.urandom(16), os.urandom(32), content)

    async def _erase(self) -> None:
        if self.layout == "own table, by day":
            for day in range(_DAYS):
                await self.connection.execute(f"DROP TABLE contents_{day}")
            return
        for first in range(0, self.rows, _AT_ONCE):
            between = [f"r{number:012d}" for number in (first, first + _AT_ONCE)]
            if self.layout == "in tasks":
                await self.connection.execute(
                    "UPDATE tasks SET content = NULL, erased_at = 1 WHERE request_id >= $1 AND request_id < $2",
                    *between,
                )
            else:
                await self.connection.execute(
                    "DELETE FROM contents WHERE day = $3 AND sid IN"
                    " (SELECT sid FROM tasks WHERE request_id >= $1 AND request_id < $2)",
                    *between,
                    first // _CHUNK * _CHUNK * _DAYS // self.rows,
                )

    async def _vacuum(self) -> None:
        for table in await self._tables():
            await self.connection.execute(f"VACUUM (ANALYZE) {table}")

    async def _tables(self) -> list[str]:
        rows = await self.connection.fetch(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND (relname = 'tasks' OR relname LIKE 'contents%')"
        )
        return [row["relname"] for row in rows]

    async def _size(self) -> int:
        return sum(
            [
                await self.connection.fetchval("SELECT pg_total_relation_size($1::regclass)", table)
                for table in await self._tables()
            ]
        )

    async def _dead(self) -> int:
        dead = 0
        for table in await self._tables():
            dead += await self.connection.fetchval(
                "SELECT (pgstattuple($1::regclass)).dead_tuple_len"
                " + COALESCE((SELECT (pgstattuple(reltoastrelid::regclass)).dead_tuple_len FROM pg_class"
                " WHERE oid = $1::regclass AND reltoastrelid <> 0), 0)",
                table,
            )
        return dead


@asynccontextmanager
async def _database(server: Server, name: str) -> AsyncIterator[asyncpg.Connection]:
    url = server.create(name)
    await asyncio.to_thread(migrate, url)
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("CREATE EXTENSION pgstattuple")
        await connection.execute(
            "SET session_replication_role = replica"
        )  # the rows have no requests behind them
        yield connection
    finally:
        await connection.close()


async def _run(server: Server, rows: int) -> list[Phase]:
    """Measures each layout; autovacuum is off, so that its work shows as a step of its own."""
    phases = []
    for number, layout in enumerate(_LAYOUTS):
        async with _database(server, f"layout_{number}") as connection:
            await connection.execute("ALTER SYSTEM SET autovacuum = off")
            await connection.execute("SELECT pg_reload_conf()")
            phases += await _Bench(connection, server, layout, rows).run()
    return phases


def measure(rows: int) -> list[Phase]:
    """Measures every step of every layout."""
    with tempfile.TemporaryDirectory(prefix="mshield-erasing-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL runs as its own user
        server = start_server(folder / "postgresql", durable=True, memory="1GB")
        try:
            return asyncio.run(_run(server, rows))
        finally:
            server.stop()


def table(phases: Sequence[Phase], rows: int) -> str:
    """Formats the phases as a text table."""
    lines = [
        f"{rows} contents of 2 kB: s by the clock, s of PostgreSQL's CPU, MB of WAL, MB on disk, MB of them dead",
        f"{'layout':<18} {'step':<16} {'clock':>7} {'CPU':>7} {'WAL':>7} {'disk':>7} {'dead':>7}",
    ]
    lines += [
        f"{one.layout:<18} {one.step:<16} {one.seconds:7.1f} {one.cpu:7.2f} {one.wal:7.0f} {one.size:7.0f}"
        f" {one.dead:7.0f}"
        for one in phases
    ]
    return "\n".join(lines)


def main() -> None:
    """Measures and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="default: 1000000")
    rows = parser.parse_args().rows
    print(table(measure(rows), rows))
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
