"""A request's QR code opened by a camera app: it leads to the phone app at once, and the code is not stored."""

import logging
from pathlib import Path

import pytest

from mshield.server.http.sites import phone_app
from tests.support.application import Application, qr_of, running
from tests.support.assertions import assert_refused
from tests.support.cases import cases
from tests.support.clock import Clock
from tests.support.factories import ask_login
from tests.support.user_agents import IN_APP_BROWSERS, USER_AGENTS


@pytest.fixture(autouse=True)
def _app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "index.html").write_text("<!doctype html>")
    monkeypatch.setattr(phone_app.PHONE_APP, "by_path", phone_app.phone_app(tmp_path / "app").by_path)


async def _code(application: Application) -> str:
    return qr_of(await ask_login(application)).removeprefix("http://shield.example")


@cases("name", ["android", "360", "pc"])
async def test_link_leads_to_the_app_with_its_code(application: Application, name: str) -> None:
    code = await _code(application)
    answer = await application.http.get(code, headers={"User-Agent": USER_AGENTS[name]})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/app{code}")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert (await application.http.get(f"/app{code}")).status_code == 200


async def test_device_that_cannot_have_a_shield_is_told_to_scan_with_a_phone(
    application: Application,
) -> None:
    code = await _code(application)
    for user_agent in (USER_AGENTS["ios"], *(user_agent for _, user_agent in IN_APP_BROWSERS)):
        answer = await application.http.get(code, headers={"User-Agent": user_agent})
        assert (answer.status_code, answer.headers["location"]) == (303, "/scanned"), user_agent
    page = await application.http.get("/scanned", headers={"User-Agent": USER_AGENTS["wechat"]})
    before, _, after = page.text.partition("还没有手机盾？")
    assert "打开手机盾，点“扫一扫”" in before
    assert "/download" not in before
    assert 'href="/download' in after
    assert 'href="/app/"' not in page.text
    android = await application.http.get("/scanned?lang=en", headers={"User-Agent": USER_AGENTS["android"]})
    assert "Open Mobile Shield and tap" in android.text
    assert 'href="/app/"' in android.text


@cases(
    "path",
    [
        "/q/x",
        "/q/01a20c24-b148-7d44-8ec1-93f6af46f5ae",
        "/q/01a20c24-b148-7d44-8ec1-93f6af46f5ae?t=1&c=short",
        "/q/01a20c24-b148-7d44-8ec1-93f6af46f5ae?t=1&c=UFtYAw7Oq-LMOfR5u3OXQw&next=//attacker.example",
        "/q/01a20c24-b148-7d44-8ec1-93f6af46f5ae?t=1&c=UFtYAw7Oq-LMOfR5u3OXQ%0d%0a",
    ],
)
async def test_invalid_code_leads_to_the_installation(application: Application, path: str) -> None:
    answer = await application.http.get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/download")


async def test_the_code_is_not_logged(
    database_url: str, tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with running(database_url, tmp_path, clock, access_log=True) as application:
        code = await _code(application)
        await application.http.get(code)
    own = [record.getMessage() for record in caplog.records if record.name.startswith("mshield")]
    assert own
    assert code.partition("&c=")[2] not in " ".join(own)


async def test_missing_build_is_reported(
    application: Application, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phone_app.PHONE_APP, "by_path", phone_app.phone_app(tmp_path / "none").by_path)
    answer = await application.http.get(await _code(application))
    assert_refused(answer, "not_built", 503)
