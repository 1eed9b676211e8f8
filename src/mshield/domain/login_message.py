"""The mark of a login's message. A document that bears it is refused: its signature would pass for a login."""

import json
from typing import Final

LOGIN_TYPE: Final = "mshield-login/v1"


class _Marked(Exception):
    pass


def is_login_message(content: bytes) -> bool:
    """Whether any reader of JSON might take this for what a login signs, however it is written."""
    if content.lstrip()[:1] != b"{":
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
