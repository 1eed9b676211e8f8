"""Services for business systems, created once per process."""

from dataclasses import dataclass

from mshield.server.ground import Ground
from mshield.server.staff.approvals import Approvals
from mshield.server.systems.authenticate import BusinessAuthentication
from mshield.server.systems.manage import ManageSystems
from mshield.server.systems.views import Views
from mshield.server.webhooks.deliver import Webhooks
from mshield.server.webhooks.endpoints import WebhookEndpoints


@dataclass(frozen=True, slots=True)
class Systems:
    """Services for business systems: authentication, management, views, webhooks."""

    authenticate: BusinessAuthentication
    manage: ManageSystems
    views: Views
    webhook_endpoints: WebhookEndpoints
    webhooks: Webhooks


def open_systems(ground: Ground, approvals: Approvals) -> Systems:
    """Creates the services; some of their acts need two members of staff."""
    endpoints = WebhookEndpoints(ground.db, ground.keyring, ground.settings.webhooks)
    return Systems(
        authenticate=BusinessAuthentication(ground.db),
        manage=ManageSystems(ground.db, endpoints, ground.events, ground.settings.requests),
        views=Views(ground.db, approvals),
        webhook_endpoints=endpoints,
        webhooks=Webhooks(ground.db, ground.keyring, ground.settings.webhooks, ground.events, ground.clock),
    )
