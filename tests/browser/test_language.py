"""Each page starts in its reader's language, and keeps a chosen one."""

import re
from collections.abc import Callable
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Party
from tests.support.cases import cases

pytestmark = pytest.mark.slow
_PLACES: Final = ("app", "console", "portal", "register", "verify")
_CHINESE: Final = r"[\u4e00-\u9fff]"
_ENGLISH: Final = r"^[^\u4e00-\u9fff]+$"


@cases(
    ("locale", "lang", "says"),
    [("en-GB", "en", _ENGLISH), ("zh-TW", "zh-CN", _CHINESE), ("fr-FR", "en", _ENGLISH)],
)
def test_a_page_begins_in_the_browsers_language(
    party: Party, open_page: Callable[..., Page], locale: str, lang: str, says: str
) -> None:
    page = open_page(locale=locale)
    for place in _PLACES:
        page.goto(f"{party.service.origin}/{place}/")
        expect(page.locator("html")).to_have_attribute("lang", lang)
        expect(page.get_by_role("heading").first).to_have_text(re.compile(says))


def test_chosen_language_is_kept(party: Party, open_page: Callable[..., Page]) -> None:
    page = open_page(locale="en-GB")
    page.goto(f"{party.service.origin}/portal/")
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_role("button", name="账号密码")).to_be_visible()
    page.goto(f"{party.service.origin}/console/")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
