"""A call refused for its time names the wrong clock as far as the phone can know it; the app has the same texts."""

import re
from pathlib import Path

import pytest

from mshield.client import ClockError
from mshield.client.errors import CLOCKS, ClientError, Whose, is_passing, problem_of
from mshield.testkit.phone import VirtualPhone
from mshield.testkit.phone.clocks import Agreement
from tests.support.clock import START, Clock
from tests.unit.client.conftest import NUMBER, Open
from tests.unit.client.counterpart import CAPTCHA, PASSWORD, Counterpart

HOUR = 3_600_000
_APP = Path(__file__).parents[3] / "frontend/packages/shield/src/errors.ts"


def _skewed(seconds: int) -> ClientError:
    body = b'{"code":"clock_skewed","zh":"x","en":"x","seconds":%d}' % seconds
    return problem_of(401, "application/problem+json", body)


def _explained(agreement: Agreement, error: ClientError) -> ClockError:
    found = agreement.explain(error)
    assert isinstance(found, ClockError)
    return found


@pytest.mark.parametrize(
    ("wall", "steady", "seconds", "whose"),
    [
        (2 * HOUR, 0, 7200, "phone"),
        (-2 * HOUR, 60_000, -7260, "phone"),
        (60_000, 60_000, -3 * 86_400, "service"),
        (60_000, 60_000, 7200, "service"),
        (8 * HOUR, 0, -7200, "unknown"),  # the phone slept, and its monotonic clock stopped
    ],
)
def test_wrong_clock_is_known_after_an_accepted_proof(
    wall: int, steady: int, seconds: int, whose: Whose
) -> None:
    clock = [START, 5000]
    agreement = Agreement(lambda: clock[0], lambda: clock[1])
    agreement.agreed()
    clock[0] += wall
    clock[1] += steady
    error = _explained(agreement, _skewed(seconds))
    assert (error.whose, error.seconds) == (whose, seconds)
    assert error.code == ("clock_doubted" if whose == "service" else "clock_skewed")
    assert not is_passing(error)


def test_both_clocks_are_named_before_any_answer() -> None:
    error = _explained(Agreement(lambda: START, lambda: 0), _skewed(-3 * 86_400))
    assert (error.whose, error.code) == ("unknown", "clock_skewed")
    assert "慢了 3 天" in error.zh
    assert "若时间无误，请稍后再试" in error.zh
    assert "3 days behind" in error.en


def test_service_in_doubt_about_its_clock_is_at_fault() -> None:
    came = problem_of(503, "application/problem+json", b'{"code":"clock_doubted","retry_after":30}')
    error = _explained(Agreement(lambda: START, lambda: 0), came)
    assert (error.whose, is_passing(error)) == ("service", True)
    assert "不是手机的问题" in error.zh


def test_other_refusals_are_unchanged() -> None:
    came = problem_of(401, "application/problem+json", b'{"code":"unauthenticated"}')
    assert Agreement(lambda: START, lambda: 0).explain(came) is came


def test_changed_phone_clock_is_reported_as_the_phones(phone: VirtualPhone, clock: Clock) -> None:
    """The counterpart's clock is right."""
    with pytest.raises(ClockError) as caught:
        _with_clock(phone, clock.now + HOUR)
    assert (caught.value.whose, caught.value.seconds) == ("phone", 3600)
    assert "手机的时间不准" in caught.value.zh


def test_changed_service_clock_is_reported_as_the_services(service: Counterpart, phone: VirtualPhone) -> None:
    service.now = lambda: START - 2 * HOUR
    with pytest.raises(ClockError) as caught:
        phone.me()
    assert (caught.value.code, caught.value.whose) == ("clock_doubted", "service")


def test_freshly_started_phone_names_both_clocks(
    service: Counterpart, phone: VirtualPhone, open_phone: Open
) -> None:
    service.now = lambda: START - 2 * HOUR
    with open_phone() as again, pytest.raises(ClockError) as caught:
        again.login(account=NUMBER, password=PASSWORD, captcha_id="cap", captcha=CAPTCHA)
    assert caught.value.whose == "unknown"


def test_app_has_the_same_clock_texts() -> None:
    source = _APP.read_text("utf-8")
    block = source[source.index("const CLOCKS") : source.index("export class ClockError")]
    said = [text for text in re.findall(r'"((?:[^"\\]|\\.)*)"', block) if len(text) > 12]
    assert said == [sentence for pair in CLOCKS.values() for sentence in pair]


def _with_clock(phone: VirtualPhone, now: int) -> None:
    (connection,) = phone._connections.values()
    connection._clock = lambda: now
    connection._agreement._wall = lambda: now
    phone.me()
