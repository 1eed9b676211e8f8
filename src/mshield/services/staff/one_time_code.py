"""One-time codes of a phone's authenticator (TOTP, RFC 6238): SHA-1, six digits, thirty seconds, as all apps take them.

A code counts one step before and after the present one. `step_of` tells which step it was, so that it counts once.
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
    """160 random bits, as RFC 4226 (4, R6) recommends."""
    return secrets.token_bytes(_BYTES)


def as_text(secret: bytes) -> str:
    """The secret as one types it: 32 characters of base32."""
    return base64.b32encode(secret).decode()


def address_of(secret: bytes, *, name: str) -> str:
    """What an app reads from the picture (otpauth://)."""
    return pyotp.TOTP(as_text(secret)).provisioning_uri(name=name, issuer_name=ISSUER)


def picture_of(address: str) -> str:
    """The address as a QR code: a data: URL of an SVG, black on white."""
    return str(segno.make(address, error="m").svg_data_uri(scale=4, border=4, light="#fff"))


def code_at(secret: bytes, *, after: int, now: int) -> str:
    """The first code that counts now (ms) and whose time step comes after this one, as an authenticator shows it."""
    step = max(now // STEP_MS - _WINDOW, after + 1)
    return pyotp.TOTP(as_text(secret)).generate_otp(step)


def step_of(secret: bytes, code: str, *, now: int) -> int | None:
    """The time step whose code this is, or None for a code that doesn't count now (ms)."""
    digits = code.replace(" ", "")
    if len(digits) != 6 or not (digits.isascii() and digits.isdecimal()):
        return None
    try:
        return pyotp.TOTP(as_text(secret)).verify_and_get_timecode(
            digits, for_time=now // 1000, valid_window=_WINDOW
        )
    except OTPVerificationError:
        return None
