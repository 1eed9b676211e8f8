"""Actions at a desk: opening the portal, logging in, reading lists."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
from playwright.sync_api import Browser, Locator, Page, Route, expect

from mshield.testkit.demo.people import LEGAL_PERSON, Person
from mshield.testkit.phone import VirtualPhone
from tests.browser.conftest import Party
from tests.browser.page_checks import read_code
from tests.support.live_service import LiveService

SIZE: Final = {"width": 1440, "height": 900}


@dataclass(slots=True)
class Desk:
    """A browser at a desk; `complaints` has its pages' violations, `foreign` their calls to other origins."""

    party: Party
    page: Page
    complaints: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    captchas: list[dict[str, str]] = field(default_factory=list)
    seen: str = ""
    code: Callable[[], str] = str
    """Returns the authenticator's current code of the logged-in member of staff."""

    @property
    def origin(self) -> str:
        """The service's origin."""
        return self.party.service.origin

    def open(self, path: str = "/portal/") -> Page:
        """Opens a page of the portal."""
        self.page.goto(self.origin + path)
        return self.page

    def open_password_login(self) -> Page:
        """Opens the login for people without their phone."""
        page = self.open("/portal/login")
        page.get_by_role("button", name="账号密码").click()
        return page

    def captcha(self) -> str:
        """Returns the newest captcha's characters, once the page shows it."""
        picture = self.page.get_by_role("img", name="验证码图片")
        expect(picture).not_to_have_attribute("src", self.seen)
        newest = self.captchas[-1]
        self.seen = f"data:image/png;base64,{newest['image_b64']}"
        expect(picture).to_have_attribute("src", self.seen)
        answer: dict[str, Any] = httpx.get(
            f"{self.origin}/dev/captchas/{newest['captcha_id']}", trust_env=False
        ).json()
        return str(answer["answer"])

    def give(self, *, account: str, password: str, captcha: str) -> None:
        """Fills in the first login page and sends it."""
        page = self.page
        page.get_by_role("textbox", name="账号").fill(account)
        page.get_by_label("密码", exact=True).fill(password)
        page.get_by_label("图形验证码", exact=True).fill(captcha)
        page.get_by_role("button", name="下一步").click()

    def log_in(self, person: Person = LEGAL_PERSON) -> Page:
        """Logs in by both steps."""
        self.open_password_login()
        self.give(account=person.phone, password=person.password, captcha=self.captcha())
        field = self.page.get_by_label("短信验证码")
        expect(field).to_be_focused()
        field.fill(self.party.service.sms_code("portal", person))
        self.page.get_by_role("button", name="登录", exact=True).click()
        expect(self.page.get_by_role("heading", name="企业的手机盾")).to_be_visible()
        return self.page


@contextmanager
def desk(browser: Browser, party: Party, **options: Any) -> Iterator[Desk]:
    """Yields a new browser at a desk; fails if its pages did anything forbidden."""
    context = browser.new_context(
        **{"viewport": SIZE, "locale": "zh-CN", "accept_downloads": True, **options}
    )
    page = context.new_page()
    made = Desk(party, page)
    own = (f"{made.origin}/", "blob:", "data:")
    page.on("pageerror", lambda error: made.complaints.append(str(error)))
    page.on(
        "console",
        lambda line: made.complaints.append(line.text) if "Content Security" in line.text else None,
    )
    page.on(
        "request",
        lambda request: None if request.url.startswith(own) else made.foreign.append(request.url),
    )

    def note(route: Route) -> None:
        answer = route.fetch()
        made.captchas.append(answer.json())
        route.fulfill(response=answer)

    page.route("**/api/*/captchas", note)
    try:
        yield made
    finally:
        page.unroute_all(behavior="ignoreErrors")
        context.close()
    assert not made.complaints
    assert not made.foreign


def scanned(place: Locator, phone: VirtualPhone) -> None:
    """Scans the displayed code with the phone and enters the PIN."""
    expect(place).to_be_visible()
    code = read_code(place)
    for _ in range(20):
        if code is not None:
            break
        place.page.wait_for_timeout(250)
        code = read_code(place)
    assert code is not None
    assert phone.scan(code).requester.name == "三证合一"
    phone.approve(pin=LEGAL_PERSON.pin)


def prove_again(page: Page, service: LiveService) -> None:
    """Proves that this is the legal representative, by a code to their phone."""
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="获取验证码").click()
    expect(dialog.get_by_text("已发送到您账号的手机")).to_be_visible()
    dialog.get_by_role("textbox", name="短信验证码").fill(service.sms_code("vouch", LEGAL_PERSON))
