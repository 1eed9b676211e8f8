"""Changes of a phone number without a code from the old one (R18): two people approve, then the change waits.

During the wait, anybody who holds the old number, which is notified, can stop the change (stop_phone.py).
Nothing shortens the wait. Logins stay until the change is made, since the owner stops it from one of them. A
thief's logins end when the account is disabled. The number of a disabled account is changed in the same way,
so that somebody who holds only the old phone can't stop that.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from mshield.server.accounts.change_phone import ChangePhone, PhoneChange, checked_evidence
from mshield.server.accounts.errors import PhoneTaken
from mshield.server.accounts.rows import accounts
from mshield.server.accounts.rows import phone_changes as store
from mshield.server.accounts.stop_phone import Why, stop_in, stop_waiting, waiting_of
from mshield.server.acts.actor import SERVICE, By, SecondPerson
from mshield.server.acts.rows import acts, approvals
from mshield.server.database.interface import Conflict, Database, SealBroken, Tx
from mshield.server.errors import NotFound
from mshield.server.notices.notify import notify_account
from mshield.server.notices.rules.notices import NoticeKind, tail
from mshield.server.settings.accounts import AccountSettings
from mshield.server.staff.errors import ApprovalWaiting
from mshield.server.values.lines import checked_reason
from mshield.server.values.names import mask_phone
from mshield.server.values.phone_change import NewPhoneChange, PhoneChangeRow
from mshield.wire.ids import new_id
from mshield.wire.times import HOUR_MS

__all__ = ["PhoneChangeRow", "PhoneWait"]

_BATCH: Final = 100
_log = logging.getLogger(__name__)


class _Superseded(Exception):  # internal: never reaches the caller
    """The waiting change no longer fits the account or its approval."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class PhoneWait:
    """Begins, shows and stops waiting changes, and carries out those whose wait is over."""

    db: Database
    settings: AccountSettings
    change_phone: ChangePhone

    @property
    def hours(self) -> int:
        """Length of the wait."""
        return self.settings.phone_change_wait_hours

    async def with_another(
        self,
        account_id: str,
        *,
        phone: str,
        evidence: str,
        new_code: str,
        second_person: SecondPerson,
        now: int,
    ) -> PhoneChangeRow:
        """Begins the wait at the request of two people at the server; the act records the second one.

        Raises: InvalidRequest (no evidence), ApprovalWaiting (another change waits already), and what
        `ChangePhone.wanted_another` and `prove` raise.
        """
        change = self.change_phone
        evidence = checked_evidence(evidence)
        wanted = await change.wanted_another(account_id, phone=phone, by=SERVICE)
        code = await change.prove(wanted, "new", new_code, now=now)
        change_id = new_id(now)

        async def work(tx: Tx) -> None:
            await change.sms_codes.spend(tx, code, now=now)
            details = {"evidence": evidence, **second_person.details}
            await self.begin_in(tx, wanted, change_id, details=details, hours=self.hours, now=now)

        try:
            await self.db.write(work)
        except Conflict as error:
            raise ApprovalWaiting from error
        change.sms_codes.forget(code)
        row = await store.find(self.db, change_id=change_id)
        if row is None:
            raise NotFound
        return row

    async def begin_in(
        self,
        tx: Tx,
        wanted: PhoneChange,
        change_id: str,
        *,
        details: Mapping[str, Any],
        hours: int,
        approval_id: str | None = None,
        now: int,
    ) -> int:
        """Begins the wait in the caller's transaction and notifies the old number; returns the time of the change (ms).

        Raises: the store's Conflict, if a change of the account waits already.
        """
        account, at = wanted.account, now + hours * HOUR_MS
        row = NewPhoneChange(
            id=change_id,
            account_id=account.id,
            approval_id=approval_id,
            old_phone=account.phone,
            new_phone=wanted.phone,
            details=details,
            effective_at=at,
        )
        await store.insert(tx, row, now=now)
        words = {"tail": tail(wanted.phone), "hours": str(hours)}
        await notify_account(
            tx, NoticeKind.PHONE_WAITS, account_id=account.id, occasion=change_id, details=words, now=now
        )
        act_details = {
            "old": mask_phone(account.phone),
            "new": mask_phone(wanted.phone),
            "effective_at": at,
            **details,
        }
        await acts.record(
            tx, by=wanted.by, act="account.phone_waits", subject=account.id, details=act_details, now=now
        )
        return at

    async def waiting(self, account_id: str) -> PhoneChangeRow | None:
        """Returns the account's waiting change, if any."""
        return await waiting_of(self.db, account_id)

    async def stop(self, account_id: str, *, by: By, now: int) -> None:
        """Stops the account's waiting change for its holder. Raises: NotFound (no change waits)."""
        await stop_waiting(self.db, account_id, why="holder", by=by, now=now)

    async def stop_for_caller(self, account_id: str, *, reason: str, by: By, now: int) -> None:
        """Stops the waiting change for customer service, at a caller's request.

        Raises: NotFound, InvalidRequest (no reason).
        """
        checked = checked_reason(reason)
        await stop_waiting(self.db, account_id, why="customer_service", reason=checked, by=by, now=now)

    async def __call__(self, *, now: int) -> int:
        """Carries out the changes whose wait is over, each in its own transaction; returns how many numbers changed."""
        changed, after = 0, ""
        # Try each change once per run: changes that fail stay in the table and must not block the following
        # ones.
        while ids := await store.due(self.db, after=after, now=now, most=_BATCH):
            after = ids[-1]
            for change_id in ids:
                try:
                    changed += await self._finish(change_id, now=now)
                except SealBroken:
                    _log.warning(
                        "a change of a phone number, its account or its approval was modified "
                        "outside of the service: not carried out"
                    )
        return changed

    async def _finish(self, change_id: str, *, now: int) -> bool:
        notices: list[tuple[str, str, str]] = []

        async def work(tx: Tx) -> bool:
            notices.clear()  # drop the notices of an attempt that was rolled back
            change = await store.find(tx, change_id=change_id)
            if change is None or change.effective_at > now:
                return False
            if await store.was_rolled_back(tx, change):
                raise SealBroken(store.TABLE, change_id)
            if not await store.end(tx, change_id=change_id, state="done", now=now):
                return False
            wanted = await self._still_wanted(tx, change)
            _, notice_id = await self.change_phone.change_in(
                tx, wanted, how="two", evidence=change.details["evidence"], details=change.details, now=now
            )
            notices.append((wanted.account.id, wanted.account.phone, notice_id))
            return True

        try:
            is_changed = await self.db.write(work)
        except _Superseded as error:
            await self._end_superseded(change_id, error.why, now=now)
            return False
        except (PhoneTaken, Conflict):
            await self._end_superseded(change_id, "number_taken", now=now)
            return False
        for account_id, old, notice_id in notices:
            await self.change_phone.notify_old_number(account_id, old, notice_id, by=SERVICE, now=now)
        return is_changed

    async def _still_wanted(self, tx: Tx, change: PhoneChangeRow) -> PhoneChange:
        """Returns the approved change if account and approval are unchanged. Raises: _Superseded, SealBroken."""
        if change.approval_id is not None:
            approval = await approvals.find(tx, approval_id=change.approval_id)
            if approval is None or (approval.state, approval.subject) != ("approved", change.account_id):
                raise _Superseded("approval")
        account = await accounts.find_unchanging(tx, account_id=change.account_id)
        if account is None or account.phone != change.old_phone:
            raise _Superseded("account_changed")
        return PhoneChange(account, change.new_phone, SERVICE)

    async def _end_superseded(self, change_id: str, why: Why, *, now: int) -> None:
        async def work(tx: Tx) -> None:
            change = await store.find(tx, change_id=change_id)
            if change is not None and change.state == "waiting":
                await stop_in(tx, change, why=why, by=SERVICE, now=now)

        await self.db.write(work)
