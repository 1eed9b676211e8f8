"""Refused passwords, each with its reason."""

import pytest

from mshield.server.accounts.errors import WeakPassword
from mshield.server.accounts.rules.password import check_password

PHONE = "13800006027"


@pytest.mark.parametrize(
    "password",
    [
        "Demo-declare-2026",
        "correct horse 7 staple",
        "北潮 2026 报关申报单",
        "x9$Kfq2!mZ",
        "tomato river 88 chair",
    ],
)
def test_good_passwords_are_accepted(password: str) -> None:
    assert check_password(password, phone=PHONE) == password


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("", "too_short"),
        ("a1b2c3d4e", "too_short"),
        ("a1" * 65, "too_long"),
        ("aaaaaaaaaaaa1", "too_simple"),
        ("onlylettershere", "too_simple"),
        ("739184620573", "too_simple"),
        ("ab13800006027", "personal"),
        ("ab00006027xyz", "personal"),
        ("password123456", "common"),
        ("Password2026!", "common"),
        ("qwerty123456", "common"),
        ("abc123456789", "common"),
        ("1qaz2wsx3edc!", "common"),
        ("iloveyou1314520", "common"),
        ("admin@123456", "common"),
        ("mshield#2026", "common"),
        ("ShouJiDun123456", "common"),
    ],
)
def test_weak_password_is_refused_with_its_reason(password: str, reason: str) -> None:
    with pytest.raises(WeakPassword) as refused:
        check_password(password, phone=PHONE)
    assert refused.value.extra == {"field": "password", "reason": reason}


def test_keyboard_variants_have_one_form() -> None:
    assert check_password("ｄｅｍｏ-declare-2026") == "demo-declare-2026"
