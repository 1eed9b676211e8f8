"""A running service for measurements, on a fresh database, with people enrolled on their phones."""

import secrets
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final, Literal

import msgspec

from mshield.testkit.demo.people import OPERATOR, Person
from tests.support.live_service import LiveService, apply, log_in, register
from tests.support.postgresql import Server, start_server
from tests.support.raw_cosigning import Attacker

PHONES: Final = 6
"""Phones per person, the greatest allowed number. Each signs one document after the other, all concurrently."""
PEOPLE: Final = (
    OPERATOR,
    replace(OPERATOR, name="沈若澜", id_number="33020319930727264X", phone="13800006028"),
    replace(
        OPERATOR, name="顾承岳", id_number="330206197403183014", phone="13900005011", role="legal_person"
    ),
    replace(
        OPERATOR,
        name="孟庭筠",
        id_number="370203198112051858",
        phone="13900006612",
        role="legal_person",
        credit_code="91370203MA3YK2D9RF",
    ),
)
"""People in the example's filing records."""

EngineName = Literal["botan", "openssl"]
DatabaseName = Literal["sqlite", "postgresql"]


@contextmanager
def ready_service(
    engine: str, database: DatabaseName, *, memory: str = "64MB", **settings: str
) -> Iterator[tuple[LiveService, Server | None]]:
    """Yields a running service on a fresh database, with all people enrolled on all of their phones."""
    with bare_service(engine, database, memory=memory, **settings) as (service, server):
        with ThreadPoolExecutor(len(PEOPLE)) as pool:
            list(pool.map(partial(_enrol, service), PEOPLE))
        yield service, server


@contextmanager
def bare_service(
    engine: str, database: DatabaseName, *, memory: str = "64MB", **settings: str
) -> Iterator[tuple[LiveService, Server | None]]:
    """Yields a running service on a fresh database, with a business system and no people."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        with database_of(folder, database, memory=memory) as (url, server):
            service = LiveService(
                folder,
                url,
                engine,
                fresh=True,
                # Logins and signatures start at full rate, above the limit per minute of a business system.
                settings={
                    "MSHIELD_ACCESS_LOG": "false",
                    "MSHIELD_JOBS": "off",
                    "MSHIELD_REQUESTS_PER_SYSTEM": "1000000",
                }
                | settings,
            )
            service.prepare()
            service.start()
            try:
                yield service, server
            finally:
                service.stop()


def _enrol(service: LiveService, person: Person) -> None:
    """Enrols all phones of one person in order, because their SMS codes go to the same number."""
    for number in range(PHONES):
        with service.phone(f"{person.phone}-{number}") as phone:
            if number == 0:
                register(service, phone, person)
            log_in(service, phone, person)
            apply(service, phone, person)


@contextmanager
def database_of(
    folder: Path, kind: DatabaseName, *, memory: str = "64MB"
) -> Iterator[tuple[str, Server | None]]:
    """Yields the address of a new database in this folder, and the server that runs meanwhile, if any.

    `memory` is the size of PostgreSQL's shared buffers.
    """
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'mshield.db'}", None
        return
    server = start_server(folder / "postgresql", durable=True, memory=memory)
    try:
        yield server.create("mshield"), server
    finally:
        server.stop()


def phones_of(service: LiveService) -> list[Attacker]:
    """Returns all phones of a ready service, each ready to sign."""
    phones = [
        Attacker.of(service.folder / f"{person.phone}-{number}", service.origin, person.pin)
        for person in PEOPLE
        for number in range(PHONES)
    ]
    for phone in phones:
        phone.key = msgspec.structs.replace(phone.key, rn=secrets.token_bytes(32))
    return phones
