"""Stopping another phone number that waits (R18): by one alone, since it leaves things as they are.

The account's holder stops it from a phone that is logged in, or calls customer service. Whatever else shows that it no
longer fits ends it as well: the account was disabled, or has yet another number.
"""

import logging
from typing import Final, Literal

from mshield.domain import errors
from mshield.domain.actor import By
from mshield.domain.identity import mask_phone
from mshield.domain.notices import NoticeKind
from mshield.services.notices.notify import tell, tell_number
from mshield.store.accounts import phone_changes as store
from mshield.store.database.interface import Database, SealBroken, Tx
from mshield.store.staff import acts

Why = Literal[
    "holder", "customer_service", "disabled", "other_number", "number_taken", "account_changed", "approval"
]
ACT: Final = "account.stop_phone"
_log = logging.getLogger(__name__)


async def stop_in(
    tx: Tx, change: store.PhoneChangeRow, *, why: Why, reason: str | None = None, by: By, now: int
) -> bool:
    """Whether this stopped it, in the caller's transaction; both numbers are told. Raises SealBroken."""
    if not await store.end(tx, change_id=change.id, state="stopped", now=now):
        return False
    details = {"old": mask_phone(change.old_phone), "new": mask_phone(change.new_phone), "why": why}
    if reason is not None:
        details["reason"] = reason
    await acts.record(tx, by=by, act=ACT, subject=change.account_id, details=details, now=now)
    kind, account_id = NoticeKind.PHONE_STOPPED, change.account_id
    await tell(tx, kind, account_id=account_id, occasion=change.id, now=now)
    occasion = f"{change.id}/new"
    phone = change.new_phone
    await tell_number(tx, kind, account_id=account_id, phone=phone, occasion=occasion, next_at=now, now=now)
    return True


async def waiting_of(db: Database | Tx, account_id: str) -> store.PhoneChangeRow | None:
    """What waits of the account; None also for a row that somebody wrote into.

    That one is never done, and `mshield log verify` names it: it keeps nobody from looking at the account, or from
    disabling it.
    """
    try:
        return await store.find_waiting(db, account_id=account_id)
    except SealBroken:
        _log.warning("a change of a phone number that waits was written into: it is left as it is")
        return None


async def stop_waiting(
    db: Database, account_id: str, *, why: Why, reason: str | None = None, by: By, now: int
) -> None:
    """Stops what waits of the account, in a transaction of its own. Raises NotFound where nothing waits."""

    async def work(tx: Tx) -> None:
        change = await waiting_of(tx, account_id)
        if change is None or not await stop_in(tx, change, why=why, reason=reason, by=by, now=now):
            raise errors.NotFound

    await db.write(work)


async def stop_of_account(tx: Tx, account_id: str, *, why: Why, by: By, now: int) -> None:
    """Stops what waits of the account, if anything does."""
    change = await waiting_of(tx, account_id)
    if change is not None:
        await stop_in(tx, change, why=why, by=by, now=now)
