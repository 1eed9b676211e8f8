"""The services of business systems, opened once per process."""

from dataclasses import dataclass

from mshield.services.ground import Ground
from mshield.services.staff.approvals import Approvals
from mshield.services.systems.authenticate import BusinessAuthentication
from mshield.services.systems.manage import ManageSystems
from mshield.services.systems.views import Views
from mshield.services.systems.webhook_endpoints import WebhookEndpoints
from mshield.services.systems.webhooks import Webhooks


@dataclass(frozen=True, slots=True)
class Systems:
    """Business systems: who they are, what their contents look like, and how they are told."""

    authenticate: BusinessAuthentication
    manage: ManageSystems
    views: Views
    webhook_endpoints: WebhookEndpoints
    webhooks: Webhooks


def open_systems(ground: Ground, approvals: Approvals) -> Systems:
    """All of them; some of what is done with them takes two members of staff."""
    endpoints = WebhookEndpoints(ground.db, ground.keyring, ground.settings)
    return Systems(
        authenticate=BusinessAuthentication(ground.db),
        manage=ManageSystems(ground.db, endpoints, ground.events, ground.settings),
        views=Views(ground.db, approvals),
        webhook_endpoints=endpoints,
        webhooks=Webhooks(ground.db, ground.keyring, ground.settings, ground.events, ground.clock),
    )
