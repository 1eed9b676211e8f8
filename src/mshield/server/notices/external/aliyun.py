"""SMS through Alibaba Cloud (阿里云短信服务, API Dysmsapi 2017-05-25) by its official SDK, the extra `aliyun`."""

import asyncio
import json

from alibabacloud_dysmsapi20170525.client import Client
from alibabacloud_dysmsapi20170525.models import SendSmsRequest
from alibabacloud_tea_openapi.exceptions import AlibabaCloudException
from alibabacloud_tea_openapi.utils_models import Config

from mshield.server.notices.external.sms import SmsMessage, SmsRefused
from mshield.server.notices.external.sms_account import (
    ANSWER_SECONDS,
    CONNECT_SECONDS,
    Account,
    without_answer,
)


class AliyunSms:
    """Gateway to Alibaba Cloud; the synchronous SDK runs in a thread."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._client = Client(
            Config(
                access_key_id=account.key_id,
                access_key_secret=account.key_secret,
                region_id=account.region or "cn-hangzhou",
                endpoint=account.host or "dysmsapi.aliyuncs.com",
                protocol=account.scheme,
                connect_timeout=CONNECT_SECONDS * 1000,
                read_timeout=ANSWER_SECONDS * 1000,
            )
        )

    async def send(self, message: SmsMessage) -> None:
        """Sends a message. Raises: SmsRefused (with the provider's code), SmsUnreachable, SmsUnanswered."""
        await asyncio.to_thread(self._send, message)

    def forget(self, phone: str, code: str) -> None:
        """Does nothing, since this gateway stores no message."""

    def _send(self, message: SmsMessage) -> None:
        request = SendSmsRequest(
            phone_numbers=message.phone,
            sign_name=self._account.sign_name,
            template_code=self._account.template(message),
            template_param=json.dumps(dict(message.filled_in), ensure_ascii=False),
        )
        try:
            answer = self._client.send_sms(request)
        except AlibabaCloudException as error:
            raise SmsRefused(str(error.code)) from error
        except Exception as error:  # the SDK passes on whatever its HTTP client raises
            raise without_answer(type(error).__name__, error) from error
        if answer.body is None or answer.body.code != "OK":
            raise SmsRefused(str(answer.body.code if answer.body else None))
