"""Password policy: 10 to 128 characters of at least two kinds, and no common password.

After NIST SP 800-63B: length and a block list come before composition rules; all characters are allowed.
"""

import re
import unicodedata
from collections.abc import Callable
from typing import Final

from mshield.server.accounts.errors import WeakPassword

MIN_LENGTH: Final = 10
MAX_LENGTH: Final = 128
MIN_DISTINCT: Final = 5
MIN_KINDS: Final = 2

_RUN: Final = 6
_NAME: Final = 3
# Words and sequences that make up most passwords of leaked lists. The rest of a password must be strong by
# itself.
_KNOWN: Final = (
    "password", "passw0rd", "p@ssword", "p@ssw0rd", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwerty", "asdfgh",
    "1q2w3e4r5t", "1qaz2wsx3edc", "1qaz2wsx", "1q2w3e4r", "q1w2e3r4", "qazwsx", "abcdefghij", "abcdef", "abc123",
    "abcd1234", "01234567890", "1234567890", "9876543210", "0987654321", "123456789", "987654321", "12345678",
    "87654321", "1234567", "7654321", "123456", "654321", "123123", "123321", "112233", "147258369", "5201314",
    "1314520", "woaini", "iloveyou", "admin", "administrator", "letmein", "welcome", "dragon", "monkey", "sunshine",
    "mshield", "shoujidun", "changeme", "root",
)  # fmt: skip
_KINDS: Final[tuple[Callable[[str], bool], ...]] = (
    str.isalpha,
    str.isdecimal,
    lambda char: not char.isalnum(),
)


def normalise_password(text: str) -> str:
    """Normalises a password to NFKC, as RFC 8265 demands before hashing: keyboards encode the same keys differently."""
    return unicodedata.normalize("NFKC", text)


def check_password(text: str, *, phone: str = "", name: str = "") -> str:
    """Returns the normalised password.

    Raises: WeakPassword; its `reason` is too_short, too_long, too_simple, common or personal.
    """
    password = normalise_password(text)
    if (reason := _weakness(password, phone, name)) is not None:
        raise WeakPassword(field="password", reason=reason)
    return password


def _weakness(password: str, phone: str, name: str) -> str | None:
    if len(password) < MIN_LENGTH:
        return "too_short"
    if len(password) > MAX_LENGTH:
        return "too_long"
    kinds = sum(any(map(kind, password)) for kind in _KINDS)
    if len(set(password)) < MIN_DISTINCT or kinds < MIN_KINDS:
        return "too_simple"
    if phone and (phone in password or phone[-8:] in password):
        return "personal"
    if len(name) >= _NAME and name.casefold() in password.casefold():
        return "personal"
    return "common" if _is_common(password) else None


def _is_common(password: str) -> bool:
    rest = password.casefold()
    for known in sorted(_KNOWN, key=len, reverse=True):
        rest = rest.replace(known, "")
    # The rest after removing common words, their repetitions and a year must have some length of its own.
    rest = re.sub(r"(?:19|20)[0-9]{2}", "", rest)
    return len(rest) < _RUN and len(rest) < len(password) / 2
