"""Registers a business system (业务系统): its secret is shown once and stored as a hash."""

import secrets
from collections.abc import Collection, Mapping

from mshield.domain import errors
from mshield.domain.actor import SERVICE, By
from mshield.domain.systems.addresses import MAX_URIS
from mshield.domain.systems.business_system import checked_domain, checked_name
from mshield.domain.systems.return_url import checked_return_url
from mshield.domain.tokens import new_client_secret, token_hash
from mshield.services.systems.alike import require_unlike
from mshield.store.database.interface import Database, Tx
from mshield.store.staff import acts
from mshield.store.systems import systems as store
from mshield.store.systems.systems import BusinessSystem


async def register_system(
    db: Database,
    *,
    name: str,
    domain: str,
    return_urls: tuple[str, ...] = (),
    schemes: Collection[str] = (),
    second_person: str | None = None,
    by: By = SERVICE,
    now: int,
) -> tuple[str, str]:
    """The new client id and secret; the shield's app may lead back to `return_urls`, also by these `schemes` of apps.

    Raises InvalidSystem, InvalidReturnUrl, InvalidRequest for too many URLs; SystemAlike where it is like another one,
    unless a second person has seen both, whom the act names.
    """
    plain, host, urls = checked_name(name), checked_domain(domain), checked_urls(return_urls, schemes)
    more = {} if second_person is None else {"second_person": second_person}

    async def work(tx: Tx) -> tuple[str, str]:
        if second_person is None:
            await require_unlike(tx, name=plain, domain=host, now=now)
        return await register_in(tx, name=plain, domain=host, return_urls=urls, by=by, more=more, now=now)

    return await db.write(work)


async def register_in(
    tx: Tx,
    *,
    name: str,
    domain: str,
    return_urls: tuple[str, ...],
    by: By,
    more: Mapping[str, object],
    now: int,
) -> tuple[str, str]:
    """The same, in a transaction of the caller's, who has checked all; `more` stands in the act."""
    client_id, secret = f"bs-{secrets.token_hex(8)}", new_client_secret()
    system = BusinessSystem(client_id, name, domain, token_hash(secret), "active", return_urls)
    await store.add(tx, system, now=now)
    details = {"name": name, "domain": domain, "return_urls": list(return_urls), **more}
    await acts.record(tx, by=by, act="system.add", subject=client_id, details=details, now=now)
    return client_id, secret


async def set_return_urls(
    db: Database,
    *,
    client_id: str,
    return_urls: tuple[str, ...],
    schemes: Collection[str] = (),
    by: By = SERVICE,
    now: int,
) -> None:
    """Puts these in place of what was registered; it counts within seconds.

    Raises NotFound, InvalidReturnUrl, InvalidRequest for too many URLs.
    """
    urls = checked_urls(return_urls, schemes)

    async def work(tx: Tx) -> None:
        before = await store.find(tx, client_id=client_id)
        if before is None or not await store.set_return_urls(
            tx, client_id=client_id, return_urls=urls, now=now
        ):
            raise errors.NotFound
        is_changed = before.return_urls != urls
        details = {"return_urls": [list(before.return_urls), list(urls)]} if is_changed else {}
        await acts.record(tx, by=by, act="system.change", subject=client_id, details=details, now=now)

    await db.write(work)


def checked_urls(return_urls: tuple[str, ...], schemes: Collection[str]) -> tuple[str, ...]:
    """The addresses in their one form. Raises InvalidReturnUrl, InvalidRequest for too many."""
    if len(return_urls) > MAX_URIS:
        raise errors.InvalidRequest(fields=["return_urls"])
    return tuple(checked_return_url(url, schemes) for url in return_urls)


async def list_systems(db: Database) -> list[dict[str, str | list[str]]]:
    """Client id, name, domain, state and return addresses of all systems, oldest first."""
    return [
        {
            "client_id": system.client_id,
            "name": system.name,
            "domain": system.domain,
            "state": system.state,
            "return_urls": list(system.return_urls),
        }
        for system in await store.list_all(db)
    ]
