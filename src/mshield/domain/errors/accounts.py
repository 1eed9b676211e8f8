"""What accounts meet: login, captchas, passwords, accounts of outside systems, and staff who change them."""

from mshield.domain.errors.domain_error import DomainError


class CaptchaWrong(
    DomainError,
    code="captcha_wrong",
    zh="图形验证码不对或已失效，请按新的图片再填一次",
    en="The captcha is wrong or has expired. Enter the new one",
    faq="3.4",
):
    """Wrong, used before, or too old."""


class CaptchaNeeded(
    DomainError,
    code="captcha_needed",
    zh="请先填写图形验证码",
    en="Enter the characters of the captcha first",
    faq="3.4",
):
    """A person must read a picture or hear it: so many failures, or codes, came before. Nothing was spent."""


class WorkMissing(
    DomainError,
    code="work_missing",
    zh="这个版本的手机盾已不能完成这一步，请关闭后重新打开，或更新后再试",
    en="This version of the app can no longer do this. Close it and open it again, or update it",
    faq="3.4",
):
    """No proof of work came along: an app from before there was one."""


class WorkWrong(
    DomainError,
    code="work_wrong",
    zh="安全验证没有通过或已过期，请再试一次",
    en="The security check failed or has expired. Try again",
    faq="3.4",
):
    """The proof of work is wrong, used before, too old, or of another captcha."""


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


class AccountHere(
    DomainError,
    code="account_here",
    zh="您在 {source} 登记的手机号已在手机盾注册，两个账号不会合并，没有登录。请选“手机盾账号”，用在这里设置的密码登录",
    en="Your number in {source} has an account of Mobile Shield. The two are never made one, so nobody was logged in. "
    "Choose Mobile Shield and log in with the password that you set here",
    faq="3.4",
):
    """The phone number's account was registered here: what a source says of its user doesn't make it the source's."""

    def __init__(self, *, source: str = "") -> None:
        super().__init__(source=source)


class AccountExists(
    DomainError,
    code="account_exists",
    zh="这个手机号已经注册，请直接登录",
    en="This number is registered already. Log in with it",
    faq="3.4",
):
    """Told only to who proved by SMS code that the number is theirs."""


class AccountElsewhere(
    DomainError,
    code="account_elsewhere",
    zh="这个账号来自 {source}，请在那里修改，这里没有改动",
    en="This account comes from {source}. Change it there; nothing was changed here",
):
    """An outside system holds the account's data; here they are what it says at each login."""

    def __init__(self, *, source: str = "") -> None:
        super().__init__(source=source)


class PhoneTaken(
    DomainError,
    code="phone_taken",
    zh="这个手机号已属于另一个账号，没有修改",
    en="Another account has this number. Nothing was changed",
):
    """Told to staff only."""


class ResetRefused(
    DomainError,
    code="reset_refused",
    zh="证件号码与账号不符，密码没有重设。请核对后再试",
    en="The id number is not that of the account; the password was not changed. Check it and try again",
    faq="3.4",
):
    """A forgotten password: another id number, no such account, or one whose password an outside system keeps."""


class WeakPassword(
    DomainError,
    code="weak_password",
    zh="密码太简单。请用 10 位以上，字母、数字、符号至少两种，不要用常见密码或手机号",
    en="The password is too simple. Use 10 or more characters, two kinds of letters, digits and signs, "
    "no common password and no phone number",
    faq="3.4",
):
    """See `domain.password`. `extra` names the `reason`."""


class ConsentNeeded(
    DomainError,
    code="consent_needed",
    zh="请先阅读隐私政策和用户协议，并分别勾选同意。没有同意前不会保存任何信息",
    en="Read the privacy policy and the user agreement first, and agree to each. Until then nothing is stored",
    faq="3.4",
):
    """Not everything was agreed to in the version of now: `missing` names what."""

    def __init__(self, *, missing: list[str] | None = None) -> None:
        super().__init__(missing=list(missing or []))
