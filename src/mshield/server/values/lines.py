"""Single-line texts that people enter: names of systems, members and tokens, and reasons (理由)."""

import unicodedata
from typing import Final

from mshield.server.errors import DomainError, InvalidRequest

MAX_NAME: Final = 64
MAX_REASON: Final = 200
"""Maximum length of a reason in characters."""

_FORMULA: Final = ("=", "+", "-", "@")


def plain_name(text: str, *, refusal: DomainError) -> str:
    """Normalises the name of a business system, staff member or token. Raises: `refusal`."""
    return _checked(text, most=MAX_NAME, refusal=refusal)


def checked_reason(text: str) -> str:
    """Normalises the reason for an act, which the persons concerned can read in the history.

    Raises: InvalidRequest.
    """
    return _checked(text, most=MAX_REASON, refusal=InvalidRequest(fields=["reason"]))


def checked_line(text: str, *, refusal: DomainError) -> str:
    """Like `checked_reason`, with an error of the caller's choice. Raises: `refusal`."""
    return _checked(text, most=MAX_REASON, refusal=refusal)


def starts_formula(text: str, *, signs: tuple[str, ...] = _FORMULA) -> bool:
    """Reports whether a spreadsheet would read the text as a formula.

    Some spreadsheets skip invisible characters and treat full-width signs like plain ones.
    """
    first = next((sign for sign in text if unicodedata.category(sign)[0] not in "ZC"), "")
    return unicodedata.normalize("NFKC", first).startswith(signs)


def in_one_spacing(text: str) -> str:
    """Collapses white space to single spaces and trims the ends."""
    return " ".join(text.split())


def _checked(text: str, *, most: int, refusal: DomainError) -> str:
    """Raises `refusal` for a line that is empty, longer than `most` or not printable."""
    line = in_one_spacing(text)
    if not 1 <= len(line) <= most or not line.isprintable():
        raise refusal
    return line
