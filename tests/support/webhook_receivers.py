"""A business system with webhook endpoints; its receivers are real local servers."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mshield.client import Event, verify_webhook
from mshield.server.webhooks.deliver import Webhooks
from mshield.server.webhooks.endpoints import WebhookEndpoints
from mshield.server.webhooks.rules import DeliveryMessage
from tests.support.application import Application, running
from tests.support.clock import Clock
from tests.support.outside_systems import Asked, OutsideServer

LOOPBACK = ("127.0.0.0/8",)


@dataclass(slots=True)
class Hooked:
    """The running application, from its operator's view."""

    application: Application
    endpoints: WebhookEndpoints
    secrets: dict[str, list[str]] = field(default_factory=dict)

    @property
    def webhooks(self) -> Webhooks:
        """The webhook job."""
        return self.application.context.systems.webhooks

    async def endpoint(self, url: str) -> str:
        """Adds an endpoint and returns its id."""
        clock, client_id = self.application.clock, self.application.client_id
        endpoint_id, secret = await self.endpoints.add(client_id=client_id, url=url, now=clock())
        self.secrets[endpoint_id] = [secret]
        return endpoint_id

    async def ended(self) -> str:
        """Creates and cancels a request. Returns its id."""
        request_id = await self.asked()
        await self.cancel(request_id)
        return request_id

    async def cancel(self, request_id: str) -> None:
        """Cancels a request."""
        answer = await self.application.business("POST", f"/api/business/requests/{request_id}/cancel")
        assert answer.status_code == 204

    async def asked(self) -> str:
        """Creates a request and returns its id."""
        key = secrets.token_hex(8)
        headers = {"Idempotency-Key": key}
        answer = await self.application.business(
            "POST", "/api/business/requests", {"kind": "login"}, **headers
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def deliveries(self, **chosen: Any) -> list[DeliveryMessage]:
        """Returns the deliveries as the operator lists them."""
        return await self.endpoints.deliveries(**chosen)

    def event(self, asked: Asked, endpoint_id: str) -> Event:
        """Verifies a received webhook like its receiver would."""
        now = datetime.fromtimestamp(self.application.clock() / 1000, UTC)
        return verify_webhook(asked.headers, asked.body, self.secrets[endpoint_id], now=now)


@asynccontextmanager
async def hooked(database_url: str, folder: Path, clock: Clock, **settings: object) -> AsyncIterator[Hooked]:
    """Runs an application whose webhooks may go to this machine, without TLS."""
    changed = {
        "webhook_networks": LOOPBACK,
        "webhook_http": True,
        "requests_per_system": 10_000,
        **settings,
    }
    async with running(database_url, folder, clock, **changed) as application:
        context = application.context
        yield Hooked(application, WebhookEndpoints(context.db, context.keyring, context.settings.webhooks))


def ids(receiver: OutsideServer) -> list[str]:
    """Returns the received ids in order."""
    return [asked.headers["webhook-id"] for asked in receiver.asked]
