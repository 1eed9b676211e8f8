"""SMS codes: six digits, bound to one number and one purpose, spent once.

Sending and trying are counted in the database before anything is sent or compared, so that no crash and no parallel
call gives a code or a try for nothing; and in this process, so that no change of the database does. Only a keyed hash
of a code is stored, and that goes with its use.
"""

import logging
import secrets
from dataclasses import dataclass, field
from typing import Final, Protocol

from mshield.domain import errors
from mshield.domain.ids import new_id
from mshield.domain.times import DAY_MS
from mshield.gateways.sms import SmsError, SmsGateway, SmsMessage, SmsPurpose
from mshield.keys.secrets import LookupKey
from mshield.services.accounts.sms_budget import SmsBudget, SmsSpent, tell_operator
from mshield.services.process.counted_here import CountedHere
from mshield.services.process.security_log import SecurityLog
from mshield.settings import Settings
from mshield.store.accounts import limits
from mshield.store.database.interface import Database, Tx

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
_TOLD_ON_THE_PHONE: Final[dict[SmsPurpose, str]] = {
    "new_phone": "验证码 {code}：客服正把一个手机盾账号改绑到本号码，{minutes} 分钟内有效。"
    "只在您自己拨打客服电话办理时告诉客服；别人来电、发消息索要的，都是诈骗。不是您要求的，别告诉任何人。",
    "old_phone": "验证码 {code}：客服正把您的手机盾账号从本号码改绑到尾号 {tail} 的号码，{minutes} 分钟内有效。"
    "只在您自己拨打客服电话办理时告诉客服；别人来电、发消息索要的，都是诈骗。不是您要求的，别告诉任何人，并立即联系客服。",
}
"""Codes that their holder tells customer service: whoever calls them up and asks for one is not customer service."""


@dataclass(frozen=True, slots=True)
class ProvenCode:
    """A code that was right and isn't spent yet."""

    id: str
    phone: str
    code: str = field(repr=False)


class SpendCode(Protocol):
    """Spends a code, once. Raises SmsCodeWrong, SmsCodeExpired."""

    async def __call__(self, *, phone: str, purpose: SmsPurpose, code: str, now: int) -> None: ...


@dataclass(frozen=True, slots=True)
class SmsCodes:
    """Sends codes and takes them back."""

    db: Database
    lookup: LookupKey
    settings: Settings
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
        """Sends a code to a number in its one form; a code sent before for the same purpose no longer counts.

        `bound_to` is what else it is for: it is proven for the same alone. `parameters` are told beside the code.

        Raises what `SmsBudget.spend` raises, and SmsFailed. Whether the number has an account is
        not looked at, so nobody learns it.
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
            raise errors.SmsDailyLimit
        if spent is not None:
            tell_operator(spent, self.security, now=now)
        text = self._text(code, purpose, parameters)
        message = SmsMessage(
            phone=phone, text=text, code=code, purpose=purpose, parameters=parameters, at=now
        )
        try:
            await self.gateway.send(message)
        except SmsError as error:
            _log.warning("a code by SMS could not be sent: %s", error.reason)
            raise errors.SmsFailed from error

    async def prove(
        self, *, phone: str, purpose: SmsPurpose, code: str, bound_to: str = "", now: int
    ) -> ProvenCode:
        """Counts a try and says whether the code is right; `spend` it in the transaction that it is for.

        Raises SmsCodeWrong, SmsCodeExpired.
        """
        most = self.settings.sms_code_tries
        tried = await limits.try_sms(self.db, phone=phone, purpose=purpose, most=most, now=now)
        if tried is None:
            raise await self._why_not(phone, purpose)
        if (
            self.counted.count(f"{_KIND} {tried.id}", window=self.settings.sms_code_seconds * 1000, now=now)
            > most
        ):
            raise errors.SmsCodeExpired
        code_hash = self._hash(tried.id, phone, purpose, code, f"{tried.expires_at} {bound_to}")
        if not secrets.compare_digest(code_hash, tried.code_hash):
            raise errors.SmsCodeWrong(left=most - tried.tries)
        return ProvenCode(tried.id, phone, code)

    async def give_back(self, proven: ProvenCode) -> None:
        """Its try doesn't count: for a code that is proven more than once. Who knows the code has nothing to guess."""
        await limits.untry_sms(self.db, code_id=proven.id)
        self.counted.take_back(f"{_KIND} {proven.id}")

    async def spend(self, tx: Tx, proven: ProvenCode, *, now: int) -> None:
        """Spends a proven code; `forget` it after the commit.

        Raises SmsCodeExpired where another call spent it meanwhile, or its time is over.
        """
        if not await limits.use_sms(tx, code_id=proven.id, now=now):
            raise errors.SmsCodeExpired

    def forget(self, proven: ProvenCode) -> None:
        """Has the gateway drop what it kept of a spent code."""
        self.gateway.forget(proven.phone, proven.code)

    async def consume(self, *, phone: str, purpose: SmsPurpose, code: str, now: int) -> None:
        """Proves, spends and forgets in one go. Raises SmsCodeWrong, SmsCodeExpired."""
        proven = await self.prove(phone=phone, purpose=purpose, code=code, now=now)
        await self.db.write(lambda tx: self.spend(tx, proven, now=now))
        self.forget(proven)

    async def _why_not(self, phone: str, purpose: SmsPurpose) -> errors.DomainError:
        latest = await limits.latest_sms(self.db, phone=phone, purpose=purpose)
        return errors.SmsCodeWrong() if latest is None else errors.SmsCodeExpired()

    def _hash(self, code_id: str, phone: str, purpose: SmsPurpose, code: str, bound_to: str) -> bytes:
        # The code's time is among what it is bound to: who writes to the database and guesses must not have more of it.
        return self.lookup.lookup_hash(_KIND, f"{code_id} {phone} {purpose} {code} {bound_to}")

    def _text(self, code: str, purpose: SmsPurpose, parameters: tuple[tuple[str, str], ...]) -> str:
        minutes = max(1, self.settings.sms_code_seconds // 60)
        if purpose in _TOLD_ON_THE_PHONE:
            sentence = _TOLD_ON_THE_PHONE[purpose]
            return "【手机盾】" + sentence.format(code=code, minutes=minutes, **dict(parameters))
        use = _PURPOSES[purpose]
        return f"【手机盾】验证码 {code}，用于{use}，{minutes} 分钟内有效。请勿告诉他人；非本人操作请忽略。"
