"""New passwords: for a forgotten one (忘记密码), by SMS code and id number; for a logged-in user, by the old password.

A refused reset reveals neither whether the number has an account nor whether the id number was wrong. All
logins of the account end, except that of the phone on which a logged-in user changed it, and the owner is
notified.
"""

import hmac
from dataclasses import dataclass
from typing import Final

from mshield.server.accounts.errors import ResetRefused
from mshield.server.accounts.passwords import hash_password, take_turn, verify_password
from mshield.server.accounts.rows import accounts as store
from mshield.server.accounts.rows import portal_sessions
from mshield.server.accounts.rules.password import MAX_LENGTH, check_password, normalise_password
from mshield.server.accounts.session import PhoneLogin
from mshield.server.accounts.sms_codes import ProvenCode, SmsCodes
from mshield.server.acts.actor import By
from mshield.server.acts.rows import acts
from mshield.server.database.interface import Database, Tx
from mshield.server.errors import Conflict, InvalidRequest
from mshield.server.identity.after_reset import RESET_ACT
from mshield.server.identity.errors import InvalidIdNumber
from mshield.server.keys.secrets import LookupKey
from mshield.server.notices.notify import notify_account
from mshield.server.notices.rules.notices import NoticeKind
from mshield.server.runtime.throttle import LoginThrottle
from mshield.server.settings.accounts import AccountSettings
from mshield.server.staff.errors import WrongOwnPassword
from mshield.server.values.id_numbers import LOOKUP
from mshield.server.values.names import IdType, check_id_number, check_phone
from mshield.wire.ids import new_id

CHANGE_ACT: Final = "account.change_password"


@dataclass(frozen=True, slots=True)
class ResetPassword:
    """Sets new passwords for users who forgot theirs."""

    db: Database
    lookup: LookupKey
    sms_codes: SmsCodes

    async def __call__(self, *, phone: str, sms_code: str, id_number: str, password: str, now: int) -> int:
        """Sets a new password and returns how many logins ended.

        Raises: InvalidPhone, WeakPassword, Unavailable, before an attempt is counted; SmsCodeWrong,
        SmsCodeExpired; ResetRefused (the id number isn't the account's, or there is no account with a
        password here); Conflict (the account changed meanwhile). Each call uses one of the code's attempts.
        """
        phone = check_phone(phone)
        password = check_password(password, phone=phone)
        with take_turn("new_password") as turn:
            code = await self.sms_codes.prove(phone=phone, purpose="reset", code=sms_code, now=now)
            account = await store.find_account(self.db, phone=phone)
            if account is None or not self._is_owner(account, id_number):
                raise ResetRefused
            password_hash = await hash_password(password, turn)
        logins_ended = await self.db.write(lambda tx: self._store(tx, account, password_hash, code, now=now))
        self.sms_codes.forget(code)
        return logins_ended

    def _is_owner(self, account: store.Account, id_number: str) -> bool:
        """Reports whether the id number is the account's, and the account is active and has its password here."""
        try:
            number = check_id_number(IdType(account.id_type), id_number)
        except InvalidIdNumber:
            return False
        number_hash = self.lookup.lookup_hash(LOOKUP, number)
        is_same = hmac.compare_digest(number_hash, account.id_number_hash)
        return is_same and account.source == store.LOCAL and account.state == "active"

    async def _store(
        self, tx: Tx, account: store.Account, password_hash: str, code: ProvenCode, *, now: int
    ) -> int:
        await self.sms_codes.spend(tx, code, now=now)
        if not await store.set_password(tx, account=account, password_hash=password_hash, now=now):
            raise Conflict
        logins_ended = await store.end_sessions(tx, account_id=account.id, now=now)
        logins_ended += await portal_sessions.end_of_account(tx, account_id=account.id, now=now)
        await notify_account(tx, NoticeKind.PASSWORD_RESET, account_id=account.id, occasion=code.id, now=now)
        by = By("user", account.id)
        await acts.record(
            tx, by=by, act=RESET_ACT, subject=account.id, details={"logins_ended": logins_ended}, now=now
        )
        return logins_ended


@dataclass(frozen=True, slots=True)
class ChangePassword:
    """Changes the password of a logged-in user who knows it (修改密码)."""

    db: Database
    lookup: LookupKey
    settings: AccountSettings

    async def __call__(self, login: PhoneLogin, old: str, new: str, *, address: str, now: int) -> int:
        """Changes the password and returns how many other logins ended, at phones and portal.

        An attempt counts like a login attempt, since whoever holds an unlocked phone may be guessing. Raises:
        WeakPassword, InvalidRequest (same password, or an outside system's account), Unavailable, before an
        attempt is counted; LoginSlowed; WrongOwnPassword; Conflict (the account changed meanwhile).
        """
        password = check_password(new, phone=login.phone)
        plain = normalise_password(old)[: MAX_LENGTH + 1]
        if password == plain:
            raise InvalidRequest(fields=["password"])
        with take_turn("new_password") as turn:
            account = await store.get_account(self.db, account_id=login.account_id)
            if account is None or account.source != store.LOCAL:
                raise InvalidRequest(fields=["account"])
            throttle = LoginThrottle(self.db, self.settings)
            subject = self.lookup.lookup_hash("login-account", account.phone).hex()
            await throttle.begin(account=subject, address=address, now=now)
            if not await verify_password(account.password_hash, plain, turn):
                await throttle.failed(address=address, now=now)
                raise WrongOwnPassword
            await throttle.succeeded(account=subject, address=address, now=now)
            password_hash = await hash_password(password, turn)
        return await self.db.write(lambda tx: self._store(tx, account, login, password_hash, now=now))

    async def _store(
        self, tx: Tx, account: store.Account, login: PhoneLogin, password_hash: str, *, now: int
    ) -> int:
        if not await store.set_password(tx, account=account, password_hash=password_hash, now=now):
            raise Conflict
        logins_ended = await store.end_other_sessions(
            tx, account_id=account.id, device_id=login.device_id, now=now
        )
        logins_ended += await portal_sessions.end_of_account(tx, account_id=account.id, now=now)
        await notify_account(
            tx, NoticeKind.PASSWORD_CHANGED, account_id=account.id, occasion=new_id(now), now=now
        )
        by = By("user", account.id)
        details = {"logins_ended": logins_ended}
        await acts.record(tx, by=by, act=CHANGE_ACT, subject=account.id, details=details, now=now)
        return logins_ended
