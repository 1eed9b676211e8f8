"""Business systems that log people in by OpenID Connect: redirect addresses and authentication methods."""

import json
from dataclasses import dataclass
from typing import Final

from mshield.server.database.interface import Database, Row, Tx
from mshield.server.database.queries import Queries
from mshield.server.seals.changed_rows import ChangedRow, split_changed
from mshield.server.seals.sealing import seal_new
from mshield.server.seals.tables import OIDC_CLIENTS, SYSTEMS
from mshield.server.systems.rows.systems import BusinessSystem

_SQL: Final = Queries("oidc", "clients")
_SYSTEM: Final = SYSTEMS.joined("b_")
_CLIENT: Final = OIDC_CLIENTS.joined("c_")


@dataclass(frozen=True, slots=True)
class ClientRow:
    """Registered client; jwks is a JWK set as JSON text, only for private_key_jwt."""

    system: BusinessSystem
    redirect_uris: tuple[str, ...]
    logout_uris: tuple[str, ...]
    auth_method: str
    jwks: str | None
    par_required: bool


async def find(db: Database, *, client_id: str) -> ClientRow | None:
    """Returns the client of this business system. Raises: SealBroken."""
    row = await db.one(_SQL["find"], client_id=client_id)
    return None if row is None else _client(db, row)


async def list_intact(db: Database) -> tuple[list[ClientRow], list[ChangedRow]]:
    """Returns all clients, oldest business system first, and separately the changed rows, also of their systems."""
    rows, changed = split_changed(db.sealer, await db.all(_SQL["list_all"]), _SYSTEM, _CLIENT)
    return [_client(db, row) for row in rows], changed


async def put(tx: Tx, client: ClientRow, *, now: int) -> None:
    """Registers a client or replaces its registration."""
    await tx.run(
        _SQL["set"],
        client_id=client.system.client_id,
        redirect_uris=json.dumps(client.redirect_uris),
        logout_uris=json.dumps(client.logout_uris),
        auth_method=client.auth_method,
        jwks=client.jwks,
        par_required=int(client.par_required),
        now=now,
    )
    await seal_new(tx, OIDC_CLIENTS, client.system.client_id, now=now)


async def remove(db: Database | Tx, *, client_id: str) -> bool:
    """Removes a client; False if there was none."""
    return await db.run(_SQL["remove"], client_id=client_id) == 1


def _client(db: Database, row: Row) -> ClientRow:
    _SYSTEM.check(db.sealer, row)
    _CLIENT.check(db.sealer, row)
    return ClientRow(
        BusinessSystem(
            row["b_client_id"],
            row["b_name"],
            row["b_domain"],
            row["b_secret_hash"],
            row["b_state"],
            previous_hash=row["b_previous_hash"],
            previous_until=row["b_previous_until"],
        ),
        tuple(json.loads(row["c_redirect_uris"])),
        tuple(json.loads(row["c_logout_uris"])),
        row["c_auth_method"],
        row["c_jwks"],
        bool(row["c_par_required"]),
    )
