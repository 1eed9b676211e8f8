"""Another password: for who forgot theirs (忘记密码), by SMS code and id number; for who is logged in, by the old one.

Which of the two was wrong is not told, nor whether the number has an account. All logins of the account end, but for
that of the phone where it was changed, and its owner is told.
"""

import hmac
from dataclasses import dataclass, field
from typing import Final

from mshield.domain import errors
from mshield.domain.actor import By
from mshield.domain.id_numbers import LOOKUP
from mshield.domain.identity import IdType, check_id_number, check_phone
from mshield.domain.ids import new_id
from mshield.domain.notices import NoticeKind
from mshield.domain.password import MAX_LENGTH, check_password, normalise_password
from mshield.keys.secrets import LookupKey
from mshield.services.accounts.passwords import hash_password, take_turn, verify_password
from mshield.services.accounts.session import PhoneLogin
from mshield.services.accounts.sms_codes import ProvenCode, SmsCodes
from mshield.services.accounts.throttle import LoginThrottle
from mshield.services.identity.after_reset import RESET_ACT
from mshield.services.notices.notify import tell
from mshield.settings import Settings
from mshield.store.accounts import accounts as store
from mshield.store.database.interface import Database, Tx
from mshield.store.legal_person import sessions as portal_sessions
from mshield.store.staff import acts

CHANGE_ACT: Final = "account.change_password"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPassword:
    """What the user entered."""

    phone: str
    sms_code: str = field(repr=False)
    id_number: str = field(repr=False)
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ResetPassword:
    """Sets new passwords."""

    db: Database
    lookup: LookupKey
    sms_codes: SmsCodes

    async def __call__(self, entry: NewPassword, *, now: int) -> int:
        """How many logins ended.

        Raises InvalidPhone, WeakPassword, Unavailable before anything is counted; SmsCodeWrong, SmsCodeExpired;
        ResetRefused where the id number isn't the account's, or there is no account with a password here; Conflict
        where the account changed meanwhile. A try costs one of the code's.
        """
        phone = check_phone(entry.phone)
        password = check_password(entry.password, phone=phone)
        with take_turn("new_password") as turn:
            code = await self.sms_codes.prove(phone=phone, purpose="reset", code=entry.sms_code, now=now)
            account = await store.find_account(self.db, phone=phone)
            if account is None or not self._is_owner(account, entry.id_number):
                raise errors.ResetRefused
            password_hash = await hash_password(password, turn)
        ended = await self.db.write(lambda tx: self._store(tx, account, password_hash, code, now=now))
        self.sms_codes.forget(code)
        return ended

    def _is_owner(self, account: store.Account, id_number: str) -> bool:
        """Whether the id number is that of an account that can have a password here."""
        try:
            number = check_id_number(IdType(account.id_type), id_number)
        except errors.InvalidIdNumber:
            return False
        number_hash = self.lookup.lookup_hash(LOOKUP, number)
        is_same = hmac.compare_digest(number_hash, account.id_number_hash)
        return is_same and account.source == store.LOCAL and account.state == "active"

    async def _store(
        self, tx: Tx, account: store.Account, password_hash: str, code: ProvenCode, *, now: int
    ) -> int:
        await self.sms_codes.spend(tx, code, now=now)
        if not await store.set_password(tx, account=account, password_hash=password_hash, now=now):
            raise errors.Conflict
        ended = await store.end_sessions(tx, account_id=account.id, now=now)
        ended += await portal_sessions.end_of_account(tx, account_id=account.id, now=now)
        await tell(tx, NoticeKind.PASSWORD_RESET, account_id=account.id, occasion=code.id, now=now)
        by = By("user", account.id)
        await acts.record(
            tx, by=by, act=RESET_ACT, subject=account.id, details={"logins_ended": ended}, now=now
        )
        return ended


@dataclass(frozen=True, slots=True)
class ChangePassword:
    """Changes the password of who is logged in and knows it (修改密码)."""

    db: Database
    lookup: LookupKey
    settings: Settings

    async def __call__(self, login: PhoneLogin, old: str, new: str, *, address: str, now: int) -> int:
        """How many other logins ended, at phones and portal.

        A try counts as one to log in, since a phone that was left open is no more than that. Raises WeakPassword,
        InvalidRequest for the same password again or an account of elsewhere, Unavailable before anything is counted;
        LoginSlowed; WrongOwnPassword; Conflict where the account changed meanwhile.
        """
        password = check_password(new, phone=login.phone)
        plain = normalise_password(old)[: MAX_LENGTH + 1]
        if password == plain:
            raise errors.InvalidRequest(fields=["password"])
        with take_turn("new_password") as turn:
            account = await store.get_account(self.db, account_id=login.account_id)
            if account is None or account.source != store.LOCAL:
                raise errors.InvalidRequest(fields=["account"])
            throttle = LoginThrottle(self.db, self.settings)
            subject = self.lookup.lookup_hash("login-account", account.phone).hex()
            await throttle.begin(account=subject, address=address, now=now)
            if not await verify_password(account.password_hash, plain, turn):
                await throttle.failed(address=address, now=now)
                raise errors.WrongOwnPassword
            await throttle.succeeded(account=subject, address=address, now=now)
            password_hash = await hash_password(password, turn)
        return await self.db.write(lambda tx: self._store(tx, account, login, password_hash, now=now))

    async def _store(
        self, tx: Tx, account: store.Account, login: PhoneLogin, password_hash: str, *, now: int
    ) -> int:
        if not await store.set_password(tx, account=account, password_hash=password_hash, now=now):
            raise errors.Conflict
        ended = await store.end_other_sessions(tx, account_id=account.id, device_id=login.device_id, now=now)
        ended += await portal_sessions.end_of_account(tx, account_id=account.id, now=now)
        await tell(tx, NoticeKind.PASSWORD_CHANGED, account_id=account.id, occasion=new_id(now), now=now)
        by = By("user", account.id)
        details = {"logins_ended": ended}
        await acts.record(tx, by=by, act=CHANGE_ACT, subject=account.id, details=details, now=now)
        return ended
