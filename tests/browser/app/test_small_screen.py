"""A screen 320 CSS pixels wide shows consents, tiles, corners, and numbers with units uncut."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.app.camera import Screen
from tests.browser.app.exports import export, with_view
from tests.browser.app.more_people import newcomer
from tests.browser.app.pin_pad_and_pixels import PIXEL
from tests.browser.app.seeded import Holder, holder, visitor
from tests.browser.app.test_me import document, sign
from tests.browser.conftest import Party
from tests.browser.unproven import seen

pytestmark = pytest.mark.slow
SMALL: Final = PIXEL | {"viewport": {"width": 320, "height": 640}}
_CUT: Final = """nav => [...nav.querySelectorAll("a, button")].filter((tile) => {
  const place = tile.getBoundingClientRect();
  const text = document.createRange();
  text.selectNodeContents(tile);
  return [...text.getClientRects()].some(
    ({ left, right, top, bottom }) =>
      left < place.left - 0.5 || right > place.right + 0.5 || top < place.top - 0.5 || bottom > place.bottom + 0.5);
}).map((tile) => tile.textContent)"""
"""Tiles whose text overflows."""
_WORDS_CUT: Final = """nav => [...nav.querySelectorAll("a *, button *")].filter((each) => {
  if (each.children.length > 0 || !each.textContent.trim()) return false;
  return each.textContent.trim().split(/\\s+/).some((word) => {
    const at = each.firstChild.data.indexOf(word);
    const range = document.createRange();
    range.setStart(each.firstChild, at);
    range.setEnd(each.firstChild, at + word.length);
    return range.getClientRects().length > 1;
  });
}).map((each) => each.textContent)"""
"""Words broken in two."""
_LINES: Final = """(each, words) => {
  const walker = document.createTreeWalker(each, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const at = node.data.indexOf(words);
    if (at < 0) continue;
    const range = document.createRange();
    range.setStart(node, at);
    range.setEnd(node, at + words.length);
    return new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size;
  }
  return 0;
}"""

_LANGUAGE: Final = (
    "language => localStorage.setItem('mshield-settings', JSON.stringify({ language, isWelcomed: true }))"
)


@pytest.fixture(scope="module")
def app(browser: Browser, party: Party, engine: Path) -> Iterator[Holder]:
    """A small phone with a certificate."""
    with_view(party)
    with holder(browser, party, engine, person=newcomer(party.service), **SMALL) as made:
        yield made


def _lines(place: Locator, words: str) -> int:
    """Returns the number of lines that these words take; 0 if they are absent."""
    count: int = place.first.evaluate(_LINES, words)
    return count


def test_consents_are_fully_visible_before_they_are_ticked(browser: Browser, party: Party) -> None:
    with visitor(browser, party.service, **SMALL) as made:
        page = made.page("/consent")
        ticks = page.get_by_role("checkbox")
        expect(ticks).to_have_count(3)
        seen(page, "consent-small")
        for words in ("用户协议", "隐私政策", "证件号码", "敏感个人信息，加密保存"):
            expect(page.locator("main").get_by_text(words).first).to_be_in_viewport(ratio=1)
        expect(page.get_by_role("button", name="还有 3 项没勾选")).to_be_in_viewport(ratio=1)


def test_documents_are_readable_offline(browser: Browser, party: Party) -> None:
    with visitor(browser, party.service, **SMALL) as made:
        page = made.page("/policies/privacy")
        expect(page.get_by_role("heading", name="隐私政策").first).to_be_visible()
        page.evaluate("navigator.serviceWorker.ready.then(() => null)")
        page.reload()
        expect(page.get_by_role("heading", name="隐私政策").first).to_be_visible()
        expect(page.locator("article")).to_be_visible()
        last = page.locator("article").inner_text().strip().splitlines()[-1]
        made.context.set_offline(True)
        page.goto(f"{party.service.origin}/app/policies/privacy")
        expect(page.locator("article")).to_contain_text(last)
        page.goto(f"{party.service.origin}/app/policies/agreement")
        expect(page.locator("article")).to_contain_text("用户协议")
        made.context.set_offline(False)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_tile_cuts_its_words(app: Holder, language: str) -> None:
    page = _home(app, language)
    tiles = page.get_by_role("navigation", name="功能" if language == "zh" else "Functions")
    expect(tiles.get_by_role("link").first).to_be_visible()
    assert tiles.evaluate(_CUT) == []
    assert language == "zh" or tiles.evaluate(_WORDS_CUT) == []
    page.close()


def _home(app: Holder, language: str) -> Page:
    page = app.page()
    page.evaluate(_LANGUAGE, language)
    page.reload()
    return page


def test_the_mark_of_a_row_follows_the_corners_of_its_panel(app: Holder) -> None:
    page = app.page("/me/password")
    panel = page.locator(".pan.fields").first
    expect(panel).to_be_visible()
    radius = "each => getComputedStyle(each).borderTopLeftRadius"
    first = panel.locator("> *").first
    assert first.evaluate(radius) == panel.evaluate(radius) != "0px"
    page.close()


def test_a_number_stays_with_its_word(app: Holder, party: Party) -> None:
    documents = [export(f"E202611290000{n}", f"{9_000 + n}.00") for n in range(10, 13)]
    made = party.ask("signature", documents=documents)
    page = app.page(Screen.of(made).newest.removeprefix(app.service.origin))
    expect(page.get_by_role("heading", name="批量签名")).to_be_visible()
    assert _lines(page.locator(".batch-sum"), "共 3 份") == 1
    assert _lines(page.get_by_role("button", name="输入一次 PIN 码，签 3 份"), "签 3 份") == 1
    seen(page, "batch-small")
    page.close()


def test_number_in_a_title_is_not_broken_in_the_list(party: Party, app: Holder) -> None:
    number = "I20261129000000002"
    sign(party, app, "signature", documents=[document(f"进口货物报关单 {number}")])
    page = app.page("/me/signatures")
    expect(page.get_by_text(number)).to_be_visible()
    assert _lines(page.locator("main"), number) == 1
    page.close()
