"""Changing an account's phone number by two members of staff (R18), if the old number is lost.

After the approval the change waits, so that the old number's holder can stop it
(server/accounts/phone_wait.py). For a legal person's or a disabled account the approver must be a security
officer, so that customer service alone can't give anybody control as the enterprise's legal person.

The requester must have the code sent to the new number, give evidence of the owner's request, and state why
the old number can't receive codes. The old number is notified of the request. The approver sees all of that,
with both numbers masked. The numbers themselves are sealed in the request, bound to it, to the account and to
the requester.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from mshield.server.accounts.change_phone import ChangePhone, PhoneChange, checked_evidence
from mshield.server.accounts.phone_wait import PhoneWait
from mshield.server.accounts.rows import accounts
from mshield.server.database.interface import Database, Tx
from mshield.server.errors import Conflict
from mshield.server.identity.rows import proofs
from mshield.server.keys.errors import SealError
from mshield.server.keys.keyring import Keyring
from mshield.server.notices.notify import notify_account
from mshield.server.notices.rules.notices import NoticeKind
from mshield.server.staff.approvals import ApprovableAct, ApprovalRow, Approvals, Question
from mshield.server.staff.errors import ApprovalWaiting
from mshield.server.staff.members import StaffMember
from mshield.server.staff.rules import QUESTION_BOX, StaffRole, question_context
from mshield.server.values.lines import checked_reason
from mshield.server.values.names import mask_phone
from mshield.wire.ids import new_id
from mshield.wire.times import DAY_MS

NAME: Final = "account.change_phone"
PERSONAL: Final = frozenset({"name", "old", "new", "evidence"})
"""Details that identify the account's owner, erased with the account."""
WAITING_MS: Final = DAY_MS
"""Lifetime (ms) of a request, shorter than that of others, since the new number's code proves possession only
for now.
"""

_ASKS: Final = StaffRole.CUSTOMER_SERVICE
_OFFICER: Final = StaffRole.SECURITY_OFFICER
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ChangePhoneByTwo:
    """The act, for `Approvals`, and its request call."""

    db: Database
    keyring: Keyring
    phone_wait: PhoneWait

    @property
    def change_phone(self) -> ChangePhone:
        """Service that changes phone numbers."""
        return self.phone_wait.change_phone

    def act(self) -> ApprovableAct:
        """Returns the approvable act. Its subject is the account.

        Customer service requests it; another member of customer service or a security officer approves. Its
        details are `{name, old, new, evidence, wait_hours}`, and `approver`, the only role that may approve,
        if restricted.
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
        """Creates the request. Spends the code and notifies the old number.

        Raises: Forbidden (a program, or another role), InvalidRequest, SmsCodeExpired, ApprovalWaiting (also
        if an approved change is waiting), and as `ChangePhone.wanted_another` and `prove`.
        """
        approvals.require_asker(member, NAME)
        evidence, reason = checked_evidence(evidence), checked_reason(reason)
        wanted = await self.change_phone.wanted_another(account_id, phone=phone, by=member.by)
        code = await self.change_phone.prove(wanted, "new", new_code, now=now)
        question_id, account = new_id(now), wanted.account
        if await self.phone_wait.waiting(account.id) is not None:
            raise ApprovalWaiting
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
            await notify_account(
                tx, NoticeKind.PHONE_ASKED, account_id=account.id, occasion=question_id, now=now
            )

        row = await approvals.put(member, question, also=also, now=now)
        self.change_phone.sms_codes.forget(code)
        return row

    async def _do(self, tx: Tx, asked: ApprovalRow, member: StaffMember, now: int) -> Json:
        numbers = self._numbers(asked)
        account = await accounts.find_unchanging(tx, account_id=asked.subject)
        if account is None or account.phone != numbers["old"] or account.name != asked.details["name"]:
            raise Conflict
        if mask_phone(numbers["new"]) != asked.details["new"]:  # The database was tampered with.
            raise Conflict
        if _OFFICER not in member.roles and await self._needs_officer(tx, account):
            raise Conflict  # It has become a legal person's account, or was disabled, since the request.
        at = await self.phone_wait.begin_in(
            tx,
            PhoneChange(account, numbers["new"], member.by),
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
        """Reports whether the account is disabled or belongs to a legal person on file, verified or not.

        A disabled account was disabled for a reason, and the holder of its old number can't stop the change.
        """
        if account.state != "active":
            return True
        return bool(await proofs.legal_persons(db, account_id=account.id))

    def _numbers(self, asked: ApprovalRow) -> dict[str, str]:
        """Opens the sealed numbers. Raises: Conflict (none, or sealed for another request)."""
        if asked.sealed_box is None:
            raise Conflict
        context = question_context(asked.id, asked.subject, asked.asked_by)
        try:
            numbers: dict[str, str] = json.loads(
                self.keyring.open(asked.sealed_box, purpose=QUESTION_BOX, context=context)
            )
        except SealError as error:
            raise Conflict from error
        return numbers
