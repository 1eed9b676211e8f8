"""Server CPU per complete signature through HTTP, on both databases with both engines, beside the bare curve operations.

The service is the real process; its CPU time is read from the operating system, that of PostgreSQL's processes beside it.
Phone and business system run in this process, and their work is not counted.
"""

import argparse
import asyncio
import json
import secrets
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Literal

import httpx
import msgspec
import psutil

from benches import cosign
from mshield.demo.people import OPERATOR
from mshield.gm.engine import load_engine
from tests.attempts import Answer, Attacker
from tests.postgres import Server, start_server
from tests.service import LiveService, apply, log_in, register

LANES: Final = 4
"""Phones that sign at the same time, each with its own key."""
WARM_UP: Final = 25
_CONTENT: Final = ("总价 126000.00 欧元" * 50).encode()

EngineName = Literal["botan", "openssl"]
DatabaseName = Literal["sqlite", "postgresql"]
STEPS: Final = ("create", "scan", "open", "finish", "result")


@dataclass(frozen=True, slots=True)
class Measured:
    """Milliseconds of CPU per signature: the service's by step, the database's in all."""

    engine: str
    database: str
    signatures: int
    create: float
    scan: float
    open: float
    finish: float
    result: float
    database_cpu: float
    bare: float
    wall: float

    @property
    def total(self) -> float:
        """The service's CPU for a complete signature, scan included."""
        return self.create + self.scan + self.open + self.finish + self.result

    @property
    def four(self) -> float:
        """Create, open, finish, result: what a lean server was measured with."""
        return self.total - self.scan


@dataclass(slots=True)
class Lane:
    """One phone, one request of a business system after the other."""

    attacker: Attacker
    business: httpx.AsyncClient
    request_id: str = ""
    qr: str = ""
    messages: dict[bytes, bytes] | None = None
    body: bytes = b""

    async def create(self) -> None:
        """The business system asks."""
        document = {
            "title": "报关单",
            "media_type": "text/plain",
            "content_b64": msgspec.to_builtins(_CONTENT),
            "display": [],
        }
        message = {"kind": "signature", "documents": [document], "pc": None}
        answer = await self.business.post("/api/business/requests", json=message)
        answer.raise_for_status()
        created = answer.json()
        self.request_id, self.qr = created["id"], created["qr"]

    async def scan(self) -> None:
        """The phone takes it."""
        self.messages = await self.attacker.scan(self.qr)

    async def open(self) -> None:
        """The phone opens a session, and computes its half."""
        assert self.messages is not None
        session = await self.attacker.open(self.messages)
        assert not isinstance(session, Answer), session
        self.body = self.attacker.finish_body(session, self.attacker.right_share)

    async def finish(self) -> None:
        """The phone finishes."""
        answer = await self.attacker.finish(self.body)
        assert answer.code == "ok", answer
        otp = bytes.fromhex(answer.document["otp"])
        self.attacker.key = msgspec.structs.replace(self.attacker.key, otp=otp, rn=secrets.token_bytes(32))

    async def result(self) -> None:
        """The business system fetches certificate, signature and message."""
        answer = await self.business.get(f"/api/business/requests/{self.request_id}/result")
        answer.raise_for_status()


def measure(engine: EngineName, database: DatabaseName, *, signatures: int) -> Measured:
    """One service, prepared, warmed up and measured."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        with _database(folder, database) as (url, server):
            service = LiveService(folder, url, engine)
            service.prepare()
            service.start()
            try:
                for lane in range(LANES):
                    with service.phone(f"phone{lane}") as phone:
                        if lane == 0:
                            register(service, phone)
                        log_in(service, phone)
                        apply(service, phone)
                return asyncio.run(_measure(service, server, signatures))
            finally:
                service.stop()


@contextmanager
def _database(folder: Path, kind: DatabaseName) -> Iterator[tuple[str, Server | None]]:
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'mshield.db'}", None
        return
    server = start_server(folder / "postgresql", durable=True)
    try:
        yield server.create("mshield"), server
    finally:
        server.stop()


async def _measure(service: LiveService, server: Server | None, signatures: int) -> Measured:
    system = service.system
    credentials = httpx.BasicAuth(system["client_id"], system["client_secret"])
    lanes = [
        Lane(
            Attacker.of(service.folder / f"phone{number}", service.origin, OPERATOR.pin),
            httpx.AsyncClient(base_url=service.origin, auth=credentials, trust_env=False),
        )
        for number in range(LANES)
    ]
    for lane in lanes:
        lane.attacker.key = msgspec.structs.replace(lane.attacker.key, rn=secrets.token_bytes(32))
    rounds = signatures // LANES
    await _rounds(service, lanes, WARM_UP)
    before, began = _database_cpu(server), time.perf_counter()
    spent = await _rounds(service, lanes, rounds)
    wall = time.perf_counter() - began
    count = rounds * LANES
    for lane in lanes:
        await lane.attacker.http.aclose()
        await lane.business.aclose()
    return Measured(
        engine=service.engine,
        database="sqlite" if server is None else "postgresql",
        signatures=count,
        database_cpu=1e3 * (_database_cpu(server) - before) / count,
        bare=_bare(service.engine),
        wall=1e3 * wall / count,
        **{step: 1e3 * seconds / count for step, seconds in spent.items()},
    )


async def _rounds(service: LiveService, lanes: list[Lane], count: int) -> dict[str, float]:
    """CPU seconds of the service by step; all lanes do the same step at the same time."""
    assert service.process is not None
    process = psutil.Process(service.process.pid)
    spent = dict.fromkeys(STEPS, 0.0)
    for _ in range(count):
        for step in STEPS:
            calls: list[Callable[[], Awaitable[None]]] = [getattr(lane, step) for lane in lanes]
            before = _cpu(process)
            await asyncio.gather(*(call() for call in calls))
            spent[step] += _cpu(process) - before
    return spent


def _cpu(process: psutil.Process) -> float:
    """Seconds, user and system, of all threads; nanoseconds where Linux tells them, else the clock's ticks."""
    threads = Path(f"/proc/{process.pid}/task")
    try:
        return sum(int((task / "schedstat").read_text().split()[0]) for task in threads.iterdir()) / 1e9
    except (OSError, IndexError):
        times = process.cpu_times()
        return times.user + times.system


def _database_cpu(server: Server | None) -> float:
    if server is None:
        return 0.0
    postmaster = psutil.Process(int((server.data / "postmaster.pid").read_text().split("\n", 1)[0]))
    return sum(_cpu(process) for process in (postmaster, *postmaster.children()))


def _bare(engine: str) -> float:
    """Milliseconds of the curve operations that a signature can't do without, on this machine, now."""
    return float(cosign.run(load_engine("botan" if engine == "botan" else "openssl"), 1.0)["bare_ms"])


def table(results: list[Measured]) -> str:
    """For people."""
    head = (
        f"{'engine':<8} {'database':<11}"
        + "".join(f"{step:>8}" for step in STEPS)
        + f"{'total':>8} {'x bare':>7} {'4 steps':>8} {'x bare':>7} {'bare':>7} {'DB':>7} {'wall':>7}"
    )
    lines = ["milliseconds of CPU per signature; DB is PostgreSQL's own; wall with one client process", head]
    lines += [
        f"{each.engine:<8} {each.database:<11}"
        + "".join(f"{getattr(each, step):8.2f}" for step in STEPS)
        + f"{each.total:8.2f} {each.total / each.bare:7.1f} {each.four:8.2f} {each.four / each.bare:7.1f}"
        + f" {each.bare:7.2f} {each.database_cpu:7.2f} {each.wall:7.2f}"
        for each in results
    ]
    return "\n".join(lines)


def main() -> None:
    """Measures all four and prints a table, or JSON with `--json`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--signatures", type=int, default=400, help="per combination (default: 400)")
    parser.add_argument("--engine", choices=["botan", "openssl"], help="only this one")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], help="only this one")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    engines: list[EngineName] = [options.engine] if options.engine else ["botan", "openssl"]
    databases: list[DatabaseName] = [options.database] if options.database else ["sqlite", "postgresql"]
    results = [
        measure(engine, database, signatures=options.signatures)
        for database in databases
        for engine in engines
    ]
    print(json.dumps([asdict(each) for each in results], indent=2) if options.json else table(results))


if __name__ == "__main__":
    main()
