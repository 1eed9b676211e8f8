"""Stopping a waiting change of a phone number (R18): one person alone may do it, since the account stays unchanged.

The account's holder stops it from a logged-in phone, or calls customer service. It is also stopped when it no
longer fits, e.g. after the account was disabled or got yet another number.
"""

import logging
from typing import Final, Literal

from mshield.server.accounts.rows import phone_changes as store
from mshield.server.acts.actor import By
from mshield.server.acts.rows import acts
from mshield.server.database.interface import Database, SealBroken, Tx
from mshield.server.errors import NotFound
from mshield.server.notices.notify import notify_account, notify_number
from mshield.server.notices.rules.notices import NoticeKind
from mshield.server.values.names import mask_phone
from mshield.server.values.phone_change import PhoneChangeRow

Why = Literal[
    "holder", "customer_service", "disabled", "other_number", "number_taken", "account_changed", "approval"
]
ACT: Final = "account.stop_phone"
_log = logging.getLogger(__name__)


async def stop_in(
    tx: Tx, change: PhoneChangeRow, *, why: Why, reason: str | None = None, by: By, now: int
) -> bool:
    """Stops the change in the caller's transaction and notifies both numbers.

    Returns False if it had ended already. Raises: SealBroken.
    """
    if not await store.end(tx, change_id=change.id, state="stopped", now=now):
        return False
    details = {"old": mask_phone(change.old_phone), "new": mask_phone(change.new_phone), "why": why}
    if reason is not None:
        details["reason"] = reason
    await acts.record(tx, by=by, act=ACT, subject=change.account_id, details=details, now=now)
    kind, account_id = NoticeKind.PHONE_STOPPED, change.account_id
    await notify_account(tx, kind, account_id=account_id, occasion=change.id, now=now)
    occasion = f"{change.id}/new"
    phone = change.new_phone
    await notify_number(tx, kind, account_id=account_id, phone=phone, occasion=occasion, next_at=now, now=now)
    return True


async def waiting_of(db: Database | Tx, account_id: str) -> PhoneChangeRow | None:
    """Returns the account's waiting change; None also for a row whose seal is broken.

    Such a row is never carried out, and `mshield log verify` reports it. Ignoring it here lets staff still
    view and disable the account.
    """
    try:
        return await store.find_waiting(db, account_id=account_id)
    except SealBroken:
        _log.warning("a waiting change of a phone number was modified outside of the service: it is ignored")
        return None


async def stop_waiting(
    db: Database, account_id: str, *, why: Why, reason: str | None = None, by: By, now: int
) -> None:
    """Stops the account's waiting change in a transaction of its own. Raises: NotFound (no change waits)."""

    async def work(tx: Tx) -> None:
        change = await waiting_of(tx, account_id)
        if change is None or not await stop_in(tx, change, why=why, reason=reason, by=by, now=now):
            raise NotFound

    await db.write(work)


async def stop_of_account(tx: Tx, account_id: str, *, why: Why, by: By, now: int) -> None:
    """Stops the account's waiting change, if any, in the caller's transaction."""
    change = await waiting_of(tx, account_id)
    if change is not None:
        await stop_in(tx, change, why=why, by=by, now=now)
