"""Every error that a user can meet: a stable code, a Chinese and an English sentence, and the FAQ entry that helps.

A sentence is polite, says what did not happen and what to do, and names no code; numbers in it come from `extra`.
Only `web/problems.py` knows HTTP.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, Final

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]

_BY_CODE: Final[dict[str, type["DomainError"]]] = {}
#: All errors by code, for the problem pages, the documentation and the tests.
BY_CODE: Final[Mapping[str, type["DomainError"]]] = MappingProxyType(_BY_CODE)


class DomainError(Exception):
    """A refusal. `extra` goes to the client as it is, so it holds nothing secret.

    Subclasses give their code and sentences as class arguments. `{name}` in a sentence is `extra["name"]`;
    `{name:try|tries}` is a count with its noun.
    """

    code: ClassVar[str]
    faq: ClassVar[str | None]
    zh_text: ClassVar[str]
    en_text: ClassVar[str]

    def __init_subclass__(cls, *, code: str, zh: str, en: str, faq: str | None = None) -> None:
        if code in _BY_CODE:
            raise TypeError(f"two errors with the code {code}")
        cls.code, cls.faq, cls.zh_text, cls.en_text = code, faq, zh, en
        _BY_CODE[code] = cls

    def __init__(self, **extra: Json) -> None:
        self.extra: Mapping[str, Json] = MappingProxyType(extra)
        super().__init__(self.en)

    @property
    def zh(self) -> str:
        """The Chinese sentence."""
        return self.zh_text.format_map(_shown(self.extra))

    @property
    def en(self) -> str:
        """The English sentence."""
        return self.en_text.format_map(_shown(self.extra))


class _Count(int):
    def __format__(self, spec: str) -> str:
        one, bar, many = spec.partition("|")
        return f"{int(self)} {one if self == 1 else many}" if bar else format(int(self), spec)


def _shown(extra: Mapping[str, Json]) -> dict[str, object]:
    return {name: _Count(value) if isinstance(value, int) else value for name, value in extra.items()}


# The co-signing protocol. All of these but retry and wrong_pin leave the PIN's counter as it was.


class Malformed(
    DomainError,
    code="malformed",
    zh="应用发来的数据无法识别，没有签名。请更新应用后再试",
    en="The app sent data that can't be read. Nothing was signed. Update the app and try again",
    faq="3.1",
):
    """A missing, extra, repeated or ill-formed field of a protocol message."""


class Held(
    DomainError,
    code="held",
    zh="证书已停用，没有签名。请联系法人处理",
    en="The certificate is on hold. Nothing was signed. Ask your legal person",
    faq="3.9",
):
    """The key isn't usable: holds, or a certificate that isn't active. `extra` may name `state` and `holds`."""


class Busy(
    DomainError,
    code="busy",
    zh="上一次操作还在进行，请稍等再试",
    en="The operation before is still running. Wait a moment and try again",
    faq="3.1",
):
    """A finish of this key was bound a moment ago."""


class Clone(
    DomainError,
    code="clone",
    zh="这个手机盾可能被复制，已停用以保护您。请法人作废后重新申请",
    en="This shield may have been copied and was stopped to protect you. Ask your legal person to revoke it, "
    "then apply again",
    faq="3.9",
):
    """The one-time value showed a second copy of the phone's data."""


class StaleEpoch(
    DomainError,
    code="stale_epoch",
    zh="这份密钥已经更换，没有签名。请再试一次",
    en="This key share has been replaced. Nothing was signed. Try again",
    faq="3.1",
):
    """The slot's epoch is no longer in force; the phone tries its next older slot."""


class PinLocked(
    DomainError,
    code="pin_locked",
    zh="PIN 码已锁死。无法解锁，请法人作废后重新申请",
    en="PIN locked. It cannot be unlocked: ask your legal person to revoke it, then apply again",
    faq="3.7",
):
    """Five wrong PINs, for good (R10)."""


class TaskClosed(
    DomainError,
    code="task_closed",
    zh="这项请求已经结束，没有签名。请重新发起",
    en="This request is closed. Nothing was signed. Start it again",
    faq="3.1",
):
    """The document is signed, declined, expired or cancelled already."""


class NoSession(
    DomainError,
    code="no_session",
    zh="等待太久，没有签名，什么都没丢。请再试一次",
    en="It took too long. Nothing was signed or lost. Try again",
    faq="3.1",
):
    """The signing session was replaced or has expired."""


class BadOpening(
    DomainError,
    code="bad_opening",
    zh="数据核对没有通过，没有签名。请再试一次",
    en="A check of the data failed. Nothing was signed. Try again",
    faq="3.1",
):
    """A commitment of the phone doesn't open."""


class BadProof(
    DomainError,
    code="bad_proof",
    zh="密钥核对没有通过，没有申请成功。请重新申请",
    en="A check of the key failed. Nothing was issued. Apply again",
    faq="3.1",
):
    """A proof of knowledge doesn't hold."""


class BadAnswer(
    DomainError,
    code="bad_answer",
    zh="服务的答复核对没有通过，已停止。请联系客服",
    en="The service's answer failed the check, so the app stopped. Contact customer service",
    faq="3.1",
):
    """On the phone: the server's answer isn't a signature of the joint key."""


class Retry(
    DomainError,
    code="retry",
    zh="没有签名，请再试一次",
    en="Nothing was signed. Try again",
    faq="3.1",
):
    """A value that occurs once in 2^256; the attempt stays counted."""


class WrongPin(
    DomainError,
    code="wrong_pin",
    zh="PIN 码不对，还可以试 {left} 次",
    en="Wrong PIN. {left:try|tries} left",
    faq="3.8",
):
    """The PIN was wrong; `left` tries remain, at least one."""

    def __init__(self, *, left: int) -> None:
        super().__init__(left=left)


class Fault(
    DomainError,
    code="fault",
    zh="服务出了故障，没有签名，次数没有减少。请稍后再试",
    en="The service failed. Nothing was signed and no try was counted. Try again later",
    faq="3.1",
):
    """The signature made didn't verify: nothing is released."""


# Requests as such.


class InvalidRequest(
    DomainError,
    code="invalid_request",
    zh="填写的内容有误，请检查后再试",
    en="Something in the request is not right. Check it and try again",
):
    """A field is missing, extra or out of bounds. `extra` names `field` or `fields`."""


class Unauthenticated(
    DomainError,
    code="unauthenticated",
    zh="登录已失效，请重新登录",
    en="You are no longer logged in. Log in again",
    faq="3.4",
):
    """No credentials, or ones that aren't valid now."""


class InvalidProof(
    DomainError,
    code="invalid_proof",
    zh="无法确认是本机发出的请求。请核对手机时间后再试",
    en="This phone could not prove that the request is its own. Check the phone's clock and try again",
    faq="3.1",
):
    """The DPoP proof (RFC 9449) is missing or doesn't fit."""


class Forbidden(
    DomainError,
    code="forbidden",
    zh="您没有权限做这项操作",
    en="You are not allowed to do this",
):
    """Known, but not permitted."""


class NotFound(
    DomainError,
    code="not_found",
    zh="没有找到，可能已经过期",
    en="Not found. It may have expired",
):
    """No such thing, or none that this caller may see."""


class Conflict(
    DomainError,
    code="conflict",
    zh="状态刚刚有变化，这次没有执行。请刷新后再试",
    en="The state has just changed, so nothing was done. Reload and try again",
):
    """A guarded update found another state."""


class IdempotencyMismatch(
    DomainError,
    code="idempotency_mismatch",
    zh="这个请求编号已用于不同的内容，没有执行",
    en="This idempotency key was used for other content. Nothing was done",
):
    """The same Idempotency-Key with another body."""


class InProgress(
    DomainError,
    code="in_progress",
    zh="同一个操作还在进行，请 {retry_after} 秒后再看结果",
    en="The same operation is still under way. Ask again in {retry_after} s",
    faq="3.1",
):
    """A call with an Idempotency-Key came again while the first was not answered; its extra is `retry_after`."""


class TooManyRequests(
    DomainError,
    code="too_many_requests",
    zh="操作太频繁，请 {retry_after} 秒后再试",
    en="Too many requests. Try again in {retry_after:second|seconds}",
    faq="3.1",
):
    """A limit is reached; `retry_after` in whole seconds."""

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(retry_after=retry_after)


class Unavailable(
    DomainError,
    code="unavailable",
    zh="网络不稳定，什么都没丢，请再试一次",
    en="The connection failed. Nothing was lost. Try again",
    faq="3.1",
):
    """A part of the service can't be reached now."""


class NotBuilt(
    DomainError,
    code="not_built",
    zh="这台服务器没有安装网页和手机盾应用，请联系系统管理员",
    en="This server has neither its pages nor the app installed. Ask its administrator",
    faq="3.1",
):
    """The service runs from sources whose front end was not built."""


class Internal(
    DomainError,
    code="internal",
    zh="服务出了故障，我们会尽快处理。请稍后再试",
    en="The service failed and we will look into it. Try again later",
    faq="3.1",
):
    """A defect. The request id leads operations to it."""


# What business systems ask for, and what the phone answers.


class NotSigned(
    DomainError,
    code="not_signed",
    zh="还没有签名",
    en="Not signed yet",
):
    """The result is asked for before it is there."""


class NotLoggedYet(
    DomainError,
    code="not_logged_yet",
    zh="签名还没有写入透明日志，请 {retry_after} 秒后再取证据",
    en="The signature is not in the transparency log yet. Ask again in {retry_after:second|seconds}",
):
    """The evidence is asked for before the log has the signature, which takes about a second."""

    def __init__(self, *, retry_after: int = 1) -> None:
        super().__init__(retry_after=retry_after)


class RequestClosed(
    DomainError,
    code="request_closed",
    zh="这项请求已经结束，没有执行。请在电脑上重新发起",
    en="This request is closed and nothing was done. Start it again on the computer",
    faq="3.1",
):
    """The request was signed, declined or cancelled already. `extra` names its `state`."""


class RequestOpen(
    DomainError,
    code="request_open",
    zh="请求还没有结束，请先签名、登录或拒绝",
    en="The request isn't over yet. Sign, log in or decline first",
):
    """The way back is asked for before the request has ended; its extra is `state`."""


class ExpiredRequest(
    DomainError,
    code="expired_request",
    zh="二维码已失效，没有登录或签名。请刷新二维码",
    en="The code has expired. Nothing was logged in or signed. Refresh the code",
    faq="3.1",
):
    """The request's time is over."""


class QrStale(
    DomainError,
    code="qr_stale",
    zh="这个二维码是旧的，没有登录或签名。请直接扫描屏幕上正在变化的二维码，不要扫照片或截图",
    en="This code is old. Nothing was logged in or signed. Scan the changing code on the screen, not a photo of it",
    faq="3.1",
):
    """The code of a second that is over: a photo, a screenshot, or a relayed picture."""


class OtherShield(
    DomainError,
    code="other_shield",
    zh="这项请求是发给另一个手机盾的，没有登录或签名",
    en="This request is for another shield. Nothing was logged in or signed",
    faq="3.6",
):
    """A request for one shield, scanned by another."""


class ShieldUnusable(
    DomainError,
    code="shield_unusable",
    zh="没有这个手机盾号，或它的证书现在不能签名。没有发出请求",
    en="There is no such shield, or its certificate cannot sign now. Nothing was asked",
):
    """A business system asks by a shield number that cannot answer."""


class WrongClient(
    DomainError,
    code="wrong_client",
    zh="这项请求属于另一个业务系统",
    en="This request belongs to another business system",
):
    """A business system asks for a request that isn't its own."""


class InternalMessageRefused(
    DomainError,
    code="internal_message_refused",
    zh="内容带有手机盾的保留标记，不能直接签名",
    en="The content bears a mark reserved for Mobile Shield and cannot be signed as it is",
):
    """A business message that begins like one of the protocol's own, or that is what a login signs."""


class SignedAttributesRefused(
    DomainError,
    code="signed_attributes_refused",
    zh="内容的形式与 CMS 签名属性相同，不能直接签名；请改用 cms 格式",
    en="The content has the form of CMS signed attributes and cannot be signed as it is. Use the format cms",
):
    """A raw content whose signature would serve as a CMS signature over another content."""


# Applying for and using a certificate.


class NoFiling(
    DomainError,
    code="no_filing",
    zh="没有找到符合条件的法人或操作员。请法人在三证合一系统核对备案",
    en="No matching legal person or operator on file. Ask your legal person to check the filing",
    faq="3.3",
):
    """Name, id number, user type and credit code don't all match one filing record (R4). Which one is not told."""


class FilingChanged(
    DomainError,
    code="filing_changed",
    zh="备案信息有变化，请先更新证书",
    en="Your filing changed. Renew the certificate first",
    faq="3.10",
):
    """The record that the certificate was issued from has a newer version (R22)."""


class AlreadyCertified(
    DomainError,
    code="already_certified",
    zh="本机已有证书。再次申请会失败，现有证书也会停用",
    en="This phone has a certificate. Applying again fails and stops the present one too",
    faq="3.6",
):
    """Said before an application on a device that has a certificate (R6)."""


class DuplicateApplication(
    DomainError,
    code="duplicate_application",
    zh="重复申请没有成功，本机原有的证书已停用。请法人作废后重新申请",
    en="Applying again failed and the phone's present certificate was stopped. Ask your legal person to revoke it, "
    "then apply again",
    faq="3.6",
):
    """An application without prior revocation (R6)."""


class DeviceLimit(
    DomainError,
    code="device_limit",
    zh="您已在 {limit} 台设备上申请证书，不能再多。请法人先作废一个",
    en="You have certificates on {limit:device|devices}, which is the most. Ask your legal person to revoke one first",
    faq="3.6",
):
    """At most `limit` devices per operator (R5)."""

    def __init__(self, *, limit: int = 6) -> None:
        super().__init__(limit=limit)


class OtherAccount(
    DomainError,
    code="other_account",
    zh="本机的手机盾属于 {phone_masked}，只能用这个账号登录",
    en="This phone's shield belongs to {phone_masked}. Log in with that account",
    faq="3.6",
):
    """After the application only the account that applied may log in here (R7)."""

    def __init__(self, *, phone_masked: str | None = None) -> None:
        super().__init__(**({} if phone_masked is None else {"phone_masked": phone_masked}))

    @property
    def zh(self) -> str:
        """The Chinese sentence, also where the owner's number is not at hand."""
        return super().zh if self.extra else "本机的手机盾属于另一个账号，只能用那个账号登录"

    @property
    def en(self) -> str:
        """The English sentence, also where the owner's number is not at hand."""
        return (
            super().en
            if self.extra
            else "This phone's shield belongs to another account. Log in with that account"
        )


class NotLegalPerson(
    DomainError,
    code="not_legal_person",
    zh="您没有备案为任何企业的法人，不能登录。请核对备案",
    en="You are not on file as the legal person of any enterprise and cannot log in here. Check the filing",
    faq="3.3",
):
    """Told only to who proved to be the account's owner."""


class NoCertificate(
    DomainError,
    code="no_certificate",
    zh="本机还没有证书，请先申请",
    en="This phone has no certificate yet. Apply for one first",
    faq="3.9",
):
    """The device has no certificate that this could be done with."""


class CertificateExpired(
    DomainError,
    code="certificate_expired",
    zh="证书已过期，不能签名，也不能更新。请法人作废后重新申请",
    en="The certificate has expired and can neither sign nor be renewed. Ask your legal person to revoke it, "
    "then apply again",
    faq="3.10",
):
    """Past `not_after` (R11)."""


class RenewalNotDue(
    DomainError,
    code="renewal_not_due",
    zh="证书还不需要更新。有效期不足半年，或备案信息有变化时再更新",
    en="The certificate needs no renewal yet. Renew it with less than half a year left, or when your filing changed",
    faq="3.10",
):
    """Half a year or more is left and the filing is as certified (R11). `extra` may say from when, in ms."""


class OtherApplicant(
    DomainError,
    code="other_applicant",
    zh="填写的信息与首次申请时不是同一人，没有更新。请按首次申请时填写",
    en="This is not the person or enterprise of the first application, so nothing was renewed. Enter the same data",
    faq="3.3",
):
    """On file, but not who the certificate was issued to: same person, role and enterprise are needed (R11)."""


class NotBound(
    DomainError,
    code="not_bound",
    zh="证书还没有绑定账户，不能从其他应用跳转签名。请先绑定证书",
    en="The certificate is not bound to the account, so another app cannot have it sign. Bind it first",
    faq="3.10",
):
    """An app-to-app request before the certificate was bound (R8)."""


# Accounts: SMS codes, captchas, login, registration.


class SmsCodeWrong(
    DomainError,
    code="sms_code_wrong",
    zh="短信验证码不对，请检查后再试",
    en="Wrong SMS code. Check it and try again",
    faq="3.2",
):
    """Wrong, used, or never sent to this number for this purpose: not told apart."""


class SmsCodeExpired(
    DomainError,
    code="sms_code_expired",
    zh="短信验证码已失效，请重新获取",
    en="The SMS code is no longer valid. Get a new one",
    faq="3.2",
):
    """Its time or its tries are used up."""


class ResetRefused(
    DomainError,
    code="reset_refused",
    zh="证件号码与账号不符，密码没有重设。请核对后再试",
    en="The id number is not that of the account; the password was not changed. Check it and try again",
    faq="3.4",
):
    """A forgotten password: another id number, no such account, or one whose password an outside system keeps."""


class SmsTooSoon(
    DomainError,
    code="sms_too_soon",
    zh="验证码刚刚发过，请 {retry_after} 秒后再获取",
    en="A code has just been sent. Get another in {retry_after:second|seconds}",
    faq="3.2",
):
    """`retry_after` whole seconds remain before the next one."""

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(retry_after=retry_after)


class SmsDailyLimit(
    DomainError,
    code="sms_daily_limit",
    zh="这个手机号今天的验证码已发完，请明天再试",
    en="No more codes can be sent to this number today. Try again tomorrow",
    faq="3.2",
):
    """The number's codes of 24 hours are used up."""


class SmsFailed(
    DomainError,
    code="sms_failed",
    zh="短信没有发出去，请稍后再试",
    en="The SMS could not be sent. Try again later",
    faq="3.2",
):
    """The gateway refused or failed."""


class CaptchaWrong(
    DomainError,
    code="captcha_wrong",
    zh="图形验证码不对或已失效，请按新的图片再填一次",
    en="The captcha is wrong or has expired. Enter the new one",
    faq="3.4",
):
    """Wrong, used before, or too old."""


class LoginFailed(
    DomainError,
    code="login_failed",
    zh="账号或密码不对",
    en="Wrong account or password",
    faq="3.4",
):
    """No such account, or not its password: not told apart."""


class AccountDisabled(
    DomainError,
    code="account_disabled",
    zh="这个账号已停用，没有登录。请联系客服",
    en="This account is disabled and nobody was logged in. Ask customer service",
    faq="3.4",
):
    """Told only to who has the right password."""


class LoginSlowed(
    DomainError,
    code="login_slowed",
    zh="登录失败次数较多，请 {retry_after} 秒后再试",
    en="Too many failed logins. Try again in {retry_after:second|seconds}",
    faq="3.4",
):
    """The account or the address waits `retry_after` whole seconds."""

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(retry_after=retry_after)


class AccountSourceUnavailable(
    DomainError,
    code="account_source_unavailable",
    zh="暂时无法向 {source} 核对账号，没有登录。请稍后再试",
    en="The system {source} can't be asked now, so nobody was logged in. Try again later",
    faq="3.1",
):
    """The system that the account belongs to doesn't answer, or not as it should."""

    def __init__(self, *, source: str = "") -> None:
        super().__init__(source=source)


class AccountDataRefused(
    DomainError,
    code="account_data_refused",
    zh="{source} 中您的姓名、证件或手机号有误，没有登录。请先在那里更正",
    en="Your name, document or phone number in {source} is not right, so nobody was logged in. Mend it there first",
    faq="3.4",
):
    """What an outside system tells of its user would not pass as a registration."""

    def __init__(self, *, source: str = "") -> None:
        super().__init__(source=source)


class AccountDiffers(
    DomainError,
    code="account_differs",
    zh="{source} 中的账号与这里登记的不是同一人，没有登录。请联系客服",
    en="The account in {source} is not the person registered here, so nobody was logged in. Contact customer service",
    faq="3.4",
):
    """The phone number or the outside account stands for another person here."""

    def __init__(self, *, source: str = "") -> None:
        super().__init__(source=source)


class AccountExists(
    DomainError,
    code="account_exists",
    zh="这个手机号已经注册，请直接登录",
    en="This number is registered already. Log in with it",
    faq="3.4",
):
    """Told only to who proved by SMS code that the number is his."""


class WeakPassword(
    DomainError,
    code="weak_password",
    zh="密码太简单。请用 10 位以上，字母、数字、符号至少两种，不要用常见密码或手机号",
    en="The password is too simple. Use 10 or more characters, two kinds of letters, digits and signs, "
    "no common password and no phone number",
    faq="3.4",
):
    """See `domain.password`. `extra` names the `reason`."""


class InvalidName(
    DomainError,
    code="invalid_name",
    zh="姓名有误，请按证件填写",
    en="The name is not right. Enter it as on the document",
    faq="3.3",
):
    """Empty, too long, or with characters that no name has."""


class InvalidIdNumber(
    DomainError,
    code="invalid_id_number",
    zh="证件号码有误，请按证件核对",
    en="The id number is not right. Check it against the document",
    faq="3.3",
):
    """Form, date or check digit."""


class InvalidCreditCode(
    DomainError,
    code="invalid_credit_code",
    zh="统一社会信用代码有误，请按营业执照核对",
    en="The unified social credit code is not right. Check it against the business licence",
):
    """Form or check digit (GB 32100)."""


class InvalidPhone(
    DomainError,
    code="invalid_phone",
    zh="手机号有误，请填写 11 位手机号",
    en="The phone number is not right. Enter the 11 digits",
    faq="3.2",
):
    """Not a mainland mobile number."""


class FilingUnavailable(
    DomainError,
    code="filing_unavailable",
    zh="备案系统暂时无法查询，什么都没有提交。请稍后再试",
    en="The filing system can't be asked now. Nothing was submitted. Try again later",
    faq="3.1",
):
    """The outside filing system doesn't answer, or what it answers isn't good."""


# What the operator does with webhooks.


class WebhookUrlRefused(
    DomainError,
    code="webhook_url_refused",
    zh="通知地址必须是完整的 https 地址，不含用户名和片段，没有添加",
    en="A webhook goes to a whole https address without user name or fragment. Nothing was added",
):
    """The address of an endpoint isn't one that may be stored."""


# A page on the PC.


class ReturnUrlUnknown(
    DomainError,
    code="return_url_unknown",
    zh="返回地址没有登记，请求没有发起。请登记后再用",
    en="The return address is not registered. Nothing was asked. Register it first",
):
    """A request by an app leads back to a registered address, or isn't made (R13)."""


class WrongReturnCode(
    DomainError,
    code="wrong_return_code",
    zh="没有从手机盾返回，不能取得结果",
    en="Without the way back from the shield's app there is no result",
):
    """No return code, or another request's: whoever asks isn't whom the app led back (R13)."""


class WrongStatusToken(
    DomainError,
    code="wrong_status_token",
    zh="页面已失效，请刷新后再试",
    en="This page is no longer valid. Reload it and try again",
):
    """No status token, or another request's: whether the request is there isn't told."""


# The console.


class WrongStaffToken(
    DomainError,
    code="wrong_staff_token",
    zh="访问令牌无效或已停用，请向管理员索取",
    en="The access token is not valid. Ask an administrator for a new one",
):
    """No token, an unknown one, or that of a disabled member: not told apart."""


class StaffLoginFailed(
    DomainError,
    code="staff_login_failed",
    zh="姓名或密码不对",
    en="Wrong name or password",
):
    """No such member, not his password, disabled, or not set up yet: not told apart."""


class StaffLoginOver(
    DomainError,
    code="staff_login_over",
    zh="这次登录已过时，请重新输入姓名和密码",
    en="This login took too long. Enter name and password again",
):
    """The first half of a login is unknown, used, or too old."""


class SecondFactorWrong(
    DomainError,
    code="second_factor_wrong",
    zh="动态码不对或已经用过。请核对手机时间，等下一个动态码再试",
    en="The code is wrong or was used before. Check the phone's clock, wait for the next code and try again",
):
    """No factor of the member's answers to this; a time step counts once."""


class SecurityKeyRefused(
    DomainError,
    code="security_key_refused",
    zh="安全密钥没有通过验证，什么都没有改变。请用登记过的密钥再试，并在密钥上验证本人",
    en="The security key was not accepted and nothing has changed. Use one that you added, and verify yourself on it",
):
    """Another's key, another challenge or address, the user not verified, or a counter that went back."""


class LastFactor(
    DomainError,
    code="last_factor",
    zh="这是最后一个登录验证方式，不能移除。请先添加另一个",
    en="This is the last second factor and can't be removed. Add another one first",
):
    """Without it nobody could log in as this member."""


class WrongOwnPassword(
    DomainError,
    code="wrong_own_password",
    zh="密码不对，没有改动",
    en="Wrong password. Nothing was changed",
):
    """Who is logged in shows his password again before his login is changed, and this wasn't it."""


class ApprovalWaiting(
    DomainError,
    code="approval_waiting",
    zh="同样的申请已在等待批准，没有再提交",
    en="The same request waits for approval already. Nothing was added",
):
    """One question about one subject at a time."""


class OwnApproval(
    DomainError,
    code="own_approval",
    zh="不能批准自己提交的或关于自己的申请，请另一位安全管理员处理",
    en="You can't decide what you asked for, or what is about you. Another security officer has to",
):
    """The two-person rule."""


class ApprovalOver(
    DomainError,
    code="approval_over",
    zh="这个申请已经处理、撤回或过期，没有执行",
    en="This request was decided, withdrawn or has expired. Nothing was done",
):
    """Also where who asked, or who decides, is no active security officer any more."""


class SetUpOver(
    DomainError,
    code="set_up_over",
    zh="这个设置链接已用过或已失效，请向管理员要一个新的",
    en="This set-up address was used or is no longer valid. Ask an administrator for a new one",
):
    """The code of first access is unknown, used, replaced by a newer one, or older than a day."""


class InvalidStaff(
    DomainError,
    code="invalid_staff",
    zh="姓名为空、太长或已被使用，或没有选择角色，没有添加",
    en="The name is empty, too long or taken, or no role is given. Nobody was added",
):
    """A member of staff that can't be added."""


class FilingFileRefused(
    DomainError,
    code="filing_file_refused",
    zh="名单文件无法导入，请检查后再试",
    en="The list can't be imported. Check the file and try again",
):
    """The file as a whole is no filing list; `extra` names the `reason`, and the sentences say it."""

    def __init__(self, *, reason: str | None = None, zh: str | None = None, en: str | None = None) -> None:
        self._zh, self._en = zh, en
        super().__init__(**({} if reason is None else {"reason": reason}))

    @property
    def zh(self) -> str:
        """The Chinese sentence, with the reason where it is known."""
        return self._zh or super().zh

    @property
    def en(self) -> str:
        """The English sentence, with the reason where it is known."""
        return self._en or super().en


class FilingLinesBad(
    DomainError,
    code="filing_lines_bad",
    zh="名单有 {lines} 行需要更正，没有导入任何内容",
    en="{lines:line|lines} of the list must be mended. Nothing was imported",
):
    """At least one line has a finding; `extra` holds the `report` beside the number of bad `lines`."""

    def __init__(self, *, lines: int, report: Json = None) -> None:
        super().__init__(lines=lines, report=report)


class PhoneTaken(
    DomainError,
    code="phone_taken",
    zh="这个手机号已属于另一个账号，没有修改",
    en="Another account has this number. Nothing was changed",
):
    """Told to staff only."""


class AccountElsewhere(
    DomainError,
    code="account_elsewhere",
    zh="这个账号来自 {source}，请在那里修改，这里没有改动",
    en="This account comes from {source}. Change it there; nothing was changed here",
):
    """An outside system holds the account's data; here they are what it says at each login."""

    def __init__(self, *, source: str = "") -> None:
        super().__init__(source=source)


class InvalidSystem(
    DomainError,
    code="invalid_system",
    zh="业务系统的名称或域名不能登记：名称 1 至 64 个字，域名如 singlewindow.example。没有登记",
    en="The system's name or domain can't be registered: a name has 1 to 64 characters, a domain is like "
    "singlewindow.example. Nothing was registered",
):
    """What phones show of a business system; `field` is `name` or `domain`."""

    def __init__(self, *, field: str = "") -> None:
        super().__init__(field=field)


class InvalidReturnUrl(
    DomainError,
    code="invalid_return_url",
    zh="返回地址 {url} 不能登记：须为不带片段和通配符的 https 地址（本机可用 http），或应用自己的协议",
    en="The return address {url} can't be registered: it must be https, http on this machine, or an app's own scheme, "
    "without fragment or wildcard",
):
    """An address to which the shield's app is to lead back (R13)."""

    def __init__(self, *, url: str = "") -> None:
        super().__init__(url=url)


class InvalidClientUri(
    DomainError,
    code="invalid_client_uri",
    zh="地址 {uri} 不能登记：须为不带片段和通配符的 https 地址（本机可用 http）",
    en="The address {uri} can't be registered: it must be https, or http on this machine, without fragment or wildcard",
):
    """An address of a business system that logs people in by OpenID Connect."""

    def __init__(self, *, uri: str = "") -> None:
        super().__init__(uri=uri)


class InvalidClientKeys(
    DomainError,
    code="invalid_client_keys",
    zh="private_key_jwt 需要一份 JWK Set，其中为 EC、RSA 或 OKP 公钥且不含私钥；其他方式不需要",
    en="private_key_jwt needs a JWK set of public EC, RSA or OKP keys, with nothing private; other methods need none",
):
    """The keys that a business system registers."""


class LoginRefused(
    DomainError,
    code="login_refused",
    zh="业务系统发来的登录请求有误，没有开始登录。请返回业务系统再试一次，或联系其管理员",
    en="The business system's login request is wrong, so no login began. Go back and try again, or tell its operator",
):
    """A request that must not be answered by sending the browser on. `extra` has `reason`, for the operator."""


class LoginOver(
    DomainError,
    code="login_over",
    zh="这次登录已经结束、过期，或是在另一个浏览器中开始的。请回到业务系统重新登录",
    en="This login is over, or was begun in another browser. Go back to the business system and log in again",
):
    """An authorization that doesn't exist, isn't open, or isn't this browser's."""


class LogoutRefused(
    DomainError,
    code="logout_refused",
    zh="业务系统发来的退出请求有误。手机盾不保留登录状态，请在业务系统中退出",
    en="The business system's request to log out is wrong. Mobile Shield keeps no login: log out of that system",
):
    """A token that isn't ours or another client's. `extra` has `reason`, for the operator."""
