"""What a login signs: canonical JSON (sorted names, no spaces, UTF-8) that names the request and the business system.

The phone checks it before it signs, the business system before it lets anyone in.
"""

import msgspec


class LoginMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """M of a login; `domain` and `name` are the business system's, `issued_at` is ms since epoch."""

    type: str
    request_id: str
    client_id: str
    domain: str
    name: str
    nonce: str
    issued_at: int

    def encode(self) -> bytes:
        """The canonical form."""
        return msgspec.json.encode(self, order="sorted")


# Learned while it is imported, by one thread: two that read it first would crash the process (`wire.py`).
msgspec.json.Decoder(LoginMessage)
