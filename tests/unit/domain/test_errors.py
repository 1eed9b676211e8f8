"""Errors a user can meet: codes, sentences in both languages, FAQ entries."""

import re
from typing import Any

import pytest

from mshield.domain import errors
from mshield.domain.errors import BY_CODE, DomainError
from mshield.domain.faq import FAQ

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
}
_PROTOCOL = {
    "malformed", "held", "busy", "stale", "clone", "stale_epoch", "pin_locked", "task_closed", "no_session",
    "bad_opening", "bad_proof", "bad_answer", "retry", "wrong_pin", "fault",
}  # fmt: skip


def _make(code: str) -> DomainError:
    return BY_CODE[code](**_EXTRA.get(code, {}))


def test_all_codes_of_the_protocol_are_there() -> None:
    assert BY_CODE.keys() >= _PROTOCOL


def test_each_error_is_had_from_the_package() -> None:
    named = {error.__name__ for error in BY_CODE.values()}
    assert named | {"BY_CODE", "DomainError", "Json", "in_general"} == set(errors.__all__)


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


def test_wording_of_the_design() -> None:
    assert errors.WrongPin(left=2).zh == "PIN 码不对，还可以试 2 次"
    assert errors.WrongPin(left=2).en == "Wrong PIN. 2 tries left"
    assert errors.WrongPin(left=1).en == "Wrong PIN. 1 try left"
    assert errors.PinLocked().zh == "PIN 码已锁死。无法解锁，请法人作废后重新申请"
    assert errors.OtherAccount(phone_masked="138****6027").zh == (
        "本机的手机盾属于 138****6027，只能用这个账号登录"
    )
    assert errors.FilingChanged().zh == "备案信息有变化，请先更新证书"


def test_other_account_is_said_without_the_number_too() -> None:
    error = errors.OtherAccount()
    assert not error.extra
    assert "None" not in error.zh + error.en


def test_extra_is_what_was_given_and_cannot_be_changed() -> None:
    error = errors.Held(reasons=["lost"])
    assert dict(error.extra) == {"reasons": ["lost"]}
    with pytest.raises(TypeError):
        error.extra["more"] = 1  # type: ignore[index]  # that is the point


def test_a_code_is_given_once() -> None:
    with pytest.raises(TypeError, match="two errors"):
        type("Again", (DomainError,), {}, code="held", zh="一", en="one")
