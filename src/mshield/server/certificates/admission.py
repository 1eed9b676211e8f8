"""Admission of an application at the moment of its reservation, by separate steps under a lock."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from mshield.server.certificates.errors import AlreadyCertified, DeviceLimit, OtherAccount
from mshield.server.certificates.rows import issuing
from mshield.server.certificates.rows.issuing import ConfirmedKey
from mshield.server.database.interface import Database, Tx
from mshield.server.errors import Conflict, DomainError
from mshield.server.filing.errors import NoFiling

T = TypeVar("T")


async def admitted(db: Database, key: ConfirmedKey, reserve_in: Callable[[Tx], Awaitable[T | None]]) -> T:
    """Admits the key and returns what `reserve_in` reserved in the same transaction.

    Raises: NoFiling, AlreadyCertified, DeviceLimit, OtherAccount, Conflict (ended meanwhile).
    """

    async def work(tx: Tx) -> tuple[issuing.Admission, T | None]:
        admission = await issuing.admit(tx, key)
        if admission != "admitted":
            # Return instead of raising: the commit voids the key, so that a retry isn't admitted after
            # the reason has gone. The phone has to apply again.
            return admission, None
        return admission, await reserve_in(tx)

    admission, row = await db.write(work)
    if row is None:
        raise _refusal(admission)
    return row


def _refusal(admission: issuing.Admission) -> DomainError:
    match admission:
        case "no_filing":
            return NoFiling()
        case "occupied":
            return AlreadyCertified()
        case "limit":
            return DeviceLimit()
        case "other_account":
            return OtherAccount()
        case "gone" | "admitted":  # "admitted" without a row: the request's reservation can't be read
            return Conflict()
