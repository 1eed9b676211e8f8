"""Errors a user can meet: codes, sentences in both languages, FAQ entries."""

import re
from typing import Any

import pytest

from mshield.server.certificates.errors import OtherAccount
from mshield.server.error_codes import BY_CODE, SUBJECTS
from mshield.server.errors import DomainError, TooManyRequests
from mshield.server.filing.errors import FilingChanged
from mshield.server.http.pages.faq import FAQ
from mshield.server.signing.errors import Held, PinLocked, WrongPin
from tests.support.sources import SERVER, module

_EXTRA: dict[str, dict[str, Any]] = {
    "wrong_pin": {"left": 3},
    "view_version_wrong": {"expected": 2},
    "in_progress": {"retry_after": 1},
    "too_many_requests": {"retry_after": 30},
    "login_slowed": {"retry_after": 30},
    "sms_too_soon": {"retry_after": 30},
    "filing_lines_bad": {"lines": 2},
    "activation_code_wrong": {"left": 4},
    "activation_locked": {"retry_after": 30},
    "account_elsewhere": {"source": "single-window"},
    "account_source_unavailable": {"source": "single-window"},
    "account_data_refused": {"source": "single-window"},
    "account_differs": {"source": "single-window"},
    "account_here": {"source": "single-window"},
    "acts_later": {"retry_after": 3600},
    "applies_later": {"retry_after": 3600},
    "ca_refused": {"words": "duplicate"},
}
_PROTOCOL = {
    "malformed", "held", "busy", "stale", "clone", "stale_epoch", "pin_locked", "task_closed", "no_session",
    "bad_opening", "bad_proof", "bad_answer", "retry", "wrong_pin", "fault",
}  # fmt: skip


def _make(code: str) -> DomainError:
    return BY_CODE[code](**_EXTRA.get(code, {}))


def test_every_code_of_the_protocol_exists() -> None:
    assert BY_CODE.keys() >= _PROTOCOL


def test_every_error_is_found_by_its_code() -> None:
    homes = {error.__module__ for error in BY_CODE.values()}
    assert homes == {module.__name__ for module in SUBJECTS} | {DomainError.__module__}
    assert homes >= {
        module(file) for file in SERVER.glob("*/errors.py") if "DomainError" in file.read_text("utf-8")
    }


@pytest.mark.parametrize("code", sorted(BY_CODE))
def test_each_error_has_its_sentences(code: str) -> None:
    error = _make(code)
    assert error.code == code
    assert re.search(r"[一-鿿]", error.zh)
    assert error.en.isascii()
    assert str(error) == error.en
    for sentence in (error.zh, error.en):
        assert not re.search(r"[{}!！]", sentence)
        assert code not in sentence or code in {"held", "retry"}
    assert not re.search(r"[一-鿿][A-Za-z0-9]|[A-Za-z0-9][一-鿿]", error.zh), (
        "a blank between Chinese and Latin"
    )
    assert not re.search(r"[,;:?]", error.zh), "full-width punctuation in Chinese"


@pytest.mark.parametrize("code", sorted(BY_CODE))
def test_faq_entries_exist(code: str) -> None:
    assert BY_CODE[code].faq in {None, *FAQ}


def test_error_texts_match_the_design() -> None:
    assert WrongPin(left=2).zh == "PIN 码不正确，还可以试 2 次"
    assert WrongPin(left=2).en == "Wrong PIN. 2 tries left"
    assert WrongPin(left=1).en == "Wrong PIN. 1 try left"
    assert PinLocked().zh == "PIN 码已锁死。无法解锁，请法人作废后重新申请"
    assert OtherAccount(phone_masked="138****6027").zh == ("本机的手机盾属于 138****6027，只能用这个账号登录")
    assert FilingChanged().zh == "备案信息有变化，请先更新证书"


def test_other_account_has_a_text_without_the_number() -> None:
    error = OtherAccount()
    assert not error.extra
    assert "None" not in error.zh + error.en


def test_extra_is_read_only() -> None:
    error = Held(reasons=["lost"])
    assert dict(error.extra) == {"reasons": ["lost"]}
    with pytest.raises(TypeError):
        error.extra["more"] = 1  # type: ignore[index]  # that is the point


def test_error_code_is_unique() -> None:
    with pytest.raises(TypeError, match="two errors"):
        type("Again", (DomainError,), {}, code="held", zh="一", en="one")


@pytest.mark.parametrize(
    ("seconds", "zh", "en"),
    [
        (1, "1 秒", "1 second"),
        (119, "119 秒", "119 seconds"),
        (2017, "34 分钟", "34 minutes"),
        (7200, "2 小时", "2 hours"),
        (86_401, "25 小时", "25 hours"),
        (172_800, "2 天", "2 days"),
    ],
)
def test_a_wait_is_told_in_the_largest_unit_that_counts_two_rounded_up(
    seconds: int, zh: str, en: str
) -> None:
    error = TooManyRequests(retry_after=seconds)
    assert error.zh == f"操作太频繁，请 {zh}后再试"
    assert error.en == f"Too many requests. Try again in {en}"
    assert error.extra["retry_after"] == seconds
