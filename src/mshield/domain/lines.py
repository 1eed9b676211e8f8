"""One line that people write: a name that isn't of their papers, a reason (理由)."""

from typing import Final

from mshield.domain import errors

MAX_NAME: Final = 64
MAX_REASON: Final = 200
"""Characters, both."""


def plain_name(text: str, *, refusal: errors.DomainError) -> str:
    """The name of a business system, a member of staff or a token in one spacing. Raises the refusal."""
    return _checked(text, most=MAX_NAME, refusal=refusal)


def checked_reason(text: str) -> str:
    """The reason for an act, which stands in the history, where those concerned read it. Raises InvalidRequest."""
    return _checked(text, most=MAX_REASON, refusal=errors.InvalidRequest(fields=["reason"]))


def checked_line(text: str, *, refusal: errors.DomainError) -> str:
    """A reason where another refusal than InvalidRequest is due. Raises the refusal."""
    return _checked(text, most=MAX_REASON, refusal=refusal)


def in_one_spacing(text: str) -> str:
    """With single blanks, none at the ends."""
    return " ".join(text.split())


def _checked(text: str, *, most: int, refusal: errors.DomainError) -> str:
    """Raises the refusal for an empty line, a longer one, or what can't be printed."""
    line = in_one_spacing(text)
    if not 1 <= len(line) <= most or not line.isprintable():
        raise refusal
    return line
