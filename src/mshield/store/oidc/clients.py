"""Business systems that log people in by OpenID Connect: where browsers may go back to, and what the systems show."""

import json
from dataclasses import dataclass
from typing import Final

from mshield.store.database.interface import Database, Row, Tx
from mshield.store.database.queries import Queries
from mshield.store.systems.systems import BusinessSystem

_SQL: Final = Queries("oidc", "clients")


@dataclass(frozen=True, slots=True)
class ClientRow:
    """A registered client; jwks is a JWK set as JSON text, for private_key_jwt alone."""

    system: BusinessSystem
    redirect_uris: tuple[str, ...]
    logout_uris: tuple[str, ...]
    auth_method: str
    jwks: str | None
    par_required: bool


async def find(db: Database, *, client_id: str) -> ClientRow | None:
    """The client of this business system."""
    row = await db.one(_SQL["find"], client_id=client_id)
    return None if row is None else _client(row)


async def list_all(db: Database) -> list[ClientRow]:
    """All clients, oldest business system first."""
    return [_client(row) for row in await db.all(_SQL["list_all"])]


async def put(db: Database | Tx, client: ClientRow, *, now: int) -> None:
    """Registers a client, or puts this in place of what was registered."""
    await db.run(
        _SQL["set"],
        client_id=client.system.client_id,
        redirect_uris=json.dumps(client.redirect_uris),
        logout_uris=json.dumps(client.logout_uris),
        auth_method=client.auth_method,
        jwks=client.jwks,
        par_required=int(client.par_required),
        now=now,
    )


async def remove(db: Database | Tx, *, client_id: str) -> bool:
    """Whether there was one."""
    return await db.run(_SQL["remove"], client_id=client_id) == 1


def _client(row: Row) -> ClientRow:
    return ClientRow(
        BusinessSystem(
            row["client_id"],
            row["name"],
            row["domain"],
            row["secret_hash"],
            row["state"],
            previous_hash=row["previous_hash"],
            previous_until=row["previous_until"],
        ),
        tuple(json.loads(row["redirect_uris"])),
        tuple(json.loads(row["logout_uris"])),
        row["auth_method"],
        row["jwks"],
        bool(row["par_required"]),
    )
