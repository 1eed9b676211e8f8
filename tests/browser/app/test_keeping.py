"""Persistent storage: requested before a key is made; warnings before that and at home until it is granted."""

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.app.app_user import User
from tests.browser.app.more_people import registered
from tests.browser.app.pin_pad_and_pixels import PIXEL
from tests.browser.app.seeded import visitor
from tests.browser.conftest import Party
from tests.browser.unproven import seen

pytestmark = pytest.mark.slow
_COUNT_ASKING = """
const storage = globalThis.StorageManager?.prototype;
if (storage) {
  const { persist } = storage;
  storage.persist = function () {
    sessionStorage.asked = 1 + Number(sessionStorage.asked ?? 0);
    return persist.call(this);
  };
}
"""


def test_warning_about_lost_data_lasts_until_storage_is_persistent(browser: Browser, party: Party) -> None:
    person = registered(party.service)
    with visitor(browser, party.service, **PIXEL) as made:
        made.context.add_init_script(_COUNT_ASKING)
        user = User(party.service, made.page(), person)
        page = user.page
        user.begin()
        user.log_in()
        assert page.evaluate("sessionStorage.asked") is None
        user.open("/apply")
        expect(page.get_by_text("尚未允许长期保存密钥")).to_be_visible()
        expect(page.get_by_role("link", name="先看办法")).to_be_visible()
        # The page knows that storage isn't persistent before it requests it: the engine may still be loading.
        for _ in range(200):
            if page.evaluate("sessionStorage.asked") is not None:
                break
            page.wait_for_timeout(50)
        assert page.evaluate("Number(sessionStorage.asked)") == 1
        user.fill_application("apply")
        user.press("提交")
        user.choose_pin(user.pin)
        user.sees("证书已签发")
        user.open()
        notice = page.get_by_text("手机盾可能被浏览器清掉")
        expect(notice).to_be_visible()
        page.get_by_role("link", name="如何处理").click()
        expect(page.get_by_role("heading", name="请允许长期保存")).to_be_visible()
        seen(page, "not-kept")
        ask = page.get_by_role("button", name="重新申请授权")
        ask.click()
        expect(page.get_by_role("alert")).to_be_visible()
        # Grants what a person allows in the browser's own settings.
        session = made.context.new_cdp_session(page)
        phone = session.send("Target.getTargetInfo")["targetInfo"]["browserContextId"]
        allowed = {"permissions": ["durableStorage"], "origin": party.service.origin}
        session.send("Browser.grantPermissions", {**allowed, "browserContextId": phone})
        ask.click()
        expect(page.get_by_role("alert")).to_have_count(0)
        expect(page.get_by_role("heading", name="浏览器已答应长期保存")).to_be_visible()
        seen(page, "kept")
        user.open()
        expect(page.get_by_role("navigation", name="功能")).to_be_visible()
        expect(notice).to_have_count(0)
