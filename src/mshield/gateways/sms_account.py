"""An account at a provider of SMS: what both SDKs need of it, and what their errors mean."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from mshield.gateways.sms import SmsError, SmsMessage, SmsRefused, SmsUnanswered, SmsUnreachable

CONNECT_SECONDS: Final = 3
ANSWER_SECONDS: Final = 7
ANY_CODE: Final = "code"
"""In `sms_templates`: the template of all purposes that carry a code and have no template of their own."""

OWN_TEMPLATE: Final = frozenset({"new_phone", "old_phone"})
"""Purposes that `ANY_CODE` doesn't serve: their code is told to somebody, and the text must say to whom."""

NO_TEMPLATE: Final = "no_template"
_NOT_CONNECTED: Final = "Max retries exceeded with url"
"""So the HTTP client under both SDKs, which tries once, tells what kept it from connecting; they pass on its words."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account at a provider. `scheme` and `host` are where its API answers, None for the SDK's own."""

    key_id: str
    key_secret: str = field(repr=False)
    sign_name: str
    region: str | None
    app_id: str | None
    scheme: str
    host: str | None
    templates: Mapping[str, str]

    def template(self, message: SmsMessage) -> str:
        """The id of the message's template. Raises SmsRefused `no_template`."""
        template_id = self.templates.get(message.purpose)
        if template_id is None and message.code and message.purpose not in OWN_TEMPLATE:
            template_id = self.templates.get(ANY_CODE)
        if template_id is None:
            raise SmsRefused(NO_TEMPLATE)
        return template_id


def without_answer(reason: str, error: Exception) -> SmsError:
    """What to raise for an error of the SDK's that is no answer of the provider's."""
    return SmsUnreachable(reason) if _NOT_CONNECTED in str(error) else SmsUnanswered(reason)
