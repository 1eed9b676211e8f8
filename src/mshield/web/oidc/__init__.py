"""Login by OpenID Connect: what business systems' software and people's browsers call, in the standard's own forms."""

from typing import Final

from mshield.web.oidc import authorize, clients, discovery, logout

ROUTERS: Final = (authorize.router, clients.router, discovery.router, discovery.well_known, logout.router)
