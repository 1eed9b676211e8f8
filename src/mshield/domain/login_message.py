"""The mark of a login's message. A document that bears it is refused: its signature would pass for a login."""

import json
from typing import Final

LOGIN_TYPE: Final = "mshield-login/v1"
_LOOKED_AT: Final = 256
"""Octets in which the first sign of a JSON text is looked for."""


class _Marked(Exception):
    pass


def is_login_message(content: bytes) -> bool:
    """Whether any reader of JSON might take this for what a login signs, however it is written."""
    # As lenient readers do: with a mark of the octets' order, or in UTF-16 or UTF-32.
    start = content[:_LOOKED_AT].decode(json.detect_encoding(content), "ignore").lstrip("\ufeff \t\r\n")
    if start[:1] not in {"{", "["}:
        return False
    try:
        json.loads(content, object_pairs_hook=_read)
    except _Marked:
        return True
    except (ValueError, RecursionError):
        return False
    return False


def _read(pairs: list[tuple[str, object]]) -> None:
    """Looks at each member, since of a repeated one readers take the first or the last."""
    if ("type", LOGIN_TYPE) in pairs:
        raise _Marked
