"""What a business system's server calls."""

from typing import Final

from mshield.web.business import events, evidence, requests

ROUTERS: Final = (requests.router, events.router, evidence.router)
