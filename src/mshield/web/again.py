"""When a caller who can't be served now may come again."""

import secrets
from typing import Final

from mshield.domain import errors
from mshield.domain.errors import Json

RETRY_SECONDS: Final = (1, 2, 3)
"""Spread, so that those refused together don't come together."""


def unavailable(**extra: Json) -> errors.Unavailable:
    """The refusal that says when."""
    return errors.Unavailable(retry_after=secrets.choice(RETRY_SECONDS), **extra)
