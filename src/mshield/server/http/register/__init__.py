"""HTTP API of the registration page on a PC (manual 2.3.1.1, R2), which needs no authentication."""

from typing import Final

from mshield.server.http.register import accounts

ROUTERS: Final = (accounts.captchas, accounts.router)
