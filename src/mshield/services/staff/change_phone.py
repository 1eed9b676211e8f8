"""A second member of staff approves that an account gets another phone number (R18), where the old one is lost.

Then it waits, so that the old number's holder can stop it (services/accounts/phone_wait.py). Of a legal person's
account, or of one that is disabled, the second one is a security officer: customer service alone makes nobody the
enterprise.

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
from mshield.domain.lines import checked_reason
from mshield.domain.notices import NoticeKind
from mshield.domain.staff import QUESTION_BOX, StaffRole, question_context
from mshield.domain.times import DAY_MS
from mshield.keys.errors import SealError
from mshield.keys.keyring import Keyring
from mshield.services.accounts.change_phone import ChangePhone, Wanted, checked_evidence
from mshield.services.accounts.phone_wait import PhoneWait
from mshield.services.notices.notify import tell
from mshield.services.staff.approvals import ApprovableAct, ApprovalRow, Approvals, Question
from mshield.services.staff.members import StaffMember
from mshield.store.accounts import accounts
from mshield.store.database.interface import Database, Tx
from mshield.store.identity import proofs

NAME: Final = "account.change_phone"
WAITING_MS: Final = DAY_MS
"""Shorter than other questions: the new number's code says that it is the person's today."""

_ASKS: Final = StaffRole.CUSTOMER_SERVICE
_OFFICER: Final = StaffRole.SECURITY_OFFICER
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ChangePhoneByTwo:
    """The act, for `Approvals`, and how it is asked."""

    db: Database
    keyring: Keyring
    phone_wait: PhoneWait

    @property
    def change_phone(self) -> ChangePhone:
        """How numbers are changed."""
        return self.phone_wait.change_phone

    def act(self) -> ApprovableAct:
        """Its subject is the account; customer service asks, another member of it or a security officer approves.

        Its details are `{name, old, new, evidence, wait_hours}`, and `approver`, a role, where nobody else may.
        """
        return ApprovableAct(
            NAME,
            None,
            self._do,
            roles=frozenset({(_ASKS, _ASKS), (_ASKS, _OFFICER)}),
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
        SmsCodeExpired, ApprovalWaiting, also where an approved one waits to be done.
        """
        approvals.require_asker(member, NAME)
        evidence, reason = checked_evidence(evidence), checked_reason(reason)
        wanted = await self.change_phone.wanted_another(account_id, phone=phone, by=member.by)
        code = await self.change_phone.prove(wanted, "new", new_code, now=now)
        question_id, account = new_id(now), wanted.account
        if await self.phone_wait.waiting(account.id) is not None:
            raise errors.ApprovalWaiting
        approver = {"approver": _OFFICER.value} if await self._needs_officer(self.db, account) else {}
        question = Question(
            id=question_id,
            act=NAME,
            subject=account.id,
            details={
                "name": account.name,
                "old": mask_phone(account.phone),
                "new": mask_phone(wanted.phone),
                "evidence": evidence,
                "wait_hours": self.phone_wait.hours,
                **approver,
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
        if _OFFICER not in member.roles and await self._needs_officer(tx, account):
            raise errors.Conflict  # a legal person's, or disabled, since it was asked
        at = await self.phone_wait.begin_in(
            tx,
            Wanted(account, numbers["new"], member.by),
            asked.id,
            details={
                "evidence": asked.details["evidence"],
                "approval": asked.id,
                "asked_by": asked.asked_by,
                "approved_by": member.id,
                "reason": asked.reason,
            },
            hours=asked.details["wait_hours"],
            approval_id=asked.id,
            now=now,
        )
        return {"phone_masked": asked.details["new"], "effective_at": at}

    async def _needs_officer(self, db: Database | Tx, account: accounts.Account) -> bool:
        """Whether it is the account of somebody on file as a legal person, proven or not, or disabled.

        A disabled one was stopped for a reason, and its old number can't stop this one.
        """
        if account.state != "active":
            return True
        return bool(await proofs.legal_persons(db, account_id=account.id))

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
