"""The app page's permissions, and where PIN and share never appear, during a whole signature with a wrong PIN."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect

from mshield.gm.curve import N
from mshield.gm.mask import derive_pin_key, mask, reveal
from mshield.server.http.sites.phone_app import PHONE_APP
from tests.browser.app.camera import Screen
from tests.browser.app.memory import heap, stored
from tests.browser.app.more_people import newcomer
from tests.browser.app.pin_pad_and_pixels import PIXEL, enter_pin
from tests.browser.app.read_on import read_on
from tests.browser.app.seeded import Holder, holder
from tests.browser.app.test_request import document
from tests.browser.conftest import Party

pytestmark = pytest.mark.slow

WRONG: Final = "909192"
_CONTROLLED: Final = "navigator.serviceWorker.ready.then(() => true)"
_HEARD: Final = """
window.fromWorker = [];
const plain = (value) => ArrayBuffer.isView(value)
  ? [...value].map((byte) => byte.toString(16).padStart(2, "0")).join("")
  : typeof value === "bigint" ? value.toString(16)
  : Array.isArray(value) ? value.map(plain)
  : value && typeof value === "object"
    ? Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each)]))
    : value;
const { addEventListener } = Worker.prototype;
Worker.prototype.addEventListener = function (type, listener, ...rest) {
  const hear = (event) => {
    if (type === "message") window.fromWorker.push(plain(event.data.value ?? null));
    return listener.call(this, event);
  };
  return addEventListener.call(this, type, hear, ...rest);
};
"""
_PHONE: Final = """async () => {
  const done = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
  const database = await done(indexedDB.open("mshield"));
  const state = await done(database.transaction("phone").objectStore("phone").get("state"));
  database.close();
  window.deviceSecret = state.deviceSecret;
  const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const { uid, slots } = state.key;
  const exported = [];
  for (const key of [state.deviceSecret, state.deviceKey.privateKey]) {
    for (const format of ["raw", "pkcs8", "jwk"]) {
      await crypto.subtle.exportKey(format, key).then(() => exported.push(format), () => null);
    }
  }
  return { uid: hex(uid), exported, slots: slots.map(({ epoch, salt, rounds, blob }) => (
    { epoch, salt: hex(salt), rounds, blob: hex(blob) })) };
}"""
_HMAC: Final = """async (data) => {
  const bytes = Uint8Array.from(data.match(/../g), (pair) => parseInt(pair, 16));
  const made = new Uint8Array(await crypto.subtle.sign("HMAC", window.deviceSecret, bytes));
  return [...made].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}"""


@dataclass
class Flow:
    """A signature from link to receipt, with the requests, console messages and documents on its way."""

    page: Page
    requests: list[Request] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    drawn: list[str] = field(default_factory=list)
    """The document after each digit."""

    def keep(self, request: Request) -> None:
        """Records a request."""
        self.requests.append(request)

    def hear(self, line: ConsoleMessage) -> None:
        """Records errors and warnings."""
        if line.type in {"error", "warning"}:
            self.said.append(line.text)


@pytest.fixture(scope="module")
def phone(browser: Browser, party: Party, engine: Path) -> Iterator[Holder]:
    with holder(browser, party, engine, person=newcomer(party.service), **PIXEL) as made:
        yield made


@pytest.fixture(scope="module")
def flow(phone: Holder, party: Party) -> Flow:
    """One wrong PIN, then the right one; the tab stays open on the result."""
    page = phone.context.new_page()
    made = Flow(page)
    page.on("request", made.keep)
    page.on("console", made.hear)
    page.add_init_script(_HEARD)
    page.goto(f"{phone.service.origin}/app/")
    page.evaluate(_CONTROLLED)
    asked = party.ask("signature", documents=[document()])
    page.goto(f"{phone.service.origin}/app{Screen.of(asked).newest.removeprefix(phone.service.origin)}")
    read_on(page)
    page.get_by_role("button", name="输入 PIN 码签名").click()
    expect(page.get_by_role("dialog").get_by_role("link", name="忘记 PIN 码？")).to_be_visible()
    enter_pin(page, WRONG)
    expect(page.get_by_role("alert")).to_contain_text("还可以试 4 次")
    for digit in phone.person.pin:
        enter_pin(page, digit)
        made.drawn.append(page.content())
    expect(page.get_by_role("heading", name="已签名")).to_be_visible()
    return made


@pytest.fixture(scope="module")
def attacked(phone: Holder, browser: Browser) -> Iterator[Page]:
    """A page in a separate context, since refusals on it are violations, which the watched page must not have."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{phone.service.origin}/app/login")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    yield page
    context.close()


def pins(phone: Holder) -> tuple[str, str]:
    """Returns both PINs that were typed."""
    return WRONG, phone.person.pin


def has_run(text: str, pin: str) -> bool:
    """Reports whether the digits occur by themselves, not within a hash."""
    return re.search(rf"(?<![0-9A-Za-z+/_-]){pin}(?![0-9A-Za-z+/_=-])", text) is not None


def test_the_pin_is_never_in_the_document(phone: Holder, flow: Flow) -> None:
    for drawn in flow.drawn:
        for pin in pins(phone):
            assert not has_run(drawn, pin[:5])
    assert flow.page.locator("input").count() == 0
    assert "已输入 5 位" in "".join(flow.drawn)


def test_the_pin_is_in_no_request(phone: Holder, flow: Flow) -> None:
    sent = [request for request in flow.requests if "/api/phone/" in request.url]
    assert [request for request in sent if request.url.endswith("/finish")]
    for request in sent:
        everything = "\n".join((request.url, request.post_data or "", json.dumps(request.all_headers())))
        assert not any(has_run(everything, pin) for pin in pins(phone)), request.url
    finish = [json.loads(each.post_data or "") for each in sent if each.url.endswith("/finish")]
    assert len(finish) == 2
    for body in finish:
        assert set(body) == {"items", "tau"}
        names = {name for item in body["items"] for name in item}
        assert names - {"confirmed", "shown"} == {"sid", "Q1", "rho", "s_prime"}


def test_the_pin_is_in_no_storage_and_not_in_memory(phone: Holder, flow: Flow) -> None:
    kept = stored(flow.page)
    assert "mshield/phone" in kept
    assert any(place.startswith("workbox-precache") for place in kept)
    for place, text in kept.items():
        for pin in pins(phone):
            assert not has_run(text, pin), place
            assert pin.encode().hex() not in text, place
    held = heap(flow.page)
    assert phone.person.name in held or "进口货物报关单" in held  # control: displayed text is found
    assert not any(pin in held.split("\n") for pin in pins(phone))


def test_the_keys_never_leave_the_browser(flow: Flow) -> None:
    assert flow.page.evaluate(_PHONE)["exported"] == []
    assert "key private false" in stored(flow.page)["mshield/phone"]
    assert "key secret false" in stored(flow.page)["mshield/phone"]


def test_share_is_out_of_the_pages_reach(phone: Holder, flow: Flow) -> None:
    share = _share(phone, flow.page)
    forms = {f"{value:x}".zfill(64) for value in (share, pow(share, -1, N))} | {str(share)}
    heard = flow.page.evaluate("fromWorker")
    assert heard, "the worker answered nothing"
    answers = [set(each) for each in heard if isinstance(each, dict)]
    of_drawing = {"view", "drawn", "compared", "comparedDigest", "head"}
    assert all(names in ({"session", "items"}, {"body", "next"}, of_drawing) for names in answers)
    bodies = [
        bytes.fromhex(each["body"]).decode() for each in heard if isinstance(each, dict) and "body" in each
    ]
    for place, text in {
        "messages": json.dumps(heard) + "".join(bodies),
        "memory": heap(flow.page),
        **stored(flow.page),
    }.items():
        assert not any(form in text for form in forms), place
    # The worker, whose memory held the share, must have ended.
    for _ in range(150):
        if not flow.page.workers:
            break
        flow.page.wait_for_timeout(100)
    assert flow.page.workers == []


def _share(phone: Holder, page: Page) -> int:
    """Computes the phone's share, which needs both the PIN and the device secret."""
    kept = page.evaluate(_PHONE)
    slot = kept["slots"][0]
    salt = bytes.fromhex(slot["salt"])
    hidden = mask(
        lambda data: bytes.fromhex(page.evaluate(_HMAC, data.hex())),
        uid=bytes.fromhex(kept["uid"]),
        epoch=slot["epoch"],
        salt=salt,
        K=derive_pin_key(phone.person.pin, salt, slot["rounds"]),
    )
    return reveal(int(slot["blob"], 16), hidden)


def test_page_calls_no_other_origin_without_console_errors(phone: Holder, flow: Flow) -> None:
    origin = f"{phone.service.origin}/"
    assert {request.url for request in flow.requests if not request.url.startswith(origin)} == set()
    # The browser itself logs the refusal of the wrong PIN.
    assert [line for line in flow.said if "status of 4" not in line] == []


def test_service_worker_ignores_calls_of_the_service(phone: Holder, flow: Flow) -> None:
    page = flow.page
    assert page.evaluate("navigator.serviceWorker.controller !== null")
    scopes = "navigator.serviceWorker.getRegistrations().then((all) => all.map(({ scope }) => scope))"
    assert page.evaluate(scopes) == [f"{phone.service.origin}/app/"]
    for request in flow.requests:
        answer = request.response()
        if answer is not None and "/api/" in request.url:
            assert not answer.from_service_worker, request.url
    assert not [place for place in stored(page) if "/api/" in place]
    beside = phone.context.new_page()
    beside.goto(f"{phone.service.origin}/download")
    assert beside.evaluate("navigator.serviceWorker.controller") is None
    beside.close()


@pytest.mark.parametrize(
    ("what", "refusal"),
    [
        ("document.body.innerHTML = '<b>x</b>'", "TrustedHTML"),
        ("document.body.insertAdjacentHTML('beforeend', '<b>x</b>')", "TrustedHTML"),
        ("setTimeout('1')", "TrustedScript"),
        ("document.body.setAttribute('onclick', '1')", "TrustedScript"),
        ("document.createElement('script').src = '/app/sw.js'", "TrustedScriptURL"),
        ("new Worker('/app/sw.js')", "TrustedScriptURL"),
        ("trustedTypes.createPolicy('mine', {})", "disallowed"),
        ("trustedTypes.createPolicy('mshield', {})", "disallowed|already"),
    ],
)
def test_injected_markup_and_script_throw(attacked: Page, what: str, refusal: str) -> None:
    told = attacked.evaluate(
        f"() => {{ try {{ {what}; return 'done'; }} catch (error) {{ return String(error); }} }}"
    )
    assert re.search(refusal, told), told


def test_policy_blocks_inline_code_and_other_origins(attacked: Page) -> None:
    done = attacked.evaluate(
        """async () => {
          const made = [];
          const style = document.createElement("style");
          style.textContent = ":root { --inline: 1 }";
          document.head.append(style);
          made.push(getComputedStyle(document.documentElement).getPropertyValue("--inline"));
          for (const address of ["https://example.com/", "data:text/plain,x", "ws://localhost:1/"]) {
            await fetch(address).then(() => made.push(address), () => null);
          }
          return made;
        }"""
    )
    assert done == [""]


def test_every_asset_has_a_content_hash_and_is_cached_permanently(party: Party) -> None:
    base = party.service.origin
    page = httpx.get(f"{base}/app/", trust_env=False)
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)|javascript:", page.text)
    linked = set(re.findall(r'(?:src|href)="(/[^"]+)"', page.text))
    assert {address for address in linked if not address.startswith("/app/")} == set()
    free = {"/app/index.html", "/app/sw.js", "/app/manifest.webmanifest", "/app/logo.svg"}
    for address in PHONE_APP.by_path:
        if address in free or re.fullmatch(
            r"/app/(icon|shortcut)-[\w-]+\.png|/app/licences[\w-]*\.json|/app/assets/pdfjs-[\d.]+/[\w./-]+",
            address,
        ):
            continue
        assert re.fullmatch(r"/app/assets/[\w.-]+-[\w-]{8}\.(js|css|svg|wasm)", address), address
    for address in sorted(linked):
        if address.startswith("/app/assets/"):
            answer = httpx.head(f"{base}{address}", trust_env=False)
            assert "immutable" in answer.headers["cache-control"], address


def test_keypad_is_shuffled_if_enabled(phone: Holder, party: Party) -> None:
    page = phone.context.new_page()

    def keys() -> list[str]:
        page.goto(f"{phone.service.origin}/app{_link(party, phone)}")
        page.get_by_role("button", name="输入 PIN 码登录").click()
        pad = page.get_by_role("group", name="数字键盘")
        expect(pad).to_be_visible()
        return [text for text in pad.get_by_role("button").all_inner_texts() if text.isdigit()]

    usual = list("1234567890")
    assert keys() == usual
    page.goto(f"{phone.service.origin}/app/me/settings")
    switch = page.get_by_role("switch", name="打乱")
    switch.click()
    expect(switch).to_have_attribute("aria-checked", "true")
    drawn = [keys(), keys(), keys()]
    assert all(sorted(each) == sorted(usual) for each in drawn)
    assert len({*map(tuple, drawn), tuple(usual)}) == 4
    enter_pin(page, phone.person.pin)  # each digit at its usual place
    expect(page.get_by_role("heading", name="已登录")).to_be_visible()
    page.close()


def _link(party: Party, phone: Holder) -> str:
    made: dict[str, Any] = party.ask()
    return Screen.of(made).newest.removeprefix(phone.service.origin)
