"""What anyone may ask of the service itself: whether it works, and the manual's questions and answers."""

from typing import Final

from mshield.web.service import faq, health

ROUTERS: Final = (faq.router, health.router)
