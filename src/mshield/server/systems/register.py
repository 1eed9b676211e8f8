"""Registers business systems (业务系统); a secret is shown once and stored as a hash."""

import secrets
from collections.abc import Collection, Mapping

from mshield.server.acts.actor import SERVICE, By, SecondPerson
from mshield.server.acts.rows import acts
from mshield.server.database.interface import Database, Tx
from mshield.server.errors import InvalidRequest, NotFound
from mshield.server.systems.find_similar import require_distinct
from mshield.server.systems.rows import systems as store
from mshield.server.systems.rows.systems import BusinessSystem
from mshield.server.systems.rules.business_system import checked_domain, checked_name
from mshield.server.systems.rules.return_url import checked_return_url
from mshield.wire.addresses import MAX_URIS
from mshield.wire.tokens import new_client_secret, token_hash


async def register_system(
    db: Database,
    *,
    name: str,
    domain: str,
    return_urls: tuple[str, ...] = (),
    schemes: Collection[str] = (),
    second_person: SecondPerson | None = None,
    by: By = SERVICE,
    now: int,
) -> tuple[str, str]:
    """Registers a system. Returns its client id and secret.

    The shield's app may return to `return_urls`, which may use these app `schemes`. Raises: InvalidSystem,
    InvalidReturnUrl, InvalidRequest (too many URLs), SystemAlike (it resembles another system; not raised if
    a `second_person`, named in the act, has compared them).
    """
    plain, host, urls = checked_name(name), checked_domain(domain), checked_urls(return_urls, schemes)
    more = {} if second_person is None else second_person.details

    async def work(tx: Tx) -> tuple[str, str]:
        if second_person is None:
            await require_distinct(tx, name=plain, domain=host, now=now)
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
    """Registers a checked system in the caller's transaction; `more` is added to the act's details."""
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
    """Replaces the return addresses; takes effect within seconds.

    Raises: NotFound, InvalidReturnUrl, InvalidRequest (too many URLs).
    """
    urls = checked_urls(return_urls, schemes)

    async def work(tx: Tx) -> None:
        before = await store.find(tx, client_id=client_id)
        if before is None or not await store.set_return_urls(
            tx, client_id=client_id, return_urls=urls, now=now
        ):
            raise NotFound
        is_changed = before.return_urls != urls
        details = {"return_urls": [list(before.return_urls), list(urls)]} if is_changed else {}
        await acts.record(tx, by=by, act="system.change", subject=client_id, details=details, now=now)

    await db.write(work)


def checked_urls(return_urls: tuple[str, ...], schemes: Collection[str]) -> tuple[str, ...]:
    """Returns the addresses in canonical form. Raises: InvalidReturnUrl, InvalidRequest (too many)."""
    if len(return_urls) > MAX_URIS:
        raise InvalidRequest(fields=["return_urls"])
    return tuple(checked_return_url(url, schemes) for url in return_urls)


async def list_systems(db: Database) -> list[dict[str, str | list[str]]]:
    """Returns client id, name, domain, state and return addresses of all systems, oldest first.

    Changed rows only raise an alarm.
    """
    return [
        {
            "client_id": system.client_id,
            "name": system.name,
            "domain": system.domain,
            "state": system.state,
            "return_urls": list(system.return_urls),
        }
        for system in (await store.list_intact(db))[0]
    ]
