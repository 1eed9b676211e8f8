"""Random tokens: their creation, and their hashes for storage."""

import base64
import hashlib
import secrets
from typing import Final

_OF_UNLOCK: Final = "unlock."


def base64url(octets: bytes) -> str:
    """Encodes as base64url without padding (RFC 7515, 2)."""
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def token_hash(token: str) -> bytes:
    """Returns the hash under which a bearer token is stored: plain SHA-256 is enough for 256 random bits."""
    return hashlib.sha256(token.encode()).digest()


def new_client_secret() -> str:
    """Returns a new client secret of 256 random bits."""
    return base64url(secrets.token_bytes(32))


def owned_token(owner_id: str) -> str:
    """Returns a token that contains its row's id, so that its hash is useless if copied to another row."""
    return f"{owner_id}.{secrets.token_urlsafe(32)}"


def owner(token: str) -> str:
    """Returns the row id that a token claims to belong to."""
    return token.partition(".")[0]


def unlock_token() -> str:
    """Returns a token that may sign one document and is no login, with a recognisable prefix."""
    return f"{_OF_UNLOCK}{secrets.token_urlsafe(32)}"


def is_unlock_token(token: str) -> bool:
    """Reports whether a token has the form of an unlock token."""
    return token.startswith(_OF_UNLOCK)
