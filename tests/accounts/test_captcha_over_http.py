"""Captchas over HTTP: older apps, the image required after many codes, staff, another audience's captchas."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mshield.testkit.demo.people import LEGAL_PERSON, OPERATOR
from tests.support.application import CODE_CAPTCHAS, Application, running
from tests.support.assertions import assert_refused
from tests.support.captchas import answered_captcha
from tests.support.clock import Clock

LOGIN = {"account": OPERATOR.phone, "password": OPERATOR.password}


@pytest.fixture
async def careful(sqlite_url: str, tmp_path: Path, clock: Clock) -> AsyncIterator[Application]:
    """A service that requires a captcha image after two codes."""
    async with running(sqlite_url, tmp_path, clock, sms_codes_before_picture=2) as made:
        yield made


async def test_missing_work_tells_the_user_to_reopen_the_app(application: Application) -> None:
    code = {"phone": OPERATOR.phone, "purpose": "register"}
    assert_refused(await application.http.post("/api/phone/sms-codes", json=code), "work_missing", 400)
    for path, captchas, document in (
        ("/api/portal/logins", "/api/portal/captchas", LOGIN),
        ("/api/register/sms-codes", "/api/register/captchas", {"phone": OPERATOR.phone}),
    ):
        shown = await answered_captcha(application.http, captchas)
        work = shown.pop("work")
        refused = await application.http.post(path, json={**document, **shown})
        assert_refused(refused, "work_missing", 400)
        assert "重新打开" in refused.json()["zh"]
        again = await application.http.post(path, json={**document, **shown, "work": work})
        assert again.json().get("code") != "captcha_wrong", "nothing was spent"
    staff = {"name": "周启明", "password": "x"}
    assert_refused(await application.http.post("/api/console/logins", json=staff), "work_missing", 400)
    assert (await application.http.get("/dev/sms.json")).json()[1:] == [], "one code, for the one with work"


async def test_picture_is_required_after_many_codes(careful: Application) -> None:
    for phone in ("13900000001", "13900000002"):
        form = await careful.code_form(phone)
        assert "captcha" not in form
        assert (await careful.http.post("/api/phone/sms-codes", json=form)).status_code == 202
    early = await careful.code_form("13900000003")
    assert "captcha" in early
    for left_out in ({"captcha"}, {"captcha", "work"}):
        unread = {name: value for name, value in early.items() if name not in left_out}
        assert_refused(await careful.http.post("/api/phone/sms-codes", json=unread), "captcha_needed", 400)
    assert_refused(
        await careful.http.post("/api/phone/sms-codes", json={**early, "captcha": "????"}),
        "captcha_wrong",
        400,
    )
    assert (await careful.ask_for_code("13900000003")).status_code == 202


async def test_a_phone_that_is_logged_in_needs_no_captcha_for_its_code(careful: Application) -> None:
    await careful.registered()
    device = await careful.logged_in()
    for phone in ("13900000001", "13900000002"):
        await careful.ask_for_code(phone)
    sent = await device.call("POST", "/api/phone/sms-codes", {"phone": None, "purpose": "apply"})
    assert sent.status_code == 202


async def test_picture_is_available_on_request(application: Application) -> None:
    shown = await answered_captcha(application.http, f"{CODE_CAPTCHAS}?picture=true")
    assert len(shown["captcha"]) == 4
    sound = await application.http.get(f"/api/phone/captchas/{shown['captcha_id']}/audio")
    assert sound.headers["content-type"] == "audio/wav"
    unseen = await answered_captcha(application.http, CODE_CAPTCHAS)
    assert_refused(
        await application.http.get(f"/api/phone/captchas/{unseen['captcha_id']}/audio"), "not_found", 404
    )


async def test_captcha_of_one_page_is_refused_at_another(application: Application) -> None:
    shown = await answered_captcha(application.http, "/api/register/captchas")
    login = {"account": LEGAL_PERSON.phone, "password": LEGAL_PERSON.password, **shown}
    assert_refused(await application.http.post("/api/portal/logins", json=login), "captcha_wrong", 400)


async def test_staff_get_a_picture_only_after_failures(application: Application) -> None:
    for failures in range(4):
        shown = await answered_captcha(application.http, "/api/console/captchas")
        assert ("captcha" in shown) == (failures >= 3)
        login = {"name": "周启明", "password": "wrong", **shown}
        assert_refused(
            await application.http.post("/api/console/logins", json=login), "staff_login_failed", 401
        )
