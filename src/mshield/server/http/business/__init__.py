"""HTTP API for the servers of business systems."""

from typing import Final

from mshield.server.http.business import events, evidence, requests

ROUTERS: Final = (requests.router, events.router, evidence.router)
