"""A number is filed before the account has it: the page tells the legal representative why, and what to do."""

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from mshield.server.staff.rules import StaffRole
from mshield.testkit.demo.people import LEGAL_PERSON
from tests.browser.app.app_user import User
from tests.browser.app.pin_pad_and_pixels import PIXEL
from tests.browser.app.seeded import visitor
from tests.browser.conftest import Party
from tests.browser.desk.console import LogInAs, open_account
from tests.browser.desk.desk import desk
from tests.browser.desk.page_look import look
from tests.browser.unproven import seen
from tests.support.application import EXAMPLES
from tests.support.live_service import LiveService, register

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def party(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Party]:
    """A service whose legal representative has an unproven account."""
    folder = tmp_path_factory.mktemp("number")
    service = LiveService(folder, f"sqlite:///{folder / 'mshield.db'}")
    service.prepare()
    service.start()
    try:
        with service.phone() as phone:
            register(service, phone, LEGAL_PERSON)
            yield Party(service, phone)
    finally:
        service.stop()


def _end_the_wait(service: LiveService) -> None:
    """Makes the filed number's day of waiting pass, and waits until the service has filed it."""
    service.stop()
    service.seal("UPDATE filed_phone_changes SET effective_at = approved_at")
    service.start()
    deadline = time.monotonic() + 90
    with contextlib.closing(sqlite3.connect(service.folder / "mshield.db")) as database:
        while database.execute("SELECT state FROM filed_phone_changes").fetchall() != [("done",)]:
            assert time.monotonic() < deadline
            time.sleep(0.2)


def test_lost_number_is_explained_at_portal_app_and_console(
    browser: Browser, party: Party, log_in_as: LogInAs, tmp_path: Path
) -> None:
    service = party.service
    with desk(browser, party) as made:
        made.log_in()  # this proves them by the filed number
    listed = tmp_path / "filing.csv"
    text = (EXAMPLES / "filing.csv").read_text("utf-8").replace(LEGAL_PERSON.phone, "13612344399")
    listed.write_text(text, "utf-8")
    service.by_two("filing", "import", str(listed))
    _end_the_wait(service)
    with desk(browser, party) as made:
        page = made.open_password_login()
        made.give(account=LEGAL_PERSON.phone, password=LEGAL_PERSON.password, captcha=made.captcha())
        expect(page.get_by_role("heading", name="备案的手机号和账号的不同，要重新核验")).to_be_visible()
        main = page.locator("main")
        for words in ("改绑到备案的手机号", "当面领取激活码", "请备案机构改正"):
            expect(main).to_contain_text(words)
        expect(main).not_to_contain_text("4399")
        look(page, "portal-number-lost")
        page.get_by_role("button", name="English").click()
        expect(main).to_contain_text("verify again")
    with visitor(browser, service, **PIXEL) as opened:
        user = User(service, opened.page(), LEGAL_PERSON)
        user.begin()
        user.log_in()
        note = user.page.get_by_role("link", name="备案的手机号和账号的不同")
        expect(note).to_contain_text("如何处理")
        seen(user.page, "home-number-lost")
        note.click()
        user.sees("实名核验")
        expect(user.page.locator("main")).to_contain_text("改绑到备案的手机号")
        expect(user.page.locator("main")).to_contain_text("失效：备案的手机号和账号的不同")
        seen(user.page, "identity-number-lost")
        user.page.get_by_role("link", name="重新核验").click()
        user.sees("核验身份")
    page = log_in_as(StaffRole.CUSTOMER_SERVICE).open("/console/accounts")
    open_account(page, LEGAL_PERSON.phone)
    panel = page.locator("section", has=page.get_by_role("heading", name="身份核验"))
    expect(panel).to_contain_text("凭备案手机号的核验已结束")
    expect(panel).to_contain_text("改绑到备案的手机号")
    look(page, "account-number-lost")
