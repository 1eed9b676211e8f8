"""How the service stands when much is in its database: the same calls on an empty one and on ones that were filled.

Two service processes (the real one), a database each: one stays empty, the other is filled step by step, and each call
goes to both by turns, so that nothing but the rows differs. CPU is the service's and PostgreSQL's; times are those that
a client waits. Lists are asked of the services in this process. What costs more than a fifth more than on the empty one
is said, and which list takes longer than its bound.
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
from benches.logins import Login
from benches.ready_service import DatabaseName, database_of, phones_of, ready_service
from mshield.gm.engine import load_engine
from mshield.keys.keyring import Keyring, load_keyring
from mshield.keys.master import generate_master_key
from mshield.keys.secrets import LookupKey, load_lookup_key
from mshield.keys.sources import MasterKeyFile
from mshield.main import create_app
from mshield.services.ca.init import CaNames, init_ca
from mshield.services.context import Context
from mshield.services.process.clock import wall_clock
from mshield.settings import Settings
from mshield.store.database.migrate import migrate
from mshield.store.database.opening import open_database
from tests.support.live_service import LiveService
from tests.support.postgresql import Server
from tests.support.raw_cosigning import Attacker

SIZES: Final = ((10_000, 200_000), (100_000, 2_000_000))
"""Certificates and signatures, smallest first: some 0.4 and 3 GB, and a few minutes."""
WHOLE: Final = ((100_000, 2_000_000), (1_000_000, 20_000_000))
"""A nation's (issue 20): 30 GB, and an hour."""
WITHIN: Final = 1.2
"""What a filled database may cost beside an empty one."""
BOUND_MS: Final = 50.0
"""What a search or a list may take, whatever there is (issue 20)."""
MEMORY: Final = "1GB"
"""PostgreSQL's own, of both servers."""
_ROUNDS: Final = 40
_GETS: Final = 200
_BLOCKS: Final = 10

Cpu = Callable[[], tuple[float, float]]
"""Seconds so far: of the service, or of this process where it stands for one, and of PostgreSQL."""


@dataclass(frozen=True, slots=True)
class Measured:
    """CPU of one in ms, the program's and PostgreSQL's; how long it took at the median and at the 99th of a hundred."""

    what: str
    program: float
    database: float
    p50: float
    p99: float

    @property
    def cpu(self) -> float:
        """Of both."""
        return self.program + self.database


@dataclass(slots=True)
class Side:
    """A service with its database: the empty one, or the one that is filled."""

    service: LiveService
    server: Server | None
    phones: list[Attacker]
    people: int = 0

    def served(self) -> tuple[float, float]:
        """CPU of the service and of its PostgreSQL."""
        assert self.service.process is not None
        return process_cpu(psutil.Process(self.service.process.pid)), database_cpu(self.server)

    def here(self) -> tuple[float, float]:
        """CPU of this process and of its PostgreSQL."""
        return process_cpu(psutil.Process()), database_cpu(self.server)


def run(
    database: DatabaseName, sizes: Sequence[tuple[int, int]], *, signatures: int
) -> list[list[tuple[Measured, Measured]]]:
    """For each size everything, in the same order: of the empty one and of the filled one."""
    with (
        ready_service("auto", database, memory=MEMORY) as empty,
        ready_service("auto", database, memory=MEMORY) as filled,
    ):
        sides = [Side(service, server, phones_of(service)) for service, server in (empty, filled)]
        return asyncio.run(_run(sides[0], sides[1], sizes, signatures))


async def _run(
    empty: Side, filled: Side, sizes: Sequence[tuple[int, int]], signatures: int
) -> list[list[tuple[Measured, Measured]]]:
    """The same phones sign throughout: one that went back to an older state would be taken for a copy."""
    service, server = filled.service, filled.server
    keyring = Keyring.of(MasterKeyFile(service.folder / "master.key"))
    lookup = await _lookup(service.database, keyring)
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
        found.append(await _measure(empty, filled, signatures))
        kept_growth.keep(
            [
                kept_growth.run_of(
                    "sqlite" if server is None else "postgresql",
                    filled.people,
                    signed,
                    size=_size(service, server) / 1e9,
                    load_before=load,
                    rows=[_row(one, other) for one, other in found[-1]],
                )
            ]
        )
        print(f"measured, {_load()}", table(sizes[: len(found)], found), sep="\n", flush=True)
        if server is not None:
            print(
                await bulk.price_of_indexes(service.database, cpu=partial(database_cpu, server)), flush=True
            )
    for phone in (*empty.phones, *filled.phones):
        await phone.http.aclose()
    return found


def _row(empty: Measured, filled: Measured) -> kept_growth.Row:
    one, other = (kept_growth.Side(each.program, each.database, each.p50) for each in (empty, filled))
    return kept_growth.Row(empty.what, one, other)


def _load() -> str:
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


def run_lists(
    database: DatabaseName, sizes: Sequence[tuple[int, int]]
) -> list[list[tuple[Measured, Measured]]]:
    """Lists and searches alone, without a service process and its phones."""
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
) -> list[list[tuple[Measured, Measured]]]:
    key_file = folder / "master.key"
    MasterKeyFile(key_file).create(generate_master_key("aes"))
    settings = [await _prepared(url, key_file) for url, _ in (empty, filled)]
    keyring = load_keyring(settings[1])
    lookup = await _lookup(filled[0], keyring)
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
            cpus = tuple(partial(_here, server) for _, server in (empty, filled))
            found.append(await _lists_beside(one, other, people, (cpus[0], cpus[1])))
        print(f"measured, {_load()}", table(sizes[: len(found)], found), sep="\n", flush=True)
    return found


def _here(server: Server | None) -> tuple[float, float]:
    return process_cpu(psutil.Process()), database_cpu(server)


async def _prepared(url: str, key_file: Path) -> Settings:
    await asyncio.to_thread(migrate, url)
    settings = Settings(database=url, master_key_file=key_file, jobs="off", mode="demo")
    keyring = load_keyring(settings)
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


async def _measure(empty: Side, filled: Side, signatures: int) -> list[tuple[Measured, Measured]]:
    sides, found = (empty, filled), []
    served = (empty.served, filled.served)
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
        Settings(
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
        here = (empty.here, filled.here)
        return found + await _lists_beside(one_context, other_context, filled.people, here)


def _business(side: Side) -> httpx.AsyncClient:
    system = side.service.system
    credentials = httpx.BasicAuth(system["client_id"], system["client_secret"])
    return httpx.AsyncClient(base_url=side.service.origin, auth=credentials, trust_env=False, timeout=60)


async def _lists_beside(
    empty: Context, filled: Context, people: int, cpus: tuple[Cpu, Cpu]
) -> list[tuple[Measured, Measured]]:
    return [
        await _beside(what, (call, same), rounds=_ROUNDS, cpus=cpus)
        for (what, call), (_, same) in zip(lists(empty, people), lists(filled, people), strict=True)
    ]


async def _beside(
    what: str, calls: tuple[Call, Call], *, rounds: int, cpus: tuple[Cpu, Cpu], warm: int = 6
) -> tuple[Measured, Measured]:
    """By turns, so that whatever else the machine does meanwhile falls on both."""
    for call in calls:
        for _ in range(warm):  # these prepare statements, and PostgreSQL makes up its mind by the sixth
            await call()
    times: tuple[list[float], list[float]] = ([], [])
    spent = [[0.0, 0.0], [0.0, 0.0]]
    for block in range(_BLOCKS):
        for side in (0, 1) if block % 2 else (1, 0):
            before = cpus[side]()
            for _ in range(rounds // _BLOCKS):
                began = time.perf_counter()
                await calls[side]()
                times[side].append(1e3 * (time.perf_counter() - began))
            for part, (was, now) in enumerate(zip(before, cpus[side](), strict=True)):
                spent[side][part] += 1e3 * (now - was)
    one, other = (
        Measured(
            what,
            spent[side][0] / len(times[side]),
            spent[side][1] / len(times[side]),
            statistics.median(times[side]),
            statistics.quantiles(times[side], n=100)[-1],
        )
        for side in (0, 1)
    )
    return one, other


def table(sizes: Sequence[tuple[int, int]], found: Sequence[Sequence[tuple[Measured, Measured]]]) -> str:
    """Side by side: CPU and median, 99th in brackets, of the empty one and the filled one in the same minutes."""
    lines = [
        "ms: CPU of service + PostgreSQL | median (99th of a hundred), by turns on the empty one and on it"
    ]
    heads = "".join(
        f"{'empty':>32}{f'{_short(people)} / {_short(signed)}':>32}{'':16}" for people, signed in sizes
    )
    lines.append(f"{'certificates / signatures':36}{heads}")
    for row in zip(*found, strict=True):
        cells = "".join(f"{_cell(one):>32}{_cell(other):>32}{_verdict(one, other):16}" for one, other in row)
        lines.append(f"{row[0][0].what:36}{cells}")
    return "\n".join(lines)


def _cell(one: Measured) -> str:
    return f"{one.program:.2f} + {one.database:.2f} | {one.p50:.2f} ({one.p99:.2f})"


def _verdict(empty: Measured, filled: Measured) -> str:
    """A search of an empty database finds nothing at once, so lists have a bound of their own."""
    if ":" in empty.what:
        return f"  over {BOUND_MS:.0f} ms" if filled.p50 > BOUND_MS else ""
    ratio = filled.cpu / empty.cpu
    return f"  {ratio:.2f}" + ("  grows" if ratio > WITHIN else "")


def _short(number: int) -> str:
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if number and number % size == 0:
            return f"{number // size} {letter}"
    return str(number)


def _sizes(text: str) -> tuple[int, int]:
    people, _, signed = text.partition(":")
    return int(people), int(signed)


def main(*, whole: bool = False) -> None:
    """Prints a table for each database, and keeps what was measured (`kept_growth.py`)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=_sizes, nargs="+", metavar="PEOPLE:SIGNATURES")
    parser.add_argument("--whole", action="store_true", help="a nation's, which takes 30 GB and an hour")
    parser.add_argument("--signatures", type=int, default=240, help="measured of each kind and size")
    parser.add_argument("--lists", action="store_true", help="lists and searches alone, no signatures")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], action="append")
    asked = parser.parse_args() if __name__ == "__main__" else parser.parse_args([])
    sizes = asked.sizes or list(WHOLE if whole or asked.whole else SIZES)
    databases: list[DatabaseName] = asked.database or ["sqlite", "postgresql"]
    for database in databases:
        if asked.lists:
            run_lists(database, sizes)
        else:
            run(database, sizes, signatures=asked.signatures)


if __name__ == "__main__":
    main()
