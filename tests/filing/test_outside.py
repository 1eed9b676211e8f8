"""Applying with an outside filing system."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

import pytest
from pydantic import SecretStr

from tests.support.application import Application, Device, running
from tests.support.assertions import assert_refused
from tests.support.clock import Clock
from tests.support.outside_systems import RECORD, SECRET, FilingOffice, OutsideServer, Reply, serving

ENROL: Final = "/api/phone/enrolments"


@pytest.fixture
def office() -> FilingOffice:
    return FilingOffice({**RECORD, "enterprise": "宁波南潮进出口有限公司"})


@pytest.fixture
def server(office: FilingOffice) -> Iterator[OutsideServer]:
    with serving(office) as made:
        yield made


@pytest.fixture
async def application(
    database_url: str, tmp_path: Path, clock: Clock, server: OutsideServer
) -> AsyncIterator[Application]:
    outside = {"filing_source_url": server.url, "filing_source_secret": SecretStr(SECRET)}
    async with running(database_url, tmp_path, clock, **outside) as made:
        yield made


async def test_r4_certificate_has_the_outside_systems_data(application: Application, device: Device) -> None:
    begun = await device.call("POST", ENROL, await application.application_form(device))
    assert begun.status_code == 201, begun.text
    assert begun.json()["subject"]["organisation"] == "宁波南潮进出口有限公司"


async def test_r4_person_gone_outside_cannot_apply(
    application: Application, device: Device, office: FilingOffice
) -> None:
    office.people = []
    refused = await device.call("POST", ENROL, await application.application_form(device))
    assert_refused(refused, "no_filing", 409)


async def test_only_the_own_record_is_looked_up(
    application: Application, device: Device, server: OutsideServer
) -> None:
    form = await application.application_form(device, id_number="330206197403183014", name="顾承岳")
    refused = await device.call("POST", ENROL, form)
    assert_refused(refused, "no_filing", 409)
    assert server.asked == []


async def test_outage_is_reported_and_consumes_no_sms_code(
    application: Application, device: Device, server: OutsideServer
) -> None:
    form = await application.application_form(device)
    server.next[:] = [Reply(503)] * 3
    refused = await device.call("POST", ENROL, form)
    assert_refused(refused, "filing_unavailable", 503)
    assert (await device.call("POST", ENROL, form)).status_code == 201
