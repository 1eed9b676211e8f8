"""A second member of staff approves that an account gets another phone number (R18), where the old one is lost.

Who asks has a code back from the new number, says what shows that the account's owner asked, and why no code reaches
the old one, which is told that somebody asked. Who approves sees all of that, both numbers masked. The numbers
themselves lie sealed in the question, bound to it, to the account and to who asked.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from mshield.domain import errors
from mshield.domain.identity import mask_phone
from mshield.domain.ids import new_id
from mshield.domain.notices import NoticeKind
from mshield.domain.reason import checked_reason
from mshield.domain.staff import QUESTION_BOX, StaffRole, question_context
from mshield.domain.times import DAY_MS
from mshield.keys.errors import SealError
from mshield.keys.keyring import Keyring
from mshield.services.accounts.change_phone import ChangePhone, Wanted, checked_evidence
from mshield.services.notices.notify import tell
from mshield.services.staff.approvals import ApprovableAct, ApprovalRow, Approvals, Question
from mshield.services.staff.members import StaffMember
from mshield.store.accounts import accounts
from mshield.store.database.interface import Database, Tx

NAME: Final = "account.change_phone"
WAITING_MS: Final = DAY_MS
"""Shorter than other questions: the new number's code says that it is the person's today."""

_ASKS: Final = StaffRole.CUSTOMER_SERVICE
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ChangePhoneByTwo:
    """The act, for `Approvals`, and how it is asked."""

    db: Database
    keyring: Keyring
    change_phone: ChangePhone

    def act(self) -> ApprovableAct:
        """Its subject is the account; customer service asks, another member of it or a security officer approves."""
        return ApprovableAct(
            NAME,
            None,
            self._do,
            then=self._then,
            roles=frozenset({(_ASKS, _ASKS), (_ASKS, StaffRole.SECURITY_OFFICER)}),
            waiting_ms=WAITING_MS,
        )

    async def ask(
        self,
        approvals: Approvals,
        member: StaffMember,
        account_id: str,
        *,
        phone: str,
        new_code: str,
        evidence: str,
        reason: str,
        now: int,
    ) -> ApprovalRow:
        """The question. The code is spent with it; the old number is told that it was asked.

        Raises Forbidden for a program or another role, InvalidRequest, what `ChangePhone.wanted` and `prove` raise,
        SmsCodeExpired, ApprovalWaiting.
        """
        approvals.require_asker(member, NAME)
        evidence, reason = checked_evidence(evidence), checked_reason(reason)
        wanted = await self.change_phone.wanted(account_id, phone=phone, by=member.by)
        code = await self.change_phone.prove(wanted, "new", new_code, now=now)
        question_id, account = new_id(now), wanted.account
        question = Question(
            id=question_id,
            act=NAME,
            subject=account.id,
            details={
                "name": account.name,
                "old": mask_phone(account.phone),
                "new": mask_phone(wanted.phone),
                "evidence": evidence,
            },
            reason=reason,
            sealed_box=self.keyring.seal(
                json.dumps({"old": account.phone, "new": wanted.phone}).encode(),
                purpose=QUESTION_BOX,
                context=question_context(question_id, account.id, member.id),
            ),
        )

        async def also(tx: Tx) -> None:
            await self.change_phone.sms_codes.spend(tx, code, now=now)
            await tell(tx, NoticeKind.PHONE_ASKED, account_id=account.id, occasion=question_id, now=now)

        row = await approvals.put(member, question, also=also, now=now)
        self.change_phone.sms_codes.forget(code)
        return row

    async def _do(self, tx: Tx, asked: ApprovalRow, member: StaffMember, now: int) -> Json:
        numbers = self._numbers(asked)
        account = await accounts.find_unchanging(tx, account_id=asked.subject)
        if account is None or account.phone != numbers["old"] or account.name != asked.details["name"]:
            raise errors.Conflict
        if mask_phone(numbers["new"]) != asked.details["new"]:  # somebody wrote into the database
            raise errors.Conflict
        ended, notice_id = await self.change_phone.change_in(
            tx,
            Wanted(account, numbers["new"], member.by),
            how="two",
            evidence=asked.details["evidence"],
            details={"approval": asked.id, "asked_by": asked.asked_by, "reason": asked.reason},
            now=now,
        )
        return {"logins_ended": ended, "notice": notice_id}

    async def _then(self, asked: ApprovalRow, member: StaffMember, done: Json, now: int) -> Json:
        is_told = await self.change_phone.tell_old(
            asked.subject, self._numbers(asked)["old"], done["notice"], by=member.by, now=now
        )
        return {
            "phone_masked": asked.details["new"],
            "logins_ended": done["logins_ended"],
            "old_number_told": is_told,
        }

    def _numbers(self, asked: ApprovalRow) -> dict[str, str]:
        """Raises Conflict where the question holds none, or ones that were sealed for another question."""
        if asked.sealed_box is None:
            raise errors.Conflict
        context = question_context(asked.id, asked.subject, asked.asked_by)
        try:
            numbers: dict[str, str] = json.loads(
                self.keyring.open(asked.sealed_box, purpose=QUESTION_BOX, context=context)
            )
        except SealError as error:
            raise errors.Conflict from error
        return numbers
