"""Manages webhook endpoints: registration, secrets, listing and repeating deliveries.

A secret is shown once, when it is created, and stored sealed.
"""

import base64
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from mshield.server.acts.actor import SERVICE, By
from mshield.server.acts.rows import acts
from mshield.server.database.interface import Tx
from mshield.server.errors import Conflict, NotFound
from mshield.server.keys.sealed_data import SealedData
from mshield.server.settings.webhooks import WebhookSettings
from mshield.server.systems.errors import SecretBeforeCounts, WebhookAddressRefused, WebhookUrlRefused
from mshield.server.systems.rows import systems
from mshield.server.values.ids import require_id
from mshield.server.values.public_addresses import is_fit, leads_inside, read_networks
from mshield.server.webhooks.deliver import PURPOSE
from mshield.server.webhooks.rows import webhook_endpoints as store
from mshield.server.webhooks.rows import webhooks
from mshield.server.webhooks.rows.webhook_endpoints import Endpoint, ListedEndpoint
from mshield.server.webhooks.rules import SECRET_BYTES, DeliveryMessage
from mshield.wire.ids import new_id
from mshield.wire.times import HOUR_MS

__all__ = ["Endpoint", "ListedEndpoint", "WebhookEndpoints"]

PREFIX: Final = "whsec_"
_ID_PREFIX: Final = "ep_"


@dataclass(frozen=True, slots=True)
class WebhookEndpoints(SealedData):
    """Manages endpoints for operators."""

    settings: WebhookSettings

    async def add(self, *, client_id: str, url: str, by: By = SERVICE, now: int) -> tuple[str, str]:
        """Registers an endpoint. Returns its id and secret.

        Raises: WebhookUrlRefused, WebhookAddressRefused, NotFound (unknown business system).
        """
        if not is_fit(url, http=self.settings.http):
            raise WebhookUrlRefused
        if leads_inside(url, read_networks(self.settings.networks)):
            raise WebhookAddressRefused
        endpoint_id = f"{_ID_PREFIX}{new_id(now)}"
        secret, box = self._new_secret(endpoint_id)

        async def work(tx: Tx) -> None:
            if await systems.find(tx, client_id=client_id) is None:
                raise NotFound
            await store.add(tx, id=endpoint_id, client_id=client_id, url=url, secret_box=box, now=now)
            details = {"system": client_id, "url": url}
            await acts.record(tx, by=by, act="webhook.add", subject=endpoint_id, details=details, now=now)

        await self.db.write(work)
        return endpoint_id, secret

    async def list_all(self, *, client_id: str = "") -> list[ListedEndpoint]:
        """Returns all endpoints, or those of one business system, oldest first."""
        return await store.list_all(self.db, client_id=client_id)

    async def rotate(
        self, endpoint_id: str, *, hours: int, force: bool = False, by: By = SERVICE, now: int
    ) -> str:
        """Creates a new secret; the old one stays valid for `hours`.

        Raises: NotFound, Conflict (changed meanwhile), SecretBeforeCounts (an earlier secret is still valid
        and would end; `force` permits that).
        """
        require_id(endpoint_id.removeprefix(_ID_PREFIX))
        secret, box = self._new_secret(endpoint_id)

        async def work(tx: Tx) -> None:
            endpoint = await store.find(tx, id=endpoint_id)
            if endpoint is None:
                raise NotFound
            if not force and (endpoint.previous_until or 0) > now:
                raise SecretBeforeCounts(until=endpoint.previous_until)
            until = now + hours * HOUR_MS
            old = endpoint.secret_box
            if not await store.rotate(
                tx, id=endpoint_id, old_box=old, secret_box=box, previous_until=until, now=now
            ):
                raise Conflict
            details = {"hours": hours}
            await acts.record(tx, by=by, act="webhook.rotate", subject=endpoint_id, details=details, now=now)

        await self.db.write(work)
        return secret

    async def enable(self, endpoint_id: str, *, by: By = SERVICE, now: int) -> None:
        """Enables a disabled endpoint again. Raises: NotFound."""
        await self._end_or_begin(endpoint_id, "enable", store.enable, by=by, now=now)

    async def remove(self, endpoint_id: str, *, by: By = SERVICE, now: int) -> None:
        """Removes an endpoint permanently. Raises: NotFound."""
        await self._end_or_begin(endpoint_id, "remove", store.remove, by=by, now=now)

    async def deliveries(
        self, *, endpoint_id: str = "", state: str = "", most: int = 100
    ) -> list[DeliveryMessage]:
        """Returns the newest deliveries."""
        return await webhooks.list_deliveries(self.db, endpoint_id=endpoint_id, state=state, most=most)

    async def replay(self, target: str, *, by: By = SERVICE, now: int) -> int:
        """Repeats a delivery, or all deliveries that an endpoint didn't accept. Returns their number.

        Raises: NotFound.
        """

        async def work(tx: Tx) -> int:
            count = await self._replay(tx, target, now=now)
            details = {"deliveries": count}
            await acts.record(tx, by=by, act="webhook.replay", subject=target, details=details, now=now)
            return count

        return await self.db.write(work)

    async def _replay(self, tx: Tx, target: str, *, now: int) -> int:
        if target.startswith(_ID_PREFIX):
            if await store.find(tx, id=target) is None:
                raise NotFound
            return await webhooks.replay_undelivered(tx, endpoint_id=target, now=now)
        if not await webhooks.replay(tx, id=target, now=now):
            raise NotFound
        return 1

    async def _end_or_begin(
        self, endpoint_id: str, name: str, step: Callable[..., Awaitable[bool]], *, by: By, now: int
    ) -> None:
        require_id(endpoint_id.removeprefix(_ID_PREFIX))

        async def work(tx: Tx) -> None:
            if not await step(tx, id=endpoint_id, now=now):
                raise NotFound
            await acts.record(tx, by=by, act=f"webhook.{name}", subject=endpoint_id, details={}, now=now)

        await self.db.write(work)

    def _new_secret(self, endpoint_id: str) -> tuple[str, bytes]:
        secret = secrets.token_bytes(SECRET_BYTES)
        box = self.keyring.seal(secret, purpose=PURPOSE, context=endpoint_id.encode())
        return PREFIX + base64.b64encode(secret).decode(), box
