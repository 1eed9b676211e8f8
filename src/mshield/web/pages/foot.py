"""The foot of the service's pages: who runs it, its filing number (备案号), and whom people ask."""

from dataclasses import dataclass
from typing import Final

from mshield.settings import Settings
from mshield.web.pages.language import Language


@dataclass(frozen=True, slots=True)
class Foot:
    """What the operator says of themselves, in the page's language; None or empty where they say nothing."""

    operator: str | None = None
    icp_number: str | None = None
    phone: str | None = None
    hours: str | None = None
    chat: str | None = None

    def __bool__(self) -> bool:
        """Whether there is anything to show."""
        return any((self.operator, self.icp_number, self.phone, self.chat))


NO_FOOT: Final = Foot()
"""Of an operator who says nothing."""


def foot_in(settings: Settings, lang: Language) -> Foot:
    """As the settings say it."""
    hours = settings.service_hours_zh if lang == "zh" else settings.service_hours_en
    return Foot(
        settings.operator_name,
        settings.icp_number,
        settings.service_phone,
        hours or settings.service_hours_zh,
        settings.service_chat,
    )
