"""A request already signed by this phone, e.g. in another tab: the app says so and links the signature."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.app.camera import Screen
from tests.browser.app.pin_pad_and_pixels import PIXEL, check_page, enter_pin
from tests.browser.app.read_on import ONWARDS, read_on
from tests.browser.app.seeded import CLERK, Holder, holder
from tests.browser.app.test_request import document, state
from tests.browser.conftest import Party

pytestmark = pytest.mark.slow

SIGNED: Final = re.compile(r"已在这部手机上签好 \d{1,2}:\d{2}")


@pytest.fixture(scope="module")
def app(party: Party, engine: Path, browser: Browser) -> Iterator[Holder]:
    """A phone with a certificate."""
    with holder(browser, party, engine, **PIXEL) as made:
        yield made


def opened(app: Holder, made: dict[str, str]) -> Page:
    """Opens the request by the code that the phone's own camera reads."""
    return app.page(Screen.of(made).newest.removeprefix(app.service.origin))


@pytest.mark.parametrize("act", ["输入 PIN 码签名", "不签"])
def test_other_tab_says_the_request_was_signed_here(app: Holder, party: Party, act: str) -> None:
    made = party.ask("signature", documents=[document()])
    first = opened(app, made)
    read_on(first)
    second = app.page("/request")
    read_on(second)
    first.get_by_role("button", name="输入 PIN 码签名").click()
    enter_pin(first, CLERK.pin)
    expect(first.get_by_role("heading", name="已签名")).to_be_visible()
    second.get_by_role("button", name=act).click()
    expect(second.get_by_role("heading", name=SIGNED)).to_be_visible()
    expect(second.locator("main")).not_to_contain_text("没有")
    check_page(second)
    second.get_by_role("link", name="查看这次签名").click()
    expect(second.get_by_role("heading", name="签名详情")).to_be_visible()
    assert state(party, made) == ("signed", None)
    first.close()
    second.close()


def test_code_of_a_confirmed_login_says_so(app: Holder, party: Party) -> None:
    made = party.ask()
    page = opened(app, made)
    page.get_by_role("button", name="输入 PIN 码登录").click()
    enter_pin(page, CLERK.pin)
    expect(page.get_by_role("heading", name="已登录")).to_be_visible()
    page.close()
    again = opened(app, made)
    expect(again.get_by_role("heading", name=re.compile(r"已登录单一窗口 \d{1,2}:\d{2}"))).to_be_visible()
    check_page(again)
    again.get_by_role("link", name="查看这次登录").click()
    expect(again.get_by_role("heading", name="登录详情")).to_be_visible()
    again.close()


def test_a_text_is_signed_only_after_its_end(app: Holder, party: Party) -> None:
    made = party.ask("signature", documents=[document()])
    page = opened(app, made)
    expect(page.get_by_role("button", name=ONWARDS)).to_be_visible()
    expect(page.get_by_role("button", name="输入 PIN 码签名")).to_have_count(0)
    check_page(page)
    text = page.locator(".content-shown .content")
    text.evaluate("text => { text.scrollIntoView({ block: 'end' }); text.scrollTop = text.scrollHeight; }")
    expect(page.get_by_role("button", name="输入 PIN 码签名")).to_be_visible()
    page.close()
