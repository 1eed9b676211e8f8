"""叫停 at home (R18): the account gets another number in a day unless its holder stops that in the app."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import httpx
import pytest
from playwright.sync_api import Browser, expect

from mshield.server.staff.rules import StaffRole
from mshield.testkit.demo.people import Person
from tests.browser.app.app_user import User
from tests.browser.app.more_people import registered
from tests.browser.app.pin_pad_and_pixels import PIXEL
from tests.browser.app.seeded import visitor
from tests.browser.conftest import Party
from tests.browser.desk.console import COOKIE, Member
from tests.browser.unproven import seen
from tests.support.live_service import LiveService

pytestmark = pytest.mark.slow
NUMBERS: Final = itertools.count(13700007711)


@contextmanager
def as_clerk(service: LiveService) -> Iterator[httpx.Client]:
    """Yields a console client of a member of customer service."""
    token = Member.made(service, StaffRole.CUSTOMER_SERVICE).set_up_login()
    at = f"{service.origin}/api/console"
    with httpx.Client(base_url=at, cookies={COOKIE: token}, trust_env=False) as http:
        http.headers["X-CSRF-Token"] = http.get("session").raise_for_status().json()["csrf_token"]
        yield http


def bind_to_another(service: LiveService, person: Person) -> str:
    """Two members of customer service approve a new number for the account; returns it."""
    new = str(next(NUMBERS))
    with as_clerk(service) as one, as_clerk(service) as other:
        found = one.get("accounts", params={"phone": person.phone}).raise_for_status().json()
        path = f"accounts/{found['id']}"

        def call(http: httpx.Client, path: str, **document: object) -> Any:
            answer = http.post(path, json=document)
            assert answer.is_success, answer.text
            return answer.json() if answer.content else None

        call(one, f"{path}/phone-codes", phone=new, to="new")
        code = next(each["code"] for each in service.get("/dev/sms.json") if each["phone"] == new)
        seen = {"evidence": "身份证原件，工单 2026-1126", "reason": "旧号码已停机"}
        asked = call(one, f"{path}/phone-questions", phone=new, new_code=code, **seen)
        call(other, f"approvals/{asked['id']}/decision", decision="approve")
    return new


def test_r18_holder_stops_the_change_of_their_number(browser: Browser, party: Party) -> None:
    service = party.service
    person = registered(service)
    with visitor(browser, service, **PIXEL) as visiting:
        user = User(service, visiting.page(), person)
        user.begin()
        user.log_in()
        page = user.page
        notice = page.get_by_role("region", name="您的手机号将被更改")
        expect(notice).to_have_count(0)
        new = bind_to_another(service, person)
        page.reload()
        expect(notice).to_contain_text(f"改绑到 {new[:3]}****{new[-4:]}")
        assert new not in page.content()
        seen(page, "phone-change")
        user.press("不是我要求的，叫停")
        sheet = page.get_by_role("dialog", name="叫停更改手机号？")
        expect(sheet).to_contain_text("两个号码都会收到短信")
        seen(page, "phone-change-ask")
        user.press("再看看")
        expect(sheet).to_have_count(0)
        expect(notice).to_be_visible()
        user.press("不是我要求的，叫停")
        sheet.get_by_role("button", name="叫停", exact=True).click()
        expect(page.get_by_role("status").filter(has_text="已叫停，手机号没有更改")).to_be_visible()
        expect(notice).to_have_count(0)
        seen(page, "phone-change-stopped")
        page.reload()
        expect(page.get_by_role("navigation", name="功能")).to_be_visible()
        expect(notice).to_have_count(0)
        # A job sends the SMS.
        for _ in range(200):
            if {person.phone, new} <= _told_of_the_stop(service):
                break
            page.wait_for_timeout(100)
        assert {person.phone, new} <= _told_of_the_stop(service)


def _told_of_the_stop(service: LiveService) -> set[str]:
    return {sms["phone"] for sms in service.get("/dev/sms.json") if "叫停" in sms["text"]}


def test_change_stopped_by_customer_service_is_reported_in_english(browser: Browser, party: Party) -> None:
    service = party.service
    person = registered(service)
    with visitor(browser, service, **PIXEL) as visiting:
        user = User(service, visiting.page(), person)
        user.begin()
        user.log_in()
        page = user.page
        bind_to_another(service, person)
        page.evaluate(
            "localStorage.setItem('mshield-settings', JSON.stringify({ language: 'en', isWelcomed: true }))"
        )
        page.reload()
        notice = page.get_by_role("region", name="Your phone number is about to be changed")
        expect(notice).to_be_visible()
        seen(page, "phone-change-en")
        with as_clerk(service) as clerk:
            found = clerk.get("accounts", params={"phone": person.phone}).json()
            stopped = clerk.post(f"accounts/{found['id']}/phone-stop", json={"reason": "机主来电"})
            assert stopped.is_success, stopped.text
        page.get_by_role("button", name="It wasn't me: stop it").click()
        page.get_by_role("dialog").get_by_role("button", name="Stop it", exact=True).click()
        expect(
            page.get_by_role("status").filter(has_text="It was already stopped or withdrawn")
        ).to_be_visible()
        expect(page.get_by_role("alert")).to_have_count(0)
        expect(notice).to_have_count(0)
        seen(page, "phone-change-gone-en")
