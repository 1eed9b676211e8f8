"""One hostile business system against the service: what health checks and another system notice of it.

The other system requests signatures of ordinary PDFs, one after the other: first alone, then while the hostile
one sends the most expensive contents known over several connections without pause: images of empty parts, PDFs
of packed arrays or many objects, long texts and XML with 64 words to compare. Their titles differ, so that the
service remembers none. The hostile system is a process of its own: in this one, the copying of its bodies would
delay the other system's calls and count as the service's time. Memory is that of the service's process and,
apart from it, of the processes that check contents.
"""

import argparse
import base64
import itertools
import json
import multiprocessing
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event as ProcessEvent
from threading import Event
from typing import Final

import httpx
import psutil

from benches.ready_service import DatabaseName, bare_service
from tests.support.live_service import LiveService
from tests.support.pdfs import bodies, contract, packed_arrays, written

CONNECTIONS: Final = 6
"""Concurrent calls of the hostile system."""
REST_SECONDS: Final = 60.0
_DATABASES: Final[tuple[DatabaseName, ...]] = ("sqlite", "postgresql")
_REQUESTS: Final = "/api/business/requests"
_MIB: Final = 1024 * 1024
_CREATED: Final = 201
_PAUSE: Final = 0.05
_PNG: Final = b"\x89PNG\r\n\x1a\n"


@dataclass(slots=True)
class Load:
    """Seconds of each health check and of each PDF of the other system, answers by status, and memory in MiB."""

    health: list[float] = field(default_factory=list)
    pdfs: list[float] = field(default_factory=list)
    answers: Counter[int] = field(default_factory=Counter)
    hostile: Counter[int] = field(default_factory=Counter)
    memory: list[float] = field(default_factory=list)
    readers: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Result:
    """Both loads, and the service's memory in MiB before the attack and some time after it."""

    quiet: Load
    attack: Load
    before: float
    after: float

    @property
    def ratio(self) -> float:
        """p99 of the other system's PDFs under attack, relative to the quiet one."""
        return _percentile(self.attack.pdfs, 0.99) / _percentile(self.quiet.pdfs, 0.99)

    @property
    def growth(self) -> float:
        """MiB by which the service's process grew at most."""
        return max(self.attack.memory) - self.before


def attacks() -> dict[str, tuple[str, bytes]]:
    """Returns the expensive contents with their media types."""
    empty = b"\xff\xfe\x00\x02"
    chunk = b"\0\0\0\0tEXt" + zlib.crc32(b"tEXt").to_bytes(4, "big")
    objects = bodies() | dict.fromkeys(range(90, 90000), b"[0 0 0 0 0 0 0 0]")
    many = written(objects)
    return {
        "JPEG of empty segments": ("image/jpeg", b"\xff\xd8" + empty * (10 * _MIB // 4 - 10)),
        "PNG of empty chunks": ("image/png", _PNG + chunk * (10 * _MIB // 12 - 10)),
        "PDF of packed arrays": ("application/pdf", packed_arrays(25, 900_000)),
        "PDF of many objects": ("application/pdf", many),
        "PDF of many objects, revised": ("application/pdf", written({}, onto=written({}, onto=many))),
        "text of 5 MiB": ("text/plain", b"1.00 " * (_MIB - 10)),
        "text of 20 MB": ("text/plain", b"1.00 " * 4_000_000),
        "XML of 4 MB": ("application/xml", b"<a>" + b"<b>1.00</b>" * 180_000 + b" " * 2_000_000 + b"</a>"),
        "JSON of 4 MB": ("application/json", b"[" + b'"1.00 1.00 1.00 1.00",' * 180_000 + b"0]"),
    }


def _body(media_type: str, content: bytes, *, title: str, lines: int = 0) -> bytes:
    document = {
        "title": title,
        "media_type": media_type,
        "format": "cms",
        "content_b64": base64.b64encode(content).decode(),
        "display": [{"label": f"amount {line}", "value": f"{line}.00"} for line in range(lines)],
    }
    return json.dumps({"kind": "signature", "documents": [document]}, separators=(",", ":")).encode()


def _hostile_bodies() -> list[tuple[bytes, bytes]]:
    """Returns each body in two parts, before and after its title."""
    parted = [
        _body(kind, content, title="@@", lines=64).partition(b"@@") for kind, content in attacks().values()
    ]
    return [(before, after) for before, _, after in parted]


class _Attack:
    """A phase: calls of both systems until it ends."""

    def __init__(self, service: LiveService, other: dict[str, str]) -> None:
        assert service.process is not None
        self._process = psutil.Process(service.process.pid)
        self._service, self._other = service, other
        self._ended = Event()
        self._pdf = _body("application/pdf", contract(5), title="合同")

    def run(self, *, seconds: float, connections: int) -> Load:
        """Returns what was measured meanwhile, with so many connections of the hostile system."""
        load = Load()
        self._ended.clear()
        loops: list[Callable[[Load], None]] = [self._check, self._ask, self._watch]
        with self._attackers(load, connections), ThreadPoolExecutor(len(loops)) as pool:
            running = [pool.submit(loop, load) for loop in loops]
            time.sleep(seconds)
            self._ended.set()
            for one in running:
                one.result()
        return load

    @contextmanager
    def _attackers(self, load: Load, connections: int) -> Iterator[None]:
        """Lets the hostile system call meanwhile, from when its process has made its bodies."""
        if not connections:
            yield
            return
        spawning = multiprocessing.get_context("spawn")
        ready, ended = spawning.Event(), spawning.Event()
        answers, sends = spawning.Pipe(duplex=False)
        given = (self._service.origin, self._service.system, connections, (ready, ended), sends)
        attacker = spawning.Process(target=_attack, args=given, daemon=True)
        attacker.start()
        ready.wait(60)
        try:
            yield
        finally:
            ended.set()
            load.hostile.update(answers.recv())
            attacker.join()

    def memory(self) -> tuple[float, float]:
        """Returns the MiB of the service's process, and of the processes that it started."""
        children = self._process.children(recursive=True)
        return self._process.memory_info().rss / _MIB, sum(map(_resident, children)) / _MIB

    def _client(self, system: dict[str, str] | None = None) -> httpx.Client:
        auth = None if system is None else (system["client_id"], system["client_secret"])
        return _client(self._service.origin, auth)

    def _check(self, load: Load) -> None:
        with self._client() as client:
            while not self._ended.wait(_PAUSE):
                begun = time.perf_counter()
                client.get("/healthz").raise_for_status()
                load.health.append(time.perf_counter() - begun)

    def _ask(self, load: Load) -> None:
        with self._client(self._other) as client:
            while not self._ended.wait(_PAUSE):
                begun = time.perf_counter()
                status = _post(client, self._pdf)
                load.answers[status] += 1
                if status == _CREATED:
                    load.pdfs.append(time.perf_counter() - begun)

    def _watch(self, load: Load) -> None:
        while not self._ended.wait(_PAUSE):
            memory, readers = self.memory()
            load.memory.append(memory)
            load.readers.append(readers)


def _client(origin: str, auth: tuple[str, str] | None) -> httpx.Client:
    return httpx.Client(base_url=origin, auth=auth, timeout=120, trust_env=False)


def _attack(
    origin: str,
    system: dict[str, str],
    connections: int,
    events: tuple[ProcessEvent, ProcessEvent],
    sends: "Connection[Counter[int], None]",
) -> None:
    """Sends hostile bodies over so many connections, then the number of answers by status.

    Of the two events it sets the first when its bodies are made, and ends with the second.
    """
    ready, ended = events
    numbers = itertools.count()
    hostile = _hostile_bodies()
    ready.set()

    def call(_: int) -> Counter[int]:
        answers: Counter[int] = Counter()
        with _client(origin, (system["client_id"], system["client_secret"])) as client:
            while not ended.is_set():
                number = next(numbers)
                before, after = hostile[number % len(hostile)]
                answers[_post(client, before + str(number).encode() + after)] += 1
        return answers

    with ThreadPoolExecutor(connections) as pool:
        sends.send(sum(pool.map(call, range(connections)), Counter()))


def _post(client: httpx.Client, body: bytes) -> int:
    """Returns the status, or 0 if the service closed the connection instead of reading the body."""
    try:
        return client.post(_REQUESTS, content=body, headers={"Content-Type": "application/json"}).status_code
    except httpx.TransportError:
        return 0


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


def measure(service: LiveService, *, seconds: float, rest: float = REST_SECONDS) -> Result:
    """Returns the results of a service that has no other load."""
    other = service.command("business", "add", "银行", "--domain", "bank.example")
    attack = _Attack(service, other)
    attack.run(seconds=min(3.0, seconds), connections=0)  # warm-up
    quiet = attack.run(seconds=seconds, connections=0)
    before, _ = attack.memory()
    under = attack.run(seconds=seconds, connections=CONNECTIONS)
    time.sleep(rest)
    return Result(quiet, under, before, attack.memory()[0])


def _percentile(seconds: list[float], share: float) -> float:
    ordered = sorted(seconds) or [float("nan")]
    return ordered[min(len(ordered) - 1, round(share * len(ordered)))]


def _lines(result: Result) -> Iterator[str]:
    yield f"{'':<10}{'/healthz worst':>16}{'PDFs':>7}{'p50 ms':>9}{'p99':>9}   other answers"
    for name, load in (("quiet", result.quiet), ("attacked", result.attack)):
        refused = {status: count for status, count in load.answers.items() if status != _CREATED}
        yield (
            f"{name:<10}{1e3 * max(load.health):>13.0f} ms{len(load.pdfs):>7}"
            f"{1e3 * _percentile(load.pdfs, 0.5):>9.0f}{1e3 * _percentile(load.pdfs, 0.99):>9.0f}   {refused or 'none'}"
        )
    attack = result.attack
    yield f"p99 of PDFs under attack: {result.ratio:.1f} times the quiet one (goal 3); /healthz goal 200 ms"
    yield (
        f"service: {result.before:.0f} MiB before, {result.growth:+.0f} at most (goal +100), "
        f"{result.after - result.before:+.0f} afterwards; its readers: {max(attack.readers):.0f} MiB at most"
    )
    yield f"answers to the hostile system: {dict(sorted(attack.hostile.items()))}"


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--rest", type=float, default=REST_SECONDS, help="seconds until memory is read again")
    parser.add_argument("--database", action="append", choices=_DATABASES)
    given, _ = parser.parse_known_args()
    for database in given.database or _DATABASES:
        with bare_service("auto", database, MSHIELD_CALLS_PER_PROCESS="32") as (service, _server):
            result = measure(service, seconds=given.seconds, rest=given.rest)
        print(database, *_lines(result), sep="\n", flush=True)


if __name__ == "__main__":
    main()
