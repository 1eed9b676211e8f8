"""Another phone number without a code from the old one (R18): approved by two, it waits before it is done.

In that time whoever holds the old number, which is told, can stop it (stop_phone.py). Nothing makes it sooner. Logins
stay until it is done: they are what its owner stops it from. A thief's end when the account is disabled, and a disabled
account gets another number in the same way, so that nobody who only holds the old phone can stop that.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from mshield.domain import errors
from mshield.domain.actor import SERVICE, By
from mshield.domain.identity import mask_phone
from mshield.domain.ids import new_id
from mshield.domain.lines import checked_reason
from mshield.domain.notices import NoticeKind, tail
from mshield.domain.times import HOUR_MS
from mshield.services.accounts.change_phone import ChangePhone, Wanted, checked_evidence
from mshield.services.accounts.stop_phone import Why, stop_in, stop_waiting, waiting_of
from mshield.services.notices.notify import tell
from mshield.settings import Settings
from mshield.store.accounts import accounts
from mshield.store.accounts import phone_changes as store
from mshield.store.accounts.phone_changes import PhoneChangeRow
from mshield.store.database.interface import Conflict, Database, SealBroken, Tx
from mshield.store.staff import acts, approvals

__all__ = ["PhoneChangeRow", "PhoneWait"]

_BATCH: Final = 100
_log = logging.getLogger(__name__)


class _Overtaken(Exception):  # not an error of the caller's
    """It doesn't fit any more."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class PhoneWait:
    """Begins the wait, shows it, stops it, and does what has waited long enough."""

    db: Database
    settings: Settings
    change_phone: ChangePhone

    @property
    def hours(self) -> int:
        """How long it waits."""
        return self.settings.phone_change_wait_hours

    async def with_another(
        self, account_id: str, *, phone: str, evidence: str, new_code: str, second_person: str, now: int
    ) -> PhoneChangeRow:
        """Begun by two people at the server; the second one's name stands in the act.

        Raises InvalidRequest without evidence, ApprovalWaiting where one waits already, what `ChangePhone.wanted` and
        `prove` raise.
        """
        change = self.change_phone
        evidence = checked_evidence(evidence)
        wanted = await change.wanted_another(account_id, phone=phone, by=SERVICE)
        code = await change.prove(wanted, "new", new_code, now=now)
        change_id = new_id(now)

        async def work(tx: Tx) -> None:
            await change.sms_codes.spend(tx, code, now=now)
            details = {"evidence": evidence, "second_person": second_person}
            await self.begin_in(tx, wanted, change_id, details=details, hours=self.hours, now=now)

        try:
            await self.db.write(work)
        except Conflict as error:
            raise errors.ApprovalWaiting from error
        change.sms_codes.forget(code)
        row = await store.find(self.db, change_id=change_id)
        if row is None:
            raise errors.NotFound
        return row

    async def begin_in(
        self,
        tx: Tx,
        wanted: Wanted,
        change_id: str,
        *,
        details: Mapping[str, Any],
        hours: int,
        approval_id: str | None = None,
        now: int,
    ) -> int:
        """Begins the wait in the transaction that decided so, tells the old number; gives when it will be done (ms).

        Raises the store's Conflict where one of the account's waits already.
        """
        account, at = wanted.account, now + hours * HOUR_MS
        row = store.NewPhoneChange(
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
        await tell(
            tx, NoticeKind.PHONE_WAITS, account_id=account.id, occasion=change_id, details=words, now=now
        )
        recorded = {
            "old": mask_phone(account.phone),
            "new": mask_phone(wanted.phone),
            "effective_at": at,
            **details,
        }
        await acts.record(
            tx, by=wanted.by, act="account.phone_waits", subject=account.id, details=recorded, now=now
        )
        return at

    async def waiting(self, account_id: str) -> PhoneChangeRow | None:
        """What waits of the account."""
        return await waiting_of(self.db, account_id)

    async def stop(self, account_id: str, *, by: By, now: int) -> None:
        """Its holder stops what waits. Raises NotFound where nothing does."""
        await stop_waiting(self.db, account_id, why="holder", by=by, now=now)

    async def stop_for_caller(self, account_id: str, *, reason: str, by: By, now: int) -> None:
        """A member of customer service stops it for who called. Raises NotFound, InvalidRequest without a reason."""
        said = checked_reason(reason)
        await stop_waiting(self.db, account_id, why="customer_service", reason=said, by=by, now=now)

    async def __call__(self, *, now: int) -> int:
        """Does what has waited long enough, each in its own transaction; gives how many numbers were changed."""
        done, after = 0, ""
        # Each is passed once in a run: those that can't be done stay, and must not stand before the others.
        while ids := await store.due(self.db, after=after, now=now, most=_BATCH):
            after = ids[-1]
            for change_id in ids:
                try:
                    done += await self._finish(change_id, now=now)
                except SealBroken:
                    _log.warning(
                        "a change of a phone number, or its account or approval, was written into: not done"
                    )
        return done

    async def _finish(self, change_id: str, *, now: int) -> bool:
        notices: list[tuple[str, str, str]] = []

        async def work(tx: Tx) -> bool:
            notices.clear()  # of a try that the database undid
            change = await store.find(tx, change_id=change_id)
            if change is None or change.effective_at > now:
                return False
            if await store.was_set_back(tx, change):
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
            done = await self.db.write(work)
        except _Overtaken as error:
            await self._overtaken(change_id, error.why, now=now)
            return False
        except (errors.PhoneTaken, Conflict):
            await self._overtaken(change_id, "number_taken", now=now)
            return False
        for account_id, old, notice_id in notices:
            await self.change_phone.tell_old(account_id, old, notice_id, by=SERVICE, now=now)
        return done

    async def _still_wanted(self, tx: Tx, change: PhoneChangeRow) -> Wanted:
        """What was approved, if account and approval are as they were. Raises _Overtaken, SealBroken."""
        if change.approval_id is not None:
            asked = await approvals.find(tx, approval_id=change.approval_id)
            if asked is None or (asked.state, asked.subject) != ("approved", change.account_id):
                raise _Overtaken("approval")
        account = await accounts.find_unchanging(tx, account_id=change.account_id)
        if account is None or account.phone != change.old_phone:
            raise _Overtaken("account_changed")
        return Wanted(account, change.new_phone, SERVICE)

    async def _overtaken(self, change_id: str, why: Why, *, now: int) -> None:
        async def work(tx: Tx) -> None:
            change = await store.find(tx, change_id=change_id)
            if change is not None and change.state == "waiting":
                await stop_in(tx, change, why=why, by=SERVICE, now=now)

        await self.db.write(work)
