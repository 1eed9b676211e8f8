"""Instructions that the service executes per call, counted by callgrind: SQLite, Botan, one phone.

Unlike CPU time, the count doesn't depend on what else the machine does. The service runs under callgrind in a process
of its own, so phone and business system aren't counted. Each call is counted by itself: the bench waits until all
threads of the service sleep, sets the count to zero, sends the call, waits until they sleep again and reads the count.
That includes work after the answer, and the thread that commits. The result is the least of a call's counts: on a busy
machine, work of another call may fall into one. The kernel, garbage collection and timers aren't counted.
"""

import argparse
import asyncio
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from statistics import median
from typing import Final

import httpx

from benches import kept_instructions
from benches.callgrind import Counter, counted
from benches.http_signing import Signature
from benches.logins import Login
from benches.one_write import OneWrite
from benches.ready_service import PEOPLE, PHONES, bare_service
from mshield.testkit.demo.people import Person
from mshield.testkit.phone import VirtualPhone
from tests.support.live_service import PIN_ROUNDS, LiveService, apply, log_in, register
from tests.support.raw_cosigning import Attacker

WARM_UP: Final = 12
"""Uncounted rounds: CPython adapts the code of a function during its first calls."""
ROUNDS: Final = 20
ISSUED: Final = 12
"""Counted certificates, each for another phone."""
STEPS: Final = ("create", "scan", "open", "finish", "result")
LOGIN: Final = "login, "
_UNCOUNTED: Final = "warm-up"


@dataclass(slots=True)
class _CountedIssuing(httpx.BaseTransport):
    """Connection of a phone that applies for a certificate; counts the call that issues it, `finish`."""

    counter: Counter
    name: str
    inner: OneWrite = field(default_factory=OneWrite)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if not request.url.path.endswith("/finish"):
            return self.inner.handle_request(request)
        with self.counter.count(self.name):
            return self.inner.handle_request(request)

    def close(self) -> None:
        self.inner.close()


def measure() -> dict[str, list[int]]:
    """Returns the counts of each call; those of a login by scan have `LOGIN` before their names."""
    phones = [(f"{person.phone}-{number}", person) for number in range(PHONES) for person in PEOPLE]
    phones = phones[: WARM_UP + ISSUED]
    with bare_service("botan", "sqlite") as (service, _):
        for number, (name, person) in enumerate(phones):
            with service.phone(name) as phone:
                if number < len(PEOPLE):
                    register(service, phone, person)
                log_in(service, phone, person)
        with counted(service) as counter:
            for number, (name, person) in enumerate(phones):
                _issue(service, counter, name, person, called="issuing" if number >= WARM_UP else _UNCOUNTED)
            name, person = phones[0]
            signing = Attacker.of(service.folder / name, service.origin, person.pin)
            asyncio.run(_sign(service, counter, signing))
    del counter.counts[_UNCOUNTED]
    return counter.counts


def least(counts: dict[str, list[int]]) -> dict[str, float]:
    """Returns the least count of each call in thousands; `login` is the sum of its five calls."""
    lows = {name: min(values) / 1000 for name, values in counts.items()}
    calls = {step: lows[step] for step in STEPS}
    calls |= {"login": sum(lows[LOGIN + step] for step in STEPS), "issuing": lows["issuing"]}
    return {name: round(value, 1) for name, value in calls.items()}


def _issue(service: LiveService, counter: Counter, name: str, person: Person, *, called: str) -> None:
    transport = _CountedIssuing(counter, called)
    folder = service.folder / name
    with VirtualPhone(folder, service.origin, transport=transport, pin_rounds=PIN_ROUNDS) as phone:
        apply(service, phone, person)


async def _sign(service: LiveService, counter: Counter, phone: Attacker) -> None:
    """Makes logins and signatures by turns, one call at a time."""
    credentials = httpx.BasicAuth(service.system["client_id"], service.system["client_secret"])
    await phone.http.aclose()
    phone.http = httpx.AsyncClient(transport=OneWrite())
    async with (
        phone,
        httpx.AsyncClient(base_url=service.origin, auth=credentials, transport=OneWrite()) as business,
    ):
        for number in range(WARM_UP + ROUNDS):
            _empty_wal(service)
            for kind, prefix in ((Login, LOGIN), (Signature, "")):
                request = kind(phone, business)
                for step in STEPS:
                    with counter.count(f"{prefix}{step}" if number >= WARM_UP else _UNCOUNTED):
                        await getattr(request, step)()


def _empty_wal(service: LiveService) -> None:
    """Moves SQLite's write-ahead log into the database: reading a page takes the longer, the longer the log is."""
    with closing(sqlite3.connect(service.database.removeprefix("sqlite:///"))) as database:
        busy, *_ = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    assert not busy, "the service still uses its database"


def table(counts: dict[str, list[int]]) -> str:
    """Formats the least, median and greatest count of each call, and the sums of the least."""
    lines = [f"{'thousand instructions':<24}{'least':>10}{'median':>10}{'most':>10}"]
    for name, values in sorted(counts.items(), key=lambda item: item[0].startswith(LOGIN)):
        figures = (min(values), median(values), max(values))
        lines.append(f"{name:<24}" + "".join(f"{value / 1000:10.1f}" for value in figures))
    calls = least(counts)
    sums = {"login": calls["login"], "four steps": kept_instructions.four_steps(calls)}
    lines += [f"{name:<24}{value:10.1f}" for name, value in sums.items()]
    return "\n".join(lines)


def main() -> None:
    """Measures and prints a table; `--keep` renews benches/instructions.json and docs/performance.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", action="store_true", help="renew benches/instructions.json and its docs")
    parser.add_argument("--reason", help="why it is renewed (with --keep)")
    options = parser.parse_args()
    if options.keep != bool(options.reason):
        parser.error("--keep and --reason go together")
    counts = measure()
    print(table(counts))
    if options.keep:
        kept_instructions.write(kept_instructions.now(least(counts), reason=options.reason))


if __name__ == "__main__":
    main()
