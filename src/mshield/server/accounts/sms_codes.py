"""SMS codes: six digits, bound to one number and one purpose, spent once.

Sends and attempts are counted in the database before anything is sent or compared, so that neither a crash
nor parallel calls yield an uncounted code or attempt. They are also counted in this process, so that write
access to the database doesn't yield one either. Only a keyed hash of a code is stored, and it is deleted when
the code is used.
"""

import logging
import secrets
from dataclasses import dataclass, field
from typing import Final, Protocol

from mshield.server.accounts.errors import SmsCodeExpired, SmsCodeWrong, SmsDailyLimit, SmsFailed
from mshield.server.accounts.sms_budget import SmsBudget, SmsSpent, log_sms_limits
from mshield.server.database.interface import Database, Tx
from mshield.server.errors import DomainError
from mshield.server.keys.secrets import LookupKey
from mshield.server.notices.external.sms import SmsError, SmsGateway, SmsMessage, SmsPurpose
from mshield.server.runtime.process_counters import CountedHere
from mshield.server.runtime.rows import limits
from mshield.server.runtime.security_log.log import SecurityLog
from mshield.server.settings.accounts import AccountSettings
from mshield.wire.ids import new_id
from mshield.wire.times import DAY_MS

_log = logging.getLogger(__name__)
DIGITS: Final = 6
_KIND: Final = "sms-code"
_PURPOSES: Final[dict[SmsPurpose, str]] = {
    "register": "注册",
    "unlock": "登录手机盾",
    "apply": "申请证书",
    "renew": "更新证书",
    "reset": "重设密码",
    "portal": "法人登录",
    "revoke": "作废手机盾证书",
    "vouch": "确认操作员身份",
    "close": "注销账号",
    "export": "导出个人信息",
    "device": "停用另一台设备上的手机盾",
}
_PHONE_HINTS: Final[dict[SmsPurpose, str]] = {
    "new_phone": "验证码 {code}：客服正把一个手机盾账号改绑到本号码，{minutes} 分钟内有效。"
    "只在您自己拨打客服电话办理时告诉客服；别人来电、发消息索要的，都是诈骗。不是您要求的，别告诉任何人。",
    "old_phone": "验证码 {code}：客服正把您的手机盾账号从本号码改绑到尾号 {tail} 的号码，{minutes} 分钟内有效。"
    "只在您自己拨打客服电话办理时告诉客服；别人来电、发消息索要的，都是诈骗。不是您要求的，别告诉任何人，并立即联系客服。",
}
"""Texts of codes that the recipient reads out to customer service when calling there.

They warn that anybody who calls the holder and asks for the code is a fraudster.
"""


@dataclass(frozen=True, slots=True)
class ProvenCode:
    """A correct code that isn't spent yet."""

    id: str
    phone: str
    code: str = field(repr=False)


class SpendCode(Protocol):
    """Function that spends a code. Raises: SmsCodeWrong, SmsCodeExpired."""

    async def __call__(self, *, phone: str, purpose: SmsPurpose, code: str, now: int) -> None: ...


@dataclass(frozen=True, slots=True)
class SmsCodes:
    """Sends and checks SMS codes."""

    db: Database
    lookup: LookupKey
    settings: AccountSettings
    gateway: SmsGateway
    security: SecurityLog = field(default_factory=SecurityLog, repr=False)
    counted: CountedHere = field(default_factory=CountedHere, repr=False)

    async def send(
        self,
        *,
        phone: str,
        purpose: SmsPurpose,
        address: str,
        bound_to: str = "",
        parameters: tuple[tuple[str, str], ...] = (),
        now: int,
    ) -> None:
        """Sends a code to a normalised phone number; an earlier code for the same purpose becomes invalid.

        `bound_to` binds the code further: `prove` accepts it only with the same value. `parameters` fill in
        the message's text.

        Raises: what `SmsBudget.spend` raises, SmsFailed. It doesn't check whether the number has an account,
        so a caller can't find that out.
        """
        code_id, code = new_id(now), f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
        expires_at = now + self.settings.sms_code_seconds * 1000
        new = limits.NewSmsCode(
            id=code_id,
            phone=phone,
            purpose=purpose,
            code_hash=self._hash(code_id, phone, purpose, code, f"{expires_at} {bound_to}"),
            expires_at=expires_at,
        )
        budget = SmsBudget(self.settings)

        async def record(tx: Tx) -> SmsSpent | None:
            spent = await budget.spend(tx, phone=phone, purpose=purpose, address=address, now=now)
            await limits.insert_sms(tx, new, now=now)
            return spent

        spent = await self.db.write(record)
        sent = self.counted.count(f"{_KIND} {phone} {purpose}", window=DAY_MS, now=now)
        if sent > self.settings.sms_codes_per_day:
            raise SmsDailyLimit
        if spent is not None:
            log_sms_limits(spent, self.security, now=now)
        text = self._text(code, purpose, parameters)
        message = SmsMessage(
            phone=phone, text=text, code=code, purpose=purpose, parameters=parameters, at=now
        )
        try:
            await self.gateway.send(message)
        except SmsError as error:
            _log.warning("a code by SMS could not be sent: %s", error.reason)
            raise SmsFailed from error

    async def prove(
        self, *, phone: str, purpose: SmsPurpose, code: str, bound_to: str = "", now: int
    ) -> ProvenCode:
        """Counts an attempt and checks the code; then `spend` it in the transaction that it authorises.

        Raises: SmsCodeWrong, SmsCodeExpired.
        """
        most = self.settings.sms_code_tries
        tried = await limits.try_sms(self.db, phone=phone, purpose=purpose, most=most, now=now)
        if tried is None:
            raise await self._why_not(phone, purpose)
        if (
            self.counted.count(f"{_KIND} {tried.id}", window=self.settings.sms_code_seconds * 1000, now=now)
            > most
        ):
            raise SmsCodeExpired
        code_hash = self._hash(tried.id, phone, purpose, code, f"{tried.expires_at} {bound_to}")
        if not secrets.compare_digest(code_hash, tried.code_hash):
            raise SmsCodeWrong(left=most - tried.tries)
        return ProvenCode(tried.id, phone, code)

    async def give_back(self, proven: ProvenCode) -> None:
        """Takes back the attempt of a correct code, for a code that is proven more than once.

        A caller who knows the code doesn't need to guess any more.
        """
        await limits.untry_sms(self.db, code_id=proven.id)
        self.counted.take_back(f"{_KIND} {proven.id}")

    async def spend(self, tx: Tx, proven: ProvenCode, *, now: int) -> None:
        """Spends a proven code; call `forget` after the commit.

        Raises: SmsCodeExpired (expired, or another call spent it meanwhile).
        """
        if not await limits.use_sms(tx, code_id=proven.id, now=now):
            raise SmsCodeExpired

    def forget(self, proven: ProvenCode) -> None:
        """Makes the gateway delete what it stores of a used code."""
        self.gateway.forget(proven.phone, proven.code)

    async def consume(self, *, phone: str, purpose: SmsPurpose, code: str, now: int) -> None:
        """Proves, spends and forgets a code in one call. Raises: SmsCodeWrong, SmsCodeExpired."""
        proven = await self.prove(phone=phone, purpose=purpose, code=code, now=now)
        await self.db.write(lambda tx: self.spend(tx, proven, now=now))
        self.forget(proven)

    async def _why_not(self, phone: str, purpose: SmsPurpose) -> DomainError:
        latest = await limits.latest_sms(self.db, phone=phone, purpose=purpose)
        return SmsCodeWrong() if latest is None else SmsCodeExpired()

    def _hash(self, code_id: str, phone: str, purpose: SmsPurpose, code: str, bound_to: str) -> bytes:
        # The hash covers the code's expiry, so that somebody with write access to the database can't gain
        # time to guess.
        return self.lookup.lookup_hash(_KIND, f"{code_id} {phone} {purpose} {code} {bound_to}")

    def _text(self, code: str, purpose: SmsPurpose, parameters: tuple[tuple[str, str], ...]) -> str:
        minutes = max(1, self.settings.sms_code_seconds // 60)
        if purpose in _PHONE_HINTS:
            sentence = _PHONE_HINTS[purpose]
            return "【手机盾】" + sentence.format(code=code, minutes=minutes, **dict(parameters))
        use = _PURPOSES[purpose]
        return f"【手机盾】验证码 {code}，用于{use}，{minutes} 分钟内有效。请勿告诉他人；非本人操作请忽略。"
