"""Finds business systems that could be confused. Registering one that looks like another needs a second person."""

from dataclasses import dataclass

from mshield.server.database.interface import Database, Tx
from mshield.server.errors import Json
from mshield.server.systems.errors import SystemAlike
from mshield.server.systems.rows import systems as store
from mshield.server.systems.rules.lookalike import Likeness, likeness


@dataclass(frozen=True, slots=True)
class Alike:
    """Registered system that another one resembles, with the kind of likeness."""

    client_id: str
    name: str
    domain: str
    likeness: tuple[Likeness, ...]

    def document(self) -> dict[str, Json]:
        """Returns the fields shown in responses and approval requests."""
        return {
            "client_id": self.client_id,
            "name": self.name,
            "domain": self.domain,
            "likeness": list(self.likeness),
        }


async def similar_systems(
    db: Database | Tx, *, name: str, domain: str, besides: str | None = None
) -> list[Alike]:
    """Returns all systems that this name or domain resembles, including disabled ones and the service itself.

    `besides` is the system's own id, which is skipped.
    """
    systems = []
    for system in await store.list_all(db):
        if system.client_id == besides:
            continue
        if ways := likeness(name, domain, system.name, system.domain):
            systems.append(Alike(system.client_id, system.name, system.domain, ways))
    return systems


async def require_distinct(tx: Tx, *, name: str, domain: str, besides: str | None = None, now: int) -> None:
    """Raises SystemAlike if a registered system resembles this name or domain.

    No other system can be registered until the transaction ends.
    """
    await store.lock_names(tx, now=now)
    if alike := await similar_systems(tx, name=name, domain=domain, besides=besides):
        raise SystemAlike(alike=[system.document() for system in alike])
