"""Personal data of an account for its owner's export: rows by kind, times in ms."""

from collections.abc import Mapping
from typing import Final

from mshield.server.database.interface import Database
from mshield.server.database.queries import Queries

Value = str | int | None
_SQL: Final = Queries("retention", "own_data")
_PARTS: Final = {
    "account": _SQL["account"],
    "consents": _SQL["consents"],
    "identity_proofs": _SQL["identity_proofs"],
    "identity_requests": _SQL["identity_requests"],
    "phone_changes": _SQL["phone_changes"],
    "filed_phone_changes": _SQL["filed_phone_changes"],
    "certificates": _SQL["certificates"],
    "bindings": _SQL["bindings"],
    "asks": _SQL["asks"],
    "devices": _SQL["devices"],
    "logins": _SQL["logins"],
    "portal_logins": _SQL["portal_logins"],
    "pushes": _SQL["pushes"],
    "notices": _SQL["notices"],
    "closings": _SQL["closings"],
    "readings": _SQL["readings"],
}


async def read(db: Database, *, account_id: str, most: int) -> dict[str, list[Mapping[str, Value]]]:
    """Returns the rows of each part; of signatures only the newest `most`."""
    parts: dict[str, list[Mapping[str, Value]]] = {}
    for part, query in _PARTS.items():
        parts[part] = [dict(row) for row in await db.all(query, account_id=account_id)]
    rows = await db.all(_SQL["signatures"], account_id=account_id, most=most)
    parts["signatures"] = [dict(row) for row in rows]
    return parts
