"""Changes of an account's phone number by customer service (R18, manual 3.2), for an owner who lost the old number.

A code sent to the new number is always required. In addition, either a code from the old number, which makes
the change at once, or a second member of staff (server/staff/change_phone.py) and a wait (phone_wait.py): one
member alone, whom a fraudster may have persuaded, can't change anything. For a day after a password reset by
SMS, a code from the old number isn't enough, since anybody who reads that phone's SMS could have done both. A
code is bound to the account, both numbers and the member who sent it. The account name changes with the
number, all logins at phones and portal end, the evidence is recorded, and the old number is notified.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from mshield.server import errors as server_errors
from mshield.server.accounts.errors import AccountElsewhere, PhoneTaken, SmsCodeExpired, SmsCodeWrong
from mshield.server.accounts.rows import accounts as store
from mshield.server.accounts.rows import portal_sessions
from mshield.server.accounts.sms_codes import ProvenCode, SmsCodes
from mshield.server.accounts.stop_phone import stop_of_account
from mshield.server.acts.actor import By
from mshield.server.acts.rows import acts
from mshield.server.database.interface import Conflict, Database, Tx
from mshield.server.errors import InvalidRequest, NotFound
from mshield.server.identity.after_reset import WaitAfterReset
from mshield.server.identity.proofs import Proofs
from mshield.server.notices.external.sms import SmsError, SmsPurpose
from mshield.server.notices.notify import Notify, notify_account, notify_number
from mshield.server.notices.rules.notices import NoticeKind, tail
from mshield.server.values.names import check_phone, mask_phone
from mshield.wire.ids import new_id
from mshield.wire.times import MINUTE_MS

MAX_EVIDENCE: Final = 1000
_RENOTIFY_MS: Final = MINUTE_MS
_log = logging.getLogger(__name__)

Which = Literal["new", "old"]
How = Literal["old_code", "two"]
_PURPOSES: Final[dict[Which, SmsPurpose]] = {"new": "new_phone", "old": "old_phone"}


@dataclass(frozen=True, slots=True)
class PhoneChanged:
    """The new number, how many logins ended, and whether the notice to the old number was sent."""

    phone: str
    logins_ended: int
    old_number_told: bool


@dataclass(frozen=True, slots=True)
class PhoneChange:
    """A permitted change: the account as it was read, and its new number."""

    account: store.Account
    phone: str
    by: By

    @property
    def bound_to(self) -> str:
        """Binding of the change's codes, so that they are valid for this change only."""
        return f"{self.account.id} {self.account.phone} {self.phone} {self.by.kind} {self.by.id or ''}"

    @property
    def is_unchanged(self) -> bool:
        """Whether the account has this number already; then there is nothing to do, and no code to send."""
        return self.phone == self.account.phone


@dataclass(frozen=True, slots=True)
class ChangePhone:
    """Finds accounts and changes their phone numbers."""

    db: Database
    sms_codes: SmsCodes
    notify: Notify
    proofs: Proofs

    async def find(self, phone: str) -> store.Account:
        """Returns the account of a phone number. Raises: InvalidPhone, NotFound."""
        account = await store.find_account(self.db, phone=check_phone(phone))
        if account is None:
            raise NotFound
        return account

    async def send_code(
        self, account_id: str, *, phone: str, to: Which, by: By, address: str, now: int
    ) -> PhoneChange:
        """Sends a code to the `new` or the `old` number, for its holder to tell the staff member whom they called.

        Sends nothing if the account has the number already (`is_unchanged`).

        Raises: NotFound (a code to the old number of a disabled account, whose phone may be in wrong hands),
        ActsLater (a code to the old number soon after a password reset by SMS), and what `wanted` and
        `SmsCodes.send` raise.
        """
        change = await self.wanted(account_id, phone=phone, by=by)
        if change.is_unchanged:
            return change
        if to == "old":
            await self._require_old_code(change, now=now)
        await self.sms_codes.send(
            phone=change.phone if to == "new" else change.account.phone,
            purpose=_PURPOSES[to],
            address=address,
            bound_to=change.bound_to,
            parameters=(("tail", tail(change.phone)),) if to == "old" else (),
            now=now,
        )
        return change

    async def wanted(self, account_id: str, *, phone: str, by: By) -> PhoneChange:
        """Returns the change if the account can be changed here and no other account has the number.

        Raises: InvalidPhone, NotFound, AccountElsewhere, PhoneTaken.
        """
        number = check_phone(phone)
        account = await store.get_account(self.db, account_id=account_id)
        if account is None:
            raise NotFound
        if account.source != store.LOCAL:
            raise AccountElsewhere(source=account.source)
        holder = await store.find_account(self.db, phone=number)
        if holder is not None and holder.id != account.id:
            raise PhoneTaken
        return PhoneChange(account, number, by)

    async def wanted_another(self, account_id: str, *, phone: str, by: By) -> PhoneChange:
        """Like `wanted`, but also raises InvalidRequest for the account's own number."""
        change = await self.wanted(account_id, phone=phone, by=by)
        if change.is_unchanged:
            raise InvalidRequest(fields=["phone"], reason="unchanged")
        return change

    async def check_code(self, account_id: str, *, phone: str, new_code: str, by: By, now: int) -> None:
        """Checks the new number's code as soon as it is entered; the code stays unspent.

        Raises: what `wanted_another` and `prove` raise.
        """
        change = await self.wanted_another(account_id, phone=phone, by=by)
        await self.prove(change, "new", new_code, now=now)

    async def prove(self, wanted: PhoneChange, which: Which, code: str, *, now: int) -> ProvenCode:
        """Checks a code of this change; a correct code costs no attempt, since it is checked again later.

        Raises: SmsCodeWrong, SmsCodeExpired; their `field` says which code.
        """
        phone = wanted.phone if which == "new" else wanted.account.phone
        try:
            proven = await self.sms_codes.prove(
                phone=phone, purpose=_PURPOSES[which], code=code, bound_to=wanted.bound_to, now=now
            )
        except (SmsCodeWrong, SmsCodeExpired) as error:
            raise type(error)(**error.extra, field=f"{which}_code") from error
        await self.sms_codes.give_back(proven)
        return proven

    async def __call__(
        self, account_id: str, *, phone: str, evidence: str, new_code: str, old_code: str, by: By, now: int
    ) -> PhoneChanged:
        """Changes the number by codes from both numbers; `evidence` describes how else the caller was identified.

        If the account has this number already, nothing changes and no login ends.

        Raises: InvalidRequest (no evidence), NotFound (account not active), ActsLater (soon after a password
        reset by SMS), Conflict (the account changed meanwhile), and what `wanted` and `prove` raise.
        """
        evidence = checked_evidence(evidence)
        change = await self.wanted(account_id, phone=phone, by=by)
        if change.is_unchanged:
            return PhoneChanged(change.phone, 0, old_number_told=False)
        await self._require_old_code(change, now=now)
        codes = [
            await self.prove(change, "new", new_code, now=now),
            await self.prove(change, "old", old_code, now=now),
        ]

        async def work(tx: Tx) -> tuple[int, str]:
            for code in codes:
                await self.sms_codes.spend(tx, code, now=now)
            return await self.change_in(tx, change, how="old_code", evidence=evidence, now=now)

        try:
            logins_ended, notice_id = await self.db.write(work)
        except Conflict as error:  # the number was taken between the check and the write
            raise PhoneTaken from error
        for code in codes:
            self.sms_codes.forget(code)
        account = change.account
        old_number_told = await self.notify_old_number(
            account.id, account.phone, notice_id, by=change.by, now=now
        )
        return PhoneChanged(change.phone, logins_ended, old_number_told)

    async def change_in(
        self,
        tx: Tx,
        wanted: PhoneChange,
        *,
        how: How,
        evidence: str,
        details: Mapping[str, object] | None = None,
        now: int,
    ) -> tuple[int, str]:
        """Changes the number in the caller's transaction; returns how many logins ended, and the notice's id.

        Another waiting change of the account is stopped. After the commit, call `notify_old_number` to send the notice
        to the old number; if the process dies before that, the job sends it. Raises: PhoneTaken, Conflict
        (the account changed meanwhile); the store's Conflict (the number was taken at this moment).
        """
        account, by = wanted.account, wanted.by
        await stop_of_account(tx, account.id, why="other_number", by=by, now=now)
        if not await store.change_phone(tx, account=account, phone=wanted.phone, now=now):
            other = await store.find_account(tx, phone=wanted.phone)
            raise server_errors.Conflict if other is None else PhoneTaken
        logins_ended = await store.end_sessions(tx, account_id=account.id, now=now)
        logins_ended += await portal_sessions.end_of_account(tx, account_id=account.id, now=now)
        await self.proofs.carry_over(tx, account.id, old=account.phone, new=wanted.phone, by=by, now=now)
        occasion = new_id(now)
        await notify_account(tx, NoticeKind.PHONE_BOUND, account_id=account.id, occasion=occasion, now=now)
        notice_id = await notify_number(
            tx,
            NoticeKind.PHONE_CHANGED,
            account_id=account.id,
            phone=account.phone,
            occasion=occasion,
            next_at=now + _RENOTIFY_MS,
            now=now,
        )
        act_details = {
            "old": mask_phone(account.phone),
            "new": mask_phone(wanted.phone),
            "how": how,
            "evidence": evidence,
            "logins_ended": logins_ended,
            **(details or {}),
        }
        await acts.record(
            tx, by=by, act="account.change_phone", subject=account.id, details=act_details, now=now
        )
        return logins_ended, notice_id

    async def _require_old_code(self, wanted: PhoneChange, *, now: int) -> None:
        """Checks that a code from the old number is sufficient proof; otherwise the change needs two members of staff.

        Raises: NotFound (account not active), ActsLater (soon after a password reset by SMS).
        """
        if wanted.account.state != "active":
            raise NotFound
        wait = await WaitAfterReset(self.db, self.proofs.settings).of(self.db, wanted.account.id, now=now)
        if wait is not None:
            wait.refuse(now=now)

    async def notify_old_number(self, account_id: str, old: str, notice_id: str, *, by: By, now: int) -> bool:
        """Sends the notice to the old number at once, records the outcome as an act, and returns whether it was sent.

        If sending failed, the job retries for a day.
        """
        try:
            await self.notify.send_now(NoticeKind.PHONE_CHANGED, old, notice_id, now=now)
            is_notified = True
        except SmsError:
            # The old number may be switched off, which may be why it was changed, so a failure doesn't undo
            # the change.
            _log.warning("the old number of a changed account could not be notified")
            is_notified = False
        details = {"old": mask_phone(old), "told": is_notified}

        async def work(tx: Tx) -> None:
            await acts.record(
                tx, by=by, act="account.tell_old_number", subject=account_id, details=details, now=now
            )

        await self.db.write(work)
        return is_notified


def checked_evidence(text: str) -> str:
    """Returns the description of the evidence, stripped.

    Raises: InvalidRequest (empty, more than 1000 characters, or unprintable ones).
    """
    evidence = text.strip()
    if not 1 <= len(evidence) <= MAX_EVIDENCE or not all(
        char.isprintable() or char in "\n\t" for char in evidence
    ):
        raise InvalidRequest(fields=["evidence"])
    return evidence
