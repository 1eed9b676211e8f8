"""Sentences that mention a number of the code have the right one: on pages, in documents, in commands' help.

A number that a setting determines is in no sentence of a page: the page receives it.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from mshield.server.identity import codes, confirm, real_name
from mshield.server.identity.rules import CODE_LETTERS, CODE_MS, REMIND_MS, REQUEST_MS
from mshield.server.requests import ask_consent
from mshield.server.staff import approvals, change_phone, tokens
from mshield.server.staff.rules import CONFIRM_MS
from mshield.wire.times import DAY_MS, HOUR_MS, MINUTE_MS

_ROOT: Final = Path(__file__).parents[2]
_WORDS: Final = {"three": 3, "five": 5, "seven": 7, "ten": 10, "twelve": 12}
_APPS: Final = "frontend/apps"
_WEB: Final = "src/mshield/server/http"
_WEEK: Final = (
    f"{_APPS}/console/src/words/filing.ts",
    f"{_APPS}/phone/src/screens/identity/words.ts",
    f"{_APPS}/portal/src/words/applications.ts",
    f"{_APPS}/portal/src/words/activation.ts",
    f"{_WEB}/phone/identity.py",
    f"{_WEB}/portal/applications.py",
    f"{_WEB}/console/identity.py",
    "src/mshield/server/commands/filing/identity.py",
    "testkit/src/mshield/testkit/commands/legal_person/applications.py",
    "testkit/src/mshield/testkit/commands/phone/identity.py",
    "docs/identity.md",
    "docs/api/phone.md",
    "docs/manual/phone.md",
    "docs/manual/legal-person.md",
    "docs/manual/legal-person.en.md",
)


@dataclass(frozen=True, slots=True)
class StatedNumber:
    """A number, its wording (the number is the first group), and the files with it, each at least once."""

    what: str
    value: int
    pattern: str
    files: tuple[str, ...]

    def __str__(self) -> str:
        return self.what


SAID: Final = (
    StatedNumber(
        "how long an activation code counts", CODE_MS // DAY_MS, r"(\d+|\w+)[\s-]+(?:天|days)", _WEEK
    ),
    StatedNumber(
        "how long a legal representative may answer",
        REQUEST_MS // DAY_MS,
        r"(\d+|\w+)[\s-]+(?:天|days)",
        _WEEK,
    ),
    StatedNumber(
        "interval between reminders of the legal representative",
        REMIND_MS // HOUR_MS,
        r"每 (\d+) 小时",
        ("docs/manual/phone.md",),
    ),
    StatedNumber(
        "an activation code's letters",
        CODE_LETTERS,
        r"(\d+|twelve) (?:位码|characters|letters)",
        (f"{_APPS}/phone/src/screens/identity/words.ts", "docs/identity.md", "docs/manual/phone.md"),
    ),
    StatedNumber(
        "tries at an activation code",
        codes.TRIES,
        r"(\w+) wrong (?:activation codes were|codes|ones)",
        (
            f"{_WEB}/phone/identity.py",
            "docs/identity.md",
            "docs/api/phone.md",
            "src/mshield/server/identity/errors.py",
        ),
    ),
    StatedNumber(
        "questions to the carrier a day",
        real_name.MOST_A_DAY,
        r"最多核验 (\d+) 次|(\w+) (?:checks|questions) a day|configured\. At most (\w+) a day",
        (
            f"{_APPS}/phone/src/screens/identity/way_words.ts",
            f"{_WEB}/phone/identity.py",
            "docs/identity.md",
            "docs/api/phone.md",
        ),
    ),
    StatedNumber(
        "messages to a legal representative a day",
        confirm.MOST_A_DAY,
        r"\((\w+) a day for",
        ("docs/api/phone.md",),
    ),
    StatedNumber(
        "requests for a shield's consent a day",
        ask_consent.MOST_A_DAY,
        r"\(API for PCs\)\. At most (\w+) a day",
        (f"{_WEB}/phone/identity.py",),
    ),
    StatedNumber(
        "how long a question to two people waits",
        approvals.WAITING_MS // HOUR_MS,
        r"(\d+) (?:小时|hours)",
        (f"{_APPS}/console/src/words/certificates.ts", f"{_APPS}/console/src/words/staff.ts"),
    ),
    StatedNumber(
        "how long the change of a number waits",
        change_phone.WAITING_MS // HOUR_MS,
        r"(\d+) (?:小时|hours)",
        (f"{_APPS}/console/src/words/accounts.ts",),
    ),
    StatedNumber(
        "how long a second factor is enough",
        CONFIRM_MS // MINUTE_MS,
        r"last (\w+) minutes|(\d+) 分钟内的第二步",
        (f"{_APPS}/console/src/words/login.ts", "docs/console.md"),
    ),
    StatedNumber(
        "how long before its expiry a token is reported to expire",
        tokens.SOON_MS // DAY_MS,
        r"SOON_MS = (\d+) \* DAY_MS",
        (f"{_APPS}/console/src/parts/TokensPanel.vue",),
    ),
)


@pytest.mark.parametrize("said", SAID, ids=str)
def test_each_sentence_has_the_right_number(said: StatedNumber) -> None:
    for place in said.files:
        matches = re.findall(said.pattern, (_ROOT / place).read_text("utf-8"), re.IGNORECASE)
        words = ["".join(match).lower() for match in matches]
        assert words, place
        assert [_WORDS.get(word) or int(word) for word in words] == [said.value] * len(words), place


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("console/src/words/approvals.ts", r"\d+ ?(?:小时|hours)"),  # MSHIELD_CONSOLE_SET_UP_SECONDS
        ("console/src/words/accounts.ts", r"\d+ ?(?:次|tries)"),  # MSHIELD_SMS_CODE_TRIES
        ("console/src/words/login.ts", r"\d+ (?:分钟没有|minutes without)"),  # MSHIELD_CONSOLE_IDLE_SECONDS
        ("portal/src/words/login.ts", r"\d+ (?:分钟没有|minutes without)"),  # MSHIELD_PORTAL_IDLE_SECONDS
    ],
)
def test_pages_contain_no_number_from_a_setting(words: str, number: str) -> None:
    assert not re.search(number, (_ROOT / _APPS / words).read_text("utf-8"))
