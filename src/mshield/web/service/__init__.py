"""What anyone may ask of the service itself: whether it works, and the manual's questions and answers."""

from typing import Final

from mshield.web.service import faq, health, people

ROUTERS: Final = (faq.router, people.router, health.router)
