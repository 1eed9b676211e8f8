"""Closing one's account (账号注销, 个人信息保护法 art. 47): asked for by PIN or code, undone some days, then done.

Until it is done the account works as before, so that nobody who holds the phone for a moment ends somebody's shields
for good; its owner is told at once (ADR 109). Done, its shields are revoked, logins and bindings end, what no law keeps
is erased, and the phone number is free for a new account.
"""

import logging
from dataclasses import dataclass
from typing import Final

from mshield.domain import errors
from mshield.domain.actor import SERVICE, By
from mshield.domain.certificates.states import ACCOUNT_CLOSED, CertificateEvent
from mshield.domain.ids import new_id
from mshield.domain.notices import NoticeKind
from mshield.domain.times import DAY_MS
from mshield.pki.revocation.crl import CESSATION_OF_OPERATION
from mshield.services.accounts.session import PhoneLogin
from mshield.services.notices.notify import tell, tell_number
from mshield.services.operations.erase_person import FETCHED_WITHIN_MS, ErasePerson, Erasure
from mshield.services.signing.step_up import StepUp
from mshield.settings import Settings
from mshield.store.accounts import accounts, policy_consents
from mshield.store.accounts import closings as store
from mshield.store.accounts.closings import ClosingRow
from mshield.store.certificates.changes import change
from mshield.store.database.interface import Conflict, Database, SealBroken, Tx
from mshield.store.identity import requests as identity_requests
from mshield.store.legal_person import sessions as portal_sessions
from mshield.store.notices import push
from mshield.store.staff import acts

ASK: Final = "account.ask_closing"
UNDO: Final = "account.undo_closing"
CLOSE: Final = "account.close"
REASON: Final = "closed by its owner"
_BATCH: Final = 50
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What closing would end and erase, what stays and why; `waiting` where it is asked for already.

    `by_pin`: this phone's shield may sign, so its PIN is asked for, else an SMS code.
    """

    waiting: ClosingRow | None
    shields: tuple[str, ...]
    erasure: Erasure
    by_pin: bool


@dataclass(frozen=True, slots=True)
class CloseAccount:
    """Asks, undoes, and does what is due."""

    db: Database
    settings: Settings
    step_up: StepUp
    erase: ErasePerson

    async def foresee(self, login: PhoneLogin, *, now: int) -> Foreseen:
        """How it stands, and what it would do, asked from this phone. Raises NotFound."""
        account_id = login.account_id
        account = await self.erase.find(account_id)
        return Foreseen(
            await store.waiting(self.db, account_id=account_id),
            tuple(await store.shields(self.db, account_id=account_id)),
            await self.erase.foresee(account, now=now),
            await self.step_up.is_by_pin(login, now=now),
        )

    async def ask(self, login: PhoneLogin, *, sid: bytes | None, sms_code: str | None, now: int) -> int:
        """Begins it with a signed task or a code of purpose `close`; when it will be done (ms).

        Raises as `StepUp.prove`; Conflict where one waits.
        """
        account_id = login.account_id
        proven = await self.step_up.prove(login, "close", sid=sid, sms_code=sms_code, now=now)
        due_at = now + self.settings.closing_days * DAY_MS
        closing_id = new_id(now)

        async def work(tx: Tx) -> None:
            await self.step_up.spend(tx, proven, now=now)
            await store.insert(tx, closing_id=closing_id, account_id=account_id, due_at=due_at, now=now)
            await tell(
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
            raise errors.Conflict from error
        self.step_up.forget(proven)
        return due_at

    async def undo(self, account_id: str, *, now: int) -> None:
        """Its owner changed their mind. Raises NotFound where nothing waits."""

        async def work(tx: Tx) -> None:
            waiting = await store.waiting(tx, account_id=account_id)
            if waiting is None or not await store.end(tx, closing_id=waiting.id, state="undone", now=now):
                raise errors.NotFound
            await acts.record(
                tx, by=By("user", account_id), act=UNDO, subject=account_id, details={}, now=now
            )

        await self.db.write(work)

    async def __call__(self, *, now: int) -> int:
        """Does what is due, each by itself; gives how many accounts were closed."""
        done, after = 0, ""
        # Each is passed once in a run: those that can't be done stay, and must not stand before the others.
        while ids := await store.due(self.db, after=after, now=now, most=_BATCH):
            after = ids[-1]
            for closing_id in ids:
                try:
                    done += await self._finish(closing_id, now=now)
                except SealBroken:
                    _log.warning("a closing, or its account, was written into: not done")
                except errors.Conflict:
                    _log.info("an account got a certificate while it was closed: again at the next run")
        return done

    async def _finish(self, closing_id: str, *, now: int) -> bool:
        account_id = await self.db.write(lambda tx: self._end_in(tx, closing_id, now=now))
        if account_id is None:
            return False
        await self.erase.erase_signed(account_id, ended_before=now - FETCHED_WITHIN_MS, now=now)
        return True

    async def _end_in(self, tx: Tx, closing_id: str, *, now: int) -> str | None:
        """Closes an account, and gives its id; None where its owner undid the closing.

        One transaction, which the closing's own end decides: one that its owner undoes at that moment closes nothing,
        and nobody has half an account. What was signed is left, for which the act stands: the job `erasures` goes on.
        """
        closing = await store.find(tx, closing_id=closing_id)
        if closing is None or await store.was_set_back(tx, closing):
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
        await accounts.end_sessions(tx, account_id=account.id, now=now)
        await push.end_of_account(tx, account_id=account.id)
        await portal_sessions.end_of_account(tx, account_id=account.id, now=now)
        await identity_requests.withdraw(tx, account_id=account.id, now=now)
        owner = By("user", account.id)
        await self.erase.begin_in(tx, account, by=owner, details={"reason": REASON}, reason=REASON, now=now)
        await policy_consents.withdraw(tx, account_id=account.id, now=now)
        await store.release(tx, account_id=account.id, reason=REASON, now=now)
        await acts.record(tx, by=owner, act=CLOSE, subject=account.id, details={}, now=now)
        # Else a member of staff had it erased while the closing waited.
        if not account.phone.startswith("erased-"):
            await tell_number(
                tx,
                NoticeKind.ACCOUNT_CLOSED,
                account_id=account.id,
                phone=account.phone,
                occasion=closing_id,
                next_at=now,
                now=now,
            )
        return account.id
