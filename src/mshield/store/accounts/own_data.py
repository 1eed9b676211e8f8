"""All that is kept of an account, as its owner gets it: rows by what they are, times in ms."""

from collections.abc import Mapping
from typing import Final

from mshield.store.database.interface import Database
from mshield.store.database.queries import Queries

Value = str | int | None
_SQL: Final = Queries("accounts", "own_data")
_PARTS: Final = {
    "account": _SQL["account"],
    "consents": _SQL["consents"],
    "identity_proofs": _SQL["identity_proofs"],
    "certificates": _SQL["certificates"],
    "logins": _SQL["logins"],
    "notices": _SQL["notices"],
    "closings": _SQL["closings"],
}


async def read(db: Database, *, account_id: str, most: int) -> dict[str, list[Mapping[str, Value]]]:
    """Each part's rows; of signatures the newest `most`."""
    parts: dict[str, list[Mapping[str, Value]]] = {}
    for part, query in _PARTS.items():
        parts[part] = [dict(row) for row in await db.all(query, account_id=account_id)]
    rows = await db.all(_SQL["signatures"], account_id=account_id, most=most)
    parts["signatures"] = [dict(row) for row in rows]
    return parts
