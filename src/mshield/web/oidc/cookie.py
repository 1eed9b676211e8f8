"""The cookie that binds an authorization to the browser that began it: one for each, for the sake of other tabs.

Lax, since browsers come here from the business system.
"""

from typing import Final

from mshield.domain.systems.oidc import AUTHORIZATION_MS
from mshield.web.cookies import Cookie

SECONDS: Final = AUTHORIZATION_MS // 1000
_LONGEST: Final = 64
_SUFFIX: Final = 12


def cookie_of(authorization: str) -> Cookie:
    """The cookie of one authorization; the end of the id is its random part."""
    return Cookie(f"mshield-oidc-{authorization[-_SUFFIX:]}", _LONGEST, "lax")
