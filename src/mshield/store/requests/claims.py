"""What a phone without a login may know of a request whose code it has read: who asks, and how the request stands."""

from dataclasses import dataclass
from typing import Final

from mshield.store.database.interface import Database
from mshield.store.database.queries import Queries
from mshield.store.requests.scans import Requester

_SQL: Final = Queries("requests", "claims")


@dataclass(frozen=True, slots=True)
class Claimable:
    """Times in ms; of an overdue request the state is the last stored. `account_id` is that of who reads its code."""

    id: str
    kind: str
    state: str
    is_for_this_shield: bool
    created_at: int
    expires_at: int
    requester: Requester
    number: str
    account_id: str


@dataclass(frozen=True, slots=True)
class LoginTask:
    """What a login has to sign: its sid (16 bytes) and M."""

    sid: bytes
    message: bytes


async def own_number(db: Database, *, jkt: str) -> str | None:
    """The shield number of the device with this key, if it has applied."""
    row = await db.one(_SQL["own_number"], jkt=jkt)
    return None if row is None else row["shield_number"]


async def claimable(db: Database, *, id: str, jkt: str) -> tuple[bool, Claimable | None]:  # noqa: A002
    """Whether the device with this key has applied, and the request, if there is one by QR code."""
    row = await db.one(_SQL["claimable"], id=id, jkt=jkt)
    if row is None or row["id"] is None:
        return row is not None, None
    requester = Requester(
        row["client_id"], row["asker_name"], row["asker_domain"], row["pc_address"], row["pc_browser"]
    )
    return True, Claimable(
        id=row["id"],
        kind=row["kind"],
        state=row["state"],
        is_for_this_shield=row["shield_number"] in {None, row["own_number"]},
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        requester=requester,
        number=row["number"],
        account_id=row["account_id"],
    )


async def login_task(db: Database, *, id: str) -> LoginTask | None:  # noqa: A002
    """The document of a login, whoever is to take it; None where the request is no login."""
    row = await db.one(_SQL["login_task"], id=id)
    return None if row is None else LoginTask(row["sid"], row["message"])
