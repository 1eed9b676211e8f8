"""Customer service changes the phone number of an account (R18, manual 3.2), whose owner no longer has the old one.

The account name changes with it, all its logins at phones and portal end, the evidence that was seen is recorded, and
the old number is told: whoever still has it learns of a change that they did not ask for.
"""

import logging
from dataclasses import dataclass
from typing import Final

from mshield.domain import errors
from mshield.domain.actor import By
from mshield.domain.identity import check_phone, mask_phone
from mshield.domain.ids import new_id
from mshield.domain.notices import NoticeKind
from mshield.gateways.sms import SmsError, SmsGateway, SmsMessage
from mshield.services.identity.proofs import Proofs
from mshield.services.notices.notify import tell
from mshield.store.accounts import accounts as store
from mshield.store.database.interface import Conflict, Database, Tx
from mshield.store.legal_person import sessions as portal_sessions
from mshield.store.staff import acts

MAX_EVIDENCE: Final = 1000
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PhoneChanged:
    """The new number, how many logins ended, and whether the old number could be told."""

    phone: str
    logins_ended: int
    old_number_told: bool


@dataclass(frozen=True, slots=True)
class ChangePhone:
    """Finds accounts and changes their number."""

    db: Database
    sms: SmsGateway
    proofs: Proofs

    async def find(self, phone: str) -> store.Account:
        """The account of a number. Raises InvalidPhone, NotFound."""
        account = await store.find_account(self.db, phone=check_phone(phone))
        if account is None:
            raise errors.NotFound
        return account

    async def __call__(self, account_id: str, *, phone: str, evidence: str, by: By, now: int) -> PhoneChanged:
        """Changes the number; the evidence says what shows that the account's owner asked.

        Raises InvalidPhone, InvalidRequest without evidence, NotFound, AccountElsewhere, PhoneTaken, Conflict.
        """
        number, evidence = check_phone(phone), evidence.strip()
        if not 1 <= len(evidence) <= MAX_EVIDENCE or not all(
            char.isprintable() or char in "\n\t" for char in evidence
        ):
            raise errors.InvalidRequest(fields=["evidence"])
        account = await store.get_account(self.db, account_id=account_id)
        if account is None or account.state != "active":
            raise errors.NotFound
        if account.source != store.LOCAL:
            raise errors.AccountElsewhere(source=account.source)
        ended = await self._change(account, number, evidence, by=by, now=now)
        old_number_told = await self._tell(account.phone, now=now)
        await self.db.write(
            lambda tx: self._record_telling(tx, account, is_told=old_number_told, by=by, now=now)
        )
        return PhoneChanged(number, ended, old_number_told)

    async def _change(self, account: store.Account, number: str, evidence: str, *, by: By, now: int) -> int:
        async def work(tx: Tx) -> int:
            if not await store.change_phone(tx, account=account, phone=number, now=now):
                other = await store.find_account(tx, phone=number)
                raise errors.Conflict if other is None else errors.PhoneTaken
            ended = await store.end_sessions(tx, account_id=account.id, now=now)
            ended += await portal_sessions.end_of_account(tx, account_id=account.id, now=now)
            details = {
                "old": mask_phone(account.phone),
                "new": mask_phone(number),
                "evidence": evidence,
                "logins_ended": ended,
            }
            # One member of staff alone doesn't carry an identity over to a number that somebody named.
            await self.proofs.end(tx, account.id, reason="phone_changed", by=by, now=now)
            await tell(tx, NoticeKind.PHONE_BOUND, account_id=account.id, occasion=new_id(now), now=now)
            await acts.record(
                tx, by=by, act="account.change_phone", subject=account.id, details=details, now=now
            )
            return ended

        try:
            return await self.db.write(work)
        except Conflict as error:  # taken between the look and the write
            raise errors.PhoneTaken from error

    async def _record_telling(
        self, tx: Tx, account: store.Account, *, is_told: bool, by: By, now: int
    ) -> None:
        details = {"old": mask_phone(account.phone), "told": is_told}
        await acts.record(
            tx, by=by, act="account.tell_old_number", subject=account.id, details=details, now=now
        )

    async def _tell(self, old: str, *, now: int) -> bool:
        text = "【手机盾】您的手机盾账号已由客服改为绑定另一个手机号。如非本人申请，请立即联系客服。"
        try:
            await self.sms.send(SmsMessage(phone=old, text=text, code="", purpose="phone_changed", at=now))
        except SmsError:
            # The old number may be switched off, which is why it was changed: no reason to take the change back.
            _log.warning("the old number of a changed account could not be told")
            return False
        return True
