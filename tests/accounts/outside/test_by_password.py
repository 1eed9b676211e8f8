"""R2: accounts of outside systems that check passwords log in unchanged."""

import asyncio
import json
from typing import Any

import pytest

from mshield.testkit.demo.people import OPERATOR
from tests.accounts.outside.calls import begin, find_account, log_in
from tests.support.application import Application
from tests.support.assertions import assert_refused
from tests.support.captchas import answered_captcha
from tests.support.consents import AGREED
from tests.support.outside_systems import PASSWORD, USER, AccountOffice, OutsideServer, Reply


async def test_r2_an_account_of_the_single_window_logs_in_as_it_is(
    application: Application, server: OutsideServer
) -> None:
    device = application.device()
    answer = await log_in(application, device)
    assert answer.status_code == 201, answer.text
    assert answer.json()["account"] == {
        "name": "林知远",
        "phone_masked": "138****6027",
        "id_type": "resident_id",
    }
    device.token = answer.json()["access_token"]
    assert (await device.call("GET", "/api/phone/me")).status_code == 200
    account = await find_account(application)
    assert account is not None
    assert (account.source, account.external_id, account.password_hash) == ("single-window", "u-7", "")
    assert [asked.document for asked in server.asked] == [{"account": "lin", "password": PASSWORD}]


async def test_r2_account_of_the_single_window_applies_for_a_certificate(application: Application) -> None:
    device = application.device()
    device.token = (await log_in(application, device)).json()["access_token"]
    form = await application.application_form(device)
    assert (await device.call("POST", "/api/phone/enrolments", form)).status_code == 201


async def test_concurrent_first_logins_make_one_account(application: Application) -> None:
    answers = await asyncio.gather(*(log_in(application, application.device()) for _ in range(5)))
    assert {each.status_code for each in answers} == {201}
    account = await find_account(application)
    assert account is not None
    assert account.external_id == "u-7"


async def test_changes_at_the_outside_system_are_adopted(
    application: Application, office: AccountOffice
) -> None:
    await log_in(application, application.device())
    first = await find_account(application)
    office.users["lin"] |= {"name": "林志远", "phone": "+86 139 0000 1234"}
    assert (await log_in(application, application.device())).status_code == 201
    assert await find_account(application) is None
    account = await find_account(application, "13900001234")
    assert account is not None
    assert first is not None
    assert (account.id, account.name) == (first.id, "林志远")


async def test_wrong_outside_password_is_reported_like_a_local_one(
    application: Application, server: OutsideServer
) -> None:
    answers = [
        await log_in(application, application.device(), **wrong)
        for wrong in ({"password": "x"}, {"account": "nobody"}, {"source": None})
    ]
    assert {(each.status_code, each.json()["code"]) for each in answers} == {(401, "login_failed")}
    assert len(server.asked) == 2
    assert await find_account(application) is None


async def test_captcha_and_throttle_come_before_the_outside_system(
    application: Application, server: OutsideServer
) -> None:
    device = application.device()
    assert_refused(await log_in(application, device, captcha="----"), "captcha_wrong")
    assert server.asked == []
    codes = [(await log_in(application, device, password="x")).json()["code"] for _ in range(7)]
    assert codes[:4] == ["login_failed"] * 4
    assert codes[-1] == "login_slowed"
    asked = len(server.asked)
    assert asked < 7
    assert_refused(await log_in(application, device), "login_slowed")
    assert len(server.asked) == asked
    # Another account there, and an account with the same name here, have counts of their own.
    assert_refused(await log_in(application, device, account="other"), "login_failed")


async def test_r17_repeated_login_calls_the_outside_system_once(
    application: Application, server: OutsideServer
) -> None:
    device = application.device()
    document = {
        "account": "lin",
        "password": PASSWORD,
        **await answered_captcha(application.http),
        "source": "single-window",
        **AGREED,
    }
    body, path = json.dumps(document).encode(), "/api/phone/sessions"
    answers = [
        await device.http.post(
            path,
            content=body,
            headers={
                "Content-Type": "application/json",
                "DPoP": device.proof("POST", path, body),
                "Idempotency-Key": "a-login-whose-answer-was-lost",
            },
        )
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert len(server.asked) == 1
    device.token = answers[1].json()["access_token"]
    assert (await device.call("GET", "/api/phone/me")).status_code == 200


async def test_an_unknown_source_is_refused(application: Application, server: OutsideServer) -> None:
    for source in ("customs", "elsewhere"):
        answer = await log_in(application, application.device(), source=source)
        assert_refused(answer, "invalid_request", 422)
    assert_refused(await begin(application.device(), "single-window"), "invalid_request")
    assert server.asked == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"id_number": "330206199001014218"}, "account_data_refused"),
        ({"id_type": "card"}, "account_data_refused"),
        ({"phone": "02087654321"}, "account_data_refused"),
        ({"name": "<b>林"}, "account_data_refused"),
        ({"external_id": ""}, "account_data_refused"),
        ({"external_id": "7\x00"}, "account_data_refused"),
        ({"external_id": 7}, "account_source_unavailable"),
        ({"more": "x"}, "account_source_unavailable"),
    ],
)
async def test_invalid_outside_data_make_no_account(
    application: Application, office: AccountOffice, change: dict[str, Any], code: str
) -> None:
    office.users["lin"] |= change
    answer = await log_in(application, application.device())
    assert_refused(answer, code, 424)
    assert "单一窗口" in answer.json()["zh"]
    assert await find_account(application) is None


@pytest.mark.parametrize(
    "reply", [Reply(503), Reply(cut=True), Reply(401), Reply(200, b"yes"), Reply(seconds=20)]
)
async def test_outage_is_reported_and_the_password_sent_once(
    application: Application, server: OutsideServer, reply: Reply
) -> None:
    server.next[:] = [reply]
    answer = await log_in(application, application.device())
    assert_refused(answer, "account_source_unavailable", 424)
    assert len(server.asked) == 1
    assert (await log_in(application, application.device())).status_code == 201


async def test_registered_account_of_the_same_person_stays_separate(
    application: Application,
) -> None:
    await application.registered()
    before = await find_account(application)
    refused = await log_in(application, application.device())
    assert_refused(refused, "account_here", 409)
    assert "单一窗口" in refused.json()["zh"]
    assert await find_account(application) == before
    await application.logged_in()


async def test_equal_phone_number_gives_no_access_to_another_account(
    application: Application, office: AccountOffice
) -> None:
    await application.registered()
    office.users["lin"] |= {"id_number": "330206197403183014", "name": "顾承岳"}
    answer = await log_in(application, application.device())
    assert_refused(answer, "account_differs", 409)
    account = await find_account(application)
    assert account is not None
    assert (account.source, account.name) == ("local", "林知远")


async def test_outside_account_cannot_change_its_person(
    application: Application, office: AccountOffice
) -> None:
    await log_in(application, application.device())
    office.users["lin"] |= {"id_number": "330206197403183014", "name": "顾承岳"}
    assert_refused(await log_in(application, application.device()), "account_differs")
    office.users["lin"] = {**USER, "external_id": "u-8"}
    assert_refused(await log_in(application, application.device()), "account_differs")


async def test_two_outside_accounts_never_share_a_number(
    application: Application, office: AccountOffice
) -> None:
    await log_in(application, application.device())
    office.users["gu"] = {
        **USER, "external_id": "u-8", "phone": "13900001234", "id_number": "330206197403183014", "name": "顾承岳",
    }  # fmt: skip
    assert (await log_in(application, application.device(), account="gu")).status_code == 201
    office.users["gu"]["phone"] = OPERATOR.phone
    assert (await log_in(application, application.device(), account="gu")).json()["code"] == "account_differs"


async def test_legal_person_of_the_single_window_logs_in_at_the_portal(
    application: Application, office: AccountOffice
) -> None:
    office.users["gu"] = {
        **USER, "external_id": "u-8", "phone": "13900005011", "id_number": "330206197403183014", "name": "顾承岳",
    }  # fmt: skip
    for account, status in (("gu", 201), ("lin", 403)):
        document = {
            "account": account,
            "password": PASSWORD,
            **await answered_captcha(application.http, "/api/portal/captchas"),
            "source": "single-window",
            **AGREED,
        }
        begun = await application.http.post("/api/portal/logins", json=document)
        assert begun.status_code == status, begun.text
