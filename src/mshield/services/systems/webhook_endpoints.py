"""Registers the endpoints of webhooks, changes their secrets, and shows and repeats deliveries.

A secret is shown once, when it is made, and stored sealed.
"""

import base64
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from mshield.domain import errors
from mshield.domain.actor import SERVICE, By
from mshield.domain.ids import new_id, require_id
from mshield.domain.systems.webhooks import SECRET_BYTES, is_fit, leads_inside, read_networks
from mshield.domain.times import HOUR_MS
from mshield.keys.keyring import Keyring
from mshield.services.systems.webhooks import PURPOSE
from mshield.settings import Settings
from mshield.store.database.interface import Database, Tx
from mshield.store.staff import acts
from mshield.store.systems import systems, webhooks
from mshield.store.systems import webhook_endpoints as store
from mshield.store.systems.webhook_endpoints import Endpoint, ListedEndpoint
from mshield.store.systems.webhooks import Delivery

__all__ = ["Delivery", "Endpoint", "ListedEndpoint", "WebhookEndpoints"]

PREFIX: Final = "whsec_"
_ID_PREFIX: Final = "ep_"


@dataclass(frozen=True, slots=True)
class WebhookEndpoints:
    """What the operator does with endpoints."""

    db: Database
    keyring: Keyring
    settings: Settings

    async def add(self, *, client_id: str, url: str, by: By = SERVICE, now: int) -> tuple[str, str]:
        """The new endpoint's id and its secret.

        Raises WebhookUrlRefused, WebhookAddressRefused, NotFound for an unknown business system.
        """
        if not is_fit(url, http=self.settings.webhook_http):
            raise errors.WebhookUrlRefused
        if leads_inside(url, read_networks(self.settings.webhook_networks)):
            raise errors.WebhookAddressRefused
        endpoint_id = f"{_ID_PREFIX}{new_id(now)}"
        secret, box = self._new_secret(endpoint_id)

        async def work(tx: Tx) -> None:
            if await systems.find(tx, client_id=client_id) is None:
                raise errors.NotFound
            await store.add(tx, id=endpoint_id, client_id=client_id, url=url, secret_box=box, now=now)
            details = {"system": client_id, "url": url}
            await acts.record(tx, by=by, act="webhook.add", subject=endpoint_id, details=details, now=now)

        await self.db.write(work)
        return endpoint_id, secret

    async def list_all(self, *, client_id: str = "") -> list[ListedEndpoint]:
        """All endpoints, or those of one business system, oldest first."""
        return await store.list_all(self.db, client_id=client_id)

    async def rotate(
        self, endpoint_id: str, *, hours: int, force: bool = False, by: By = SERVICE, now: int
    ) -> str:
        """A new secret; the old one counts beside it for `hours`. Raises NotFound, Conflict.

        While another still counts it would end: SecretBeforeCounts, unless by `force`.
        """
        require_id(endpoint_id.removeprefix(_ID_PREFIX))
        secret, box = self._new_secret(endpoint_id)

        async def work(tx: Tx) -> None:
            endpoint = await store.find(tx, id=endpoint_id)
            if endpoint is None:
                raise errors.NotFound
            if not force and (endpoint.previous_until or 0) > now:
                raise errors.SecretBeforeCounts(until=endpoint.previous_until)
            until = now + hours * HOUR_MS
            old = endpoint.secret_box
            if not await store.rotate(
                tx, id=endpoint_id, old_box=old, secret_box=box, previous_until=until, now=now
            ):
                raise errors.Conflict
            details = {"hours": hours}
            await acts.record(tx, by=by, act="webhook.rotate", subject=endpoint_id, details=details, now=now)

        await self.db.write(work)
        return secret

    async def enable(self, endpoint_id: str, *, by: By = SERVICE, now: int) -> None:
        """Lets a disabled endpoint take again. Raises NotFound."""
        await self._end_or_begin(endpoint_id, "enable", store.enable, by=by, now=now)

    async def remove(self, endpoint_id: str, *, by: By = SERVICE, now: int) -> None:
        """Ends an endpoint for good. Raises NotFound."""
        await self._end_or_begin(endpoint_id, "remove", store.remove, by=by, now=now)

    async def deliveries(self, *, endpoint_id: str = "", state: str = "", most: int = 100) -> list[Delivery]:
        """The newest deliveries."""
        return await webhooks.list_deliveries(self.db, endpoint_id=endpoint_id, state=state, most=most)

    async def replay(self, target: str, *, by: By = SERVICE, now: int) -> int:
        """Has a delivery made again, or all that an endpoint didn't take; gives their number. Raises NotFound."""

        async def work(tx: Tx) -> int:
            count = await self._replay(tx, target, now=now)
            details = {"deliveries": count}
            await acts.record(tx, by=by, act="webhook.replay", subject=target, details=details, now=now)
            return count

        return await self.db.write(work)

    async def _replay(self, tx: Tx, target: str, *, now: int) -> int:
        if target.startswith(_ID_PREFIX):
            if await store.find(tx, id=target) is None:
                raise errors.NotFound
            return await webhooks.replay_untaken(tx, endpoint_id=target, now=now)
        if not await webhooks.replay(tx, id=target, now=now):
            raise errors.NotFound
        return 1

    async def _end_or_begin(
        self, endpoint_id: str, name: str, step: Callable[..., Awaitable[bool]], *, by: By, now: int
    ) -> None:
        require_id(endpoint_id.removeprefix(_ID_PREFIX))

        async def work(tx: Tx) -> None:
            if not await step(tx, id=endpoint_id, now=now):
                raise errors.NotFound
            await acts.record(tx, by=by, act=f"webhook.{name}", subject=endpoint_id, details={}, now=now)

        await self.db.write(work)

    def _new_secret(self, endpoint_id: str) -> tuple[str, bytes]:
        secret = secrets.token_bytes(SECRET_BYTES)
        box = self.keyring.seal(secret, purpose=PURPOSE, context=endpoint_id.encode())
        return PREFIX + base64.b64encode(secret).decode(), box
