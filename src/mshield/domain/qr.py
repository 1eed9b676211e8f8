"""The QR code of a request: it changes every second, so that a photo of it is worth nothing a moment later.

Its code is an HMAC over the seconds since the request began, as Swedish BankID's is, under a secret that only the
business system's server, or our own page, has.
"""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Final

from mshield.domain.ids import UUID

QR_MS: Final = 5_000
"""How long the code of a second is accepted (ms)."""
EARLY_MS: Final = 1_000
"""How far ahead of ours the clock may run by which a business system counts (ms)."""

_CODE_BYTES: Final = 16  # half of SHA-256, the shortest that RFC 2104 allows: the QR code stays coarse
_LONGEST_SECONDS: Final = 7
_TEXT: Final = re.compile(
    rf"https?://[^/\s]+/q/(?P<id>{UUID})"
    rf"\?t=(?P<elapsed>0|[1-9][0-9]{{0,{_LONGEST_SECONDS - 1}}})&c=(?P<code>[A-Za-z0-9_-]{{22}})"
)


@dataclass(frozen=True, slots=True)
class QrCode:
    """What a phone scanned: the request, the seconds since it began, and the code of that second."""

    request_id: str
    elapsed: int
    code: str


def qr_code(secret: bytes, elapsed: int) -> str:
    """The code of a second: 22 characters of base64url, from HMAC-SHA-256 over its decimal digits."""
    mac = hmac.digest(secret, str(elapsed).encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(mac[:_CODE_BYTES]).rstrip(b"=").decode()


def qr_text(origin: str, request_id: str, secret: bytes, elapsed: int) -> str:
    """The text to show as a QR code in this second."""
    return f"{origin}/q/{request_id}?t={elapsed}&c={qr_code(secret, elapsed)}"


def read_qr(text: str) -> QrCode | None:
    """What a text says, genuine or not; None for one of another form."""
    match = _TEXT.fullmatch(text)
    return None if match is None else QrCode(match["id"], int(match["elapsed"]), match["code"])


def is_genuine(qr: QrCode, secret: bytes) -> bool:
    """Whether the code was made with this secret, whenever that was. In constant time."""
    return hmac.compare_digest(qr_code(secret, qr.elapsed), qr.code)


def begun_between(qr: QrCode, *, now: int) -> tuple[int, int]:
    """When its request must have begun (ms, both included) for the code to count now."""
    return now - QR_MS - 1000 * qr.elapsed, now + EARLY_MS - 1000 * qr.elapsed
