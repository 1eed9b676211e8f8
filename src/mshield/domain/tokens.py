"""Random tokens: how they are made, and how they are stored."""

import base64
import hashlib
import secrets
from typing import Final

_OF_UNLOCK: Final = "unlock."


def base64url(octets: bytes) -> str:
    """Without padding (RFC 7515, 2)."""
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def token_hash(token: str) -> bytes:
    """How a bearer's random token is stored: SHA-256 is enough for 256 random bits."""
    return hashlib.sha256(token.encode()).digest()


def new_client_secret() -> str:
    """256 random bits as text."""
    return base64url(secrets.token_bytes(32))


def owned_token(owner_id: str) -> str:
    """A token that names the row that it is of: under the hash in another row it is worth nothing."""
    return f"{owner_id}.{secrets.token_urlsafe(32)}"


def owner(token: str) -> str:
    """The id of the row that a token says it is of."""
    return token.partition(".")[0]


def unlock_token() -> str:
    """A token that signs one document and is no login; that it isn't can be seen."""
    return f"{_OF_UNLOCK}{secrets.token_urlsafe(32)}"


def is_unlock_token(token: str) -> bool:
    """Whether it is of that form."""
    return token.startswith(_OF_UNLOCK)
