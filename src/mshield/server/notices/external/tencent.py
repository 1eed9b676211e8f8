"""SMS through Tencent Cloud (腾讯云短信, API Sms 2021-01-11) by its official SDK, the extra `tencent`."""

import asyncio
from typing import Final

from tencentcloud.common.credential import Credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.sms.v20210111.models import SendSmsRequest
from tencentcloud.sms.v20210111.sms_client import SmsClient

from mshield.server.notices.external.sms import SmsMessage, SmsRefused
from mshield.server.notices.external.sms_account import ANSWER_SECONDS, Account, without_answer

_NETWORK: Final = frozenset({"ClientNetworkError", "ServerNetworkError"})
"""Codes of the SDK itself if the API gave no answer."""


class TencentSms:
    """Gateway to Tencent Cloud; the synchronous SDK runs in a thread."""

    def __init__(self, account: Account) -> None:
        self._account = account
        profile = HttpProfile(protocol=account.scheme, endpoint=account.host, reqTimeout=ANSWER_SECONDS)
        self._client = SmsClient(
            Credential(account.key_id, account.key_secret), account.region, ClientProfile(httpProfile=profile)
        )

    async def send(self, message: SmsMessage) -> None:
        """Sends a message. Raises: SmsRefused (with the provider's code), SmsUnreachable, SmsUnanswered."""
        await asyncio.to_thread(self._send, message)

    def forget(self, phone: str, code: str) -> None:
        """Does nothing, since this gateway stores no message."""

    def _send(self, message: SmsMessage) -> None:
        request = SendSmsRequest()
        request.PhoneNumberSet = [f"+86{message.phone}"]
        request.SmsSdkAppId = self._account.app_id
        request.SignName = self._account.sign_name
        request.TemplateId = self._account.template(message)
        request.TemplateParamSet = [value for _, value in message.filled_in]
        try:
            answer = self._client.SendSms(request)
        except TencentCloudSDKException as error:
            code = str(error.code)
            # Names of SDK exceptions end with "Error" or "Exception" and have no dot; the API's own codes
            # don't.
            is_answer = code not in _NETWORK and not code.endswith(("Error", "Exception"))
            raise (SmsRefused(code) if is_answer else without_answer(code, error)) from error
        statuses = answer.SendStatusSet or []
        if not statuses or statuses[0].Code != "Ok":
            raise SmsRefused(str(statuses[0].Code if statuses else None))
