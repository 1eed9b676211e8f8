"""Masked numbers stay masked: each search by a number counts, and guesses count five times (N5)."""

import asyncio
from typing import Final

import httpx
import pytest

from mshield.server.accounts import number_searches
from mshield.server.staff.rules import StaffRole
from mshield.testkit.demo.people import OPERATOR
from tests.support.application import EXAMPLES, Application, Device
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


def listed(*people: tuple[str, str]) -> bytes:
    """Returns a list that files these numbers, by name of an operator of the example's enterprise."""
    head = "企业名称,统一社会信用代码,姓名,证件类型,证件号码,用户类型,手机号"
    lines = [
        f"宁波北潮进出口有限公司,{OPERATOR.credit_code},{name},居民身份证,{OPERATOR.id_number},操作员,{phone}"
        for name, phone in people
    ]
    return "\n".join([head, *lines]).encode()


async def send(staff: Staff, content: bytes, query: str) -> httpx.Response:
    headers = await staff.session() | {"Content-Type": "text/csv"}
    url = f"/api/console/filing/imports{query}"
    return await staff.application.http.post(url, content=content, headers=headers)


@pytest.mark.parametrize("query", ["?dry_run=true", ""])
async def test_a_filed_number_or_name_is_not_guessed_by_lists(
    application: Application, number: str, query: str
) -> None:
    """Each list says of one guess whether it is on file, and changes nothing: a dry run, or one that waits for two."""
    assert number
    officer = await Staff.of(application, StaffRole.FILING_OFFICER)
    codes = []
    for guess in range(62):
        name = OPERATOR.name if guess % 2 else f"林知{'一二三四五六七八九十'[guess // 2 % 10]}"
        answer = await send(officer, listed((name, f"1381234{guess:04}")), query)
        codes.append(answer.status_code)
    assert [code for code in codes if code == 429] == codes[60:], codes
    other = await Staff.of(application, StaffRole.FILING_OFFICER)
    assert (await send(other, listed((OPERATOR.name, OPERATOR.phone)), "?dry_run=true")).status_code == 200


async def test_bad_list_leaves_a_reading_and_counts_its_guesses(
    application: Application, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A faulty line keeps a list from being imported; the report says what is on file all the same."""
    assert number
    monkeypatch.setattr(number_searches, "MOST", 5)
    officer = await Staff.of(application, StaffRole.FILING_OFFICER)
    auditor = await Staff.of(application, StaffRole.AUDITOR)
    content = listed((OPERATOR.name, "13812340000")) + b"\n,,,,,,"
    content += "\n宁波北潮进出口有限公司,错,某,居民身份证,1,操作员,".encode()
    assert_refused(await send(officer, content, ""), "filing_lines_bad", 422)
    items = (await auditor.call("GET", "/readings", staff_id=officer.id)).json()["items"]
    assert [item["kind"] for item in items] == ["filing_import"]
    assert_refused(await send(officer, content, ""), "too_many_requests", 429)


async def test_lists_that_are_carried_out_or_unchanged_do_not_count(
    application: Application, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert number
    monkeypatch.setattr(number_searches, "MOST", 1)
    officer = await Staff.of(application, StaffRole.FILING_OFFICER)
    for query in ("?dry_run=true", "", ""):
        answer = await send(officer, (EXAMPLES / "filing.csv").read_bytes(), query)
        assert answer.is_success, answer.text


async def test_long_dry_run_needs_the_second_factor_as_the_import(
    application: Application, number: str
) -> None:
    assert number
    officer = await Staff.of(application, StaffRole.FILING_OFFICER)
    content = (EXAMPLES / "filing.csv").read_bytes()
    await officer.session()
    application.clock.advance(seconds=301)
    headers = officer.headers | {"Content-Type": "text/csv"}
    url = "/api/console/filing/imports?dry_run=true"
    long = await application.http.post(url, content=content, headers=headers)
    assert_refused(long, "second_factor_needed", 403)
    short = await application.http.post(url, content=listed((OPERATOR.name, OPERATOR.phone)), headers=headers)
    assert short.status_code == 200


async def test_shield_numbers_are_not_guessed_by_requests_for_approval(
    application: Application, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(number_searches, "MOST", 10)
    clerk = await Staff.of(application, StaffRole.CUSTOMER_SERVICE)
    auditor = await Staff.of(application, StaffRole.AUDITOR)
    question = {"act": "shield.suspend", "details": {"evidence": "证明 2026-7"}, "reason": "来电"}
    unknown = number[:-1] + str((int(number[-1]) + 1) % 10)
    for _ in range(2):
        asked = await clerk.call("POST", "/approvals", {**question, "subject": unknown})
        assert asked.status_code == 404
    asked = await clerk.call("POST", "/approvals", {**question, "subject": number})
    assert_refused(asked, "too_many_requests", 429)
    items = (await auditor.call("GET", "/readings", end=unknown[-4:])).json()["items"]
    assert [item["kind"] for item in items] == ["certificates"] * 2


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
