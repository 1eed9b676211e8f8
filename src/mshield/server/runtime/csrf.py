"""CSRF token that each modifying call of a cookie session sends in a header, derived from the session's token."""

import hashlib
import hmac

from mshield.server.errors import Forbidden
from mshield.wire.tokens import base64url


def csrf_token(audience: str, token: str) -> str:
    """Derives the CSRF token from a session's token, one-way and different for each audience."""
    digest = hashlib.sha256(f"MSHIELD {audience} csrf {token}".encode()).digest()
    return base64url(digest)


def require_csrf(expected: str, header: str | None) -> None:
    """Raises Forbidden unless the header matches the session's CSRF token."""
    if header is None or not hmac.compare_digest(header.encode(), expected.encode()):
        raise Forbidden(reason="csrf")
