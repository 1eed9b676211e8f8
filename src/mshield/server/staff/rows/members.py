"""Members of staff with their roles."""

from dataclasses import dataclass, fields
from typing import Final

from mshield.server.database.interface import Database, Row, Tx
from mshield.server.database.queries import Queries
from mshield.server.seals.changed_rows import ChangedRow, split_changed
from mshield.server.seals.sealing import changing, seal_new
from mshield.server.seals.tables import STAFF

_SQL: Final = Queries("staff", "members")


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffRow:
    """Member of staff; state is `active` or `disabled`.

    password_hash is None until they have set up their login at the console.
    """

    id: str
    name: str
    roles: tuple[str, ...]
    state: str
    created_at: int
    password_hash: str | None


async def find(db: Database | Tx, *, staff_id: str) -> StaffRow | None:
    """Returns the member with this id. Raises: SealBroken."""
    row = await db.one(_SQL["find"], id=staff_id)
    return None if row is None else _member(db, row)


async def find_unchanging(tx: Tx, *, staff_id: str) -> StaffRow | None:
    """Returns the member with this id and keeps the row unchanged until the transaction ends. Raises: SealBroken."""
    row = await tx.one(_SQL["find_unchanging"], id=staff_id)
    return None if row is None else _member(tx, row)


async def find_named(db: Database | Tx, *, name: str) -> StaffRow | None:
    """Returns the member with this name. Raises: SealBroken."""
    row = await db.one(_SQL["find_named"], name=name)
    return None if row is None else _member(db, row)


async def list_intact(db: Database) -> tuple[list[StaffRow], list[ChangedRow]]:
    """Returns all members, disabled ones included, oldest first, and separately the changed rows."""
    rows, changed = split_changed(db.sealer, await db.all(_SQL["list_all"]), STAFF)
    return [_member(db, row) for row in rows], changed


async def insert(tx: Tx, *, staff_id: str, name: str, roles: tuple[str, ...], now: int) -> None:
    """Inserts a member. Raises: Conflict (the name is taken)."""
    await tx.run(_SQL["insert"], id=staff_id, name=name, roles=" ".join(roles), now=now)
    await seal_new(tx, STAFF, staff_id, now=now)


async def lock(tx: Tx, *, staff_id: str) -> None:
    """Locks the member's row until the transaction ends."""
    await tx.run(_SQL["lock"], id=staff_id)


async def disable(tx: Tx, *, staff_id: str, now: int) -> bool:
    """Disables an active member; False if there is none."""
    async with changing(tx, STAFF, staff_id, now=now):
        return await tx.run(_SQL["disable"], id=staff_id) == 1


async def set_password(tx: Tx, *, staff_id: str, password_hash: str | None, now: int) -> bool:
    """Sets an active member's password; None blocks logins until they set one up. False if there is no such member."""
    async with changing(tx, STAFF, staff_id, now=now):
        return await tx.run(_SQL["set_password"], id=staff_id, password_hash=password_hash) == 1


async def change_password(tx: Tx, *, staff_id: str, previous: str, password_hash: str, now: int) -> bool:
    """Replaces an active member's password; False if the previous one was changed or removed meanwhile."""
    values = {"previous": previous, "password_hash": password_hash}
    async with changing(tx, STAFF, staff_id, now=now):
        return await tx.run(_SQL["change_password"], id=staff_id, **values) == 1


async def change_roles(
    tx: Tx, *, staff_id: str, before: tuple[str, ...], after: tuple[str, ...], now: int
) -> bool:
    """Replaces the roles of an active member; False unless they hold exactly the roles `before`."""
    values = {"before": " ".join(before), "after": " ".join(after)}
    async with changing(tx, STAFF, staff_id, now=now):
        return await tx.run(_SQL["change_roles"], id=staff_id, **values) == 1


_FIELDS: Final = tuple(field.name for field in fields(StaffRow))


def _member(db: Database | Tx, row: Row) -> StaffRow:
    STAFF.check(db.sealer, row)
    return StaffRow(**{**{name: row[name] for name in _FIELDS}, "roles": tuple(row["roles"].split())})
