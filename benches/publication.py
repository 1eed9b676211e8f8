"""CPU cost of issuing and publishing with 100 000 certificates, 10 000 revoked and 2 000 on hold; both databases.

Issuing covers everything after a certification request is co-signed, which ends with the check of its
signature: checking the request, the reservation, the certificate, its event. A list is made after one more
revocation. An OCSP answer is a stored one, requested again; these are measured in groups, because reading the
clocks costs more than an answer. Everything runs on the service's event loop.
"""

import argparse
import asyncio
import json
import secrets
import tempfile
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

import msgspec
from uvicorn.loops.auto import auto_loop_factory

from benches.cpu import database_cpu
from benches.http_signing import AT_ONCE
from benches.lists import CERTIFICATES, fill, settle
from mshield.gm import sm2
from mshield.pki.certificates.csr import build_request_info
from mshield.pki.certificates.names import LeafSubject
from mshield.pki.revocation.crl import Revoked, build_crl
from mshield.pki.revocation.ocsp import CertId, build_ocsp_request
from mshield.server.accounts.session import Caller
from mshield.server.authorities.chains import Chains
from mshield.server.authorities.rows.authorities import CrlRow, insert_crl
from mshield.server.certificates.certificate import Certificates
from mshield.server.certificates.local_authority import LocalAuthority
from mshield.server.certificates.rows.certificates import list_revoked_of
from mshield.server.certificates.rules.states import CertificateEvent
from mshield.server.database.migrate import migrate
from mshield.server.database.opening import open_database
from mshield.server.identity.proofs import Proofs
from mshield.server.keys.keyring import Keyring
from mshield.server.main import collect_as_the_service
from mshield.server.publication.crl import entries_of
from mshield.server.settings.settings import Settings
from mshield.wire.tokens import token_hash
from tests.support.issuing import NAME, ORGANISATION, Ca, change, make_ca, person
from tests.support.more_phones import proven
from tests.support.postgresql import Server, start_server
from tests.support.signing import execute

T = TypeVar("T")
DAY_MS: Final = 86_400_000
ISSUED: Final = 480
LISTS: Final = 10
ANSWERS: Final = 2400
_NOW: Final = time.time_ns() // 1_000_000
_SUBJECT: Final = LeafSubject(organisation=ORGANISATION, role="操作员", common_name=NAME)

Call = Callable[[int], Awaitable[object]]
DatabaseName = Literal["sqlite", "postgresql"]


@dataclass(frozen=True, slots=True)
class Measured:
    """CPU milliseconds of this process per operation, `database_cpu` for PostgreSQL; `bound` is that of issue 3."""

    database: str
    what: str
    cpu: float
    database_cpu: float
    bound: float | None


class _Meter:
    """Measures operations on one database."""

    def __init__(self, database: DatabaseName, server: Server | None) -> None:
        self._database, self._server = database, server
        self.found: list[Measured] = []

    async def add(
        self,
        what: str,
        call: Call,
        *,
        rounds: int,
        bound: float | None = None,
        prepare: Call | None = None,
        at_once: int = 1,
    ) -> None:
        """Adds the mean of `rounds` numbered calls, each after `prepare`, which isn't counted."""
        cpu = in_database = 0.0
        for first in range(0, rounds, at_once):
            if prepare is not None:
                await prepare(first)
            before, start = database_cpu(self._server), time.process_time()
            await asyncio.gather(*(call(number) for number in range(first, first + at_once)))
            cpu += time.process_time() - start
            in_database += database_cpu(self._server) - before
        per_call = 1e3 / rounds
        self.found.append(Measured(self._database, what, cpu * per_call, in_database * per_call, bound))


def run(database: DatabaseName, *, certificates: int) -> list[Measured]:
    """Measures all figures on one database."""
    with tempfile.TemporaryDirectory(prefix="mshield-publication-") as name:
        folder = Path(name)
        if database == "sqlite":
            return _in_loop(_run(f"sqlite:///{folder / 'mshield.db'}", None, certificates))
        folder.chmod(0o755)  # PostgreSQL runs as its own user
        server = start_server(folder / "postgresql", durable=True)
        try:
            return _in_loop(_run(server.create("mshield"), server, certificates))
        finally:
            server.stop()


def _in_loop(main: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        return runner.run(main)


async def _run(url: str, server: Server | None, certificates: int) -> list[Measured]:
    await asyncio.to_thread(migrate, url)
    db = await open_database(url)
    ca = await make_ca(db, Keyring.generate(), now=_NOW, settings=Settings.of(database=url))
    await fill(db, certificates)
    collect_as_the_service()
    meter = _Meter("sqlite" if server is None else "postgresql", server)
    await _measure_issuing(ca, meter)
    await _measure_publishing(ca, meter)
    await db.close()
    return meter.found


async def _measure_issuing(ca: Ca, meter: _Meter) -> None:
    confirmed = [await _confirmed(ca) for _ in range(ISSUED)]
    await settle(ca.db)
    certificates = Certificates(
        ca.db,
        ca.engine,
        Chains(ca.db, ca.authorities),
        LocalAuthority(ca.db, ca.issue),
        Proofs(ca.db, ca.issue.settings.identity),
    )

    async def finish(first: int) -> None:
        for each in confirmed[first : first + AT_ONCE]:
            sm2.verify(ca.engine, each.public, each.info, each.signature)

    async def issue(number: int) -> None:
        await certificates.issue_confirmed(confirmed[number].caller, now=_NOW)

    await meter.add("issuing", issue, rounds=ISSUED, bound=0.6, prepare=finish, at_once=AT_ONCE)
    people = [await person(ca.db, ca.keyring, ca.engine, now=_NOW) for _ in range(ISSUED)]
    serials: dict[int, str] = {}

    async def reserve(number: int) -> None:
        serials[number] = (await ca.issue.reserve(people[number][0], now=_NOW)).serial

    async def sign(number: int) -> None:
        await ca.issue.issue(serials[number], now=_NOW)

    await meter.add("  of which the reservation", reserve, rounds=ISSUED, at_once=AT_ONCE)
    await meter.add("  of which certificate and event", sign, rounds=ISSUED, at_once=AT_ONCE)


async def _measure_publishing(ca: Ca, meter: _Meter) -> None:
    publisher = ca.publisher()

    async def make(number: int) -> None:
        await publisher.crl("issuing", now=_NOW + number)

    async def revoke(number: int) -> None:
        await change(ca.db, f"a{10 * number:07d}", CertificateEvent.REVOKE, now=_NOW + number, reason=1)

    await meter.add("a process's first list", make, rounds=1)
    await meter.add("list after one more revocation", make, rounds=LISTS, bound=50, prepare=revoke)
    for name, call in _parts_of_a_list(ca):
        await meter.add(f"  of it {name}", call, rounds=LISTS)
    await meter.add("stored list, requested again", make, rounds=LISTS)
    leaf = await ca.certify(now=_NOW)
    request = build_ocsp_request([CertId.of(ca.authorities.issuing.certificate, leaf.serial)])

    async def ask(_: int) -> None:
        await publisher.ocsp(request, now=_NOW)

    await meter.add("OCSP answer, signed", ask, rounds=1)
    await meter.add("OCSP answer, kept", ask, rounds=ANSWERS, bound=0.1, at_once=AT_ONCE)


def _parts_of_a_list(ca: Ca) -> list[tuple[str, Call]]:
    """Returns the parts of a list: reading the rows; building, checking and signing it; storing it."""
    issuing = ca.authorities.issuing
    entries: list[Revoked] = []
    ders: list[bytes] = []

    async def read(_: int) -> None:
        found = await list_revoked_of(ca.db, issuer="issuing", shard=0, since=0)
        entries[:] = entries_of(found, issuer="issuing")

    async def build(number: int) -> None:
        ders.append(
            build_crl(
                signer=issuing.signer,
                issuer=issuing.certificate,
                number=number + 1,
                this_update=_NOW + DAY_MS,
                next_update=_NOW + 2 * DAY_MS,
                revoked=entries,
            )
        )

    async def store(number: int) -> None:
        crl = CrlRow(1000 + number, "", _NOW, _NOW)
        await insert_crl(ca.db, authority="root", crl=crl, der=ders[number])

    return [
        ("reading the revoked certificates", read),
        ("building, lint, signature", build),
        ("storing", store),
    ]


@dataclass(frozen=True, slots=True)
class _Confirmed:
    """A phone whose certification request `info` is co-signed."""

    caller: Caller
    public: bytes
    info: bytes
    signature: sm2.Signature


async def _confirmed(ca: Ca) -> _Confirmed:
    """Returns a logged-in phone whose certification request is signed, with the rows that enrolment leaves."""
    new, private = await person(ca.db, ca.keyring, ca.engine, now=_NOW)
    info = build_request_info(_SUBJECT, private.public)
    signature = sm2.sign(ca.engine, private, info)
    subject = msgspec.json.encode(
        {"organisation": _SUBJECT.organisation, "role": _SUBJECT.role, "common_name": _SUBJECT.common_name}
    ).decode()
    await proven(ca.db, new.account_id, new.person_id)
    await execute(ca.db, "UPDATE keys SET subject = $1 WHERE uid = $2", subject, new.uid)
    await execute(ca.db, "UPDATE devices SET shield_number = id WHERE id = $1", new.device_id)
    await execute(
        ca.db,
        "INSERT INTO tasks (sid, position, uid, purpose, state, message, media_type, title, display, created_at,"
        " expires_at) VALUES ($1, 0, $2, 'enrol', 'signed', $3, '', '', '', $4, $5)",
        new.uid,
        new.uid,
        info,
        _NOW,
        _NOW,
    )
    await execute(
        ca.db,
        "INSERT INTO signatures (sid, uid, purpose, digest, signature, signed_at) VALUES ($1, $2, 'enrol', $3, $4, $5)",
        new.uid,
        new.uid,
        b"digest",
        signature.to_raw(),
        _NOW,
    )
    token = secrets.token_urlsafe(16)
    await execute(
        ca.db,
        "INSERT INTO phone_sessions (token_hash, account_id, device_id, created_at, expires_at)"
        " VALUES ($1, $2, $3, $4, $5)",
        token_hash(token),
        new.account_id,
        new.device_id,
        _NOW,
        _NOW + DAY_MS,
    )
    return _Confirmed(Caller(token_hash(token), new.device_id), private.public, info, signature)


def table(results: list[Measured]) -> str:
    """Formats the results as a text table."""
    lines = [f"{'database':<12}{'milliseconds of CPU':<34}{'service':>9}{'database':>10}{'bound':>8}"]
    for each in results:
        bound = "" if each.bound is None else f"{each.bound:8.1f}"
        over = "  over" if each.bound is not None and each.cpu > each.bound else ""
        lines.append(
            f"{each.database:<12}{each.what:<34}{each.cpu:9.3f}{each.database_cpu:10.3f}{bound}{over}"
        )
    return "\n".join(lines)


def main() -> None:
    """Measures both databases and prints a table, or JSON with `--json`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--certificates", type=int, default=CERTIFICATES)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], help="only this one")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    databases: list[DatabaseName] = [options.database] if options.database else ["sqlite", "postgresql"]
    results = [each for name in databases for each in run(name, certificates=options.certificates)]
    print(json.dumps([asdict(each) for each in results], indent=2) if options.json else table(results))


if __name__ == "__main__":
    main()
