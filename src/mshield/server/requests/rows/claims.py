"""Data about a scanned request for a phone without a login: the requester, and the request's state."""

from dataclasses import dataclass
from typing import Final

from mshield.server.database.interface import Database
from mshield.server.database.queries import Queries
from mshield.server.seals.request_marks import check_request
from mshield.wire.phone.requests import RequesterMessage

_SQL: Final = Queries("requests", "claims")


@dataclass(frozen=True, slots=True)
class Claimable:
    """Request that a phone may claim; times in ms.

    An expired request may still have its last stored state. `account_id` is the account of the device that
    scanned it.
    """

    id: str
    kind: str
    state: str
    is_for_this_shield: bool
    created_at: int
    expires_at: int
    requester: RequesterMessage
    number: str
    account_id: str


@dataclass(frozen=True, slots=True)
class LoginTask:
    """Document to sign for a login: its sid (16 bytes) and M."""

    sid: bytes
    message: bytes


async def own_number(db: Database, *, jkt: str) -> str | None:
    """Returns the shield number of the device with this key, if it has applied."""
    row = await db.one(_SQL["own_number"], jkt=jkt)
    return None if row is None else row["shield_number"]


async def claimable(db: Database, *, id: str, jkt: str) -> tuple[bool, Claimable | None]:  # noqa: A002
    """Reports whether the device with this key has applied, and returns the request if it is one shown as a QR code.

    Raises: SealBroken.
    """
    row = await db.one(_SQL["claimable"], id=id, jkt=jkt)
    if row is None or row["id"] is None:
        return row is not None, None
    check_request(db.sealer, row)
    requester = RequesterMessage(
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
    """Returns the document of a login request; None if the request is no login."""
    row = await db.one(_SQL["login_task"], id=id)
    return None if row is None else LoginTask(row["sid"], row["message"])
