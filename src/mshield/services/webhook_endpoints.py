"""Registers where business systems are told by webhook, changes their secrets, and shows and repeats deliveries.

A secret is shown once, when it is made, and stored sealed.
"""

import base64
import secrets
from dataclasses import dataclass
from typing import Final

from mshield.domain import errors
from mshield.domain.ids import new_id
from mshield.domain.webhooks import HOUR_MS, SECRET_BYTES, is_fit
from mshield.keys.keyring import Keyring
from mshield.services.webhooks import PURPOSE
from mshield.settings import Settings
from mshield.store import systems, webhooks
from mshield.store import webhook_endpoints as store
from mshield.store.database import Database
from mshield.store.webhook_endpoints import Endpoint, ListedEndpoint
from mshield.store.webhooks import Delivery

__all__ = ["Delivery", "Endpoint", "ListedEndpoint", "WebhookEndpoints"]

PREFIX: Final = "whsec_"


@dataclass(frozen=True, slots=True)
class WebhookEndpoints:
    """What the operator does with endpoints."""

    db: Database
    keyring: Keyring
    settings: Settings

    async def add(self, *, client_id: str, url: str, now: int) -> tuple[str, str]:
        """The new endpoint's id and its secret. Raises WebhookUrlRefused, NotFound for an unknown business system."""
        if not is_fit(url, http=self.settings.webhook_http):
            raise errors.WebhookUrlRefused
        if await systems.find(self.db, client_id=client_id) is None:
            raise errors.NotFound
        endpoint_id = f"ep_{new_id(now)}"
        secret, box = self._new_secret(endpoint_id)
        await store.add(self.db, id=endpoint_id, client_id=client_id, url=url, secret_box=box, now=now)
        return endpoint_id, secret

    async def list_all(self) -> list[ListedEndpoint]:
        """All endpoints, oldest first."""
        return await store.list_all(self.db)

    async def rotate(self, endpoint_id: str, *, hours: int, now: int) -> str:
        """A new secret; the old one counts beside it for `hours`. Raises NotFound, Conflict."""
        endpoint = await store.find(self.db, id=endpoint_id)
        if endpoint is None:
            raise errors.NotFound
        secret, box = self._new_secret(endpoint_id)
        changed = await store.rotate(
            self.db,
            id=endpoint_id,
            old_box=endpoint.secret_box,
            secret_box=box,
            previous_until=now + hours * HOUR_MS,
            now=now,
        )
        if not changed:
            raise errors.Conflict
        return secret

    async def enable(self, endpoint_id: str, *, now: int) -> None:
        """Lets a disabled endpoint take again. Raises NotFound."""
        if not await store.enable(self.db, id=endpoint_id, now=now):
            raise errors.NotFound

    async def remove(self, endpoint_id: str, *, now: int) -> None:
        """Ends an endpoint for good. Raises NotFound."""
        if not await store.remove(self.db, id=endpoint_id, now=now):
            raise errors.NotFound

    async def deliveries(self, *, endpoint_id: str = "", state: str = "", most: int = 100) -> list[Delivery]:
        """The newest deliveries."""
        return await webhooks.list_deliveries(self.db, endpoint_id=endpoint_id, state=state, most=most)

    async def replay(self, target: str, *, now: int) -> int:
        """Has a delivery made again, or all that an endpoint didn't take; gives their number. Raises NotFound."""
        if target.startswith("ep_"):
            if await store.find(self.db, id=target) is None:
                raise errors.NotFound
            return await webhooks.replay_dead(self.db, endpoint_id=target, now=now)
        if not await webhooks.replay(self.db, id=target, now=now):
            raise errors.NotFound
        return 1

    def _new_secret(self, endpoint_id: str) -> tuple[str, bytes]:
        secret = secrets.token_bytes(SECRET_BYTES)
        box = self.keyring.seal(secret, purpose=PURPOSE, context=endpoint_id.encode())
        return PREFIX + base64.b64encode(secret).decode(), box
