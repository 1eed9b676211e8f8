"""HTTP API for a page in the PC's browser that watches one request."""

from typing import Final

from mshield.server.http.pc import requests

ROUTERS: Final = (requests.router,)
