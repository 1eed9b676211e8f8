"""Members of staff at the console: made by command, set up like by their page, logged in by a browser's cookie.

`log_in_as(StaffRole.AUDITOR)` gives a console page as that role sees it. Tests of the login itself start with
`member` and fill in the pages by hand.
"""

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

import httpx
import pyotp
import pytest
from playwright.sync_api import Browser, Page

from mshield.server.staff.rules import StaffRole
from tests.browser.conftest import Party
from tests.browser.desk.desk import Desk, desk
from tests.support.live_service import LiveService

PASSWORD: Final = "Console-desk-2026"
COOKIE: Final = "mshield-console"
STEP: Final = 30
_API: Final = "/api/console"
_NUMBERS: Final = itertools.count(1)
_ROLE_NAMES: Final = {
    StaffRole.FILING_OFFICER: "备案管理员",
    StaffRole.CUSTOMER_SERVICE: "客服",
    StaffRole.SECURITY_OFFICER: "安全管理员",
    StaffRole.AUDITOR: "审计员",
}


@dataclass(slots=True)
class Member:
    """A member of staff of the running service; `secret` is their TOTP's after the set-up."""

    service: LiveService
    id: str
    name: str
    set_up: str
    secret: str = ""
    used_step: int = 0

    @classmethod
    def made(cls, service: LiveService, *roles: StaffRole) -> "Member":
        """Makes a member whose name contains their first role; not set up yet."""
        name = f"{_ROLE_NAMES[roles[0]]} {next(_NUMBERS)} 号"
        options = [part for role in roles for part in ("--role", role.value)]
        made = service.command("staff", "add", name, *options)
        return cls(service, made["id"], name, made["set_up"])

    @property
    def path(self) -> str:
        """Path of their set-up address."""
        return self.set_up.removeprefix(self.service.origin)

    def code(self) -> str:
        """Returns a one-time code valid for some more seconds, each step once; waits if necessary."""
        while self.used_step > int(time.time()) // STEP:
            time.sleep(0.2)
        self.used_step = max(self.used_step + 1, int(time.time() + 5) // STEP - 1)
        return pyotp.TOTP(self.secret).generate_otp(self.used_step)

    def set_up_login(self) -> str:
        """Sets up password and TOTP; returns the token of the new session."""
        code = self.set_up.partition("#")[2]
        with httpx.Client(base_url=self.service.origin, trust_env=False) as http:
            offer = http.post(f"{_API}/set-ups", json={"code": code}).raise_for_status().json()["offer"]
            self.secret = offer["totp"]["secret"]
            factor = {"enrolment": offer["enrolment"], "totp_code": self.code()}
            document = {"code": code, "password": PASSWORD, "factor": factor}
            http.post(f"{_API}/set-ups/completions", json=document).raise_for_status()
            return http.cookies[COOKIE]


_WAITING: Final = """async () => {
  const answer = await fetch("/api/console/approvals?state=waiting&limit=200");
  return (await answer.json()).items.filter((item) => item.may_decide).length;
}"""


def waiting_for(page: Page) -> int:
    """Returns how many requests wait for this page's member: other tests of this service leave some."""
    waiting: int = page.evaluate(_WAITING)
    return waiting


LogInAs = Callable[..., Desk]
ACCOUNTS: Final = "姓名、企业、信用代码，或完整的证件号码、手机号、盾号"
SEARCH: Final = "姓名、企业、信用代码、证件号码，或盾号、手机、证件的末 4 位"
"""Placeholder of the search field above a list of people."""


def open_account(page: Page, phone: str) -> None:
    """Finds an account by its number on the accounts page, and opens it."""
    page.get_by_label(ACCOUNTS).fill(phone)
    page.locator("tbody tr", has_text=f"****{phone[-4:]}").get_by_role("link").click()


@pytest.fixture
def log_in_as(browser: Browser, party: Party) -> Iterator[LogInAs]:
    """Opens a browser of a new member with these roles, logged in; other arguments are the browser's."""
    with ExitStack() as open_desks:

        def log_in(*roles: StaffRole, **options: object) -> Desk:
            member = Member.made(party.service, *roles)
            token = member.set_up_login()
            made = open_desks.enter_context(desk(browser, party, **options))
            made.code = member.code
            made.page.context.add_cookies([{"name": COOKIE, "value": token, "url": made.origin}])
            made.page.add_init_script("localStorage.setItem('mshield-console-login', 'true')")
            return made

        yield log_in


@pytest.fixture
def console_desk(browser: Browser, party: Party) -> Iterator[Desk]:
    """A browser without a login."""
    with desk(browser, party) as made:
        yield made
