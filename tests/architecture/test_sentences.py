"""Sentences that say a number of the code say the one that counts: on pages, in documents, in commands' help.

A number that a setting decides stands in no sentence of a page: the page is told it.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from mshield.domain.proofs import CODE_LETTERS, CODE_MS, REMIND_MS, REQUEST_MS
from mshield.domain.staff import CONFIRM_MS
from mshield.domain.times import DAY_MS, HOUR_MS, MINUTE_MS
from mshield.services.identity import codes, confirm, real_name
from mshield.services.requests import ask_consent
from mshield.services.staff import approvals, change_phone, tokens

_ROOT: Final = Path(__file__).parents[2]
_WORDS: Final = {"three": 3, "five": 5, "seven": 7, "ten": 10, "twelve": 12}
_APPS: Final = "frontend/apps"
_WEB: Final = "src/mshield/web"
_WEEK: Final = (
    f"{_APPS}/console/src/words/filing.ts",
    f"{_APPS}/phone/src/screens/identity/words.ts",
    f"{_APPS}/portal/src/words/applications.ts",
    f"{_APPS}/portal/src/words/activation.ts",
    f"{_WEB}/phone/identity.py",
    f"{_WEB}/portal/applications.py",
    f"{_WEB}/console/identity.py",
    "src/mshield/commands/filing/identity.py",
    "src/mshield/commands/legal_person/applications.py",
    "src/mshield/commands/phone/identity.py",
    "docs/identity.md",
    "docs/api/identity.md",
    "docs/manual/phone.md",
    "docs/manual/legal-person.md",
    "docs/manual/legal-person.en.md",
)


@dataclass(frozen=True, slots=True)
class Said:
    """A number, how sentences say it (the number is the first group), and the files that do, each at least once."""

    what: str
    value: int
    pattern: str
    files: tuple[str, ...]

    def __str__(self) -> str:
        return self.what


SAID: Final = (
    Said("how long an activation code counts", CODE_MS // DAY_MS, r"(\d+|\w+)[ -](?:天|days)", _WEEK),
    Said("how long a legal person may answer", REQUEST_MS // DAY_MS, r"(\d+|\w+)[ -](?:天|days)", _WEEK),
    Said(
        "how soon the legal person is told again",
        REMIND_MS // HOUR_MS,
        r"每 (\d+) 小时",
        ("docs/manual/phone.md",),
    ),
    Said(
        "an activation code's letters",
        CODE_LETTERS,
        r"(\d+|twelve) (?:位码|characters|letters)",
        (f"{_APPS}/phone/src/screens/identity/words.ts", "docs/identity.md", "docs/manual/phone.md"),
    ),
    Said(
        "tries at an activation code",
        codes.TRIES,
        r"(\w+) wrong (?:codes|ones)",
        (
            f"{_WEB}/phone/identity.py",
            "docs/identity.md",
            "docs/api/identity.md",
            "src/mshield/domain/errors/identity.py",
        ),
    ),
    Said(
        "questions to the carrier a day",
        real_name.MOST_A_DAY,
        r"最多核验 (\d+) 次|(\w+) (?:checks|questions) a day|`apply`\. (\w+) a day",
        (
            f"{_APPS}/phone/src/screens/identity/way_words.ts",
            f"{_WEB}/phone/identity.py",
            "docs/identity.md",
            "docs/api/identity.md",
        ),
    ),
    Said(
        "messages to a legal person a day",
        confirm.MOST_A_DAY,
        r"\((\w+) a day for",
        ("docs/api/identity.md",),
    ),
    Said(
        "requests for a shield's consent a day",
        ask_consent.MOST_A_DAY,
        r"\(API for PCs\)\. (\w+) a day",
        (f"{_WEB}/phone/identity.py",),
    ),
    Said(
        "how long a question to two people waits",
        approvals.WAITING_MS // HOUR_MS,
        r"(\d+) (?:小时|hours)",
        (f"{_APPS}/console/src/words/certificates.ts", f"{_APPS}/console/src/words/staff.ts"),
    ),
    Said(
        "how long the change of a number waits",
        change_phone.WAITING_MS // HOUR_MS,
        r"(\d+) (?:小时|hours)",
        (f"{_APPS}/console/src/words/accounts.ts",),
    ),
    Said(
        "how long a second factor is enough",
        CONFIRM_MS // MINUTE_MS,
        r"last (\w+) minutes|(\d+) 分钟内的第二步",
        (f"{_APPS}/console/src/words/login.ts", "docs/console.md"),
    ),
    Said(
        "how long before its end a token is said to end",
        tokens.SOON_MS // DAY_MS,
        r"SOON_MS = (\d+) \* DAY_MS",
        (f"{_APPS}/console/src/parts/TokensPanel.vue",),
    ),
)


@pytest.mark.parametrize("said", SAID, ids=str)
def test_each_sentence_says_the_number_that_counts(said: Said) -> None:
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
def test_pages_say_no_number_that_a_setting_decides(words: str, number: str) -> None:
    assert not re.search(number, (_ROOT / _APPS / words).read_text("utf-8"))
