"""Public information about the service: health, operator and policies, and the manual's questions and answers."""

from typing import Final

from mshield.server.http.service import faq, health, people

ROUTERS: Final = (faq.router, people.router, health.router)
