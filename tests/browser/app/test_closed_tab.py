"""The app is closed at each step of a PIN change: afterwards exactly one known PIN is in force (R9).

The old PIN is in force until the service has finished the change, the new one from then on; a restarted app
accepts it at the first attempt.
"""

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, BrowserContext, Route

from tests.browser.app.app_user import User
from tests.browser.app.cut_line import CALLS
from tests.browser.app.more_people import newcomer
from tests.browser.app.pin_pad_and_pixels import PIXEL, enter_pin
from tests.browser.app.seeded import holder
from tests.browser.app.test_bad_network import log_in_by_code, no_attempt_is_lost
from tests.browser.conftest import Party

PINS: Final = ("862094", "295173")
CALLED: Final = ("policy", "birth-dates", "tasks", "open", "finish", "tasks", "open", "finish")
"""Calls of a change: check of the new PIN, a signed task for the change, another one to confirm it."""
SECONDS: Final = 30.0


@dataclass(slots=True)
class Closing:
    """Counts calls; at call number `at` the page is to be closed, before or `after` the service's answer."""

    at: int
    after: bool
    reached: list[str] = field(default_factory=list)
    is_due: bool = False

    def lay(self, context: BrowserContext) -> None:
        """Starts counting."""
        context.route(CALLS, lambda route: self._carry(route))  # noqa: PLW0108  # no method of a class with slots

    def _carry(self, route: Route) -> None:
        is_last = len(self.reached) == self.at
        if not self.is_due and (not is_last or self.after):
            self.reached.append(route.request.url.rpartition("/")[2])
            if not is_last:
                route.continue_()
                return
            route.fetch()
        # Otherwise the browser sends the pending request when the page closes.
        self.is_due = True
        route.abort()


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.long
def test_r9_exactly_one_pin_is_valid_wherever_the_app_is_closed(
    browser: Browser, party: Party, engine: Path
) -> None:
    person = newcomer(party.service)
    with holder(browser, party, engine, person=person, **PIXEL) as phone:
        now, reached = person.pin, list[str]()
        for at in range(len(CALLED)):
            for after in (False, True):
                changed = next(pin for pin in PINS if pin != now)
                closing = Closing(at, after)
                close_while_changing(
                    phone.context, User(party.service, phone.page(), person, now), changed, closing
                )
                reached = closing.reached
                if "finish" in reached:
                    now = changed
                again = User(party.service, phone.page(), person, now)
                log_in_by_code(party, again, now)
                again.page.close()
                no_attempt_is_lost(party.service, person.phone)
        assert reached == list(CALLED)


def close_while_changing(context: BrowserContext, user: User, changed: str, closing: Closing) -> None:
    """Changes the PIN until the page is closed."""
    user.open("/pin")
    user.prove_old_pin()
    user.choose_pin_once(changed, change=True)
    closing.lay(context)
    enter_pin(user.page, changed)
    deadline = time.monotonic() + SECONDS
    while not closing.is_due:
        assert time.monotonic() < deadline, closing.reached
        user.page.wait_for_timeout(20)
    user.page.close()
    context.unroute(CALLS)
