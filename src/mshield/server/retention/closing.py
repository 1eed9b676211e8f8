"""Closing one's own account (账号注销, 个人信息保护法 art. 47): requested by PIN or SMS code, reversible for days.

Until then the account works as before, so that somebody who briefly gets hold of the phone can't permanently
end its owner's shields; the owner is notified at once (ADR 109). Carrying it out revokes its shields, ends
logins and bindings, erases all data that no law requires to keep, and frees the phone number for a new
account.
"""

import logging
from dataclasses import dataclass
from typing import Final

from mshield.pki.revocation.crl import CESSATION_OF_OPERATION
from mshield.server import errors as server_errors
from mshield.server.accounts.rows import accounts, policy_consents
from mshield.server.accounts.session import PhoneLogin
from mshield.server.acts.actor import SERVICE, By
from mshield.server.acts.rows import acts
from mshield.server.certificates.rows.changes import change
from mshield.server.certificates.rules.states import ACCOUNT_CLOSED, CertificateEvent
from mshield.server.database.interface import Conflict, Database, SealBroken, Tx
from mshield.server.errors import NotFound
from mshield.server.identity.rows import requests as identity_requests
from mshield.server.notices.notify import notify_account, notify_number
from mshield.server.notices.rules.notices import NoticeKind
from mshield.server.retention.erase_person import ErasePerson, Erasure, by_owner, end_logins
from mshield.server.retention.rows import closings as store
from mshield.server.retention.rows.closings import ClosingRow
from mshield.server.settings.accounts import AccountSettings
from mshield.server.signing.step_up import StepUp
from mshield.wire.ids import new_id
from mshield.wire.times import DAY_MS

ASK: Final = "account.ask_closing"
UNDO: Final = "account.undo_closing"
CLOSE: Final = "account.close"
REASON: Final = "closed by its owner"
_BATCH: Final = 50
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Preview:
    """Preview of a closing: effects, erased data, and remaining data with the reasons; `waiting` is a pending closing.

    `by_pin`: this phone's shield may sign, so its PIN is required, otherwise an SMS code.
    """

    waiting: ClosingRow | None
    shields: tuple[str, ...]
    erasure: Erasure
    by_pin: bool


@dataclass(frozen=True, slots=True)
class CloseAccount:
    """Requests closings, undoes them, and carries out those that are due."""

    db: Database
    settings: AccountSettings
    step_up: StepUp
    erase: ErasePerson

    async def preview(self, login: PhoneLogin, *, now: int) -> Preview:
        """Returns the preview for the account of this phone. Raises: NotFound."""
        account_id = login.account_id
        account = await self.erase.find(account_id)
        return Preview(
            await store.waiting(self.db, account_id=account_id),
            tuple(await store.shields(self.db, account_id=account_id)),
            await self.erase.preview(account, now=now),
            await self.step_up.is_by_pin(login, now=now),
        )

    async def ask(self, login: PhoneLogin, *, sid: bytes | None, sms_code: str | None, now: int) -> int:
        """Requests the closing with a signed task or an SMS code of purpose `close`. Returns its due time (ms).

        Raises: Conflict (a closing is pending), and as `StepUp.prove`.
        """
        account_id = login.account_id
        proven = await self.step_up.prove(login, "close", sid=sid, sms_code=sms_code, now=now)
        due_at = now + self.settings.closing_days * DAY_MS
        closing_id = new_id(now)

        async def work(tx: Tx) -> None:
            await self.step_up.spend(tx, proven, now=now)
            await store.insert(tx, closing_id=closing_id, account_id=account_id, due_at=due_at, now=now)
            await notify_account(
                tx,
                NoticeKind.CLOSING_ASKED,
                account_id=account_id,
                occasion=closing_id,
                details={"days": str(self.settings.closing_days)},
                now=now,
            )
            by = By("user", account_id)
            await acts.record(tx, by=by, act=ASK, subject=account_id, details={"due_at": due_at}, now=now)

        try:
            await self.db.write(work)
        except Conflict as error:
            raise server_errors.Conflict from error
        self.step_up.forget(proven)
        return due_at

    async def undo(self, account_id: str, *, now: int) -> None:
        """Undoes a pending closing for the owner. Raises: NotFound (none is pending)."""

        async def work(tx: Tx) -> None:
            waiting = await store.waiting(tx, account_id=account_id)
            if waiting is None or not await store.end(tx, closing_id=waiting.id, state="undone", now=now):
                raise NotFound
            await acts.record(
                tx, by=By("user", account_id), act=UNDO, subject=account_id, details={}, now=now
            )

        await self.db.write(work)

    async def __call__(self, *, now: int) -> int:
        """Carries out all due closings, each in its own transaction. Returns the number of accounts closed."""
        closed, after = 0, ""
        # Process each closing only once per run: those that fail remain, and must not block the following
        # ones.
        while ids := await store.due(self.db, after=after, now=now, most=_BATCH):
            after = ids[-1]
            for closing_id in ids:
                try:
                    closed += await self._finish(closing_id, now=now)
                except SealBroken:
                    _log.warning(
                        "a closing or its account was modified outside of the service: not carried out"
                    )
                except server_errors.Conflict:
                    _log.info(
                        "an account got a certificate while it was being closed: retried at the next run"
                    )
        return closed

    async def _finish(self, closing_id: str, *, now: int) -> bool:
        account_id = await self.db.write(lambda tx: self._end_in(tx, closing_id, now=now))
        if account_id is None:
            return False
        await self.erase.erase_signed(account_id, ended_before=now, now=now)
        return True

    async def _end_in(self, tx: Tx, closing_id: str, *, now: int) -> str | None:
        """Closes an account and returns its id; None if its owner undid the closing.

        Everything happens in one transaction, guarded by the closing's own end: if the owner undoes it at
        that moment nothing is closed, and no account is left half closed. Signed contents are erased
        afterwards, by `erase_signed` or the job `erasures`, as the recorded act orders.
        """
        closing = await store.find(tx, closing_id=closing_id)
        if closing is None or await store.was_rolled_back(tx, closing):
            raise SealBroken(store.TABLE, closing_id)
        account = await accounts.find_unchanging(tx, account_id=closing.account_id)
        if account is None or not await store.end(tx, closing_id=closing_id, state="done", now=now):
            return None
        for serial in await store.standing(tx, account_id=account.id):
            await change(
                tx,
                serial=serial,
                event=CertificateEvent.REVOKE,
                by=SERVICE,
                reason=ACCOUNT_CLOSED,
                revocation_reason=CESSATION_OF_OPERATION,
                now=now,
            )
        await end_logins(tx, account.id, now=now)
        await identity_requests.withdraw(tx, account_id=account.id, now=now)
        order = by_owner(account.id, reason=REASON)
        await self.erase.begin_in(tx, account, order, now=now)
        await policy_consents.withdraw(tx, account_id=account.id, now=now)
        await store.release(tx, account_id=account.id, reason=REASON, now=now)
        await acts.record(tx, by=order.by, act=CLOSE, subject=account.id, details={}, now=now)
        # The phone number is missing if a member of staff had the account erased while the closing was
        # pending.
        if not account.phone.startswith("erased-"):
            await notify_number(
                tx,
                NoticeKind.ACCOUNT_CLOSED,
                account_id=account.id,
                phone=account.phone,
                occasion=closing_id,
                next_at=now,
                now=now,
            )
        return account.id
