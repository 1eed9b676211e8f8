"""One scenario calls every operation of every OpenAPI document, and each answer matches its document.

`tests/http/life` has its parts, by caller. `tests/support/conformance.py` validates each call. `tests/oidc`
has a scenario of its own for OpenID Connect.
"""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from mshield.server.runtime.security_log.log import LOGGER
from mshield.testkit.demo.people import LEGAL_PERSON, OPERATOR, OPERATOR_TO_CONFIRM
from tests.http.life import account, console, identity, portal, publication, shield
from tests.http.life.life import Life, living
from tests.support.conformance import ANSWERED, document
from tests.support.security_lines import lines_of, raw_lines, require_nobody


@pytest.fixture
def life(sqlite_url: str, tmp_path: Path) -> Iterator[Life]:
    with living(sqlite_url, tmp_path) as made:
        yield made


_PEOPLE: Final = (OPERATOR, LEGAL_PERSON, OPERATOR_TO_CONFIRM)
_LIFE: Final[tuple[Callable[[Life], None], ...]] = (
    account.register,
    account.register_on_a_pc,
    account.log_in_from_outside,
    account.log_in,
    shield.apply,
    shield.use,
    shield.come_back,
    shield.look_after,
    shield.renew,
    account.look_after_ones_data,
    shield.disown,
    account.forget_the_password,
    publication.fetch_what_is_published,
    portal.manage,
    identity.prove,
    console.serve_customers,
    console.operate,
    console.work_at_the_console,
    console.decide_by_two,
    console.erase_somebody,
    console.give_programs_tokens,
    console.put_up_a_legal_person,
    console.register_a_view,
)


def test_every_operation_is_called_and_answers_as_documented(
    life: Life, caplog: pytest.LogCaptureFixture
) -> None:
    """The security log of the whole run names nobody."""
    ANSWERED.clear()
    caplog.set_level(logging.INFO, LOGGER)
    for part in _LIFE:
        part(life)
        life.log()
    events = {line["event"] for line in lines_of(caplog)}
    assert events >= {"login.accepted", "login.begun", "login.ended", "account.registered", "act.recorded"}
    require_nobody(raw_lines(caplog), _PEOPLE, life.service.application.client_secret)
    operations = {
        operation["operationId"]
        for item in document()["paths"].values()
        for operation in item.values()
        if "oidc" not in operation["tags"]
    }
    assert operations - ANSWERED == set()
