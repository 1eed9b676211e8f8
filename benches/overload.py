"""Service under overload: durations of accepted calls, number of refused ones, and memory.

A business system requests signatures of eight documents from one service process: first as fast as possible
with 32 concurrent calls (the capacity), then at 70 % of that rate, then at three times it. Calls are sent
when they are due, whether or not earlier ones were answered; the duration of a call is measured from its due
time.
"""

import argparse
import asyncio
import base64
import json
import time
from dataclasses import dataclass, field
from typing import Final

import psutil

from benches.ready_service import DatabaseName, bare_service
from tests.support.live_service import LiveService

AT_ONCE: Final = 32
NORMAL: Final = 0.7
TIMES: Final = 3
_DATABASES: Final[tuple[DatabaseName, ...]] = ("sqlite", "postgresql")
_OK: Final = 201
_REFUSED: Final = 503


@dataclass(slots=True)
class Load:
    """Seconds of each accepted and each refused call; the process's memory at start, halfway and end (MB)."""

    seconds: float
    accepted: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    other: int = 0
    memory: list[float] = field(default_factory=list)


class Caller:
    """Raw HTTP calls over persistent connections, as many as are needed concurrently."""

    def __init__(self, service: LiveService) -> None:
        system, self._port = service.system, service.port
        credentials = base64.b64encode(f"{system['client_id']}:{system['client_secret']}".encode()).decode()
        document = {"title": "报关单", "media_type": "application/xml", "content_b64": "QUJD" * 1_000}
        asked = {"kind": "signature", "documents": [document] * 8}
        body = json.dumps(asked, separators=(",", ":"))
        self._call = (
            f"POST /api/business/requests HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {credentials}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        ).encode()
        self._free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def __call__(self) -> int:
        """Sends the call and returns the status of the answer."""
        reader, writer = self._free.pop() if self._free else await self._connected()
        writer.write(self._call)
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        length = next(int(line[16:]) for line in lines if line.startswith(b"content-length: "))
        await reader.readexactly(length)
        self._free.append((reader, writer))
        return int(head[9:12])

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self._port)

    def close(self) -> None:
        """Closes all connections."""
        for _, writer in self._free:
            writer.close()


async def what_fits(call: Caller, seconds: float) -> float:
    """Returns the calls per second of a few callers, each of which waits for its answer."""
    until, done = time.perf_counter() + seconds, 0

    async def go_on() -> None:
        nonlocal done
        while time.perf_counter() < until:
            status = await call()
            done += status == _OK

    await asyncio.gather(*(go_on() for _ in range(AT_ONCE)))
    return done / seconds


async def loaded(call: Caller, process: psutil.Process, *, rate: float, seconds: float) -> Load:
    """Sends calls at this rate, regardless of their answers."""
    load = Load(seconds)
    tasks: set[asyncio.Task[None]] = set()

    async def one(due: float) -> None:
        status = await call()
        took = time.perf_counter() - due
        if status == _OK:
            load.accepted.append(took)
        elif status == _REFUSED:
            load.refused.append(took)
        else:
            load.other += 1

    start, number, count = time.perf_counter(), 0, round(rate * seconds)
    while number < count:
        if number % max(1, count // 2) == 0:
            load.memory.append(process.memory_info().rss / 1e6)
        due = start + number / rate
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        task = asyncio.create_task(one(due))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        number += 1
    await asyncio.gather(*tasks)
    load.memory.append(process.memory_info().rss / 1e6)
    return load


async def measure(service: LiveService, seconds: float) -> tuple[float, Load, Load]:
    """Returns the capacity (calls per second) and the results of the two loads."""
    assert service.process is not None
    process, call = psutil.Process(service.process.pid), Caller(service)
    await what_fits(call, seconds / 3)  # warm-up
    fits = await what_fits(call, seconds)
    normal = await loaded(call, process, rate=NORMAL * fits, seconds=seconds)
    over = await loaded(call, process, rate=TIMES * fits, seconds=seconds)
    call.close()
    return fits, normal, over


def _shown(name: str, load: Load) -> str:
    accepted, refused = _milliseconds(load.accepted), _milliseconds(load.refused)
    memory = " ".join(f"{each:.0f}" for each in load.memory)
    return (
        f"{name:<12}{len(load.accepted) / load.seconds:>10.0f}{accepted[0]:>8.1f}{accepted[1]:>8.1f}"
        f"{len(load.refused) / load.seconds:>10.0f}{refused[1]:>8.1f}{load.other:>7}   {memory}"
    )


def _milliseconds(seconds: list[float]) -> tuple[float, float]:
    """Returns the median and the 99th percentile."""
    ordered = sorted(seconds) or [0.0]
    return 1e3 * ordered[len(ordered) // 2], 1e3 * ordered[min(len(ordered) - 1, round(0.99 * len(ordered)))]


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--most", default="32", help="MSHIELD_CALLS_PER_PROCESS")
    parser.add_argument("--database", action="append", choices=_DATABASES)
    given, _ = parser.parse_known_args()
    settings = {"MSHIELD_CALLS_PER_PROCESS": given.most}
    for database in given.database or _DATABASES:
        with bare_service("auto", database, **settings) as (
            service,
            _server,
        ):
            fits, normal, over = asyncio.run(measure(service, given.seconds))
        print(
            f"{database}: {fits:.0f} calls/s fit; accepted p99 at {TIMES} times: "
            f"{_milliseconds(over.accepted)[1] / _milliseconds(normal.accepted)[1]:.1f} times the normal one"
        )
        print(
            f"{'':<12}{'accepted/s':>10}{'p50 ms':>8}{'p99':>8}{'refused/s':>10}{'p99':>8}{'other':>7}   MB"
        )
        print(_shown("normal", normal))
        print(_shown(f"{TIMES} times", over), flush=True)


if __name__ == "__main__":
    main()
