"""The token that each changing call of a cookie's session carries in a header: made from the session's own token."""

import hashlib
import hmac

from mshield.domain import errors
from mshield.domain.tokens import base64url


def csrf_token(audience: str, token: str) -> str:
    """Made from a session's token, of which it tells nothing; it differs by audience."""
    digest = hashlib.sha256(f"MSHIELD {audience} csrf {token}".encode()).digest()
    return base64url(digest)


def require_csrf(expected: str, header: str | None) -> None:
    """Raises Forbidden unless the header is this session's."""
    if header is None or not hmac.compare_digest(header.encode(), expected.encode()):
        raise errors.Forbidden(reason="csrf")
