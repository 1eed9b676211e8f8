"""Settings of the provider that sends SMS."""

from typing import Literal

from pydantic import BaseModel, Field, SecretStr

from mshield.server.settings.forms import GROUP


class SmsSettings(BaseModel):
    """Settings of the provider that sends SMS, part of `Settings`."""

    model_config = GROUP

    gateway: Literal["development", "aliyun", "tencent"] = Field(
        default="development",
        alias="sms_gateway",
        description=(
            "SMS provider; development sends none, keeps messages in memory and works in demo mode only"
        ),
    )
    key_id: str | None = Field(
        default=None, alias="sms_key_id", description="access key id (Tencent: SecretId) of the provider"
    )
    key_secret: SecretStr | None = Field(
        default=None,
        alias="sms_key_secret",
        description="access key secret (Tencent: SecretKey) of the provider",
    )
    sign_name: str | None = Field(
        default=None, alias="sms_sign_name", description="signature (短信签名) approved by the provider"
    )
    app_id: str | None = Field(default=None, alias="sms_app_id", description="Tencent's SmsSdkAppId")
    region: str | None = Field(
        default=None,
        alias="sms_region",
        description="region of the provider's API, such as cn-hangzhou or ap-guangzhou",
    )
    endpoint: str | None = Field(
        default=None,
        alias="sms_endpoint",
        description="https://HOST of the provider's API, if not its default",
    )
    templates: dict[str, str] = Field(
        default={},
        alias="sms_templates",
        description='template IDs as JSON: {"code": "SMS_1", "lost": "SMS_2"}; see notifications.md',
    )
    language: Literal["zh", "en"] = Field(
        default="zh", alias="sms_language", description="language of SMS notices"
    )
