"""Business systems that could be taken for one another: registering one beside another takes a second person."""

from dataclasses import dataclass

from mshield.domain import errors
from mshield.domain.systems.lookalike import Likeness, likeness
from mshield.store.database.interface import Database, Tx
from mshield.store.systems import systems as store


@dataclass(frozen=True, slots=True)
class Alike:
    """A registered system that another one is like, and how."""

    client_id: str
    name: str
    domain: str
    likeness: tuple[Likeness, ...]

    def document(self) -> dict[str, errors.Json]:
        """As answers and questions show it."""
        return {
            "client_id": self.client_id,
            "name": self.name,
            "domain": self.domain,
            "likeness": list(self.likeness),
        }


async def alike_systems(
    db: Database | Tx, *, name: str, domain: str, besides: str | None = None
) -> list[Alike]:
    """All that this name or domain is like, also disabled ones and the service itself; `besides` one's own."""
    systems = []
    for system in await store.list_all(db):
        if system.client_id == besides:
            continue
        if ways := likeness(name, domain, system.name, system.domain):
            systems.append(Alike(system.client_id, system.name, system.domain, ways))
    return systems


async def require_unlike(tx: Tx, *, name: str, domain: str, besides: str | None = None, now: int) -> None:
    """Raises SystemAlike where there is one; until the transaction ends nobody else registers any."""
    await store.lock_names(tx, now=now)
    if alike := await alike_systems(tx, name=name, domain=domain, besides=besides):
        raise errors.SystemAlike(alike=[system.document() for system in alike])
