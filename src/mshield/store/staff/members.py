"""Staff of the console, each with roles."""

from dataclasses import dataclass
from typing import Final

from mshield.store.database.interface import Database, Row, Tx
from mshield.store.database.queries import Queries

_SQL: Final = Queries("staff", "members")


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffRow:
    """A member of staff; state is `active` or `disabled`.

    password_hash is None until they have set up their login at the console.
    """

    id: str
    name: str
    roles: tuple[str, ...]
    state: str
    created_at: int
    password_hash: str | None


async def find(db: Database | Tx, *, staff_id: str) -> StaffRow | None:
    """The member of this id."""
    row = await db.one(_SQL["find"], id=staff_id)
    return None if row is None else _member(row)


async def find_unchanging(tx: Tx, *, staff_id: str) -> StaffRow | None:
    """The member of this id as the row stands now, and until the transaction ends."""
    row = await tx.one(_SQL["find_unchanging"], id=staff_id)
    return None if row is None else _member(row)


async def find_named(db: Database | Tx, *, name: str) -> StaffRow | None:
    """The member of this name."""
    row = await db.one(_SQL["find_named"], name=name)
    return None if row is None else _member(row)


async def list_all(db: Database) -> list[StaffRow]:
    """Everybody, also who is disabled, oldest first."""
    return [_member(row) for row in await db.all(_SQL["list_all"])]


async def insert(tx: Tx, *, staff_id: str, name: str, roles: tuple[str, ...], now: int) -> None:
    """Adds a member. Raises Conflict for a name that is taken."""
    await tx.run(_SQL["insert"], id=staff_id, name=name, roles=" ".join(roles), now=now)


async def lock(tx: Tx, *, staff_id: str) -> None:
    """Keeps the member as the row stands until the transaction ends."""
    await tx.run(_SQL["lock"], id=staff_id)


async def disable(tx: Tx, *, staff_id: str) -> bool:
    """Whether an active member was disabled by this."""
    return await tx.run(_SQL["disable"], id=staff_id) == 1


async def set_password(tx: Tx, *, staff_id: str, password_hash: str | None) -> bool:
    """Whether an active member has this password from now on; None: no login until they set one up."""
    return await tx.run(_SQL["set_password"], id=staff_id, password_hash=password_hash) == 1


async def change_password(tx: Tx, *, staff_id: str, previous: str, password_hash: str) -> bool:
    """Gives an active member a new password; False where the previous one was changed or taken away meanwhile."""
    values = {"previous": previous, "password_hash": password_hash}
    return await tx.run(_SQL["change_password"], id=staff_id, **values) == 1


async def change_roles(tx: Tx, *, staff_id: str, before: tuple[str, ...], after: tuple[str, ...]) -> bool:
    """Whether an active member who held exactly the roles `before` holds `after` from now on."""
    values = {"before": " ".join(before), "after": " ".join(after)}
    return await tx.run(_SQL["change_roles"], id=staff_id, **values) == 1


def _member(row: Row) -> StaffRow:
    return StaffRow(**{**row, "roles": tuple(row["roles"].split())})
