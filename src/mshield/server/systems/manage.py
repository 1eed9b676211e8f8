"""Management of business systems (业务系统) by security officers at the console; each change is recorded as an act.

Secrets of systems and webhooks are shown once, when they are created. A change takes effect everywhere within
five seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from mshield.server.acts.actor import By
from mshield.server.acts.rows import acts
from mshield.server.database.interface import Database, Tx
from mshield.server.errors import Conflict, NotFound
from mshield.server.oidc.clients import remove_client, set_client
from mshield.server.oidc.rows import clients as oidc_clients
from mshield.server.oidc.rows.clients import ClientRow
from mshield.server.requests.rows import requests
from mshield.server.requests.rules import LONGEST_PROLONGATION_MS
from mshield.server.runtime.events import Events
from mshield.server.seals.changed_rows import ChangedRow
from mshield.server.settings.requests import RequestSettings
from mshield.server.systems.errors import SecretBeforeCounts
from mshield.server.systems.find_similar import require_distinct
from mshield.server.systems.register import checked_urls, register_system
from mshield.server.systems.rows import systems as store
from mshield.server.systems.rows import unshown
from mshield.server.systems.rows.systems import BusinessSystem
from mshield.server.systems.rows.unshown import Allowance
from mshield.server.systems.rules.business_system import OWN_CLIENT_ID as OWN
from mshield.server.systems.rules.business_system import checked_domain, checked_name
from mshield.server.values.lines import checked_reason
from mshield.server.webhooks.endpoints import ListedEndpoint, WebhookEndpoints
from mshield.wire.ids import first_id, is_client_id
from mshield.wire.times import DAY_MS, HOUR_MS
from mshield.wire.tokens import new_client_secret, token_hash

__all__ = ["ManageSystems", "System"]


@dataclass(frozen=True, slots=True)
class System:
    """Business system with its OpenID Connect client, if any, and its webhooks.

    `unshown` is its allowance to request content that phones can't display, if any.
    """

    system: BusinessSystem
    client: ClientRow | None
    endpoints: tuple[ListedEndpoint, ...]
    unshown: Allowance | None


@dataclass(frozen=True, slots=True)
class ManageSystems:
    """Manages business systems, except the service's own one, which sends requests to its own legal persons."""

    db: Database
    webhooks: WebhookEndpoints
    events: Events
    settings: RequestSettings

    async def list_all(self) -> tuple[list[System], list[ChangedRow]]:
        """Returns all systems whose rows are intact, oldest first, and the changed rows of the others."""
        systems, changed = await store.list_intact(self.db)
        own, changed_clients = await oidc_clients.list_intact(self.db)
        allowed, changed_allowances = await unshown.list_intact(self.db)
        clients = {client.system.client_id: client for client in own}
        endpoints = await self.webhooks.list_all()
        changed = list(dict.fromkeys((*changed, *changed_clients, *changed_allowances)))
        excluded = {OWN, *(row.key for row in changed)}
        listed = [
            System(
                system,
                clients.get(system.client_id),
                tuple(endpoint for endpoint in endpoints if endpoint.endpoint.client_id == system.client_id),
                allowed.get(system.client_id),
            )
            for system in systems
            if system.client_id not in excluded
        ]
        return listed, changed

    async def find(self, client_id: str) -> System:
        """Returns one system. Raises: NotFound."""
        system = await require_system(self.db, client_id)
        client = await oidc_clients.find(self.db, client_id=client_id)
        endpoints = tuple(await self.webhooks.list_all(client_id=client_id))
        return System(system, client, endpoints, await unshown.find(self.db, client_id=client_id))

    async def add(
        self, *, name: str, domain: str, return_urls: tuple[str, ...], by: By, now: int
    ) -> tuple[System, str]:
        """Registers a system and returns it with its secret.

        Raises: InvalidSystem, InvalidReturnUrl, InvalidRequest (too many URLs), SystemAlike.
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
        """Replaces name, domain and return addresses.

        Raises: NotFound, InvalidSystem, InvalidReturnUrl, InvalidRequest (too many URLs), SystemAlike.
        """
        plain, host = checked_name(name), checked_domain(domain)
        urls = checked_urls(return_urls, self.settings.return_schemes)

        async def work(tx: Tx) -> None:
            before = await require_system(tx, client_id)
            if (plain, host) != (before.name, before.domain):
                await require_distinct(tx, name=plain, domain=host, besides=client_id, now=now)
            await change_in(tx, before, name=plain, domain=host, return_urls=urls, by=by, now=now)

        await self.db.write(work)
        return await self.find(client_id)

    async def rotate(
        self, client_id: str, *, overlap_hours: int, force: bool = False, by: By, now: int
    ) -> tuple[System, str]:
        """Creates a new secret; the old one stays valid for `overlap_hours` (0: ends at once).

        Raises: NotFound, Conflict (changed meanwhile), SecretBeforeCounts (an earlier secret is still valid
        and would end; `force` permits that).
        """
        secret = new_client_secret()
        until = now + overlap_hours * HOUR_MS if overlap_hours else None

        async def work(tx: Tx) -> None:
            system = await require_system(tx, client_id)
            if not force and len(system.accepted(now=now)) > 1:
                raise SecretBeforeCounts(until=system.previous_until)
            if not await store.rotate(
                tx, system, secret_hash=token_hash(secret), previous_until=until, now=now
            ):
                raise Conflict
            details = {"overlap_hours": overlap_hours}
            await acts.record(tx, by=by, act="system.rotate", subject=client_id, details=details, now=now)

        await self.db.write(work)
        return await self.find(client_id), secret

    async def end_previous(self, client_id: str, *, by: By, now: int) -> System:
        """Ends the previous secret at once. Raises: NotFound (also if there is none)."""

        async def work(tx: Tx) -> None:
            await require_system(tx, client_id)
            if not await store.end_previous(tx, client_id=client_id, now=now):
                raise NotFound
            await acts.record(tx, by=by, act="system.end_previous", subject=client_id, details={}, now=now)

        await self.db.write(work)
        return await self.find(client_id)

    async def set_state(self, client_id: str, state: str, *, reason: str, by: By, now: int) -> System:
        """Enables or disables a system (`active` or `disabled`), and cancels its open requests.

        A disabled system can't make requests. Enabling cancels open requests too, so that a request made at
        the moment of disabling doesn't become active again. Raises: NotFound, Conflict (already in this
        state), InvalidRequest.
        """
        why = checked_reason(reason)

        async def work(tx: Tx) -> list[str]:
            await require_system(tx, client_id)
            if not await store.set_state(tx, client_id=client_id, state=state, now=now):
                raise Conflict(state=state)
            act = "system.enable" if state == "active" else "system.disable"
            await acts.record(tx, by=by, act=act, subject=client_id, details={"reason": why}, now=now)
            return await self._end_requests(tx, client_id, now=now)

        cancelled = await self.db.write(work)
        if state == "disabled":
            # Also cancel requests made or taken during the commit; no phone can take later ones.
            cancelled += await self.db.write(lambda tx: self._end_requests(tx, client_id, now=now))
        for request_id in cancelled:
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
        """Makes the system an OpenID Connect client, or changes it.

        Raises: as `services.oidc.clients.set_client`.
        """
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
        """Removes the system's OpenID Connect client. Raises: NotFound."""
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
    """Changes a system read in this transaction; `more` is added to the act's details."""
    await store.change(
        tx, client_id=before.client_id, name=name, domain=domain, return_urls=return_urls, now=now
    )
    pairs: dict[str, list[object]] = {
        "name": [before.name, name],
        "domain": [before.domain, domain],
        "return_urls": [list(before.return_urls), list(return_urls)],
    }
    changes = {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}
    details = {**changes, **(more or {})}
    await acts.record(tx, by=by, act="system.change", subject=before.client_id, details=details, now=now)


async def require_system(db: Database | Tx, client_id: str) -> BusinessSystem:
    """Returns a system other than the service's own one. Raises: NotFound."""
    is_possible = client_id != OWN and is_client_id(client_id)
    system = await store.find(db, client_id=client_id) if is_possible else None
    if system is None:
        raise NotFound
    return system
