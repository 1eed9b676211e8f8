"""The QR code that changes every second: its content and how long it is valid."""

import base64
import hashlib
import hmac
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mshield.wire.qr import (
    EARLY_MS,
    QR_MS,
    SHORT_SECONDS,
    ShortCode,
    begun_between,
    is_genuine,
    is_short_of,
    qr_code,
    qr_text,
    read_qr,
    read_short,
    short_begun_between,
    short_code,
)

ORIGIN = "https://shield.example"
REQUEST = "01234567-89ab-7def-8123-456789abcdef"
SECRET = bytes(range(32))
SHORT = "0H8Z6YQK"
"""Short code of the 17th second; the component's tests use the same value."""


def test_the_code_is_an_hmac_over_the_seconds() -> None:
    mac = hmac.new(SECRET, b"17", hashlib.sha256).digest()[:16]
    assert qr_code(SECRET, 17) == base64.urlsafe_b64encode(mac).decode().rstrip("=")
    assert qr_text(ORIGIN, REQUEST, SECRET, 17) == f"{ORIGIN}/q/{REQUEST}?t=17&c={qr_code(SECRET, 17)}"


@given(st.binary(min_size=32, max_size=32), st.integers(0, 9_999_999))
def test_each_second_has_its_own(secret: bytes, elapsed: int) -> None:
    qr = read_qr(qr_text(ORIGIN, REQUEST, secret, elapsed))
    assert qr is not None
    assert (qr.request_id, qr.elapsed) == (REQUEST, elapsed)
    assert is_genuine(qr, secret)
    assert not is_genuine(qr, SECRET if secret != SECRET else bytes(32))
    assert qr_code(secret, elapsed) != qr_code(secret, elapsed + 1)


def test_code_is_invalid_for_another_second() -> None:
    moved = read_qr(qr_text(ORIGIN, REQUEST, SECRET, 17).replace("t=17", "t=18"))
    assert moved is not None
    assert not is_genuine(moved, SECRET)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "otpauth://totp/x?secret=y",
        f"{ORIGIN}/q/{REQUEST}?t=017&c={'A' * 22}",
        f"{ORIGIN}/q/{REQUEST}?t=-1&c={'A' * 22}",
        f"{ORIGIN}/q/{REQUEST}?t=12345678&c={'A' * 22}",
        f"{ORIGIN}/q/{REQUEST}?t=1&c={'A' * 21}",
        f"{ORIGIN}/q/{REQUEST}?t=1&c={'A' * 22}\n",
        f"{ORIGIN}/q/{REQUEST}?t=１&c={'A' * 22}",
        f"{ORIGIN}/q/{REQUEST.upper()}?t=1&c={'A' * 22}",
        f"{ORIGIN}/q/{REQUEST}?t=1&c={'A' * 22}&x=1",
    ],
)
def test_other_forms_of_code_are_refused(text: str) -> None:
    assert read_qr(text) is None


@given(st.text())
def test_no_text_makes_it_fail(text: str) -> None:
    read_qr(text)


@pytest.mark.parametrize(
    ("age", "counts"),
    [(-EARLY_MS - 1, False), (-EARLY_MS, True), (0, True), (QR_MS, True), (QR_MS + 1, False)],
)
def test_qr_code_is_valid_for_five_seconds(age: int, *, counts: bool) -> None:
    qr = read_qr(qr_text(ORIGIN, REQUEST, SECRET, 17))
    assert qr is not None
    began = 1_700_000_000_000
    earliest, latest = begun_between(qr, now=began + 17_000 + age)
    assert (earliest <= began <= latest) is counts


@given(st.binary(min_size=32, max_size=32), st.integers(0, SHORT_SECONDS - 1))
def test_short_code_has_the_second_and_the_start_of_its_code(secret: bytes, elapsed: int) -> None:
    code = short_code(secret, elapsed)
    assert len(code) == 8
    typed = code.lower().replace("1", "l").replace("0", "o")
    short = read_short(f" {typed[:4]}-{typed[4:]}")
    assert short is not None
    assert short.elapsed == elapsed
    assert is_short_of(short, secret)
    assert not is_short_of(replace(short, elapsed=(elapsed + 1) % SHORT_SECONDS), secret)


def test_short_code_matches_the_example() -> None:
    assert short_code(SECRET, 17) == SHORT
    assert read_short("7K3M-9XQ") is None
    assert read_short(qr_text(ORIGIN, REQUEST, SECRET, 17)) is None
    with pytest.raises(ValueError, match="first seconds"):
        short_code(SECRET, SHORT_SECONDS)


def test_start_of_typing_is_accepted_up_to_twenty_seconds_back() -> None:
    short = ShortCode(10, "ABCDEF")
    assert short_begun_between(short, typed=0, now=60_000) == (45_000, 51_000)
    assert short_begun_between(short, typed=15_000, now=60_000) == (30_000, 51_000)
    assert short_begun_between(short, typed=99_000, now=60_000) == (25_000, 51_000)
