"""What a security officer does with business systems (业务系统) at the console; each change is recorded as an act.

A system's secret and a webhook's are shown once, when they are made. A change counts within five seconds everywhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from mshield.domain import errors
from mshield.domain.actor import By
from mshield.domain.ids import first_id, is_client_id
from mshield.domain.lines import checked_reason
from mshield.domain.requests import LONGEST_PROLONGATION_MS
from mshield.domain.systems.business_system import OWN_CLIENT_ID as OWN
from mshield.domain.systems.business_system import checked_domain, checked_name
from mshield.domain.times import DAY_MS, HOUR_MS
from mshield.domain.tokens import new_client_secret, token_hash
from mshield.services.oidc.clients import remove_client, set_client
from mshield.services.process.events import Events
from mshield.services.systems.alike import require_unlike
from mshield.services.systems.register import checked_urls, register_system
from mshield.services.systems.webhook_endpoints import ListedEndpoint, WebhookEndpoints
from mshield.settings import Settings
from mshield.store.database.interface import Database, Tx
from mshield.store.oidc import clients as oidc_clients
from mshield.store.oidc.clients import ClientRow
from mshield.store.requests import requests
from mshield.store.staff import acts
from mshield.store.systems import systems as store
from mshield.store.systems import unshown
from mshield.store.systems.systems import BusinessSystem
from mshield.store.systems.unshown import Allowance

__all__ = ["ManageSystems", "System"]


@dataclass(frozen=True, slots=True)
class System:
    """A business system with its OpenID Connect client, if it is one, and its webhooks.

    `unshown` says that it may ask for what a phone can't show.
    """

    system: BusinessSystem
    client: ClientRow | None
    endpoints: tuple[ListedEndpoint, ...]
    unshown: Allowance | None


@dataclass(frozen=True, slots=True)
class ManageSystems:
    """Business systems, but for the service itself, which asks its own legal persons."""

    db: Database
    webhooks: WebhookEndpoints
    events: Events
    settings: Settings

    async def list_all(self) -> list[System]:
        """All of them, oldest first."""
        clients = {client.system.client_id: client for client in await oidc_clients.list_all(self.db)}
        endpoints, allowed = await self.webhooks.list_all(), await unshown.list_all(self.db)
        return [
            System(
                system,
                clients.get(system.client_id),
                tuple(endpoint for endpoint in endpoints if endpoint.endpoint.client_id == system.client_id),
                allowed.get(system.client_id),
            )
            for system in await store.list_all(self.db)
            if system.client_id != OWN
        ]

    async def find(self, client_id: str) -> System:
        """One of them. Raises NotFound."""
        system = await require_system(self.db, client_id)
        client = await oidc_clients.find(self.db, client_id=client_id)
        endpoints = tuple(await self.webhooks.list_all(client_id=client_id))
        return System(system, client, endpoints, await unshown.find(self.db, client_id=client_id))

    async def add(
        self, *, name: str, domain: str, return_urls: tuple[str, ...], by: By, now: int
    ) -> tuple[System, str]:
        """The new system, and its secret.

        Raises InvalidSystem, InvalidReturnUrl, InvalidRequest for too many URLs, SystemAlike.
        """
        client_id, secret = await register_system(
            self.db,
            name=name,
            domain=domain,
            return_urls=return_urls,
            schemes=self.settings.return_schemes,
            by=by,
            now=now,
        )
        return await self.find(client_id), secret

    async def change(
        self, client_id: str, *, name: str, domain: str, return_urls: tuple[str, ...], by: By, now: int
    ) -> System:
        """Puts these in place of what was registered.

        Raises NotFound, InvalidSystem, InvalidReturnUrl, InvalidRequest for too many URLs, SystemAlike.
        """
        plain, host = checked_name(name), checked_domain(domain)
        urls = checked_urls(return_urls, self.settings.return_schemes)

        async def work(tx: Tx) -> None:
            before = await require_system(tx, client_id)
            if (plain, host) != (before.name, before.domain):
                await require_unlike(tx, name=plain, domain=host, besides=client_id, now=now)
            await change_in(tx, before, name=plain, domain=host, return_urls=urls, by=by, now=now)

        await self.db.write(work)
        return await self.find(client_id)

    async def rotate(
        self, client_id: str, *, overlap_hours: int, force: bool = False, by: By, now: int
    ) -> tuple[System, str]:
        """A new secret; the old one counts for so many hours beside it, 0: no longer. Raises NotFound, Conflict.

        While another still counts it would end: SecretBeforeCounts, unless by `force`.
        """
        secret = new_client_secret()
        until = now + overlap_hours * HOUR_MS if overlap_hours else None

        async def work(tx: Tx) -> None:
            system = await require_system(tx, client_id)
            if not force and len(system.accepted(now=now)) > 1:
                raise errors.SecretBeforeCounts(until=system.previous_until)
            if not await store.rotate(
                tx, system, secret_hash=token_hash(secret), previous_until=until, now=now
            ):
                raise errors.Conflict
            details = {"overlap_hours": overlap_hours}
            await acts.record(tx, by=by, act="system.rotate", subject=client_id, details=details, now=now)

        await self.db.write(work)
        return await self.find(client_id), secret

    async def end_previous(self, client_id: str, *, by: By, now: int) -> System:
        """Ends the previous secret at once. Raises NotFound, also without one."""

        async def work(tx: Tx) -> None:
            await require_system(tx, client_id)
            if not await store.end_previous(tx, client_id=client_id, now=now):
                raise errors.NotFound
            await acts.record(tx, by=by, act="system.end_previous", subject=client_id, details={}, now=now)

        await self.db.write(work)
        return await self.find(client_id)

    async def set_state(self, client_id: str, state: str, *, reason: str, by: By, now: int) -> System:
        """`active` or `disabled`: a disabled system asks for nothing, and its open requests are cancelled.

        Enabling cancels too: a request made at the very moment of disabling must not come back to life.
        Raises NotFound, Conflict, InvalidRequest.
        """
        why = checked_reason(reason)

        async def work(tx: Tx) -> list[str]:
            await require_system(tx, client_id)
            if not await store.set_state(tx, client_id=client_id, state=state, now=now):
                raise errors.Conflict(state=state)
            act = "system.enable" if state == "active" else "system.disable"
            await acts.record(tx, by=by, act=act, subject=client_id, details={"reason": why}, now=now)
            return await self._end_requests(tx, client_id, now=now)

        ended = await self.db.write(work)
        if state == "disabled":
            # Requests made or taken while that was being committed; later ones no phone can take.
            ended += await self.db.write(lambda tx: self._end_requests(tx, client_id, now=now))
        for request_id in ended:
            self.events.notify(request_id)
        return await self.find(client_id)

    async def _end_requests(self, tx: Tx, client_id: str, *, now: int) -> list[str]:
        longest = max(DAY_MS, self.settings.request_seconds * 1000) + LONGEST_PROLONGATION_MS
        return await requests.end_of_system(tx, client_id=client_id, since=first_id(now - longest), now=now)

    async def set_client(
        self,
        client_id: str,
        *,
        redirect_uris: tuple[str, ...],
        logout_uris: tuple[str, ...],
        auth_method: str,
        jwks: str | None,
        par_required: bool,
        by: By,
        now: int,
    ) -> System:
        """Makes it an OpenID Connect client, or changes it. Raises as `services.oidc.clients.set_client`."""
        await set_client(
            self.db,
            client_id=client_id,
            redirect_uris=redirect_uris,
            logout_uris=logout_uris,
            auth_method=auth_method,
            jwks=jwks,
            par_required=par_required,
            by=by,
            now=now,
        )
        return await self.find(client_id)

    async def remove_client(self, client_id: str, *, by: By, now: int) -> System:
        """It logs nobody in by OpenID Connect any more. Raises NotFound."""
        await remove_client(self.db, client_id=client_id, by=by, now=now)
        return await self.find(client_id)


async def change_in(
    tx: Tx,
    before: BusinessSystem,
    *,
    name: str,
    domain: str,
    return_urls: tuple[str, ...],
    by: By,
    more: Mapping[str, object] | None = None,
    now: int,
) -> None:
    """Puts these in place of what was read in this transaction; `more` stands in the act."""
    await store.change(
        tx, client_id=before.client_id, name=name, domain=domain, return_urls=return_urls, now=now
    )
    pairs: dict[str, list[object]] = {
        "name": [before.name, name],
        "domain": [before.domain, domain],
        "return_urls": [list(before.return_urls), list(return_urls)],
    }
    changed = {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}
    details = {**changed, **(more or {})}
    await acts.record(tx, by=by, act="system.change", subject=before.client_id, details=details, now=now)


async def require_system(db: Database | Tx, client_id: str) -> BusinessSystem:
    """One of them, but for the service itself. Raises NotFound."""
    is_possible = client_id != OWN and is_client_id(client_id)
    system = await store.find(db, client_id=client_id) if is_possible else None
    if system is None:
        raise errors.NotFound
    return system
