"""A network failure loses nothing (R17): each call of each flow is lost once, and then for as long as a phone retries.

A flow is a line of FLOWS. It is run with the n-th request lost and with the n-th answer lost, for each n. The
user doesn't notice a single loss; after an outage they repeat the step and reach the right end. No account is
made twice, no SMS is sent twice for one answer, no PIN attempt is lost.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from pydantic import SecretStr

from mshield.client.errors import ClientError, NetworkError
from mshield.server.accounts.outside_login import RETURN_PATH
from mshield.server.settings.forms import AccountSource
from tests.fault.case import Around, Case, Flow
from tests.fault.flows import FLOWS
from tests.fault.phone_steps import wait_a_minute
from tests.support.application import ORIGIN
from tests.support.lossy_line import Loss, Service, running_behind_a_lossy_line
from tests.support.oidc_provider import CLIENT_ID, CLIENT_SECRET, providing
from tests.support.outside_systems import SECRET, AccountOffice, serving

pytestmark = pytest.mark.slow

_TRIES: Final = 4
"""Attempts of the business system's client; the phones here and the portal's client make three."""

_SPENT: Final = frozenset({"sms_code_expired", "sms_code_wrong", "captcha_wrong", "sms_too_soon"})
"""Errors after a lost answer that consumed the typed code, or after a code was just sent: wait a minute and restart."""


@pytest.fixture
def around() -> Iterator[Around]:
    office = AccountOffice()
    with serving(office) as server, providing(ORIGIN + RETURN_PATH) as provider:
        yield Around(office, server.url, provider)


def _settings(around: Around, flow: Flow) -> dict[str, Any]:
    """Returns settings without tight limits, which have tests of their own: here all share one address."""
    sources = (
        AccountSource(
            name="single-window", kind="http", title_zh="单一窗口", title_en="Single Window",
            url=around.office_url, secret=SecretStr(SECRET),
        ),
        AccountSource(
            name="customs", kind="oidc", title_zh="互联网+海关", title_en="Internet+Customs",
            url=around.provider.issuer, client_id=CLIENT_ID, secret=SecretStr(CLIENT_SECRET),
        ),
    )  # fmt: skip
    limits = {"sms_codes_per_day": 1000, "sms_codes_per_address": 1000}
    return {"account_sources": sources, **limits, **flow.settings}


@pytest.fixture
def service(database_url: str, tmp_path: Path, around: Around, name: str) -> Iterator[Service]:
    with running_behind_a_lossy_line(database_url, tmp_path, **_settings(around, FLOWS[name])) as made:
        around.provider.clock = made.clock
        yield made


@pytest.fixture
def service_on_sqlite(sqlite_url: str, tmp_path: Path, around: Around, name: str) -> Iterator[Service]:
    """A service on SQLite, for behaviour of the phone that doesn't depend on the database."""
    with running_behind_a_lossy_line(sqlite_url, tmp_path, **_settings(around, FLOWS[name])) as made:
        around.provider.clock = made.clock
        yield made


def _case(service: Service, around: Around, flow: Flow) -> Case:
    """Returns a person and their phone at the start of the flow."""
    service.line.repair()
    service.clock.advance(seconds=3600)  # earlier cases must leave no active limit
    case = Case(service, service.person(), service.phone(), service.business(), around)
    for step in flow.before:
        step(case)
    return case


def _calls(service: Service, around: Around, flow: Flow) -> int:
    """Counts the calls of the steps without losses."""
    case = _case(service, around, flow)
    service.line.repair()
    for step in flow.steps:
        step(case)
    calls = service.line.calls
    flow.holds(case)
    return calls


@pytest.mark.parametrize("name", FLOWS)
@pytest.mark.long
def test_r17_single_loss_anywhere_is_recovered(service: Service, around: Around, name: str) -> None:
    flow = FLOWS[name]
    losses: tuple[Loss, ...] = ("request", "answer")
    for call in range(_calls(service, around, flow)):
        for loss in losses:
            case = _case(service, around, flow)
            service.line.lose(loss, call=call)
            for step in flow.steps:
                step(case)
            service.line.repair()
            flow.holds(case)
            if flow.sms is not None:
                assert case.sent(flow.sms) == 1, f"{loss} {call}"


@pytest.mark.parametrize("name", FLOWS)
def test_r17_user_repeats_the_step_after_an_outage(
    service_on_sqlite: Service, around: Around, name: str
) -> None:
    flow = FLOWS[name]
    for call in range(_calls(service_on_sqlite, around, flow)):
        case = _case(service_on_sqlite, around, flow)
        service_on_sqlite.line.lose("answer", call=call, calls=_TRIES)
        _insist(case, flow)
        service_on_sqlite.line.repair()
        flow.holds(case)


def _insist(case: Case, flow: Flow) -> None:
    """Repeats a step while the network fails; starts again if a code was consumed meanwhile."""
    place = 0
    for _ in range(12):
        if place == len(flow.steps):
            return
        try:
            flow.steps[place](case)
        except NetworkError:
            continue
        except ClientError as error:
            if error.code not in _SPENT:
                raise
            wait_a_minute(case)
            place = 0
        else:
            place += 1
    raise AssertionError("the user gave up")
