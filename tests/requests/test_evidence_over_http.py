"""Fetching an evidence bundle: who may, and when there is none."""

import pytest

from mshield.server.log.sequence import sequence
from tests.support.application import Application, Device, qr_of
from tests.support.assertions import assert_refused
from tests.support.factories import REQUESTS, ask_login
from tests.support.shield_over_http import Shield


async def test_there_is_no_evidence_before_the_signature(application: Application) -> None:
    created = await ask_login(application)
    place = f"{REQUESTS}/{created['id']}/evidence"
    answer = await application.business("GET", place)
    assert_refused(answer, "not_signed", 409)
    answer = await application.http.get(place, auth=(application.client_id, "wrong"))
    assert_refused(answer, "wrong_client", 401)


@pytest.mark.parametrize(
    ("place", "status"), [("nothing/evidence", 404), ("nothing/evidence?document=64", 422)]
)
async def test_evidence_of_unknown_requests_is_not_found(
    application: Application, place: str, status: int
) -> None:
    assert (await application.business("GET", f"{REQUESTS}/{place}")).status_code == status


async def test_no_new_status_after_the_issuing_ca_ended(application: Application, device: Device) -> None:
    shield = Shield(application, device)
    await shield.enrol()
    created = await ask_login(application)
    scanned = await device.call("POST", "/api/phone/scans", {"code": qr_of(created)})
    await shield.sign(scanned.json()["tasks"])
    await sequence(application.context.log, now=application.clock())
    place = f"{REQUESTS}/{created['id']}"
    assert (await application.business("GET", f"{place}/evidence")).status_code == 200
    ends = application.context.authorities.issuing.certificate.not_after
    application.clock.now = ends - 3_600_000
    assert (await application.business("GET", f"{place}/result")).json()["ocsp_b64"] is not None
    assert (await application.business("GET", f"{place}/evidence")).status_code == 200
    application.clock.now = ends
    assert (await application.business("GET", f"{place}/result")).json()["ocsp_b64"] is None
    assert_refused(await application.business("GET", f"{place}/evidence"), "evidence_over", 410)
