"""The services of business systems, opened once per process."""

from dataclasses import dataclass

from mshield.services.ground import Ground
from mshield.services.systems.authenticate import BusinessAuthentication
from mshield.services.systems.manage import ManageSystems
from mshield.services.systems.webhook_endpoints import WebhookEndpoints
from mshield.services.systems.webhooks import Webhooks


@dataclass(frozen=True, slots=True)
class Systems:
    """Business systems: who they are, and how they are told."""

    authenticate: BusinessAuthentication
    manage: ManageSystems
    webhook_endpoints: WebhookEndpoints
    webhooks: Webhooks


def open_systems(ground: Ground) -> Systems:
    """All of them."""
    endpoints = WebhookEndpoints(ground.db, ground.keyring, ground.settings)
    return Systems(
        authenticate=BusinessAuthentication(ground.db),
        manage=ManageSystems(ground.db, endpoints, ground.events, ground.settings),
        webhook_endpoints=endpoints,
        webhooks=Webhooks(ground.db, ground.keyring, ground.settings, ground.events, ground.clock),
    )
