"""Personal data of an account for its owner's export: rows by kind, times in ms."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final

from mshield.server.database.interface import Database
from mshield.server.database.queries import Queries
from mshield.server.seals.tables import TASKS

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


@dataclass(frozen=True, slots=True)
class OwnSignature:
    """A signature, and its document's `display` and `drawing`; these are None without a view, or if they are long."""

    sid: bytes
    purpose: str
    signed_at: int
    title: str
    serial: str | None
    business_name: str | None
    pc_address: str | None
    pc_browser: str | None
    display: str | None
    drawing: bytes | None


_SIGNATURE: Final = {each.name: each.name for each in fields(OwnSignature)} | {"display": "f_display"}
_DOCUMENT: Final = TASKS.joined("f_")
_LONGEST: Final = 1 << 18
"""Maximum octets of the lines of a view, and of M."""


async def read(db: Database, *, account_id: str) -> dict[str, list[Mapping[str, Value]]]:
    """Returns the rows of each part except signatures."""
    parts: dict[str, list[Mapping[str, Value]]] = {}
    for part, query in _PARTS.items():
        parts[part] = [dict(row) for row in await db.all(query, account_id=account_id)]
    return parts


async def signatures(
    db: Database, *, account_id: str, before: tuple[int, bytes], page_size: int
) -> list[OwnSignature]:
    """Returns signatures before this place (signed_at, sid), newest first. Raises: SealBroken."""
    before_at, before_sid = before
    rows = await db.all(
        _SQL["signatures"],
        account_id=account_id,
        before_at=before_at,
        before_sid=before_sid,
        page_size=page_size,
        most=_LONGEST,
    )
    for row in rows:
        _DOCUMENT.check_joined(db.sealer, row)
    return [OwnSignature(**{name: row[column] for name, column in _SIGNATURE.items()}) for row in rows]
