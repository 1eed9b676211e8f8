"""OpenID Connect logins: endpoints for business systems' software and people's browsers."""

from typing import Final

from mshield.server.http.oidc import authorize, clients, discovery, logout

ROUTERS: Final = (authorize.router, clients.router, discovery.router, discovery.well_known, logout.router)
