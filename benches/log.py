"""CPU cost of the transparency log: per entry numbered, per entry checked, and per signature row for its index.

The sequencer's figure is the CPU time of this process; that of PostgreSQL is listed next to it. Rows are
inserted beforehand and not counted.
"""

import argparse
import asyncio
import json
import os
import secrets
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from benches.cpu import database_cpu
from mshield.server.database.interface import Database, Tx
from mshield.server.database.migrate import migrate
from mshield.server.database.opening import open_database
from mshield.server.keys.keyring import Keyring, load_keyring
from mshield.server.keys.master import generate_master_key
from mshield.server.keys.sources import MasterKeyFile
from mshield.server.log.sequence import sequence
from mshield.server.log.verify import Extent, verify_log
from mshield.server.settings.settings import load_settings
from tests.support.filled_log import SETTINGS, LoggedService
from tests.support.postgresql import Server, start_server
from tests.support.signing import execute, statement

_SECOND: Final = 200
"""Number of signatures that wait for the job in a busy second."""
_INSERTS: Final = 3000
_INSERT: Final = statement(
    "INSERT INTO signatures (sid, uid, request_id, purpose, digest, signature, signed_at, serial)"
    " VALUES ($1, $2, NULL, 'refresh', $3, $4, $5, $6)"
)


@dataclass(frozen=True, slots=True)
class Measured:
    """CPU milliseconds: per entry of a backlog and of a busy second, per entry checked, per signature row inserted."""

    database: str
    entries: int
    backlog: float
    backlog_database: float
    second: float
    second_database: float
    verify: float
    insert: float
    insert_without: float


async def _measure(db: Database, server: Server | None, entries: int) -> Measured:
    service = await LoggedService.on(db, Keyring.generate())
    serial = await service.certify()
    await service.sequence()
    for _ in range(entries // 1000):
        await service.sign(serial, count=1000)
    backlog = await _numbered(service, server, entries // 1000 * 1000)
    second = [0.0, 0.0]
    for _ in range(10):
        await service.sign(serial, count=_SECOND)
        spent = await _numbered(service, server, _SECOND)
        second = [total + each / 10 for total, each in zip(second, spent, strict=True)]
    began = time.process_time()
    report = await verify_log(service.log)
    assert report.holds
    assert report.checkpoint is not None
    verify = 1e3 * (time.process_time() - began) / report.checkpoint.size
    insert = await _inserted(service, server, serial)
    await execute(db, "DROP INDEX signatures_unlogged")
    return Measured(
        database=db.dialect,
        entries=entries,
        backlog=backlog[0],
        backlog_database=backlog[1],
        second=second[0],
        second_database=second[1],
        verify=verify,
        insert=insert,
        insert_without=await _inserted(service, server, serial),
    )


async def _numbered(service: LoggedService, server: Server | None, count: int) -> tuple[float, float]:
    """Returns the milliseconds per entry of this process and of the database."""
    database, began = database_cpu(server), time.process_time()
    done = await sequence(service.log, now=service.now)
    assert done == count, done
    return (
        1e3 * (time.process_time() - began) / count,
        1e3 * (database_cpu(server) - database) / count,
    )


async def _inserted(service: LoggedService, server: Server | None, serial: str) -> float:
    """Returns the milliseconds per row of this process and the database together, including foreign key checks."""
    sids = await _tasks(service, serial)
    uid = b"uid of nobody..."

    async def work(tx: Tx) -> None:
        for sid in sids:
            await tx.run(
                _INSERT,
                p1=sid,
                p2=uid,
                p3=secrets.token_bytes(32),
                p4=secrets.token_bytes(64),
                p5=service.now,
                p6=serial,
            )

    database, began = database_cpu(server), time.process_time()
    await service.db.write(work)
    spent = time.process_time() - began + database_cpu(server) - database
    return 1e3 * spent / len(sids)


async def _tasks(service: LoggedService, serial: str) -> list[bytes]:
    sids = await service.sign(serial, count=_INSERTS)
    await execute(service.db, "DELETE FROM signatures WHERE log_index IS NULL")
    return sids


@contextmanager
def _database(folder: Path, kind: str) -> Iterator[tuple[str, Server | None]]:
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'mshield.db'}", None
        return
    server = start_server(folder / "postgresql", durable=True)
    try:
        yield server.create("mshield"), server
    finally:
        server.stop()


async def _run(url: str, server: Server | None, entries: int) -> Measured:
    db = await open_database(url, pool_size=2)
    try:
        return await _measure(db, server, entries)
    finally:
        await db.close()


def measure(database: str, *, entries: int) -> Measured:
    """Fills and measures one database."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        with _database(folder, database) as (url, server):
            migrate(url)
            return asyncio.run(_run(url, server, entries))


@dataclass(frozen=True, slots=True)
class Checked:
    """A complete check of the log by several processes: wall seconds, their CPU seconds and PostgreSQL's.

    `load` is the machine's load average over the last minute, when the check ended.
    """

    database: str
    entries: int
    processes: int
    seconds: float
    program: float
    server: float
    load: float


def check_by_processes(database: str, *, entries: int, processes: Sequence[int]) -> list[Checked]:
    """Checks one log completely, once with each number of processes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        MasterKeyFile(folder / "master.key").create(generate_master_key("aes"))
        with _database(folder, database) as (url, server):
            migrate(url)
            os.environ["MSHIELD_DATABASE"] = url
            os.environ["MSHIELD_MASTER_KEY_FILE"] = str(folder / "master.key")
            os.environ["MSHIELD_PUBLIC_ORIGIN"] = SETTINGS.site.public_origin
            load_settings.cache_clear()  # it would return the settings of the previous database
            return asyncio.run(_checked(url, server, entries, processes))


async def _checked(url: str, server: Server | None, entries: int, processes: Sequence[int]) -> list[Checked]:
    settings = load_settings()
    db = await open_database(url, pool_size=2)
    try:
        service = await LoggedService.on(db, load_keyring(settings.keys))
        serial = await service.certify()
        for _ in range(entries // 2000):
            await service.sign(serial, count=2000)
            await service.sequence()
        checked = []
        for count in processes:
            began, program, database = time.monotonic(), _own_cpu(), database_cpu(server)
            report = await verify_log(service.log, Extent(processes=count))
            assert report.holds, report.findings[:3]
            assert report.checkpoint is not None
            checked.append(
                Checked(
                    database=db.dialect,
                    entries=report.checkpoint.size,
                    processes=count,
                    seconds=time.monotonic() - began,
                    program=_own_cpu() - program,
                    server=database_cpu(server) - database,
                    load=os.getloadavg()[0],
                )
            )
        return checked
    finally:
        await db.close()


def _own_cpu() -> float:
    """Returns the CPU seconds of this process and of its ended child processes."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def table_by_processes(results: Sequence[Checked]) -> str:
    """Formats the results as a text table."""
    lines = [
        "a whole check, seconds: by the clock, CPU of all processes that check, PostgreSQL's own; load of the machine",
        f"{'database':<11} {'entries':>8} {'processes':>9} {'clock':>7} {'CPU':>7} {'DB':>6} {'load':>5}",
    ]
    lines += [
        f"{one.database:<11} {one.entries:8} {one.processes:9} {one.seconds:7.1f} {one.program:7.1f}"
        f" {one.server:6.1f} {one.load:5.1f}"
        for one in results
    ]
    return "\n".join(lines)


def table(results: list[Measured]) -> str:
    """Formats the results as a text table."""
    lines = [
        "milliseconds of CPU; per entry numbered, of a backlog and of a busy second (200), DB: PostgreSQL's own;",
        "per entry of a whole check; per signature row put in, with and without the index of waiting rows",
        f"{'database':<11} {'backlog':>8} {'DB':>6} {'second':>8} {'DB':>6} {'check':>7} {'insert':>7} {'without':>8}",
    ]
    lines += [
        f"{each.database:<11} {each.backlog:8.3f} {each.backlog_database:6.3f} {each.second:8.3f}"
        f" {each.second_database:6.3f} {each.verify:7.3f} {each.insert:7.3f} {each.insert_without:8.3f}"
        for each in results
    ]
    return "\n".join(lines)


def main() -> None:
    """Measures both databases and prints a table, or JSON with `--json`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=20_000, help="of the backlog (default: 20000)")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], help="only this one")
    parser.add_argument(
        "--processes",
        type=int,
        nargs="+",
        help="measure only a whole check, with this many processes",
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    databases = [options.database] if options.database else ["sqlite", "postgresql"]
    if options.processes:
        checked = [
            one
            for kind in databases
            for one in check_by_processes(kind, entries=options.entries, processes=options.processes)
        ]
        print(
            json.dumps([asdict(one) for one in checked], indent=2)
            if options.json
            else table_by_processes(checked)
        )
        return
    results = [measure(database, entries=options.entries) for database in databases]
    print(json.dumps([asdict(each) for each in results], indent=2) if options.json else table(results))


if __name__ == "__main__":
    main()
