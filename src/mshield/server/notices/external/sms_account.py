"""Account at an SMS provider: data that both SDKs need, and the meaning of their errors."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from mshield.server.notices.external.sms import (
    SmsError,
    SmsMessage,
    SmsRefused,
    SmsUnanswered,
    SmsUnreachable,
)

CONNECT_SECONDS: Final = 3
ANSWER_SECONDS: Final = 7
ANY_CODE: Final = "code"
"""Key in `sms_templates` of the default template for purposes with a code."""

OWN_TEMPLATE: Final = frozenset({"new_phone", "old_phone"})
"""Purposes that may not use `ANY_CODE`: their code is read out to somebody, and the text must say to whom."""

NO_TEMPLATE: Final = "no_template"
_NOT_CONNECTED: Final = "Max retries exceeded with url"
"""Text of connection errors in the HTTP client of both SDKs, which tries once and whose message they pass on."""


@dataclass(frozen=True, slots=True)
class Account:
    """Account at a provider. `scheme` and `host` locate its API, None for the SDK's default."""

    key_id: str
    key_secret: str = field(repr=False)
    sign_name: str
    region: str | None
    app_id: str | None
    scheme: str
    host: str | None
    templates: Mapping[str, str]

    def template(self, message: SmsMessage) -> str:
        """Returns the id of the message's template. Raises: SmsRefused (`no_template`)."""
        template_id = self.templates.get(message.purpose)
        if template_id is None and message.code and message.purpose not in OWN_TEMPLATE:
            template_id = self.templates.get(ANY_CODE)
        if template_id is None:
            raise SmsRefused(NO_TEMPLATE)
        return template_id


def without_answer(reason: str, error: Exception) -> SmsError:
    """Returns the error to raise for an SDK error that is no answer from the provider."""
    return SmsUnreachable(reason) if _NOT_CONNECTED in str(error) else SmsUnanswered(reason)
