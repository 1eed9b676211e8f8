"""Registration on a PC (manual 2.3.1.1, R2), as anybody's browser calls it."""

from typing import Final

from mshield.web.register import accounts

ROUTERS: Final = (accounts.captchas, accounts.router)
