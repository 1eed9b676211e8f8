"""Footer of the service's pages: the operator, its filing number (备案号), and the support contacts."""

from dataclasses import dataclass

from mshield.server.http.pages.language import Language
from mshield.server.settings.settings import Settings


@dataclass(frozen=True, slots=True)
class Foot:
    """Information about the operator in the page's language; None or empty where not configured."""

    operator: str | None = None
    icp_number: str | None = None
    phone: str | None = None
    hours: str | None = None
    chat: str | None = None

    def __bool__(self) -> bool:
        """Reports whether there is anything to show."""
        return any((self.operator, self.icp_number, self.phone, self.chat))


def foot_in(settings: Settings, lang: Language) -> Foot:
    """Returns the footer from the settings; the opening hours in Chinese if there are none in English."""
    hours = settings.site.service_hours_zh if lang == "zh" else settings.site.service_hours_en
    return Foot(
        settings.site.operator_name,
        settings.site.icp_number,
        settings.site.service_phone,
        hours or settings.site.service_hours_zh,
        settings.site.service_chat,
    )
