"""QR code of a request. It changes every second, so that a photo of it is soon worthless.

The code is an HMAC over the seconds since the request began, as in Swedish BankID, under a secret known only
to the business system's server or to our own page.
"""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Final

from mshield.wire.ids import UUID
from mshield.wire.tokens import base64url

QR_MS: Final = 5_000
"""Time for which the code of a second is accepted (ms)."""
EARLY_MS: Final = 1_000
"""Tolerance in ms for a business system's clock that runs ahead of ours."""

_CODE_BYTES: Final = 16  # half of SHA-256, the minimum by RFC 2104: short, so the QR code has few modules
_LONGEST_SECONDS: Final = 7
_TEXT: Final = re.compile(
    rf"https?://[^/\s]+/q/(?P<id>{UUID})"
    rf"\?t=(?P<elapsed>0|[1-9][0-9]{{0,{_LONGEST_SECONDS - 1}}})&c=(?P<code>[A-Za-z0-9_-]{{22}})"
)


@dataclass(frozen=True, slots=True)
class QrCode:
    """Scanned QR code: the request, the seconds since it began, and the code of that second."""

    request_id: str
    elapsed: int
    code: str


def qr_code(secret: bytes, elapsed: int) -> str:
    """Returns the code of a second: 22 characters of base64url, from HMAC-SHA-256 over the second's decimal digits."""
    mac = hmac.digest(secret, str(elapsed).encode(), hashlib.sha256)
    return base64url(mac[:_CODE_BYTES])


def qr_text(origin: str, request_id: str, secret: bytes, elapsed: int) -> str:
    """Returns the text to encode as a QR code in this second."""
    return f"{origin}/q/{request_id}?t={elapsed}&c={qr_code(secret, elapsed)}"


def read_qr(text: str) -> QrCode | None:
    """Parses a scanned text, genuine or not; None if it has another form."""
    match = _TEXT.fullmatch(text)
    return None if match is None else QrCode(match["id"], int(match["elapsed"]), match["code"])


def is_genuine(qr: QrCode, secret: bytes) -> bool:
    """Reports in constant time whether the code was made with this secret, at any time."""
    return hmac.compare_digest(qr_code(secret, qr.elapsed), qr.code)


def begun_between(qr: QrCode, *, now: int) -> tuple[int, int]:
    """Returns the interval (ms, inclusive) in which the request must have begun for the code to be valid now."""
    return now - QR_MS - 1000 * qr.elapsed, now + EARLY_MS - 1000 * qr.elapsed


ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Alphabet of short codes, Crockford's: no I, L, O and U. The first three are read as 1, 1 and 0."""
SHORT_SECONDS: Final = len(ALPHABET) ** 2
"""Maximum age of a request in seconds for short codes: two characters can't encode more."""
TYPING_MS: Final = 20_000
"""Maximum typing time (ms) that is accepted from the phone for a short code."""
_CHARACTER_BITS: Final = 5
_SHORT_CHARACTERS: Final = 6
_SHORT: Final = re.compile(rf"[{ALPHABET}]{{8}}")
_READ_AS: Final = str.maketrans("ILO", "110", " -\N{NO-BREAK SPACE}")


@dataclass(frozen=True, slots=True)
class ShortCode:
    """Code of a second in eight characters, typed where no camera scans.

    Two characters encode the seconds since the request began, six the first 30 bits of that second's code, so
    anybody who has the QR code's text can compute it. The request is found among those that began at that
    moment.
    """

    elapsed: int
    beginning: str


def short_code(secret: bytes, elapsed: int) -> str:
    """Returns the short code of a second. Raises: ValueError (`elapsed` negative, or `SHORT_SECONDS` or more)."""
    if not 0 <= elapsed < SHORT_SECONDS:
        raise ValueError("a short code exists only in a request's first seconds")
    tens, ones = divmod(elapsed, len(ALPHABET))
    return ALPHABET[tens] + ALPHABET[ones] + _beginning(qr_code(secret, elapsed))


def read_short(text: str) -> ShortCode | None:
    """Parses a typed short code, genuine or not; None if it has another form."""
    typed = text.upper().translate(_READ_AS)
    if _SHORT.fullmatch(typed) is None:
        return None
    tens, ones = (ALPHABET.index(character) for character in typed[:2])
    return ShortCode(tens * len(ALPHABET) + ones, typed[2:])


def is_short_of(short: ShortCode, secret: bytes) -> bool:
    """Reports whether the short code was made with this secret. Guesses are limited by number, not by time."""
    return hmac.compare_digest(_beginning(qr_code(secret, short.elapsed)), short.beginning)


def short_begun_between(short: ShortCode, *, typed: int, now: int) -> tuple[int, int]:
    """Like `begun_between`, for a short code that took `typed` ms to type: it is valid as of when typing began."""
    allowed = min(max(typed, 0), TYPING_MS)
    return now - allowed - QR_MS - 1000 * short.elapsed, now + EARLY_MS - 1000 * short.elapsed


def _beginning(code: str) -> str:
    bits = _CHARACTER_BITS * _SHORT_CHARACTERS
    number = int.from_bytes(base64.urlsafe_b64decode(code + "==")[:4], "big") >> (32 - bits)
    places = range(bits - _CHARACTER_BITS, -1, -_CHARACTER_BITS)
    return "".join(ALPHABET[number >> place & len(ALPHABET) - 1] for place in places)
