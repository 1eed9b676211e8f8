"""The services of business systems, opened once per process."""

from collections.abc import Callable
from dataclasses import dataclass

from mshield.keys.keyring import Keyring
from mshield.services.process.events import Events
from mshield.services.systems.authenticate import BusinessAuthentication
from mshield.services.systems.manage import ManageSystems
from mshield.services.systems.webhook_endpoints import WebhookEndpoints
from mshield.services.systems.webhooks import Webhooks
from mshield.settings import Settings
from mshield.store.database.interface import Database


@dataclass(frozen=True, slots=True)
class Systems:
    """Business systems: who they are, and how they are told."""

    authenticate: BusinessAuthentication
    manage: ManageSystems
    webhook_endpoints: WebhookEndpoints
    webhooks: Webhooks


def open_systems(
    db: Database, keyring: Keyring, settings: Settings, events: Events, clock: Callable[[], int]
) -> Systems:
    """`clock` gives ms since 1970, for the times of deliveries."""
    endpoints = WebhookEndpoints(db, keyring, settings)
    return Systems(
        authenticate=BusinessAuthentication(db),
        manage=ManageSystems(db, endpoints, events, settings),
        webhook_endpoints=endpoints,
        webhooks=Webhooks(db, keyring, settings, events, clock),
    )
