"""What a page in the PC's browser calls to follow one request."""

from typing import Final

from mshield.web.pc import requests

ROUTERS: Final = (requests.router,)
