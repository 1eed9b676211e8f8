"""Waiting PCs: memory and CPU time of the service, and the time from the phone's answer until the PC learns of it.

One service process runs on PostgreSQL. The PCs are a separate process; phones sign requests that some PCs
wait for, a few at a time, while the other PCs go on waiting.
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Final

import httpx
import psutil

from benches.cpu import process_cpu
from benches.http_signing import Signature
from benches.ready_service import phones_of, ready_service
from tests.support.live_service import LiveService

WARM_UP: Final = 100
"""Number of waiting PCs before memory is first measured, because the first ones add a fixed amount."""

SETTLE_SECONDS: Final = 20.0
"""Time that all PCs wait before memory is measured again: two rounds of QR codes."""

AT_ONCE: Final = 3
"""Number of phones that work concurrently."""


@dataclass(frozen=True, slots=True)
class Waited:
    """`kilobytes` is the service's resident memory per PC; `p50`, `p99`, `longest` are ms after the phone's answer.

    `busy` is the percentage of a core that the service uses while all PCs wait and nothing happens.
    """

    way: str
    pcs: int
    kilobytes: float
    busy: float
    signed: int
    p50: float
    p99: float
    longest: float


def measure(*, poll: bool, pcs: int, signed: int) -> Waited:
    """Measures one way of waiting, on a service of its own."""
    with ready_service("auto", "postgresql") as (service, _), _readers() as readers:
        return asyncio.run(_measure(service, readers, poll=poll, pcs=pcs, signed=signed))


async def _measure(
    service: LiveService, readers: "subprocess.Popen[str]", *, poll: bool, pcs: int, signed: int
) -> Waited:
    assert service.process is not None
    process = psutil.Process(service.process.pid)
    credentials = httpx.BasicAuth(service.system["client_id"], service.system["client_secret"])
    phones = phones_of(service)
    async with httpx.AsyncClient(base_url=service.origin, auth=credentials, trust_env=False) as business:
        waiting = [Signature(phones[number % len(phones)], business) for number in range(WARM_UP + pcs)]
        for each in waiting:
            await each.create()
        # The PCs that have waited longest shouldn't be the measured ones.
        chosen = waiting[WARM_UP :: max(1, pcs // signed)][:signed]
        _order(service, readers, waiting[:WARM_UP], poll=poll, timed=[])
        before = process.memory_info().rss
        _order(service, readers, waiting[WARM_UP:], poll=poll, timed=chosen)
        spent = process_cpu(process)
        await asyncio.sleep(SETTLE_SECONDS)
        spent = process_cpu(process) - spent
        grown = process.memory_info().rss - before
        answered = await _sign(chosen)
    assert readers.stdout is not None
    times = json.loads(readers.stdout.readline())
    late = sorted(1e3 * max(0.0, times[request_id] - at) for request_id, at in answered.items())
    for phone in phones:
        await phone.http.aclose()
    return Waited(
        way="long poll" if poll else "server-sent events",
        pcs=pcs,
        kilobytes=grown / pcs / 1000,
        busy=100 * spent / SETTLE_SECONDS,
        signed=len(late),
        p50=statistics.median(late),
        p99=late[min(len(late) - 1, round(0.99 * len(late)))],
        longest=late[-1],
    )


async def _sign(requests: list[Signature]) -> dict[str, float]:
    """Returns the time of the phone's answer to the signature of each request."""
    answered: dict[str, float] = {}

    async def work(mine: list[Signature]) -> None:
        for each in mine:
            await each.scan()
            await each.sign()
            answered[_created(each)["id"]] = time.monotonic()

    # A key has one session at a time, so the requests of a phone go to one worker.
    groups: dict[int, list[Signature]] = {}
    for each in requests:
        groups.setdefault(id(each.phone), []).append(each)
    queues: list[list[Signature]] = [[] for _ in range(AT_ONCE)]
    for number, group in enumerate(groups.values()):
        queues[number % AT_ONCE] += group
    await asyncio.gather(*map(work, queues))
    return answered


def _created(signature: Signature) -> dict[str, Any]:
    assert signature.created is not None
    return signature.created


@contextmanager
def _readers() -> Iterator["subprocess.Popen[str]"]:
    command = (sys.executable, "-m", "benches.waiting_readers")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as readers:
        try:
            yield readers
        finally:
            readers.kill()


def _order(
    service: LiveService,
    readers: "subprocess.Popen[str]",
    requests: list[Signature],
    *,
    poll: bool,
    timed: list[Signature],
) -> None:
    """Makes the readers wait for the requests, and returns once they do."""
    assert readers.stdin is not None
    assert readers.stdout is not None
    order = {
        "port": service.port,
        "poll": poll,
        "requests": [
            {"id": _created(each)["id"], "token": _created(each)["status_token"]} for each in requests
        ],
        "timed": [_created(each)["id"] for each in timed],
    }
    readers.stdin.write(json.dumps(order) + "\n")
    readers.stdin.flush()
    assert readers.stdout.readline() == "waiting\n"
    if not timed:
        assert readers.stdout.readline() == "{}\n"


def table(results: list[Waited]) -> str:
    """Formats the results as a text table."""
    lines = [
        "kB: the service's resident memory per waiting PC; busy: % of a core that it takes while all wait;",
        "ms from the phone's answer until the PC has the news",
        f"{'way':<20} {'PCs':>6} {'kB':>6} {'busy':>6} {'signed':>7} {'p50':>7} {'p99':>7} {'longest':>8}",
    ]
    lines += [
        f"{each.way:<20} {each.pcs:6} {each.kilobytes:6.1f} {each.busy:6.1f} {each.signed:7}"
        f" {each.p50:7.1f} {each.p99:7.1f} {each.longest:8.1f}"
        for each in results
    ]
    return "\n".join(lines)


def main() -> None:
    """Measures both and prints a table, or JSON with `--json`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pcs", type=int, default=2000, help="that wait (default: 2000)")
    parser.add_argument("--signed", type=int, default=500, help="requests that phones sign (default: 500)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    results = [measure(poll=poll, pcs=options.pcs, signed=options.signed) for poll in (False, True)]
    print(json.dumps([asdict(each) for each in results], indent=2) if options.json else table(results))


if __name__ == "__main__":
    main()
