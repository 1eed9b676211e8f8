"""Pages of demonstration mode only: the entry page, the SMS outbox, captcha answers, one-time codes."""

from typing import Final

from mshield.server.http.demonstration import development, places

ROUTES: Final = (*development.ROUTES, *places.ROUTES)
