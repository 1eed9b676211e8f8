"""Messages of logins: canonical JSON (sorted names, no spaces, UTF-8) with the request and the business system.

The phone checks one before signing, and the business system before it logs the user in. A document with their type
marker is refused, because its signature would pass for a login.
"""

import json
from typing import Final

import msgspec

LOGIN_TYPE: Final = "mshield-login/v1"
_SEARCHED_BYTES: Final = 256
"""Number of bytes in which the start of a JSON text is looked for."""


class _Marked(Exception):
    pass


def is_login_message(content: bytes) -> bool:
    """Reports whether any JSON reader might accept this content as a login message, however it is encoded."""
    # Lenient readers also accept a byte order mark, UTF-16 and UTF-32, so decode as they do.
    start = content[:_SEARCHED_BYTES].decode(json.detect_encoding(content), "ignore").lstrip("\ufeff \t\r\n")
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
    """Checks every member: for duplicate names some readers use the first and others the last."""
    if ("type", LOGIN_TYPE) in pairs:
        raise _Marked


class LoginMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """M of a login; `domain` and `name` are the business system's, `issued_at` is in ms since the epoch."""

    type: str
    request_id: str
    client_id: str
    domain: str
    name: str
    nonce: str
    issued_at: int

    def encode(self) -> bytes:
        """Encodes the canonical form."""
        return msgspec.json.encode(self, order="sorted")


# Build the decoder at import: msgspec crashes if two threads build it at once.
msgspec.json.Decoder(LoginMessage)
