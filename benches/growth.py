"""How the service stands when much is in its database: the same calls on an empty one and on ones that were filled.

One service process (the real one) and one database, filled step by step, so that nothing but the rows differs. CPU is
the service's and PostgreSQL's together; times are those that a client waits. Lists are asked of the services in this
process. What costs more than a fifth more than on the empty one is said, and which list takes longer than its bound.
"""

import argparse
import asyncio
import datetime as dt
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final, cast

import httpx
import psutil

from benches import growth_population as population
from benches.cpu import database_cpu, process_cpu
from benches.http_signing import Signature
from benches.logins import Login
from benches.ready_service import DatabaseName, database_of, phones_of, ready_service
from mshield.domain.certificates.renewal import half_year_after
from mshield.gm.engine import load_engine
from mshield.keys.keyring import Keyring, load_keyring
from mshield.keys.master import generate_master_key
from mshield.keys.secrets import LookupKey, load_lookup_key
from mshield.keys.sources import MasterKeyFile
from mshield.main import create_app
from mshield.pki.certificates.certificate import parse_certificate
from mshield.pki.revocation.ocsp import CertId, build_ocsp_request
from mshield.services.ca.init import CaNames, init_ca
from mshield.services.certificates.words import read_words
from mshield.services.context import Context
from mshield.services.legal_person.lists import PeopleTerms, ShieldTerms
from mshield.services.legal_person.session import ManagedEnterprise
from mshield.services.process.clock import wall_clock
from mshield.settings import Settings
from mshield.store.database.migrate import migrate
from mshield.store.database.opening import open_database
from mshield.store.process import metrics
from tests.support.live_service import LiveService
from tests.support.postgresql import Server
from tests.support.raw_cosigning import Attacker
from tests.support.signing import fetch

SIZES: Final = ((0, 0), (100_000, 2_000_000))
"""Certificates and signatures, smallest first. The whole: --sizes 0:0 100000:2000000 1000000:20000000, some 30 GB."""
WITHIN: Final = 1.2
"""What a filled database may cost beside an empty one."""
BOUND_MS: Final = 50.0
"""What a search or a list may take, whatever there is (issue 20)."""
_ROUNDS: Final = 40
_ZONE: Final = dt.UTC
_GETS: Final = 200
_STATES: Final = ("active", "expiring", "expired", "pin_locked", "revoked", "superseded")

Call = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Measured:
    """CPU of one in ms, and how long it took at the median and at the 99th of a hundred."""

    what: str
    cpu: float
    p50: float
    p99: float


def run(database: DatabaseName, sizes: Sequence[tuple[int, int]], *, signatures: int) -> list[list[Measured]]:
    """For each size everything, in the same order."""
    with ready_service("auto", database) as (service, server):
        return asyncio.run(_run(service, server, sizes, signatures))


async def _run(
    service: LiveService, server: Server | None, sizes: Sequence[tuple[int, int]], signatures: int
) -> list[list[Measured]]:
    """The same phones sign throughout: one that went back to an older state would be taken for a copy."""
    keyring = Keyring.of(MasterKeyFile(service.folder / "master.key"))
    lookup = await _lookup(service.database, keyring)
    phones = phones_of(service)
    found, people, signed = [], 0, 0
    for certificates, count in sizes:
        began = time.monotonic()
        if certificates > people or count > signed:
            await asyncio.to_thread(
                population.populate,
                service.database,
                first=people,
                last=max(certificates, people),
                signatures=(signed, max(signed, count)),
                keyring=keyring,
                lookup=lookup,
            )
            people, signed = max(people, certificates), max(signed, count)
        print(
            f"{'sqlite' if server is None else 'postgresql'}: {certificates} certificates, {count} signatures,"
            f" {_size(service, server) / 1e9:.1f} GB, filled in {time.monotonic() - began:.0f} s",
            flush=True,
        )
        found.append(await _measure(service, server, phones, people, signatures))
    for phone in phones:
        await phone.http.aclose()
    return found


def run_lists(database: DatabaseName, sizes: Sequence[tuple[int, int]]) -> list[list[Measured]]:
    """Lists and searches alone, without a service process and its phones."""
    with tempfile.TemporaryDirectory(prefix="mshield-growth-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL runs as its own user
        with database_of(folder, database) as (url, server):
            return asyncio.run(_run_lists(url, server, folder, sizes))


async def _run_lists(
    url: str, server: Server | None, folder: Path, sizes: Sequence[tuple[int, int]]
) -> list[list[Measured]]:
    await asyncio.to_thread(migrate, url)
    key_file = folder / "master.key"
    MasterKeyFile(key_file).create(generate_master_key("aes"))
    settings = Settings(database=url, master_key_file=key_file, jobs="off", mode="demo")
    keyring = load_keyring(settings)
    db = await open_database(url)
    lookup = await load_lookup_key(db, keyring)
    await init_ca(db, keyring, load_engine(), settings, CaNames(), now=wall_clock())
    await db.close()
    found, people = [], 0
    for certificates, _ in sizes:
        began = time.monotonic()
        if certificates > people:
            await asyncio.to_thread(
                population.populate,
                url,
                first=people,
                last=certificates,
                signatures=(0, 0),
                keyring=keyring,
                lookup=lookup,
            )
            people = certificates
        print(f"{certificates} certificates, filled in {time.monotonic() - began:.0f} s", flush=True)
        app = create_app(settings)
        async with app.router.lifespan_context(app):
            cpu = partial(_spent, psutil.Process(), server)
            lists = _lists(app.state.context, people)
            found.append([await _timed(what, call, cpu=cpu) for what, call in lists])
    return found


async def _lookup(url: str, keyring: Keyring) -> LookupKey:
    db = await open_database(url)
    try:
        return await load_lookup_key(db, keyring)
    finally:
        await db.close()


def _size(service: LiveService, server: Server | None) -> int:
    folder = service.folder if server is None else server.data
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


async def _measure(
    service: LiveService,
    server: Server | None,
    phones: list[Attacker],
    people: int,
    signatures: int,
) -> list[Measured]:
    assert service.process is not None
    process = psutil.Process(service.process.pid)
    system = service.system
    credentials = httpx.BasicAuth(system["client_id"], system["client_secret"])
    found = []
    async with httpx.AsyncClient(
        base_url=service.origin, auth=credentials, trust_env=False, timeout=60
    ) as business:
        for what, kind in (("signature", _Whole), ("login", Login)):
            await _one_by_one(kind, phones, business, len(phones))
            before = _spent(process, server)
            times = await _one_by_one(kind, phones, business, signatures)
            found.append(_told(what, times, 1e3 * (_spent(process, server) - before) / signatures))
    settings = Settings(
        database=service.database, master_key_file=service.folder / "master.key", jobs="off", mode="demo"
    )
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        context: Context = app.state.context
        served = partial(_spent, process, server)
        found += await _published(service, context, served)
        here = partial(_spent, psutil.Process(), server)
        found += [await _timed(name, call, cpu=here) for name, call in _lists(context, people)]
    return found


class _Whole(Signature):
    """A signature from the request to its result."""

    __slots__ = ()

    async def whole(self) -> None:
        """All steps."""
        await self.create()
        await self.scan()
        await self.sign()
        await self.result()


async def _one_by_one(
    kind: type[_Whole | Login], phones: list[Attacker], business: httpx.AsyncClient, count: int
) -> list[float]:
    """Times of whole ones in ms, one after the other, so that none waits for another."""
    times = []
    for number in range(count):
        one, began = kind(phones[number % len(phones)], business), time.perf_counter()
        await one.whole()
        times.append(1e3 * (time.perf_counter() - began))
    return times


def _spent(process: psutil.Process, server: Server | None) -> float:
    """Seconds of CPU of a process and of PostgreSQL so far."""
    return process_cpu(process) + database_cpu(server)


async def _published(service: LiveService, context: Context, cpu: Callable[[], float]) -> list[Measured]:
    row = await fetch(
        context.db,
        "SELECT der FROM certificates WHERE shield_number = (SELECT MIN(shield_number) FROM devices WHERE id IN"
        " (SELECT device_id FROM phone_sessions)) AND der IS NOT NULL",
    )
    leaf = parse_certificate(cast("bytes", row["der"]))
    issuer = context.authorities.chain_of(leaf)[0]
    question = build_ocsp_request([CertId.of(issuer, leaf.serial)])
    kind = {"Content-Type": "application/ocsp-request"}
    async with httpx.AsyncClient(base_url=service.origin, trust_env=False, timeout=300) as http:
        first = (await http.get("/pki/issuing.crl")).raise_for_status()
        known = {"If-None-Match": first.headers["ETag"]}

        async def unchanged() -> None:
            await http.get("/pki/issuing.crl", headers=known)

        async def ask() -> None:
            (await http.post("/pki/ocsp", content=question, headers=kind)).raise_for_status()

        return [
            await _timed("revocation list, unchanged", unchanged, rounds=_GETS, cpu=cpu),
            await _timed("OCSP answer", ask, rounds=_GETS, cpu=cpu),
        ]


def _lists(context: Context, people: int) -> list[tuple[str, Call]]:
    """What portal and console ask, of somebody in the middle of all; on the empty one it finds nobody, or its few."""
    who = people // 2
    search, lists = context.certificates.search, context.legal_person.lists
    enterprise = ManagedEnterprise(*population.enterprise_of(who))

    def find(words: str, state: str | None = None) -> Call:
        async def call() -> None:
            terms, end = read_words(words)
            await search.page(replace(terms, state=state), end=end, limit=50, now=context.clock())

        return call

    async def portal_people() -> None:
        await lists.people(enterprise, PeopleTerms(), after="", limit=50, now=context.clock())

    async def portal_shields() -> None:
        await lists.shields(enterprise, ShieldTerms(), limit=50, now=context.clock())
        await lists.count_shields(enterprise, now=context.clock())

    async def overview() -> None:
        now = context.clock()
        await metrics.certificates(context.db, due=half_year_after(now, _ZONE), now=now)

    name, firm = population.name_of(who), enterprise.name
    return [
        ("portal: people", portal_people),
        ("portal: shields with their count", portal_shields),
        ("console: overview's count, a minute's", overview),
        ("console: newest certificates", find("")),
        *((f"console: state {state}", find("", state)) for state in _STATES),
        ("find: a whole name", find(name)),
        ("find: surname", find(name[0])),
        ("find: given name", find(name[1:])),
        ("find: a name that nobody has", find("查无此人")),
        ("find: a firm's two characters", find(firm[2:4])),
        ("find: what all firms have", find("国际贸易")),
        ("find: a firm and a state", find(firm, "revoked")),
        ("find: end of a shield number", find(population.shield_of(who)[-4:])),
        ("find: end of an id number", find(population.id_number_of(who)[-6:])),
        ("find: a shield number", find(population.shield_of(who))),
    ]


async def _timed(what: str, call: Call, *, rounds: int = _ROUNDS, cpu: Callable[[], float]) -> Measured:
    for _ in range(6):  # these prepare statements, and PostgreSQL makes up its mind by the sixth
        await call()
    times, before = [], cpu()
    for _ in range(rounds):
        began = time.perf_counter()
        await call()
        times.append(1e3 * (time.perf_counter() - began))
    return _told(what, times, 1e3 * (cpu() - before) / rounds)


def _told(what: str, times: list[float], cpu: float) -> Measured:
    return Measured(what, cpu, statistics.median(times), statistics.quantiles(times, n=100)[-1])


def table(sizes: Sequence[tuple[int, int]], found: Sequence[Sequence[Measured]]) -> str:
    """Side by side: CPU and median, 99th in brackets, and beside the empty one's what has grown."""
    heads = [f"{_short(people)} / {_short(signed)}" for people, signed in sizes]
    lines = ["ms: CPU of service and database | median (99th of a hundred)"]
    lines.append(f"{'certificates / signatures':36}" + "".join(f"{head:>32}" for head in heads))
    for row in zip(*found, strict=True):
        cells = "".join(f"{_cell(each):>32}" for each in row)
        lines.append(f"{row[0].what:36}{cells}{_verdict(row)}")
    return "\n".join(lines)


def _cell(one: Measured) -> str:
    return f"{one.cpu:.2f} | {one.p50:.2f} ({one.p99:.2f})"


def _verdict(row: Sequence[Measured]) -> str:
    """A search of an empty database finds nothing at once, so lists have a bound of their own."""
    first, last = row[0], row[-1]
    if ":" in first.what:
        return f"  over {BOUND_MS:.0f} ms" if last.p50 > BOUND_MS else ""
    return f"  {last.cpu / first.cpu:.2f}" + ("  grows" if last.cpu > WITHIN * first.cpu else "")


def _short(number: int) -> str:
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if number and number % size == 0:
            return f"{number // size} {letter}"
    return str(number)


def _sizes(text: str) -> tuple[int, int]:
    people, _, signed = text.partition(":")
    return int(people), int(signed)


def main() -> None:
    """Prints a table for each database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=_sizes, nargs="+", default=list(SIZES), metavar="PEOPLE:SIGNATURES")
    parser.add_argument("--signatures", type=int, default=240, help="measured of each kind and size")
    parser.add_argument("--lists", action="store_true", help="lists and searches alone, no signatures")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], action="append")
    asked = parser.parse_args() if __name__ == "__main__" else parser.parse_args([])
    databases: list[DatabaseName] = asked.database or ["sqlite", "postgresql"]
    for database in databases:
        if asked.lists:
            found = run_lists(database, asked.sizes)
        else:
            found = run(database, asked.sizes, signatures=asked.signatures)
        print(table(asked.sizes, found), flush=True)


if __name__ == "__main__":
    main()
