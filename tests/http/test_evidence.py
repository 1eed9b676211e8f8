"""Fetching a bundle of evidence: who may, and when there is none."""

import pytest

from tests.application import Application

REQUESTS = "/api/business/requests"


async def test_before_the_signature_there_is_none(application: Application) -> None:
    created = (await application.business("POST", REQUESTS, {"kind": "login"})).json()
    place = f"{REQUESTS}/{created['id']}/evidence"
    answer = await application.business("GET", place)
    assert (answer.status_code, answer.json()["code"]) == (409, "not_signed")
    answer = await application.http.get(place, auth=(application.client_id, "wrong"))
    assert (answer.status_code, answer.json()["code"]) == (401, "wrong_client")


@pytest.mark.parametrize(
    ("place", "status"), [("nothing/evidence", 404), ("nothing/evidence?document=64", 422)]
)
async def test_what_is_not_there_is_not_found(application: Application, place: str, status: int) -> None:
    assert (await application.business("GET", f"{REQUESTS}/{place}")).status_code == status
