"""Server CPU time per native login by scan (手机盾登录) and step, and logins per second.

The steps are create, wait, scan, open, finish and result. The service runs as a real process; phones and
business system run in this process, and their work isn't counted. CPU time is listed by step, each with
24 concurrent logins, as in the other benches. Logins per second are measured with complete logins, on
one service process with these clients on the same machine.
"""

import argparse
import asyncio
import json
import time
from dataclasses import asdict, dataclass
from typing import Final

import httpx
import psutil

from benches.cpu import database_cpu, process_cpu
from benches.http_signing import WARM_UP, Signature
from benches.ready_service import DatabaseName, phones_of, ready_service
from tests.support.live_service import LiveService
from tests.support.postgresql import Server
from tests.support.raw_cosigning import Attacker

STEPS: Final = ("create", "scan", "sign", "poll", "result")
BOUND_MS: Final = 4.0
"""Bound of issue 4 for the service and its database together."""


@dataclass(frozen=True, slots=True)
class Measured:
    """CPU milliseconds per login: the service's by step and for complete logins, PostgreSQL's for all steps."""

    database: str
    steps: dict[str, float]
    database_cpu: float
    whole_cpu: float
    per_second: float

    @property
    def both(self) -> float:
        """Returns the CPU time of service and database for all steps."""
        return sum(self.steps.values()) + self.database_cpu


class Login(Signature):
    """A login in progress; the business system's PC waits for it by long poll."""

    __slots__ = ()

    def message(self) -> dict[str, object]:
        return {"kind": "login"}

    async def poll(self) -> None:
        """Waits as the business system until the login is signed."""
        assert self.created is not None
        path = f"/api/business/requests/{self.created['id']}"
        answer = await self.business.get(path, params={"wait": 20, "state": "scanned"})
        assert answer.json().get("state") == "signed", answer.text

    async def whole(self) -> None:
        """Runs all steps in order."""
        await self.create()
        await self.scan()
        waiting = asyncio.create_task(self.poll())
        await self.sign()
        await waiting
        await self.result()


def measure(database: DatabaseName, *, logins: int) -> Measured:
    """Measures a service with its default engine."""
    with ready_service("auto", database) as (service, server):
        return asyncio.run(_measure(service, server, logins))


async def _measure(service: LiveService, server: Server | None, logins: int) -> Measured:
    assert service.process is not None
    system, process = service.system, psutil.Process(service.process.pid)
    credentials = httpx.BasicAuth(system["client_id"], system["client_secret"])
    phones = phones_of(service)
    limits = httpx.Limits(max_connections=100, max_keepalive_connections=100)
    async with httpx.AsyncClient(
        base_url=service.origin, auth=credentials, trust_env=False, timeout=60, limits=limits
    ) as business:
        await _log_in(phones, business, WARM_UP)
        in_database = database_cpu(server)
        steps = await _by_step(process, phones, business, logins)
        in_database = database_cpu(server) - in_database
        before, began = process_cpu(process), time.perf_counter()
        await _log_in(phones, business, logins)
        wall = time.perf_counter() - began
    for phone in phones:
        await phone.http.aclose()
    return Measured(
        database="sqlite" if server is None else "postgresql",
        steps={step: 1e3 * seconds / logins for step, seconds in steps.items()},
        database_cpu=1e3 * in_database / logins,
        whole_cpu=1e3 * (process_cpu(process) - before) / logins,
        per_second=logins / wall,
    )


async def _by_step(
    process: psutil.Process, phones: list[Attacker], business: httpx.AsyncClient, count: int
) -> dict[str, float]:
    """Returns the service's CPU seconds by step, with one login on each phone at a time."""
    spent = dict.fromkeys(STEPS, 0.0)
    for _ in range(0, count, len(phones)):
        group = [Login(phone, business) for phone in phones]
        for step in STEPS:
            before = process_cpu(process)
            await asyncio.gather(*(getattr(login, step)() for login in group))
            spent[step] += process_cpu(process) - before
    return spent


async def _log_in(phones: list[Attacker], business: httpx.AsyncClient, count: int) -> None:
    """Makes this many logins in total: one after the other on each phone, all phones concurrently."""

    async def each(number: int, phone: Attacker) -> None:
        for _ in range(number, count, len(phones)):
            await Login(phone, business).whole()

    await asyncio.gather(*(each(number, phone) for number, phone in enumerate(phones)))


def table(results: list[Measured]) -> str:
    """Formats the results as a text table."""
    lines = [
        "milliseconds of CPU per login; DB: PostgreSQL's own; both: the two; whole: of whole logins at once",
        f"{'database':<11}"
        + "".join(f"{step:>8}" for step in STEPS)
        + f"{'DB':>7} {'both':>7} {'bound':>6} {'whole':>7} {'logins/s':>9}",
    ]
    lines += [
        f"{each.database:<11}"
        + "".join(f"{each.steps[step]:8.2f}" for step in STEPS)
        + f"{each.database_cpu:7.2f} {each.both:7.2f} {BOUND_MS:6.1f} {each.whole_cpu:7.2f} {each.per_second:9.0f}"
        for each in results
    ]
    return "\n".join(lines)


def options_of(description: str | None) -> tuple[list[DatabaseName], int, bool]:
    """Returns the command line's databases, the number of logins on each, and whether to print JSON."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--logins", type=int, default=480, help="per database (default: 480)")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], help="only this one")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    databases: list[DatabaseName] = [options.database] if options.database else ["sqlite", "postgresql"]
    return databases, options.logins, options.json


def main() -> None:
    """Measures both databases and prints a table, or JSON with `--json`."""
    databases, logins, as_json = options_of(__doc__)
    results = [measure(database, logins=logins) for database in databases]
    print(json.dumps([asdict(each) for each in results], indent=2) if as_json else table(results))


if __name__ == "__main__":
    main()
