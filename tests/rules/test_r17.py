"""R17: each error that a user can meet leads to its answer, in both languages; a network failure loses nothing.

That nothing is lost is shown call by call in tests/fault/test_lost_answers.py and tests/http/test_idempotency.py.
"""

import re
from typing import Final

import pytest

from mshield.client.texts import TEXTS
from mshield.domain.errors import BY_CODE
from mshield.domain.faq import FAQ
from mshield.web.problems import STATUS
from tests.application import Application

BY_AUDIENCE: Final = {
    "phone": {
        "busy", "certificate_expired", "clone", "device_limit", "held", "in_progress", "login_failed", "login_slowed",
        "no_certificate", "no_filing", "other_account", "pin_locked", "sms_code_expired", "sms_code_wrong",
        "sms_daily_limit", "sms_failed", "sms_too_soon", "too_many_requests", "unauthenticated", "unavailable",
        "wrong_pin", "expired_request", "request_closed", "filing_changed", "internal", "account_exists",
        "already_certified",
    },
    "portal": {"login_failed", "login_slowed", "sms_failed", "unauthenticated", "unavailable", "too_many_requests"},
}  # fmt: skip
"""What people meet, by where they meet it. Each leads to an entry; some would have none without this list."""

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


@pytest.mark.parametrize("audience", BY_AUDIENCE)
def test_r17_each_error_that_people_meet_leads_to_an_entry(audience: str) -> None:
    for code in BY_AUDIENCE[audience]:
        assert BY_CODE[code].faq in FAQ, code


def test_r17_each_entry_answers_some_error_or_question() -> None:
    answered = {error.faq for error in BY_CODE.values()} | {text[2] for text in TEXTS.values()}
    # What is no error: that cards and shields are equal.
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
    document = {"phone": "13800006027", "purpose": "register"}
    await application.http.post("/api/phone/sms-codes", json=document)
    refused = (await application.http.post("/api/phone/sms-codes", json=document)).json()
    assert refused["code"] == "sms_too_soon"
    answer = await application.http.get("/api/faq")
    assert answer.headers["cache-control"] == "public, max-age=3600"
    entries = {entry["id"]: entry for entry in answer.json()["entries"]}
    found = entries[refused["faq"]]
    assert re.search(r"[一-鿿]", found["zh"] + found["title_zh"])
    assert found["en"].isascii()
    assert found["title_en"].isascii()
