"""What codes by SMS meet."""

from mshield.domain.errors.domain_error import DomainError


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
    """The number's codes of 24 hours for this purpose are used up."""


class SmsAllSpent(
    DomainError,
    code="sms_all_spent",
    zh="今天的短信验证码已发完，暂时不能注册或重设密码。请稍后再试，或联系客服",
    en="Today's SMS codes are used up, so nobody can register or reset a password now. "
    "Try again later, or ask customer service",
    faq="3.2",
):
    """What people without a login may have sent in a day, all together, is used up."""


class SmsFailed(
    DomainError,
    code="sms_failed",
    zh="短信没有发出去，请稍后再试",
    en="The SMS could not be sent. Try again later",
    faq="3.2",
):
    """The gateway refused or failed."""
