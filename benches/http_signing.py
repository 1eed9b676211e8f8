"""Server CPU time per complete signature through HTTP, for both databases and engines, and of its curve operations.

The service runs as a real process; its CPU time and that of PostgreSQL are read from the operating system.
Phone and business system run in this process, and their work isn't counted.
"""

import argparse
import asyncio
import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec
import psutil

from benches import cosign, kept
from benches.cpu import database_cpu, process_cpu
from benches.ready_service import PEOPLE, PHONES, DatabaseName, EngineName, phones_of, ready_service
from mshield.gm import cosign as cosign_steps
from mshield.gm.engine import load_engine
from mshield.testkit.phone.dpop import DeviceKey
from mshield.testkit.phone.state import KeyState, Slot
from mshield.wire.phone.enrolment import SubjectMessage
from mshield.wire.qr import qr_text
from tests.support.live_service import LiveService
from tests.support.postgresql import Server
from tests.support.raw_cosigning import Answer, Attacker, Opened

AT_ONCE: Final = 24
"""Number of concurrent calls in the other steps."""
WARM_UP: Final = 120
_LEAN_SIGNATURES: Final = 400
_CONTENT: Final = ("总价 126000.00 欧元" * 50).encode()

STEPS: Final = ("create", "scan", "sign", "result")


@dataclass(frozen=True, slots=True)
class Measured:
    """CPU milliseconds per signature: the service's by step (`sign` is open and finish), the database's in total."""

    engine: str
    database: str
    signatures: int
    create: float
    scan: float
    sign: float
    result: float
    database_cpu: float
    bare: float
    lean: float
    wall: float

    @property
    def total(self) -> float:
        """Returns the service's CPU time for a complete signature, including the scan."""
        return self.create + self.scan + self.sign + self.result

    @property
    def four(self) -> float:
        """Returns the sum of create, open, finish and result: the steps that the lean server has."""
        return self.total - self.scan


@dataclass(slots=True)
class Signature:
    """One request in progress, by this business system for this phone."""

    phone: Attacker
    business: httpx.AsyncClient
    created: dict[str, Any] | None = None
    began: float = 0.0
    messages: dict[bytes, bytes] | None = None
    session: Opened | None = None

    def message(self) -> dict[str, object]:
        """Returns the body of the request."""
        document = {
            "title": "报关单",
            "media_type": "text/plain",
            "content_b64": msgspec.to_builtins(_CONTENT),
            "display": [],
        }
        return {"kind": "signature", "documents": [document], "pc": None}

    async def create(self) -> None:
        """Creates the request as the business system."""
        answer = await self.business.post("/api/business/requests", json=self.message())
        answer.raise_for_status()
        self.created, self.began = answer.json(), time.monotonic()

    async def scan(self) -> None:
        """Scans the QR code with the phone."""
        self.messages = await self.phone.scan(self._code())

    def _code(self) -> str:
        """Returns the current QR code; the lean server's never changes."""
        assert self.created is not None
        if "qr" in self.created:
            return str(self.created["qr"])
        elapsed = self.created["age"] / 1000 + time.monotonic() - self.began
        secret = bytes.fromhex(self.created["qr_secret"])
        return qr_text(self.created["qr_origin"], self.created["id"], secret, int(elapsed))

    async def sign(self) -> None:
        """Opens a session on the phone, computes its half and finishes."""
        await self.open()
        await self.finish()

    async def open(self) -> None:
        """Opens a session on the phone."""
        assert self.messages is not None
        session = await self.phone.open(self.messages)
        assert not isinstance(session, Answer), session
        self.session = session

    async def finish(self) -> None:
        """Computes the phone's half and finishes."""
        assert self.session is not None
        answer = await self.phone.finish(self.phone.finish_body(self.session, self.phone.right_share))
        assert answer.code == "ok", answer
        otp = bytes.fromhex(answer.document["otp"])
        self.phone.key = msgspec.structs.replace(self.phone.key, otp=otp, rn=secrets.token_bytes(32))

    async def result(self) -> None:
        """Fetches certificate, signature and message as the business system."""
        assert self.created is not None
        answer = await self.business.get(f"/api/business/requests/{self.created['id']}/result")
        answer.raise_for_status()


def measure(engine: EngineName, database: DatabaseName, *, signatures: int) -> Measured:
    """Starts, warms up and measures one service."""
    with ready_service(engine, database) as (service, server):
        return asyncio.run(_measure(service, server, signatures))


async def _measure(service: LiveService, server: Server | None, signatures: int) -> Measured:
    assert service.process is not None
    system, pid = service.system, service.process.pid
    credentials = httpx.BasicAuth(system["client_id"], system["client_secret"])
    phones = phones_of(service)
    async with httpx.AsyncClient(base_url=service.origin, auth=credentials, trust_env=False) as business:
        await _spend(pid, phones, business, WARM_UP)
        before, began = database_cpu(server), time.perf_counter()
        spent = await _spend(pid, phones, business, signatures)
        wall = time.perf_counter() - began
    for phone in phones:
        await phone.http.aclose()
    return Measured(
        engine=service.engine,
        database="sqlite" if server is None else "postgresql",
        signatures=signatures,
        database_cpu=1e3 * (database_cpu(server) - before) / signatures,
        bare=_bare(service.engine),
        lean=await lean_cost(service.engine, folder=service.folder),
        wall=1e3 * wall / signatures,
        **{step: 1e3 * seconds / signatures for step, seconds in spent.items()},
    )


async def _spend(
    pid: int, phones: list[Attacker], business: httpx.AsyncClient, count: int
) -> dict[str, float]:
    """Returns the service's CPU seconds by step; each step runs for all signatures before the next begins."""
    process = psutil.Process(pid)
    queues = [
        [Signature(phone, business) for _ in range(number, count, len(phones))]
        for number, phone in enumerate(phones)
    ]
    everything = [signature for queue in queues for signature in queue]
    spread = [everything[number::AT_ONCE] for number in range(AT_ONCE)]
    spent = {}
    for step in STEPS:
        before = process_cpu(process)
        # A key has one session at a time, so the signatures of one phone follow each other.
        await asyncio.gather(*(_each(queue, step) for queue in (queues if step == "sign" else spread)))
        spent[step] = process_cpu(process) - before
    return spent


async def _each(signatures: list[Signature], step: str) -> None:
    for signature in signatures:
        call: Callable[[], Awaitable[None]] = getattr(signature, step)
        await call()


async def lean_cost(engine: str, *, folder: Path) -> float:
    """Returns the CPU milliseconds of create, open, finish and result on the lean server, under the same load."""
    arithmetic = load_engine("botan" if engine == "botan" else "openssl")
    keys, phones = {}, []
    for _ in range(len(PEOPLE) * PHONES):
        uid, sid = secrets.token_bytes(16), secrets.token_bytes(16)
        half = cosign_steps.phone_enrol(arithmetic, uid=uid, sid=sid)
        made = cosign_steps.server_enrol(arithmetic, uid=uid, sid=sid, P1=half.P1, proof=half.proof)
        keys[uid.hex()] = (f"{made.d2:064x}", half.P1.hex(), made.P.hex())
        phones.append((uid, made.P, half.d1))
    (folder / "lean.json").write_text(json.dumps(keys))
    with _lean_server(engine, folder) as (origin, pid):
        attackers = [_lean_phone(origin, *phone) for phone in phones]
        async with httpx.AsyncClient(base_url=origin, trust_env=False) as business:
            await _answering(business)
            await _spend(pid, attackers, business, WARM_UP)
            spent = await _spend(pid, attackers, business, _LEAN_SIGNATURES)
        for attacker in attackers:
            await attacker.http.aclose()
    return 1e3 * (spent["create"] + spent["sign"] + spent["result"]) / _LEAN_SIGNATURES


def _lean_phone(origin: str, uid: bytes, public: bytes, share: int) -> Attacker:
    slot = Slot.make(epoch=0, salt=bytes(16), rounds=1, blob=bytes(32), pin_set_at=0)
    subject = SubjectMessage(country="CN", organisation="", role="", common_name="")
    key = KeyState(uid=uid, sid=uid, public=public, subject=subject, slots=(slot,), rn=bytes(32))
    http = httpx.AsyncClient(trust_env=False)
    return Attacker(origin, DeviceKey.generate(), "t" * 43, key, share, load_engine(), http)


@contextmanager
def _lean_server(engine: str, folder: Path) -> Iterator[tuple[str, int]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {
        "LEAN_ENGINE": engine,
        "LEAN_KEYS": str(folder / "lean.json"),
        "LEAN_DATABASE": str(folder / "lean.db"),
    }
    command = [sys.executable, "-m", "uvicorn", "benches.lean:app", "--port", str(port), "--lifespan", "off"]
    quiet = ["--no-access-log", "--log-level", "warning", "--timeout-keep-alive", "75"]
    with subprocess.Popen([*command, *quiet], env={**os.environ, **settings}) as server:
        try:
            yield f"http://127.0.0.1:{port}", server.pid
        finally:
            server.terminate()


async def _answering(http: httpx.AsyncClient) -> None:
    for _ in range(200):
        try:
            await http.get("/")
        except httpx.TransportError:
            await asyncio.sleep(0.05)
        else:
            return
    raise RuntimeError("the lean server does not answer")


def _bare(engine: str) -> float:
    """Returns the milliseconds of the curve operations that every signature needs, measured on this machine now."""
    return float(cosign.run(load_engine("botan" if engine == "botan" else "openssl"), 1.0)["bare_ms"])


def table(results: list[Measured]) -> str:
    """Formats the results as a text table."""
    head = (
        f"{'engine':<8} {'database':<11}"
        + "".join(f"{step:>8}" for step in STEPS)
        + f"{'4 steps':>8} {'lean':>7} {'ratio':>6} {'bare':>6} {'DB':>6} {'wall':>7}"
    )
    lines = [
        "milliseconds of CPU per signature; 4 steps: all but scan; DB: PostgreSQL's own; wall: with one client",
        "lean: a server that does only these four steps, on SQLite (benches/lean.py); ratio: 4 steps / lean",
        head,
    ]
    lines += [
        f"{each.engine:<8} {each.database:<11}"
        + "".join(f"{getattr(each, step):8.2f}" for step in STEPS)
        + f"{each.four:8.2f} {each.lean:7.2f} {each.four / each.lean:6.2f}"
        + f" {each.bare:6.2f} {each.database_cpu:6.2f} {each.wall:7.2f}"
        for each in results
    ]
    return "\n".join(lines)


def main(*, keep: bool = False) -> None:
    """Measures all four, prints a table, or JSON with `--json`; `keep` writes the figures of docs/performance.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--signatures", type=int, default=400, help="per combination (default: 400)")
    parser.add_argument("--engine", choices=["botan", "openssl"], help="only this one")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], help="only this one")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument(
        "--keep", action="store_true", help="write the figures of docs/performance.md, of all four"
    )
    options = parser.parse_args()
    load = os.getloadavg()[0]
    engines: list[EngineName] = [options.engine] if options.engine else ["botan", "openssl"]
    databases: list[DatabaseName] = [options.database] if options.database else ["sqlite", "postgresql"]
    results = [
        measure(engine, database, signatures=options.signatures)
        for database in databases
        for engine in engines
    ]
    if (keep or options.keep) and not (options.engine or options.database):
        figures = [
            kept.Figures(
                each.engine,
                each.database,
                each.four,
                each.scan,
                each.database_cpu,
                each.bare,
                each.lean,
            )
            for each in results
        ]
        kept.write(kept.now(figures, load_before=load))
    print(json.dumps([asdict(each) for each in results], indent=2) if options.json else table(results))


if __name__ == "__main__":
    main()
