"""Customer service changes the phone number of an account (R18, manual 3.2), whose owner no longer has the old one.

The new number answers by a code, always. Besides it takes a code to the old number, which changes it at once, or a
second member of staff (services/staff/change_phone.py) and a wait (phone_wait.py): one member alone, whom anybody may
have talked into it, changes nothing. For a day after the password was set anew by SMS a code to the old number is not
enough: whoever reads that phone's SMS has both. A code is bound to the account, both numbers and the member who sent
it. The account name changes with the number, all its logins at phones and portal end, the evidence that was seen is
recorded, and the old number is told.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from mshield.domain import errors
from mshield.domain.actor import By
from mshield.domain.identity import check_phone, mask_phone
from mshield.domain.ids import new_id
from mshield.domain.notices import NoticeKind, tail
from mshield.domain.times import MINUTE_MS
from mshield.gateways.sms import SmsError, SmsPurpose
from mshield.services.accounts.sms_codes import ProvenCode, SmsCodes
from mshield.services.accounts.stop_phone import stop_of_account
from mshield.services.identity.after_reset import WaitAfterReset
from mshield.services.identity.proofs import Proofs
from mshield.services.notices.notify import Notify, tell, tell_number
from mshield.store.accounts import accounts as store
from mshield.store.database.interface import Conflict, Database, Tx
from mshield.store.legal_person import sessions as portal_sessions
from mshield.store.staff import acts

MAX_EVIDENCE: Final = 1000
_TELL_AGAIN_MS: Final = MINUTE_MS
_log = logging.getLogger(__name__)

Which = Literal["new", "old"]
How = Literal["old_code", "two"]
_PURPOSES: Final[dict[Which, SmsPurpose]] = {"new": "new_phone", "old": "old_phone"}


@dataclass(frozen=True, slots=True)
class PhoneChanged:
    """The new number, how many logins ended, and whether the old number could be told."""

    phone: str
    logins_ended: int
    old_number_told: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """A change that may be made: the account as it stands, and the number that it shall have."""

    account: store.Account
    phone: str
    by: By

    @property
    def bound_to(self) -> str:
        """What a code of this change serves for, and nothing else."""
        return f"{self.account.id} {self.account.phone} {self.phone} {self.by.kind} {self.by.id or ''}"

    @property
    def is_unchanged(self) -> bool:
        """Whether it is the number that the account has: there is nothing to do then, and no code to send."""
        return self.phone == self.account.phone


@dataclass(frozen=True, slots=True)
class ChangePhone:
    """Finds accounts and changes their number."""

    db: Database
    sms_codes: SmsCodes
    notify: Notify
    proofs: Proofs

    async def find(self, phone: str) -> store.Account:
        """The account of a number. Raises InvalidPhone, NotFound."""
        account = await store.find_account(self.db, phone=check_phone(phone))
        if account is None:
            raise errors.NotFound
        return account

    async def send_code(
        self, account_id: str, *, phone: str, to: Which, by: By, address: str, now: int
    ) -> Wanted:
        """Sends a code to the `new` or the `old` number, for its holder to tell the member whom they called.

        None is sent where the number is the account's own already (`is_unchanged`).
        None goes to the old number of a disabled account, whose phone may be in wrong hands: NotFound. Nor soon after
        its password was set anew by SMS: ActsLater. Raises also what `wanted` raises, and what `SmsCodes.send` raises.
        """
        wanted = await self.wanted(account_id, phone=phone, by=by)
        if wanted.is_unchanged:
            return wanted
        if to == "old":
            await self._require_old_code(wanted, now=now)
        await self.sms_codes.send(
            phone=wanted.phone if to == "new" else wanted.account.phone,
            purpose=_PURPOSES[to],
            address=address,
            bound_to=wanted.bound_to,
            parameters=(("tail", tail(wanted.phone)),) if to == "old" else (),
            now=now,
        )
        return wanted

    async def wanted(self, account_id: str, *, phone: str, by: By) -> Wanted:
        """The change, if the account can be changed here and nobody else has the number.

        Raises InvalidPhone, NotFound, AccountElsewhere, PhoneTaken.
        """
        number = check_phone(phone)
        account = await store.get_account(self.db, account_id=account_id)
        if account is None:
            raise errors.NotFound
        if account.source != store.LOCAL:
            raise errors.AccountElsewhere(source=account.source)
        holder = await store.find_account(self.db, phone=number)
        if holder is not None and holder.id != account.id:
            raise errors.PhoneTaken
        return Wanted(account, number, by)

    async def wanted_another(self, account_id: str, *, phone: str, by: By) -> Wanted:
        """The same, where only another number can be asked for: InvalidRequest for the account's own."""
        wanted = await self.wanted(account_id, phone=phone, by=by)
        if wanted.is_unchanged:
            raise errors.InvalidRequest(fields=["phone"], reason="unchanged")
        return wanted

    async def check_code(self, account_id: str, *, phone: str, new_code: str, by: By, now: int) -> None:
        """Whether the new number's code is right, where it is entered; the code stays unspent.

        Raises what `wanted_another` and `prove` raise.
        """
        wanted = await self.wanted_another(account_id, phone=phone, by=by)
        await self.prove(wanted, "new", new_code, now=now)

    async def prove(self, wanted: Wanted, which: Which, code: str, *, now: int) -> ProvenCode:
        """A code of this change; a wrong one is one of its tries, a right one isn't, since it is proven again later.

        Raises SmsCodeWrong, SmsCodeExpired, which name the code's `field`.
        """
        phone = wanted.phone if which == "new" else wanted.account.phone
        try:
            proven = await self.sms_codes.prove(
                phone=phone, purpose=_PURPOSES[which], code=code, bound_to=wanted.bound_to, now=now
            )
        except (errors.SmsCodeWrong, errors.SmsCodeExpired) as error:
            raise type(error)(**error.extra, field=f"{which}_code") from error
        await self.sms_codes.give_back(proven)
        return proven

    async def __call__(
        self, account_id: str, *, phone: str, evidence: str, new_code: str, old_code: str, by: By, now: int
    ) -> PhoneChanged:
        """Changes the number by codes that came back from both; the evidence says what else shows who asked.

        The account's own number changes nothing, and no login ends.

        Raises InvalidRequest without evidence, what `wanted` and `prove` raise, NotFound for a disabled account,
        ActsLater soon after a reset by SMS, Conflict where the account changed meanwhile.
        """
        evidence = checked_evidence(evidence)
        wanted = await self.wanted(account_id, phone=phone, by=by)
        if wanted.is_unchanged:
            return PhoneChanged(wanted.phone, 0, old_number_told=False)
        await self._require_old_code(wanted, now=now)
        proven = [
            await self.prove(wanted, "new", new_code, now=now),
            await self.prove(wanted, "old", old_code, now=now),
        ]

        async def work(tx: Tx) -> tuple[int, str]:
            for code in proven:
                await self.sms_codes.spend(tx, code, now=now)
            return await self.change_in(tx, wanted, how="old_code", evidence=evidence, now=now)

        try:
            ended, notice_id = await self.db.write(work)
        except Conflict as error:  # taken between the look and the write
            raise errors.PhoneTaken from error
        for code in proven:
            self.sms_codes.forget(code)
        account = wanted.account
        old_number_told = await self.tell_old(account.id, account.phone, notice_id, by=wanted.by, now=now)
        return PhoneChanged(wanted.phone, ended, old_number_told)

    async def change_in(
        self,
        tx: Tx,
        wanted: Wanted,
        *,
        how: How,
        evidence: str,
        details: Mapping[str, object] | None = None,
        now: int,
    ) -> tuple[int, str]:
        """Changes it in the transaction that decided so; gives how many logins ended, and the old number's notice.

        Another change of the account that waits is stopped. The notice is sent by `tell_old` after the commit, or by
        the job, where this process dies first. Raises PhoneTaken, Conflict where the account is another one by now; the
        store's Conflict where the number was taken this moment.
        """
        account, by = wanted.account, wanted.by
        await stop_of_account(tx, account.id, why="other_number", by=by, now=now)
        if not await store.change_phone(tx, account=account, phone=wanted.phone, now=now):
            other = await store.find_account(tx, phone=wanted.phone)
            raise errors.Conflict if other is None else errors.PhoneTaken
        ended = await store.end_sessions(tx, account_id=account.id, now=now)
        ended += await portal_sessions.end_of_account(tx, account_id=account.id, now=now)
        await self.proofs.carry_over(tx, account.id, old=account.phone, new=wanted.phone, by=by, now=now)
        occasion = new_id(now)
        await tell(tx, NoticeKind.PHONE_BOUND, account_id=account.id, occasion=occasion, now=now)
        notice_id = await tell_number(
            tx,
            NoticeKind.PHONE_CHANGED,
            account_id=account.id,
            phone=account.phone,
            occasion=occasion,
            next_at=now + _TELL_AGAIN_MS,
            now=now,
        )
        recorded = {
            "old": mask_phone(account.phone),
            "new": mask_phone(wanted.phone),
            "how": how,
            "evidence": evidence,
            "logins_ended": ended,
            **(details or {}),
        }
        await acts.record(
            tx, by=by, act="account.change_phone", subject=account.id, details=recorded, now=now
        )
        return ended, notice_id

    async def _require_old_code(self, wanted: Wanted, *, now: int) -> None:
        """Raises NotFound, ActsLater where a code from the old number shows nothing: two members change it then."""
        if wanted.account.state != "active":
            raise errors.NotFound
        wait = await WaitAfterReset(self.db, self.proofs.settings).of(self.db, wanted.account.id, now=now)
        if wait is not None:
            wait.refuse(now=now)

    async def tell_old(self, account_id: str, old: str, notice_id: str, *, by: By, now: int) -> bool:
        """Tells the old number at once; whether that went out is an act. If it didn't, the job tries for a day."""
        try:
            await self.notify.send_now(NoticeKind.PHONE_CHANGED, old, notice_id, now=now)
            is_told = True
        except SmsError:
            # It may be switched off, which is why it was changed: no reason to take the change back.
            _log.warning("the old number of a changed account could not be told")
            is_told = False
        details = {"old": mask_phone(old), "told": is_told}

        async def work(tx: Tx) -> None:
            await acts.record(
                tx, by=by, act="account.tell_old_number", subject=account_id, details=details, now=now
            )

        await self.db.write(work)
        return is_told


def checked_evidence(text: str) -> str:
    """What was seen that shows who asked. Raises InvalidRequest for none, more than 1000 characters, or odd ones."""
    evidence = text.strip()
    if not 1 <= len(evidence) <= MAX_EVIDENCE or not all(
        char.isprintable() or char in "\n\t" for char in evidence
    ):
        raise errors.InvalidRequest(fields=["evidence"])
    return evidence
