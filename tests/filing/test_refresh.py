"""Holders of shields are looked up again, so that a change outside takes effect here (R22)."""

import dataclasses
import datetime as dt
from collections.abc import Iterator
from typing import Final

import pytest

from mshield.server.authorities.chains import Chains
from mshield.server.certificates.search import FindCertificates, OneCertificate
from mshield.server.database.interface import Database
from mshield.server.filing.external.files import read_filing
from mshield.server.filing.external.source import FiledTable, HttpFilingSource
from mshield.server.filing.import_list import ImportFiling
from mshield.server.filing.look_up import LookUpFiling
from mshield.server.filing.people import FiledPeople
from mshield.server.filing.refresh import RefreshFiling
from mshield.server.keys.keyring import Keyring
from mshield.server.settings.settings import Settings
from tests.support.application import EXAMPLES
from tests.support.clock import START
from tests.support.issuing import Ca, make_ca, person
from tests.support.outside_systems import RECORD, SECRET, FilingOffice, OutsideServer, Reply, serving
from tests.support.second_person import SECOND
from tests.support.signing import statement

DAY: Final = 86_400_000
ALL: Final = read_filing((EXAMPLES / "filing.csv").read_bytes(), "filing.csv")
LIST: Final = [row for row in ALL if row.role == "操作员"]


@pytest.fixture
def office() -> FilingOffice:
    return FilingOffice(dict(RECORD))


@pytest.fixture
def server(office: FilingOffice) -> Iterator[OutsideServer]:
    with serving(office) as made:
        yield made


@pytest.fixture
async def ca(db: Database, keyring: Keyring) -> Ca:
    return await make_ca(db, keyring, now=START)


@pytest.fixture
def filing(ca: Ca) -> ImportFiling:
    return ImportFiling(ca.db, ca.keyring, ca.lookup)


@pytest.fixture
def refresh(filing: ImportFiling, server: OutsideServer) -> RefreshFiling:
    look_up = LookUpFiling(HttpFilingSource(server.url, SECRET, 2.0), filing)
    return RefreshFiling(filing.db, filing.keyring, Settings().filing, look_up)


async def _certified(ca: Ca, filing: ImportFiling, *, most: int = 1) -> list[str]:
    """Files the example's first people and certifies them; returns the serials."""
    await filing.apply(LIST, second_person=SECOND, now=START)
    people = await FiledPeople(filing.db, filing.keyring, filing.lookup).page()
    operator = [each for each in people if each.id_number == RECORD["id_number"]]
    serials = []
    for each in [*operator, *(each for each in people if each not in operator)][:most]:
        new, _ = await person(ca.db, ca.keyring, ca.engine, now=START)
        filed = dataclasses.replace(new, person_id=each.id, credit_code=each.credit_code, filing_version=2)
        row = await ca.issue.reserve(filed, now=START)
        await ca.issue.issue(row.serial, now=START)
        serials.append(row.serial)
    return serials


async def _certificate(ca: Ca, serial: str) -> OneCertificate:
    return await FindCertificates(ca.db, ca.keyring, ca.lookup, Chains(ca.db, ca.authorities), dt.UTC).one(
        serial, now=START
    )


async def test_r22_a_change_outside_is_found_and_makes_renewal_due(
    ca: Ca, filing: ImportFiling, refresh: RefreshFiling, office: FilingOffice
) -> None:
    (serial,) = await _certified(ca, filing)
    assert await refresh(now=START) == 1
    assert not (await _certificate(ca, serial)).filing_changed
    office.people[0]["name"] = "林志远"
    assert await refresh(now=START + DAY - 1) == 0
    assert await refresh(now=START + DAY) == 1
    assert (await _certificate(ca, serial)).filing_changed


async def test_r22_another_phone_number_outside_makes_no_renewal_due(
    ca: Ca, filing: ImportFiling, refresh: RefreshFiling, office: FilingOffice
) -> None:
    (serial,) = await _certified(ca, filing)
    office.people[0]["phone"] = "13800006099"
    assert await refresh(now=START) == 1
    (operator,) = await FiledPeople(filing.db, filing.keyring, filing.lookup).page(
        id_number=RECORD["id_number"]
    )
    assert operator.phone == "13800006099"
    assert not (await _certificate(ca, serial)).filing_changed


async def test_person_gone_outside_is_ended_by_the_refresh(
    ca: Ca, filing: ImportFiling, refresh: RefreshFiling, office: FilingOffice
) -> None:
    (serial,) = await _certified(ca, filing)
    office.people = []
    assert await refresh(now=START) == 1
    assert (await _certificate(ca, serial)).row.ended_at == START
    assert await refresh(now=START + 2 * DAY) == 0


async def test_outage_ends_no_record_and_is_retried_after_an_hour(
    ca: Ca, filing: ImportFiling, refresh: RefreshFiling, server: OutsideServer
) -> None:
    (serial,) = await _certified(ca, filing)
    server.next[:] = [Reply(404)]
    assert await refresh(now=START) == 0
    assert not (await _certificate(ca, serial)).filing_changed
    asked = len(server.asked)
    assert await refresh(now=START + 60_000) == 0
    assert len(server.asked) == asked
    assert await refresh(now=START + 3_600_000) == 1


async def test_unavailable_system_is_not_called_again(
    ca: Ca, filing: ImportFiling, refresh: RefreshFiling, server: OutsideServer
) -> None:
    await _certified(ca, filing, most=5)
    server.next[:] = [Reply(404)] * 10
    assert await refresh(now=START) == 0
    assert len(server.asked) == 3


async def test_without_a_shield_only_legal_persons_are_refreshed(
    filing: ImportFiling, refresh: RefreshFiling, server: OutsideServer
) -> None:
    """Otherwise a former legal representative could still stop the enterprise's shields at the portal."""
    await filing.apply(ALL, second_person=SECOND, now=START)
    assert await refresh(now=START) == len(ALL) - len(LIST)
    rows = await filing.db.all(statement("SELECT role, ended_at IS NOT NULL AS ended FROM filed_persons"))
    assert {(row["role"], bool(row["ended"])) for row in rows} == {
        ("legal_person", True),
        ("operator", False),
    }
    assert len(server.asked) == len(ALL) - len(LIST)


async def test_local_records_are_not_refreshed(ca: Ca, filing: ImportFiling) -> None:
    await _certified(ca, filing)
    own = LookUpFiling(FiledTable(filing.db, filing.hash_id_number), filing)
    assert await RefreshFiling(filing.db, filing.keyring, Settings().filing, own)(now=START) == 0
