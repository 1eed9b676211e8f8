"""Operations of who runs the service: business systems, certificates, jobs, the CA's state, figures."""

from typing import Final

from mshield.web.console import ca, certificates, dashboard, running, systems, webhooks

ROUTERS: Final = (
    systems.router,
    webhooks.router,
    certificates.router,
    ca.router,
    dashboard.router,
    running.router,
)
