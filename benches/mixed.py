"""Capacity per core under mixed logins and signatures, with one and two processes over PostgreSQL, and how it scales.

All phones work concurrently, each with one operation after the other; phones and business system run in this
process and are counted separately. Operations per second and core are calculated from the CPU time of service
and database together, as if a core did nothing else. The last lines estimate from this what larger machines
handle, and what limits them.
"""

import argparse
import asyncio
import json
import statistics
import time
from dataclasses import asdict, dataclass
from typing import Final

import httpx
import psutil

from benches.cpu import database_cpu, process_cpu
from benches.http_signing import WARM_UP, Signature
from benches.logins import Login
from benches.ready_service import phones_of, ready_service
from tests.support.live_service import LiveService
from tests.support.postgresql import Server
from tests.support.raw_cosigning import Attacker

_LOGINS_OF_TEN: Final = 7
_PROCESSES: Final = (1, 2)
_CORES: Final = (2, 16, 64)
_DATABASE_CORES: Final = 32
"""Number of cores that one PostgreSQL uses well; beyond it, its own locks are the limit."""
_LOG_MS: Final = 0.03
"""CPU time of one entry of the transparency log, which a single process numbers (benches/log.py)."""
_BANKID: Final = 241
"""Operations per second on average over BankID's year; its peak is about ten times that."""


class Signed(Signature):
    """A complete signature in progress."""

    __slots__ = ()

    async def whole(self) -> None:
        """Runs all steps in order."""
        await self.create()
        await self.scan()
        await self.sign()
        await self.result()


@dataclass(frozen=True, slots=True)
class Measured:
    """Results with one number of processes: CPU in ms per operation, rates per second, durations in ms."""

    processes: int
    operations: int
    service_cpu: float
    database_cpu: float
    phones_cpu: float
    per_second: float
    p50: float
    p99: float

    @property
    def per_core(self) -> float:
        """Returns the operations per second of a core that does nothing else."""
        return 1e3 / (self.service_cpu + self.database_cpu)


def measure(processes: int, *, operations: int) -> Measured:
    """Measures this many operations with this many processes."""
    with ready_service("auto", "postgresql") as (service, server):
        service.stop()  # people enrolled at a single process, whose outbox held their SMS codes
        service.options = ("--workers", str(processes))
        service.start()
        return asyncio.run(_measure(service, server, processes, operations))


async def _measure(service: LiveService, server: Server | None, processes: int, operations: int) -> Measured:
    assert service.process is not None
    parent, own = psutil.Process(service.process.pid), psutil.Process()
    credentials = httpx.BasicAuth(service.system["client_id"], service.system["client_secret"])
    phones = phones_of(service)
    limits = httpx.Limits(max_connections=100, max_keepalive_connections=100)
    async with httpx.AsyncClient(
        base_url=service.origin, auth=credentials, trust_env=False, timeout=60, limits=limits
    ) as business:
        await _drive(phones, business, WARM_UP)
        before = (_family(parent), database_cpu(server), process_cpu(own), time.perf_counter())
        took = sorted(await _drive(phones, business, operations))
        after = (_family(parent), database_cpu(server), process_cpu(own), time.perf_counter())
    for phone in phones:
        await phone.http.aclose()
    spent = [1e3 * (end - begin) / operations for begin, end in zip(before, after, strict=True)]
    return Measured(
        processes=processes,
        operations=operations,
        service_cpu=spent[0],
        database_cpu=spent[1],
        phones_cpu=spent[2],
        per_second=1e3 / spent[3],
        p50=1e3 * statistics.median(took),
        p99=1e3 * took[len(took) * 99 // 100],
    )


def _family(parent: psutil.Process) -> float:
    return sum(process_cpu(process) for process in (parent, *parent.children(recursive=True)))


async def _drive(phones: list[Attacker], business: httpx.AsyncClient, count: int) -> list[float]:
    """Returns the duration of each operation in seconds; seven of ten are logins."""
    took: list[float] = []

    async def go_on(number: int, phone: Attacker) -> None:
        for turn in range(number, count, len(phones)):
            kind = Login if turn % 10 < _LOGINS_OF_TEN else Signed
            began = time.perf_counter()
            await kind(phone, business).whole()
            took.append(time.perf_counter() - began)

    await asyncio.gather(*(go_on(number, phone) for number, phone in enumerate(phones)))
    return took


def limits(measured: Measured) -> list[str]:
    """Returns what machines of other sizes handle by these figures, and what limits them first."""
    service, database = measured.service_cpu, measured.database_cpu
    lines = []
    for cores in _CORES:
        for_database = min(cores * database / (service + database), _DATABASE_CORES)
        rates = {
            "processors": cores * 1e3 / (service + database),
            "PostgreSQL's cores": for_database * 1e3 / database,
            "numbering the log": 1e3 / _LOG_MS,
        }
        first = min(rates, key=lambda name: rates[name])
        lines.append(
            f"{cores:3} cores: {rates[first]:6.0f} operations/s, limited by {first};"
            f" {rates[first] / _BANKID:5.1f} times BankID's mean of {_BANKID}"
        )
    for name, rate in (("mean", _BANKID), ("peak", 10 * _BANKID)):
        lines.append(f"BankID's {name}, {rate}/s: {rate * (service + database) / 1e3:.1f} fully used cores")
    return lines


def table(results: list[Measured]) -> str:
    """Formats the results as a text table."""
    first = results[0]
    lines = [
        "milliseconds of CPU per operation, 7 logins to 3 signatures; op/s/core: by service and database; p50, p99: ms",
        f"{'processes':<10}{'service':>9}{'DB':>7}{'phones':>8}{'op/s':>8}{'op/s/core':>11}{'scales':>8}{'p50':>8}{'p99':>8}",
    ]
    lines += [
        f"{each.processes:<10}{each.service_cpu:9.2f}{each.database_cpu:7.2f}{each.phones_cpu:8.2f}"
        f"{each.per_second:8.0f}{each.per_core:11.0f}{each.per_core / first.per_core:8.2f}"
        f"{each.p50:8.0f}{each.p99:8.0f}"
        for each in results
    ]
    return "\n".join([*lines, *limits(results[-1])])


def main() -> None:
    """Measures one and two processes and prints a table, or JSON with `--json`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--operations", type=int, default=2000, help="per number of processes (default: 2000)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    results = [measure(processes, operations=options.operations) for processes in _PROCESSES]
    print(json.dumps([asdict(each) for each in results], indent=2) if options.json else table(results))


if __name__ == "__main__":
    main()
