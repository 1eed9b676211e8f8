"""Cost of the same calls on an empty database and on databases filled step by step.

Two real service processes run, each with its own database. One stays empty except for a thousand people,
among them the person whose lists are requested. The other is filled step by step. Each call goes to both in
turn, so that only the number of rows differs. CPU time is that of the service and PostgreSQL; durations are
those that a client sees. Lists are requested from the services in this process. The output names the calls
that cost over a fifth more than on the empty database, where both return as much, and the lists that take
longer than their bound.
"""

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import httpx
import psutil

from benches import growth_bulk as bulk
from benches import growth_population as population
from benches import kept_growth
from benches.cpu import database_cpu, process_cpu
from benches.growth_calls import Call, Whole, lists, one_by_one, published
from benches.kept_growth import Row
from benches.logins import Login
from benches.ready_service import DatabaseName, database_of, phones_of, ready_service
from mshield.gm.engine import load_engine
from mshield.server.ca.init import CaNames, init_ca
from mshield.server.context import Context
from mshield.server.database.migrate import migrate
from mshield.server.database.opening import open_database
from mshield.server.keys.keyring import Keyring, load_keyring
from mshield.server.keys.master import generate_master_key
from mshield.server.keys.secrets import LookupKey, load_lookup_key
from mshield.server.keys.sources import MasterKeyFile
from mshield.server.main import create_app
from mshield.server.runtime.clocks.clock import wall_clock
from mshield.server.settings.settings import Settings
from tests.support.live_service import LiveService
from tests.support.postgresql import Server
from tests.support.raw_cosigning import Attacker

SIZES: Final = {
    "sqlite": ((10_000, 200_000), (30_000, 600_000)),
    "postgresql": ((10_000, 200_000), (100_000, 2_000_000)),
}
"""Certificates and signatures, smallest first: up to 5 GB and a few minutes. SQLite updates its indexes per row."""
WHOLE: Final = ((100_000, 2_000_000), (1_000_000, 20_000_000))
"""Size of a whole country (issue 20), on PostgreSQL: 35 GB, half an hour."""
MEMORY: Final = "1GB"
"""Shared buffers of each of the two PostgreSQL servers."""
_BEFORE: Final = 1_000
"""Number of people in the empty database, none with a signature, so that lists find what they look for."""
_ROUNDS: Final = 400
_GETS: Final = 1_000
_BLOCKS: Final = 40

Cpu = tuple[Callable[[], float], Callable[[], float]]
"""CPU seconds so far of the service (or of this process, if it runs the service's code) and of PostgreSQL."""


@dataclass(slots=True)
class Side:
    """A service with its database: the empty one or the filled one."""

    service: LiveService
    server: Server | None
    phones: list[Attacker]
    people: int = 0

    def served(self) -> Cpu:
        """Returns the CPU counters of the service and of its PostgreSQL."""
        assert self.service.process is not None
        process = psutil.Process(self.service.process.pid)
        return partial(process_cpu, process), partial(database_cpu, self.server)

    def here(self) -> Cpu:
        """Returns the CPU counters of this process and of its PostgreSQL."""
        return _here(self.server)


def run(database: DatabaseName, sizes: Sequence[tuple[int, int]], *, signatures: int) -> list[list[Row]]:
    """Returns the rows for each size, in the same order: each call on the empty and on the filled database."""
    with (
        ready_service("auto", database, memory=MEMORY) as empty,
        ready_service("auto", database, memory=MEMORY) as filled,
    ):
        sides = [Side(service, server, phones_of(service)) for service, server in (empty, filled)]
        return asyncio.run(_run(sides[0], sides[1], sizes, signatures))


async def _run(
    empty: Side, filled: Side, sizes: Sequence[tuple[int, int]], signatures: int
) -> list[list[Row]]:
    """Uses the same phones throughout: a phone that went back to an older state would be taken for a copy."""
    service, server = filled.service, filled.server
    keyring = Keyring.of(MasterKeyFile(service.folder / "master.key"))
    lookup = await _lookup(service.database, keyring)
    who = sizes[0][0] // 2
    await _seed(empty.service.database, Keyring.of(MasterKeyFile(empty.service.folder / "master.key")), who)
    found, signed = [], 0
    for certificates, count in sizes:
        began, load = time.monotonic(), os.getloadavg()[0]
        await asyncio.to_thread(
            population.populate,
            service.database,
            first=filled.people,
            last=max(certificates, filled.people),
            signatures=(signed, max(signed, count)),
            keyring=keyring,
            lookup=lookup,
        )
        filled.people, signed = max(filled.people, certificates), max(signed, count)
        print(
            f"{'sqlite' if server is None else 'postgresql'}: {certificates} certificates, {count} signatures,"
            f" {_size(service, server) / 1e9:.1f} GB, filled in {time.monotonic() - began:.0f} s, {_load()}",
            flush=True,
        )
        found.append(await _measure(empty, filled, signatures, who))
        kept_growth.keep(
            [
                kept_growth.run_of(
                    "sqlite" if server is None else "postgresql",
                    filled.people,
                    signed,
                    size=_size(service, server) / 1e9,
                    load_before=load,
                    rows=found[-1],
                )
            ]
        )
        print(f"measured, {_load()}", kept_growth.table(sizes[: len(found)], found), sep="\n", flush=True)
        if server is not None:
            print(
                await bulk.price_of_indexes(service.database, cpu=partial(database_cpu, server)), flush=True
            )
    for phone in (*empty.phones, *filled.phones):
        await phone.http.aclose()
    return found


def _load() -> str:
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


def run_lists(database: DatabaseName, sizes: Sequence[tuple[int, int]]) -> list[list[Row]]:
    """Measures lists and searches alone, without a service process and phones."""
    with tempfile.TemporaryDirectory(prefix="mshield-growth-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL runs as its own user
        for side in ("empty", "filled"):
            (folder / side).mkdir(mode=0o755)
        with (
            database_of(folder / "empty", database, memory=MEMORY) as empty,
            database_of(folder / "filled", database, memory=MEMORY) as filled,
        ):
            return asyncio.run(_run_lists(empty, filled, folder, sizes))


async def _run_lists(
    empty: tuple[str, Server | None],
    filled: tuple[str, Server | None],
    folder: Path,
    sizes: Sequence[tuple[int, int]],
) -> list[list[Row]]:
    key_file = folder / "master.key"
    MasterKeyFile(key_file).create(generate_master_key("aes"))
    settings = [await _prepared(url, key_file) for url, _ in (empty, filled)]
    keyring = load_keyring(settings[1].keys)
    lookup = await _lookup(filled[0], keyring)
    who = sizes[0][0] // 2
    await _seed(empty[0], keyring, who)
    found, people = [], 0
    for certificates, _ in sizes:
        began = time.monotonic()
        await asyncio.to_thread(
            population.populate,
            filled[0],
            first=people,
            last=max(people, certificates),
            signatures=(0, 0),
            keyring=keyring,
            lookup=lookup,
        )
        people = max(people, certificates)
        print(
            f"{certificates} certificates, filled in {time.monotonic() - began:.0f} s, {_load()}", flush=True
        )
        async with _opened(settings[0]) as one, _opened(settings[1]) as other:
            found.append(await _lists_beside(one, other, who, (_here(empty[1]), _here(filled[1]))))
        print(f"measured, {_load()}", kept_growth.table(sizes[: len(found)], found), sep="\n", flush=True)
    return found


def _here(server: Server | None) -> Cpu:
    return time.process_time, partial(database_cpu, server)


async def _seed(url: str, keyring: Keyring, who: int) -> None:
    """Adds the person whose lists are requested to the empty database, among some others."""
    first = max(0, who - _BEFORE // 2) // 10 * 10
    await asyncio.to_thread(
        population.populate,
        url,
        first=first,
        last=first + _BEFORE,
        signatures=(0, 0),
        keyring=keyring,
        lookup=await _lookup(url, keyring),
    )


async def _prepared(url: str, key_file: Path) -> Settings:
    await asyncio.to_thread(migrate, url)
    settings = Settings.of(database=url, master_key_file=key_file, jobs="off", mode="demo")
    keyring = load_keyring(settings.keys)
    db = await open_database(url)
    await load_lookup_key(db, keyring)
    await init_ca(db, keyring, load_engine(), settings, CaNames(), now=wall_clock())
    await db.close()
    return settings


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Context]:
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        context: Context = app.state.context
        await context.certificates.count()
        yield context


async def _lookup(url: str, keyring: Keyring) -> LookupKey:
    db = await open_database(url)
    try:
        return await load_lookup_key(db, keyring)
    finally:
        await db.close()


def _size(service: LiveService, server: Server | None) -> int:
    folder = service.folder if server is None else server.data
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


async def _measure(empty: Side, filled: Side, signatures: int, who: int) -> list[Row]:
    sides, found = (empty, filled), []
    served = (empty.served(), filled.served())
    async with _business(empty) as one, _business(filled) as other:
        for what, kind in (("signature", Whole), ("login", Login)):
            calls = tuple(
                one_by_one(kind, side.phones, http) for side, http in ((empty, one), (filled, other))
            )
            found.append(
                await _beside(
                    what, (calls[0], calls[1]), rounds=signatures, cpus=served, warm=len(empty.phones)
                )
            )
    settings = [
        Settings.of(
            database=side.service.database,
            master_key_file=side.service.folder / "master.key",
            jobs="off",
            mode="demo",
        )
        for side in sides
    ]
    async with _opened(settings[0]) as one_context, _opened(settings[1]) as other_context:
        async with (
            published(empty.service, one_context) as first,
            published(filled.service, other_context) as second,
        ):
            for (what, call), (_, same) in zip(first, second, strict=True):
                found.append(await _beside(what, (call, same), rounds=_GETS, cpus=served))
        here = (empty.here(), filled.here())
        return found + await _lists_beside(one_context, other_context, who, here)


def _business(side: Side) -> httpx.AsyncClient:
    system = side.service.system
    credentials = httpx.BasicAuth(system["client_id"], system["client_secret"])
    return httpx.AsyncClient(base_url=side.service.origin, auth=credentials, trust_env=False, timeout=60)


async def _lists_beside(empty: Context, filled: Context, who: int, cpus: tuple[Cpu, Cpu]) -> list[Row]:
    return [
        await _beside(what, (call, same), rounds=_ROUNDS, cpus=cpus)
        for (what, call), (_, same) in zip(lists(empty, who), lists(filled, who), strict=True)
    ]


async def _beside(
    what: str, calls: tuple[Call, Call], *, rounds: int, cpus: tuple[Cpu, Cpu], warm: int = 6
) -> Row:
    """Calls both services in turn, so that other load on the machine affects both alike."""
    for call in calls:
        for _ in range(warm):  # these prepare statements; PostgreSQL settles on a plan by the sixth call
            await call()
    times: tuple[list[float], list[float]] = ([], [])
    spent = [[0.0, 0.0], [0.0, 0.0]]
    lines: list[int | None] = [None, None]
    for block in range(_BLOCKS):
        for side in (0, 1) if block % 2 else (1, 0):
            program, database = cpus[side]
            in_database = (
                database()
            )  # this reading costs CPU time in this process, so take it before `program()`
            in_program = program()
            for _ in range(rounds // _BLOCKS):
                began = time.perf_counter()
                lines[side] = await calls[side]()
                times[side].append(1e3 * (time.perf_counter() - began))
            spent[side][0] += 1e3 * (program() - in_program)
            spent[side][1] += 1e3 * (database() - in_database)
    one, other = (
        kept_growth.Side(
            spent[side][0] / len(times[side]),
            spent[side][1] / len(times[side]),
            statistics.median(times[side]),
            statistics.quantiles(times[side], n=100)[-1],
            lines[side],
        )
        for side in (0, 1)
    )
    return Row(what, one, other)


def _sizes(text: str) -> tuple[int, int]:
    people, _, signed = text.partition(":")
    return int(people), int(signed)


def main(*, whole: bool = False) -> None:
    """Prints a table for each database and stores the measurements (`kept_growth.py`)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=_sizes, nargs="+", metavar="PEOPLE:SIGNATURES")
    parser.add_argument(
        "--whole", action="store_true", help="a whole country's on PostgreSQL: 35 GB, half an hour"
    )
    parser.add_argument("--signatures", type=int, default=240, help="measured of each kind and size")
    parser.add_argument("--lists", action="store_true", help="lists and searches alone, no signatures")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], action="append")
    asked = parser.parse_args()
    databases: list[DatabaseName] = asked.database or ["sqlite", "postgresql"]
    for database in databases:
        nation = (whole or asked.whole) and database == "postgresql"
        sizes = asked.sizes or (WHOLE if nation else SIZES[database])
        if asked.lists:
            run_lists(database, sizes)
        else:
            run(database, sizes, signatures=asked.signatures)
    if not asked.lists:
        print(
            "print the last measurements of each size side by side\n",
            kept_growth.text(kept_growth.read()),
            sep="\n",
        )


if __name__ == "__main__":
    main()
