"""Opens the SMS provider named in the settings; each provider's official SDK is an extra of this package.

Providers accept templates only: each purpose has a template id there, with slots for its parameters.
"""

import re
from typing import Final, get_args
from urllib.parse import urlsplit

from mshield.server.notices.external.sms import DevelopmentSms, SmsGateway, SmsPurpose
from mshield.server.notices.external.sms_account import ANY_CODE, OWN_TEMPLATE, Account
from mshield.server.settings.settings import Settings

_PLACEHOLDERS: Final = frozenset(
    {"changeme", "replaceme", "placeholder", "todo", "yourkey", "yourkeyid", "yoursecret"}
)


class SmsNotSetUp(Exception):
    """The configured SMS provider can't be used with these settings."""

    code = "sms_not_set_up"

    def __init__(self, zh: str, en: str) -> None:
        self.zh, self.en = zh, en
        super().__init__(en)


def open_gateway(settings: Settings) -> SmsGateway:
    """Returns the configured gateway. Raises: SmsNotSetUp (also for the development outbox in production mode)."""
    if settings.sms.gateway == "development":
        return _outbox(settings)
    account = _account(settings)
    # Imported here, since a site needs only its own provider's SDK.
    try:
        if settings.sms.gateway == "aliyun":
            from mshield.server.notices.external.aliyun import AliyunSms  # noqa: PLC0415  # from an extra

            return AliyunSms(account)
        from mshield.server.notices.external.tencent import TencentSms  # noqa: PLC0415  # from an extra

        return TencentSms(account)
    except ModuleNotFoundError as error:
        extra = f"pip install ./client '.[{settings.sms.gateway}]' in a checkout"
        raise SmsNotSetUp(
            f"短信服务商 {settings.sms.gateway} 的 SDK 未安装：{extra}",
            f"the SDK of the SMS provider {settings.sms.gateway} is not installed: {extra}",
        ) from error


def _outbox(settings: Settings) -> SmsGateway:
    """Returns the development outbox, except in production: nobody would get a code, and codes would stay in memory."""
    if settings.site.mode == "production":
        raise SmsNotSetUp(
            "正式模式不能使用开发用的短信箱（验证码不会发给任何人）：请设置 MSHIELD_SMS_GATEWAY 为 aliyun 或 tencent；"
            "只是试用的，请设置 MSHIELD_MODE=demo",
            "production mode can't use the development SMS outbox, which sends no codes: set MSHIELD_SMS_GATEWAY"
            " to aliyun or tencent; to try the service out, set MSHIELD_MODE=demo",
        )
    return DevelopmentSms()


def is_placeholder(value: str) -> bool:
    """Reports whether a value is an example's: `...`, `<your key>`, `xxxx`, `changeme`."""
    plain = value.strip().casefold()
    return (
        not any(character.isalnum() for character in plain)
        or (plain[0], plain[-1]) in {("<", ">"), ("{", "}"), ("[", "]")}
        or (len(plain) > 1 and set(plain) <= set("x*-._"))
        or re.sub(r"[\W_]", "", plain) in _PLACEHOLDERS
    )


def _account(settings: Settings) -> Account:
    needed: dict[str, object] = {
        "MSHIELD_SMS_KEY_ID": settings.sms.key_id,
        "MSHIELD_SMS_KEY_SECRET": settings.sms.key_secret,
        "MSHIELD_SMS_SIGN_NAME": settings.sms.sign_name,
    }
    if settings.sms.gateway == "tencent":
        needed["MSHIELD_SMS_APP_ID"] = settings.sms.app_id
        needed["MSHIELD_SMS_REGION"] = settings.sms.region
    missing = [name for name, value in needed.items() if not value]
    plain = set(get_args(SmsPurpose)) - OWN_TEMPLATE
    if ANY_CODE not in settings.sms.templates and plain - settings.sms.templates.keys():
        missing.append(f'MSHIELD_SMS_TEMPLATES ("{ANY_CODE}")')
    if missing or settings.sms.key_secret is None:
        names = ", ".join(missing)
        raise SmsNotSetUp(
            f"短信服务商 {settings.sms.gateway} 还缺设置：{names}",
            f"missing settings for the SMS provider {settings.sms.gateway}: {names}",
        )
    secret = settings.sms.key_secret.get_secret_value()
    values = {**needed, "MSHIELD_SMS_KEY_SECRET": secret}
    if placeholders := [name for name, value in values.items() if is_placeholder(str(value))]:
        names = ", ".join(placeholders)
        raise SmsNotSetUp(
            f"以下设置仍是示例值，请填写服务商 {settings.sms.gateway} 给的值：{names}",
            f"these settings still have an example's value, enter the one from the SMS provider "
            f"{settings.sms.gateway}: {names}",
        )
    endpoint = urlsplit(settings.sms.endpoint or "https:")
    return Account(
        key_id=settings.sms.key_id or "",
        key_secret=secret,
        sign_name=settings.sms.sign_name or "",
        region=settings.sms.region,
        app_id=settings.sms.app_id,
        scheme=endpoint.scheme,
        host=endpoint.netloc or None,
        templates=settings.sms.templates,
    )
