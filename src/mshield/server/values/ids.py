"""Format of ids in requests."""

from mshield.server.errors import NotFound
from mshield.wire.ids import is_id


def require_id(text: str) -> str:
    """Returns the id. Raises: NotFound (malformed id)."""
    if not is_id(text):
        raise NotFound
    return text
