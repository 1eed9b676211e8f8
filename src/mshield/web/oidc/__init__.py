"""Login by OpenID Connect: what business systems' software and people's browsers call, in the standard's own forms."""

from typing import Final

from mshield.web.oidc import discovery

ROUTERS: Final = (discovery.router,)
