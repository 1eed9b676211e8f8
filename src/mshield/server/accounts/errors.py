"""Errors of accounts: login, captchas, passwords, accounts of outside systems, and changes by staff."""

from mshield.server.errors import DomainError


class CaptchaWrong(
    DomainError,
    code="captcha_wrong",
    zh="图形验证码不正确或已失效，请按新的图片再填一次",
    en="The captcha is wrong or has expired. Enter the new one",
    faq="3.4",
):
    """The captcha is wrong, already used or expired."""


class CaptchaNeeded(
    DomainError,
    code="captcha_needed",
    zh="请先填写图形验证码",
    en="Enter the characters of the captcha first",
    faq="3.4",
):
    """A captcha image or sound is required after too many failures or codes. Nothing was consumed."""


class WorkMissing(
    DomainError,
    code="work_missing",
    zh="这个版本的手机盾已不能完成这一步，请关闭后重新打开，或更新后再试",
    en="This version of the app can no longer do this. Close it and open it again, or update it",
    faq="3.4",
):
    """The call has no proof of work: an old version of the app sent it."""


class WorkWrong(
    DomainError,
    code="work_wrong",
    zh="安全验证没有通过或已过期，请再试一次",
    en="The security check failed or has expired. Try again",
    faq="3.4",
):
    """The proof of work is wrong, already used, expired or for another captcha."""


class LoginFailed(
    DomainError,
    code="login_failed",
    zh="账号或密码不正确",
    en="Wrong account or password",
    faq="3.4",
):
    """The account doesn't exist or the password is wrong; the answer doesn't reveal which."""


class AccountDisabled(
    DomainError,
    code="account_disabled",
    zh="这个账号已停用，没有登录。请联系客服",
    en="This account is disabled, so you were not logged in. Contact customer service",
    faq="3.4",
):
    """The account is disabled. Returned only after the correct password."""


class LoginSlowed(
    DomainError,
    code="login_slowed",
    zh="登录失败次数较多，请 {retry_after}后再试",
    en="Too many failed logins. Try again in {retry_after}",
    faq="3.4",
):
    """The account or the address must wait `retry_after` whole seconds."""

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(retry_after=retry_after)


class AccountSourceUnavailable(
    DomainError,
    code="account_source_unavailable",
    zh="暂时无法向 {source} 核对账号，没有登录。请稍后再试",
    en="The system {source} can't be reached, so you were not logged in. Try again later",
    faq="3.1",
):
    """The outside system that the account belongs to is unreachable or returned an invalid answer."""

    def __init__(self, *, source: str = "") -> None:
        super().__init__(source=source)


class AccountDataRefused(
    DomainError,
    code="account_data_refused",
    zh="{source} 中您的姓名、证件或手机号有误，没有登录。请先在那里更正",
    en="Your name, document or phone number in {source} is invalid, so you were not logged in. Correct "
    "it there first",
    faq="3.4",
):
    """The user data from the outside system would be refused in a registration."""

    def __init__(self, *, source: str = "") -> None:
        super().__init__(source=source)


class AccountDiffers(
    DomainError,
    code="account_differs",
    zh="{source} 中的账号与这里登记的不是同一人，没有登录。请联系客服",
    en="The account in {source} belongs to someone other than the person registered here, so you were "
    "not logged in. Contact customer service",
    faq="3.4",
):
    """The phone number or the outside account belongs to another person here."""

    def __init__(self, *, source: str = "") -> None:
        super().__init__(source=source)


class AccountHere(
    DomainError,
    code="account_here",
    zh="您在 {source} 登记的手机号已在手机盾注册，两个账号不会合并，没有登录。请选“手机盾账号”，用在这里设置的密码登录",
    en="Your number in {source} already has a Mobile Shield account. The two are never merged, so you "
    "were not logged in. Choose Mobile Shield and log in with the password that you set here",
    faq="3.4",
):
    """The phone number's account was registered here, so a login through an outside source can't take it over."""

    def __init__(self, *, source: str = "") -> None:
        super().__init__(source=source)


class AccountExists(
    DomainError,
    code="account_exists",
    zh="这个手机号已经注册，请直接登录",
    en="This number is already registered. Log in with it",
    faq="3.4",
):
    """The phone number is registered already. Returned only after an SMS code proved who owns the number."""


class AccountElsewhere(
    DomainError,
    code="account_elsewhere",
    zh="这个账号来自 {source}，请在那里修改，这里没有改动",
    en="This account comes from {source}. Change it there; nothing was changed here",
):
    """An outside system owns the account's data, which are updated here at each login, so they can't be edited here."""

    def __init__(self, *, source: str = "") -> None:
        super().__init__(source=source)


class PhoneTaken(
    DomainError,
    code="phone_taken",
    zh="这个手机号已属于另一个账号，没有修改",
    en="Another account has this number. Nothing was changed",
):
    """Another account has this phone number. Returned to staff only."""


class ResetRefused(
    DomainError,
    code="reset_refused",
    zh="证件号码与账号不符，密码没有重设。请核对后再试",
    en="The id number doesn't match the account, so the password was not changed. Check it and try again",
    faq="3.4",
):
    """The password can't be reset: wrong id number, no such account, or an outside system manages its password."""


class WeakPassword(
    DomainError,
    code="weak_password",
    zh="密码太简单。请用 10 位以上，字母、数字、符号至少两种，不要用常见密码或手机号",
    en="The password is too weak. Use at least 10 characters, with two of letters, digits and other "
    "characters, and no common password or phone number",
    faq="3.4",
):
    """The password is too weak (see `accounts.rules.password`). `extra` has the `reason`."""


class ConsentNeeded(
    DomainError,
    code="consent_needed",
    zh="请先阅读隐私政策和用户协议，并分别勾选同意。没有同意前不会保存任何信息",
    en="Read the privacy policy and the user agreement first, and accept each. Nothing is stored until then",
    faq="3.4",
):
    """Consent to the current version of a document is missing: `missing` names which."""

    def __init__(self, *, missing: list[str] | None = None) -> None:
        super().__init__(missing=list(missing or []))


class SmsCodeWrong(
    DomainError,
    code="sms_code_wrong",
    zh="短信验证码不正确，请检查后再试",
    en="Wrong SMS code. Check it and try again",
    faq="3.2",
):
    """The code is wrong, used, or was never sent to this number for this purpose; the answer doesn't say which."""


class SmsCodeExpired(
    DomainError,
    code="sms_code_expired",
    zh="短信验证码已失效，请重新获取",
    en="The SMS code is no longer valid. Request a new one",
    faq="3.2",
):
    """The code has expired, or its tries are used up."""


class SmsTooSoon(
    DomainError,
    code="sms_too_soon",
    zh="验证码刚刚发过，请 {retry_after}后再获取",
    en="A code has just been sent. Request another in {retry_after}",
    faq="3.2",
):
    """`retry_after` whole seconds remain until another code can be sent."""

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(retry_after=retry_after)


class SmsDailyLimit(
    DomainError,
    code="sms_daily_limit",
    zh="这个手机号今天的验证码已发完，请明天再试",
    en="No more codes can be sent to this number today. Try again tomorrow",
    faq="3.2",
):
    """The number's 24-hour limit of codes for this purpose is reached."""


class SmsAllSpent(
    DomainError,
    code="sms_all_spent",
    zh="今天的短信验证码已发完，暂时不能注册或重设密码。请稍后再试，或联系客服",
    en="Today's SMS codes are used up, so nobody can register or reset a password now. Try again later, "
    "or contact customer service",
    faq="3.2",
):
    """The total daily limit of codes for people without a login is reached."""


class SmsFailed(
    DomainError,
    code="sms_failed",
    zh="短信没有发出去，请稍后再试",
    en="The SMS could not be sent. Try again later",
    faq="3.2",
):
    """The SMS gateway refused or failed."""
