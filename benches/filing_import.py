"""Cost of importing a filing list of 100 000 lines in the console and on the command line, and its effect on logins.

The service runs as a real process. The list holds operators of a thousand enterprises. It is compared,
imported, imported again with every person renamed, and imported again without changes. Meanwhile, logins
follow each other, with a pause in between, as they do before the first import. CPU time is that of the
service (or the command) and PostgreSQL, for the import and these logins together. The log's job is off,
because it numbers the entries later.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import psutil

from benches import kept
from benches.cpu import database_cpu, process_cpu
from benches.logins import Login
from benches.ready_service import DatabaseName, phones_of, ready_service
from mshield.server.identity.errors import InvalidCreditCode
from mshield.server.values.names import check_credit_code
from tests.support.live_service import LiveService
from tests.support.postgresql import Server
from tests.support.raw_cosigning import Attacker

_ENTERPRISES: Final = 1000
_CHECK_CHARACTERS: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_HEAD: Final = "企业名称,统一社会信用代码,姓名,证件类型,证件号码,用户类型"
_CSV: Final = "text/csv"
_PAUSE_SECONDS: Final = 0.02
_ALONE_SECONDS: Final = 20.0


@dataclass(frozen=True, slots=True)
class Step:
    """Wall and CPU seconds, peak memory of the service or command (MB), and durations of the logins meanwhile (ms).

    `refused` counts the logins that the service had no time for: on SQLite, writers wait until the import
    ends.
    """

    database: str
    step: str
    clock: float
    own_cpu: float
    database_cpu: float
    memory: float
    logins: tuple[float, ...] = ()
    refused: int = 0

    def share(self, part: float) -> float:
        """Returns the time (ms) within which this share of the logins finished; nan without logins."""
        ordered = sorted(self.logins)
        return ordered[min(int(part * len(ordered)), len(ordered) - 1)] if ordered else float("nan")


def list_of(lines: int, *, surname: str, first: int = 0) -> bytes:
    """Returns a CSV list of operators, numbered from `first` on; another surname renames the same people."""
    codes = [_credit_code(number) for number in range(_ENTERPRISES)]
    return "\n".join(
        [
            _HEAD,
            *(
                f"宁波第{number % _ENTERPRISES}进出口有限公司,{codes[number % _ENTERPRISES]},{surname}知远,护照,"
                f"E{number:08d},操作员"
                for number in range(first, first + lines)
            ),
        ]
    ).encode()


def _credit_code(number: int) -> str:
    for character in _CHECK_CHARACTERS:
        try:
            return check_credit_code(f"91330206MA{number:07d}{character}")
        except InvalidCreditCode:
            continue
    raise AssertionError(number)


class _Logins:
    """Logins of the phones in turn, by one business system, for as long as some other work takes."""

    def __init__(self, phones: Sequence[Attacker], business: httpx.AsyncClient) -> None:
        self._phones, self._business = phones, business
        self._count = 0

    async def during(self, work: Awaitable[object]) -> tuple[list[float], int]:
        """Returns the milliseconds of each login and the number of refused ones; raises what the work raises."""
        under_way, times, refused = asyncio.ensure_future(work), list[float](), 0
        while not under_way.done():
            phone = self._phones[self._count % len(self._phones)]
            self._count += 1
            began = time.perf_counter()
            try:
                await Login(phone, self._business).whole()
            except (AssertionError, httpx.HTTPError) as error:
                refused += 1
                print(f"a login: {str(error)[:200]}", flush=True)
            else:
                times.append(1e3 * (time.perf_counter() - began))
            await asyncio.sleep(_PAUSE_SECONDS)
        await under_way
        return times, refused


@dataclass(slots=True)
class _Bench:
    service: LiveService
    server: Server | None
    lines: int

    @property
    def _name(self) -> str:
        return "sqlite" if self.server is None else "postgresql"

    async def run(self) -> list[Step]:
        """Measures all steps over HTTP."""
        system = self.service.system
        credentials = httpx.BasicAuth(system["client_id"], system["client_secret"])
        phones = phones_of(self.service)
        async with httpx.AsyncClient(
            base_url=self.service.origin, auth=credentials, trust_env=False, timeout=400
        ) as business:
            logins = _Logins(phones, business)
            new, renamed = list_of(self.lines, surname="林"), list_of(self.lines, surname="李")
            token = self._token()
            await logins.during(asyncio.sleep(2))
            steps = [await self._measured("logins alone", logins, asyncio.sleep(_ALONE_SECONDS))]
            print(line(steps[-1]), flush=True)
            for step, body, query in (
                ("dry run, new", new, "?dry_run=true"),
                ("import, new", new, ""),
                ("dry run, changes", renamed, "?dry_run=true"),
                ("import, changes", renamed, ""),
                ("import, no change", renamed, ""),
            ):
                steps.append(await self._measured(step, logins, self._post(token, body, query)))
                print(line(steps[-1]), flush=True)
        for phone in phones:
            await phone.http.aclose()
        return steps

    async def _measured(self, step: str, logins: _Logins, work: Awaitable[object]) -> Step:
        assert self.service.process is not None
        process = psutil.Process(self.service.process.pid)
        own, in_database, began = process_cpu(process), database_cpu(self.server), time.monotonic()
        under_way = asyncio.ensure_future(_timed(work))
        memory = asyncio.create_task(_most_memory(process, under_way))
        times, refused = await logins.during(under_way)
        return Step(
            self._name,
            step,
            under_way.result() - began,
            process_cpu(process) - own,
            database_cpu(self.server) - in_database,
            await memory,
            tuple(times),
            refused,
        )

    async def _post(self, token: str, body: bytes, query: str) -> None:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": _CSV}
        async with httpx.AsyncClient(base_url=self.service.origin, trust_env=False, timeout=400) as console:
            answer = await console.post(f"/api/console/filing/imports{query}", content=body, headers=headers)
        assert answer.is_success, answer.text[:400]

    def _token(self) -> str:
        member = self.service.command("staff", "add", "夜间导入", "--role", "filing_officer")["id"]
        token: dict[str, Any] = self.service.command(
            "staff", "token", "add", member, "--name", "bench", "--role", "filing_officer", "--scope",
            "filing_import",
        )  # fmt: skip
        return str(token["token"])

    def commands(self) -> list[Step]:
        """Measures the same steps on the command line, with other people."""
        new = self.service.folder / "new.csv"
        renamed = self.service.folder / "renamed.csv"
        new.write_bytes(list_of(self.lines, surname="林", first=self.lines))
        renamed.write_bytes(list_of(self.lines, surname="李", first=self.lines))
        steps = []
        for step, file, options in (
            ("command, dry run", new, ("--dry-run",)),
            ("command, new", new, ()),
            ("command, changes", renamed, ()),
            ("command, no change", renamed, ()),
        ):
            steps.append(self._commanded(step, file, options))
            print(line(steps[-1]), flush=True)
        return steps

    def _commanded(self, step: str, file: Path, options: tuple[str, ...]) -> Step:
        words = ("filing", "import", str(file), "--show", "errors", *options)
        began, in_database = time.monotonic(), database_cpu(self.server)
        with subprocess.Popen(
            (sys.executable, "-m", "mshield.cli.main", *words),
            env=self.service.environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as command:
            assert command.stderr is not None
            said = command.stderr.read()
            _, status, usage = os.wait4(command.pid, 0)
            command.returncode = os.waitstatus_to_exitcode(status)
        assert command.returncode == 0, said
        assert "50%" in said, said
        return Step(
            self._name,
            step,
            time.monotonic() - began,
            usage.ru_utime + usage.ru_stime,
            database_cpu(self.server) - in_database,
            usage.ru_maxrss / 1024,
        )


async def _timed(work: Awaitable[object]) -> float:
    await work
    return time.monotonic()


async def _most_memory(process: psutil.Process, work: asyncio.Future[float]) -> float:
    most = 0.0
    while not work.done():
        most = max(most, process.memory_info().rss / 2**20)
        await asyncio.sleep(0.1)
    return most


def line(step: Step) -> str:
    """Returns one line of the table."""
    logins = "".join(f" {step.share(part):8.0f}" if step.logins else f" {'':8}" for part in (0.5, 0.99, 1.0))
    return (
        f"{step.database:<11} {step.step:<20} {step.clock:7.1f} {step.own_cpu:7.1f} {step.database_cpu:7.1f}"
        f" {step.memory:7.0f} {len(step.logins) or '':>7}{logins}"
        f" {step.refused or '':>7}"
    )


def measure(database: DatabaseName, *, lines: int) -> list[Step]:
    """Measures all steps on one database, and prints each when it ends."""
    with ready_service("auto", database) as (service, server):
        bench = _Bench(service, server, lines)
        steps = asyncio.run(bench.run())
        service.stop()
        return steps + bench.commands()


def main() -> None:
    """Measures and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=100_000, help="of the list (default: 100000)")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], help="only this one")
    options = parser.parse_args()
    databases: list[DatabaseName] = [options.database] if options.database else ["sqlite", "postgresql"]
    print(f"{kept.machine()}, load {os.getloadavg()[0]:.1f}")
    print(
        f"{'database':<11} {'step':<20} {'clock':>7} {'CPU':>7} {'DB CPU':>7} {'MB':>7} {'logins':>7}"
        f" {'p50 ms':>8} {'p99 ms':>8} {'most ms':>8} {'refused':>7}"
    )
    for database in databases:
        measure(database, lines=options.lines)
        print(f"load {os.getloadavg()[0]:.1f}", flush=True)


if __name__ == "__main__":
    main()
