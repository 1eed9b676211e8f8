"""Cost of revocation lists with a million revoked certificates, in shards or (`--whole`) all in shard 0; on SQLite.

Measured are CPU time and wall time for building all lists from their rows, for one more revocation until its
list is stored, and for a GET with and without the list in memory; also the peak memory of the process so far.
"""

import argparse
import asyncio
import json
import resource
import sqlite3
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from starlette.requests import Request

from mshield.pki.revocation.crl import parse_crl
from mshield.server.certificates.rules.states import CertificateEvent
from mshield.server.database.migrate import migrate
from mshield.server.database.opening import open_database
from mshield.server.http.answers import cached
from mshield.server.keys.keyring import Keyring
from mshield.server.publication.publisher import Publisher
from mshield.server.settings.settings import Settings
from tests.support.issuing import Ca, change, make_ca

REVOKED: Final = 1_000_000
_SHARD: Final = 10_000
_NOW: Final = time.time_ns() // 1_000_000
_YEAR: Final = 365 * 86_400_000
_GETS: Final = 20_000

_FILL: Final = """
WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < :count)
INSERT INTO certificates (serial, uid, request_sid, account_id, device_id, person_id, filing_version, shield_number,
  organisation, credit_code, role, common_name, issuer, der, state, holds, not_before, not_after, issued_at, changed_at,
  revoked_at, revocation_reason, held_since)
SELECT CASE WHEN :whole THEN printf('4%039x', n * 1000) ELSE printf('2%04x%035x', 1 + n / :shard, n * 1000) END,
  CAST(printf('u%015d', n) AS BLOB), CAST(printf('r%015d', n) AS BLOB), c.account_id, c.device_id, c.person_id, 1,
  c.shield_number, c.organisation, c.credit_code, c.role, c.common_name, 'issuing', x'30',
  CASE WHEN n % :shard = 7 THEN 'active' ELSE 'revoked' END, '', :now - :year, :now + :year, :now - n, :now - n,
  CASE WHEN n % :shard = 7 THEN NULL ELSE :now - n END, CASE WHEN n % :shard = 7 THEN NULL ELSE n % 6 END, NULL
FROM numbers, (SELECT * FROM certificates LIMIT 1) c
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """Milliseconds of CPU and wall time for one thing, and the peak memory of the process until then, in MB."""

    what: str
    cpu: float
    ms: float
    most_mb: float


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def _timed(what: str, work: Callable[[], Awaitable[object]], *, rounds: int = 1) -> Measured:
    start, cpu = time.perf_counter(), time.process_time()
    for _ in range(rounds):
        await work()
    took, cpu = time.perf_counter() - start, time.process_time() - cpu
    return Measured(what, cpu * 1000 / rounds, took * 1000 / rounds, _memory())


async def run(folder: Path, *, revoked: int, whole: bool) -> list[Measured]:
    """Makes all measurements."""
    file = folder / "mshield.db"
    url = f"sqlite:///{file}"
    await asyncio.to_thread(migrate, url)
    db = await open_database(url)
    ca = await make_ca(
        db,
        Keyring.generate(),
        now=_NOW - _YEAR,
        settings=Settings.of(database=url, crl_shard_certificates=_SHARD),
    )
    await ca.certify(now=_NOW - _YEAR)
    _populate(file, revoked=revoked, whole=whole)
    await ca.authorities.refresh(db)
    found = [Measured("(filled)", 0, 0, _memory())]
    publisher, shards = ca.publisher(), 0 if whole else -(-revoked // _SHARD)

    async def make_all() -> None:
        while await publisher.refresh(now=_NOW):
            pass

    found.append(await _timed(f"all lists from rows, {max(shards, 1)}", make_all))
    found += await _after_changes(ca, publisher, shards=shards)
    await db.close()
    return found


async def _after_changes(ca: Ca, publisher: Publisher, *, shards: int) -> list[Measured]:
    found: list[Measured] = []
    times: list[Measured] = []
    name = "issuing"
    for number in range(1, 6):
        shard = 0 if shards == 0 else number * max(1, shards // 6)
        place = ((shard - 1 if shards else number) * _SHARD + 7) * 1000
        serial = f"2{shard:04x}{place:035x}" if shards else f"4{place:039x}"
        await change(ca.db, serial, CertificateEvent.REVOKE, now=_NOW + 2000 * number, reason=1)
        made = await _timed("", lambda number=number: publisher.refresh(now=_NOW + 2000 * number + 1000))  # type: ignore[misc]  # mypy infers no lambda with a default
        times.append(made)
        name = f"issuing.{shard}" if shards else "issuing"
        crl = await publisher.crl(name, now=_NOW + 2000 * number + 1000)
        if bytes.fromhex(serial) not in crl.der:
            raise AssertionError("the revocation isn't in its list")
    found.append(
        Measured(
            "one more revocation, mean of five",
            sum(one.cpu for one in times) / len(times),
            sum(one.ms for one in times) / len(times),
            _memory(),
        )
    )
    crl = await publisher.crl(name, now=_NOW + 11_000)
    size, entries = len(crl.der), len(parse_crl(crl.der).revoked)
    found.append(Measured(f"(a list has {size} bytes, {entries} entries)", 0, 0, _memory()))
    found.append(
        await _timed("the job with nothing to do", lambda: publisher.refresh(now=_NOW + 20_000), rounds=20)
    )
    for what, known in (("GET, 200", None), ("GET, 304", crl.tag)):
        request = _request(known)

        async def get(request: Request = request) -> None:
            published = await publisher.crl(name, now=_NOW + 20_000)
            cached(request, published.der, "application/pkix-crl", {}, tag=published.tag)

        found.append(await _timed(what, get, rounds=_GETS))
    return found


def _request(known: str | None) -> Request:
    headers = [] if known is None else [(b"if-none-match", known.encode())]
    return Request({"type": "http", "method": "GET", "path": "/", "headers": headers})


def _populate(file: Path, *, revoked: int, whole: bool) -> None:
    values = {"count": revoked, "whole": whole, "shard": _SHARD, "now": _NOW - 1_000_000, "year": _YEAR}
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute(_FILL, values)
        if not whole:
            connection.executemany(
                "INSERT INTO crl_shards (authority, shard, opened_at) VALUES ('issuing', ?, ?)",
                [(shard, _NOW - 1000) for shard in range(1, -(-revoked // _SHARD) + 1)],
            )


def main() -> None:
    """Prints a table, or JSON with `--json`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--revoked", type=int, default=REVOKED)
    parser.add_argument("--whole", action="store_true", help="all in shard 0")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mshield-crl-") as folder:
        found = asyncio.run(run(Path(folder), revoked=options.revoked, whole=options.whole))
    if options.json:
        print(json.dumps([asdict(one) for one in found], indent=2))
        return
    for one in found:
        print(f"{one.what:<60}{one.cpu:12.3f} ms CPU{one.ms:12.3f} ms{one.most_mb:9.0f} MB")


if __name__ == "__main__":
    main()
