"""Which provider sends SMS, opened by the settings; each provider's official SDK comes with an extra of this package.

Providers take templates only: each purpose has the id of a template there, with places for its parameters.
"""

from typing import get_args
from urllib.parse import urlsplit

from mshield.gateways.sms import (
    DevelopmentSms,
    SmsGateway,
    SmsPurpose,
)
from mshield.gateways.sms_account import ANY_CODE, OWN_TEMPLATE, Account
from mshield.settings import Settings


class SmsNotSetUp(Exception):
    """The chosen provider of SMS can't be used as it is set up."""

    code = "sms_not_set_up"

    def __init__(self, zh: str, en: str) -> None:
        self.zh, self.en = zh, en
        super().__init__(en)


def open_gateway(settings: Settings) -> SmsGateway:
    """The gateway that the settings name. Raises SmsNotSetUp, also for the outbox in memory in production mode."""
    if settings.sms_gateway == "development":
        return _outbox(settings)
    account = _account(settings)
    # Imported here: only who uses a provider needs its SDK.
    try:
        if settings.sms_gateway == "aliyun":
            from mshield.gateways.aliyun import AliyunSms  # noqa: PLC0415  # of an extra

            return AliyunSms(account)
        from mshield.gateways.tencent import TencentSms  # noqa: PLC0415  # of an extra

        return TencentSms(account)
    except ModuleNotFoundError as error:
        extra = f"pip install '.[server,{settings.sms_gateway}]' in a checkout"
        raise SmsNotSetUp(
            f"短信服务商 {settings.sms_gateway} 的 SDK 未安装：{extra}",
            f"the SDK of the SMS provider {settings.sms_gateway} is not installed: {extra}",
        ) from error


def _outbox(settings: Settings) -> SmsGateway:
    """In production nobody would ever get a code, and the codes would lie in memory."""
    if settings.mode == "production":
        raise SmsNotSetUp(
            "正式模式不能使用开发用的短信箱（验证码不会发给任何人）：请设置 MSHIELD_SMS_GATEWAY 为 aliyun 或 tencent；"
            "只是试用的，请设置 MSHIELD_MODE=demo",
            "production mode can't use the development SMS outbox, which sends codes to nobody: set MSHIELD_SMS_GATEWAY"
            " to aliyun or tencent; to try the service out, set MSHIELD_MODE=demo",
        )
    return DevelopmentSms()


def _account(settings: Settings) -> Account:
    needed: dict[str, object] = {
        "MSHIELD_SMS_KEY_ID": settings.sms_key_id,
        "MSHIELD_SMS_KEY_SECRET": settings.sms_key_secret,
        "MSHIELD_SMS_SIGN_NAME": settings.sms_sign_name,
    }
    if settings.sms_gateway == "tencent":
        needed["MSHIELD_SMS_APP_ID"] = settings.sms_app_id
        needed["MSHIELD_SMS_REGION"] = settings.sms_region
    missing = [name for name, value in needed.items() if not value]
    plain = set(get_args(SmsPurpose)) - OWN_TEMPLATE
    if ANY_CODE not in settings.sms_templates and plain - settings.sms_templates.keys():
        missing.append(f'MSHIELD_SMS_TEMPLATES ("{ANY_CODE}")')
    if missing or settings.sms_key_secret is None:
        names = ", ".join(missing)
        raise SmsNotSetUp(
            f"短信服务商 {settings.sms_gateway} 还缺设置：{names}",
            f"the SMS provider {settings.sms_gateway} lacks settings: {names}",
        )
    endpoint = urlsplit(settings.sms_endpoint or "https:")
    return Account(
        key_id=settings.sms_key_id or "",
        key_secret=settings.sms_key_secret.get_secret_value(),
        sign_name=settings.sms_sign_name or "",
        region=settings.sms_region,
        app_id=settings.sms_app_id,
        scheme=endpoint.scheme,
        host=endpoint.netloc or None,
        templates=settings.sms_templates,
    )
