"""One-time codes of authenticator apps (TOTP, RFC 6238): SHA-1, six digits, 30 seconds, as all apps support.

A code is accepted one step early or late. `step_of` returns its step, so that callers accept it only once.
"""

import base64
import secrets
from typing import Final

import pyotp
import segno
from pyotp.exceptions import OTPVerificationError

ISSUER: Final = "手机盾控制台"
STEP_MS: Final = 30_000
_WINDOW: Final = 1
_BYTES: Final = 20


def new_secret() -> bytes:
    """Returns 160 random bits, as RFC 4226 (4, R6) recommends."""
    return secrets.token_bytes(_BYTES)


def as_text(secret: bytes) -> str:
    """Returns the secret in the form to type: 32 characters of base32."""
    return base64.b32encode(secret).decode()


def address_of(secret: bytes, *, name: str) -> str:
    """Returns the otpauth:// address that apps read from the QR code."""
    return pyotp.TOTP(as_text(secret)).provisioning_uri(name=name, issuer_name=ISSUER)


def picture_of(address: str) -> str:
    """Returns the address as a QR code: a data: URL of an SVG, black on white."""
    return str(segno.make(address, error="m").svg_data_uri(scale=4, border=4, light="#fff"))


def code_at(secret: bytes, *, after: int, now: int) -> str:
    """Returns the first code that is valid at `now` (ms) and whose time step is later than `after`."""
    step = max(now // STEP_MS - _WINDOW, after + 1)
    return pyotp.TOTP(as_text(secret)).generate_otp(step)


def step_of(secret: bytes, code: str, *, now: int) -> int | None:
    """Returns the time step of a code, or None if the code isn't valid at `now` (ms)."""
    digits = code.replace(" ", "")
    if len(digits) != 6 or not (digits.isascii() and digits.isdecimal()):
        return None
    try:
        return pyotp.TOTP(as_text(secret)).verify_and_get_timecode(
            digits, for_time=now // 1000, valid_window=_WINDOW
        )
    except OTPVerificationError:
        return None
