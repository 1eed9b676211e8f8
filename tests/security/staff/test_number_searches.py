"""Masked numbers stay masked: each search by a number counts, and guesses count five times (N5)."""

import asyncio
from typing import Final

import pytest

from mshield.server.accounts import number_searches
from mshield.server.staff.rules import StaffRole
from mshield.testkit.demo.people import OPERATOR
from tests.support.application import Application, Device
from tests.support.assertions import assert_refused
from tests.support.clerk import Staff
from tests.support.shield_over_http import Shield

CLERK: Final = (
    ("/accounts/search", "id_number", OPERATOR.id_number),
    ("/accounts/search", "end", OPERATOR.phone),
    ("/accounts", "phone", OPERATOR.phone),
    ("/filing/people", "id_number", OPERATOR.id_number),
    ("/filing/people", "end", OPERATOR.id_number),
    ("/certificates", "end", OPERATOR.phone),
    ("/certificates", "id_number_end", OPERATOR.id_number),
    ("/sms", "phone", OPERATOR.phone),
    ("/sms", "id_number", OPERATOR.id_number),
)
AUDITOR: Final = (
    ("/acts", "id_number", OPERATOR.id_number),
    ("/acts", "by_id_number", OPERATOR.id_number),
    ("/acts", "by_end", OPERATOR.phone),
    ("/acts", "end", OPERATOR.phone[-4:]),
    ("/acts/export", "id_number", OPERATOR.id_number),
    ("/certificates", "end", OPERATOR.phone[-4:]),
    ("/filing/people", "end", OPERATOR.phone[-5:]),
    ("/sms", "end", OPERATOR.phone[-4:]),
)


@pytest.fixture
async def number(application: Application, device: Device) -> str:
    await Shield(application, device).enrol()
    return str((await device.call("GET", "/api/phone/me")).json()["shield_number"])


@pytest.mark.parametrize(
    ("role", "searches"), [(StaffRole.CUSTOMER_SERVICE, CLERK), (StaffRole.AUDITOR, AUDITOR)]
)
async def test_every_search_by_a_number_counts(
    application: Application,
    number: str,
    role: StaffRole,
    searches: tuple[tuple[str, str, str], ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert number
    staff = await Staff.of(application, role)
    monkeypatch.setattr(number_searches, "MOST", len(searches))
    for path, field, value in searches:
        assert (await staff.call("GET", path, **{field: value})).status_code == 200, (path, field)
    for path, field, value in searches:
        assert_refused(await staff.call("GET", path, **{field: value}), "too_many_requests", 429)
    other = await Staff.of(application, role)
    path, field, value = searches[0]
    assert (await other.call("GET", path, **{field: value})).status_code == 200
    assert (await staff.call("GET", "/sms", name=OPERATOR.name)).status_code == 200
    application.clock.advance(seconds=3601)
    assert (await staff.call("GET", path, **{field: value})).status_code == 200


@pytest.mark.parametrize("path", ["/accounts/search", "/filing/people"])
async def test_an_id_number_is_not_guessed(application: Application, number: str, path: str) -> None:
    """The attack: its hidden digits one after the other, by whole numbers."""
    assert number
    clerk = await Staff.of(application, StaffRole.CUSTOMER_SERVICE)
    guesses = [f"{OPERATOR.id_number[:6]}{guess:08}{OPERATOR.id_number[-4:]}" for guess in range(70)]
    codes = [(await clerk.call("GET", path, id_number=guess)).status_code for guess in guesses]
    assert (codes.count(200), codes.count(429)) == (60, 10)


async def test_guesses_made_at_once_share_the_limit(
    application: Application, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert number
    monkeypatch.setattr(number_searches, "MOST", 50)
    clerk = await Staff.of(application, StaffRole.CUSTOMER_SERVICE)
    await clerk.session()
    guesses = (f"1381111{guess:04}" for guess in range(20))
    answers = await asyncio.gather(*(clerk.call("GET", "/accounts", phone=guess) for guess in guesses))
    assert sum(answer.status_code == 404 for answer in answers) == 10


async def test_customer_service_finds_by_whole_numbers_only(application: Application, number: str) -> None:
    clerk = await Staff.of(application, StaffRole.CUSTOMER_SERVICE)
    for path in ("/accounts/search", "/filing/people", "/certificates", "/sms"):
        for end in (OPERATOR.phone[-4:], OPERATOR.phone[-7:], number[-4:], OPERATOR.id_number[-4:]):
            assert_refused(await clerk.call("GET", path, end=end), "whole_number_needed", 422)
        for end in (OPERATOR.phone[-8:], number[-10:], OPERATOR.id_number[-11:], OPERATOR.id_number[1:]):
            assert (await clerk.call("GET", path, end=end)).json()["items"] == [], (path, end)
        for end in (OPERATOR.phone, number[2:], OPERATOR.id_number):
            assert (await clerk.call("GET", path, end=end)).json()["items"], (path, end)
    refused = await clerk.call("GET", "/certificates", id_number_end=OPERATOR.id_number[-4:])
    assert_refused(refused, "whole_number_needed", 422)
    both = await Staff.of(application, StaffRole.CUSTOMER_SERVICE, StaffRole.AUDITOR)
    assert (await both.call("GET", "/certificates", end=number[-4:])).json()["items"]
    assert_refused(await both.call("GET", "/accounts/search", end=number[-4:]), "whole_number_needed", 422)
