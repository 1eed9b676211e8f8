"""R17: each error that a user can meet leads to its FAQ entry, in both languages; a network failure loses nothing.

The second part is tested call by call in tests/fault/test_lost_answers.py and tests/http/test_idempotency.py.
"""

import json
import re
from pathlib import Path
from typing import Final

import pytest

from mshield.client.texts import TEXTS
from mshield.server.error_codes import BY_CODE
from mshield.server.http.openapi.documents import Documents
from mshield.server.http.pages.faq import FAQ
from mshield.server.http.problems import STATUS
from mshield.server.main import create_app
from mshield.server.settings.settings import Settings
from tests.support.application import Application

_ROOT: Final = Path(__file__).parents[2]
_DOCUMENTS: Final[Documents] = create_app(Settings()).state.documents
PEOPLE: Final = ("phone", "portal", "register", "pc", "oidc")
"""Audiences whose refusals are read by users; those of the others are read by staff, developers and programs."""

OIDC: Final = ("src/mshield/server/oidc", "src/mshield/server/http/oidc")
"""Folders whose errors appear on a page; OpenID Connect clients get the standard's errors instead."""

ENTRY_OF: Final = {
    "unavailable": "3.1",
    "in_progress": "3.1",
    "sms_failed": "3.2",
    "no_filing": "3.3",
    "account_exists": "3.4",
    "other_account": "3.6",
    "device_limit": "3.6",
    "pin_locked": "3.7",
    "wrong_pin": "3.8",
    "filing_changed": "3.10",
}


@pytest.mark.parametrize("audience", PEOPLE)
def test_r17_each_error_that_people_meet_leads_to_an_entry(audience: str) -> None:
    """The OpenAPI document lists every answer of an operation: a test that meets another answer fails."""
    found = _codes_of(audience)
    assert "unavailable" in found or audience in {"pc", "oidc"}
    assert {code for code in found if BY_CODE[code].faq not in FAQ} == set()


def _code(text: str) -> str:
    """Removes imports and `except` clauses from source text."""
    text = re.sub(r"(?m)^from .*?import (?:\([^)]*\)|.*)$", "", text)
    return re.sub(r"except \([^)]*\)", "", text)


def test_r17_each_error_on_the_pages_of_openid_connect_leads_to_an_entry() -> None:
    raised = {
        name
        for folder in OIDC
        for file in (_ROOT / folder).glob("*.py")
        for name in re.findall(r"(?<!except )(?<!suppress\()\b([A-Z]\w+)", _code(file.read_text("utf-8")))
    }
    # Caught errors are not shown. The two excluded ones occur only at the console's registration of a
    # business system.
    ours = raised - {"InvalidClientKeys", "InvalidClientUri"}
    shown = {error for error in BY_CODE.values() if error.__name__ in ours}
    assert {"login_refused", "login_over", "logout_refused"} <= {error.code for error in shown}
    assert {error.code for error in shown if error.faq not in FAQ} == set()


def test_r17_what_leads_nowhere_is_met_at_the_console_or_by_a_business_system() -> None:
    without = {code for code, error in BY_CODE.items() if error.faq is None}
    assert without <= _codes_of("console") | _codes_of("business")


def _codes_of(audience: str) -> set[str]:
    """Returns the codes of all problem documents in an audience's OpenAPI document."""
    return set(re.findall(r'"/problems/(\w+)"', json.dumps(_DOCUMENTS.of(audience))))


def test_r17_each_entry_answers_some_error_or_question() -> None:
    answered = {error.faq for error in BY_CODE.values()} | {text[2] for text in TEXTS.values()}
    # Entry 3.5 answers no error: it explains that cards and shields are equivalent.
    assert set(FAQ) - answered <= {"3.5"}


@pytest.mark.parametrize("code", ENTRY_OF)
def test_r17_the_entry_is_the_manuals(code: str) -> None:
    assert BY_CODE[code].faq == ENTRY_OF[code]


def test_r17_the_phones_own_errors_name_entries_that_exist() -> None:
    assert {text[2] for text in TEXTS.values()} <= {None, *FAQ}
    assert TEXTS["network"][2] == "3.1"


def test_r17_every_error_has_a_status_and_every_status_an_error() -> None:
    assert STATUS.keys() == BY_CODE.keys()


async def test_r17_a_refusal_tells_its_entry_and_the_entry_is_served(application: Application) -> None:
    await application.ask_for_code("13800006027")
    refused = (await application.ask_for_code("13800006027")).json()
    assert refused["code"] == "sms_too_soon"
    answer = await application.http.get("/api/faq")
    assert answer.headers["cache-control"] == "public, max-age=3600"
    entries = {entry["id"]: entry for entry in answer.json()["entries"]}
    found = entries[refused["faq"]]
    assert re.search(r"[一-鿿]", found["zh"] + found["title_zh"])
    assert found["en"].isascii()
    assert found["title_en"].isascii()
