"""What demonstration mode alone has: the way into it, the SMS outbox, answers of captchas, one-time codes."""

from typing import Final

from mshield.web.demonstration import development, places

ROUTES: Final = (*development.ROUTES, *places.ROUTES)
