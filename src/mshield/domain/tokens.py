"""Random tokens: how they are made, and how they are stored."""

import base64
import hashlib
import secrets


def token_hash(token: str) -> bytes:
    """How a bearer's random token is stored: SHA-256 is enough for 256 random bits."""
    return hashlib.sha256(token.encode()).digest()


def new_client_secret() -> str:
    """256 random bits as text."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).rstrip(b"=").decode()
