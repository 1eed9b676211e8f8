"""Settings of what people are told and agree to: who runs the service, whom they ask, the documents, closing."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from mshield.setting_forms import NotNegative, OutsideUrl
from mshield.witness_settings import WitnessSettings

Line = Annotated[str, Field(min_length=1, max_length=128)]


class PeopleSettings(WitnessSettings):
    """A part of `Settings`."""

    operator_name: Line | None = Field(
        default=None, description="who runs the service, as the privacy policy names them; none: it says so"
    )
    icp_number: Line | None = Field(
        default=None, description="the filing number (备案号) of the site, shown at the foot of its pages"
    )
    service_phone: Line | None = Field(default=None, description="telephone number of customer service")
    service_hours_zh: Line | None = Field(
        default=None, description="when customer service answers, in Chinese, such as 工作日 8:30–17:30"
    )
    service_hours_en: Line | None = Field(
        default=None, description="the same in English; none: as in Chinese"
    )
    service_chat: OutsideUrl | None = Field(
        default=None, description="https address where people write to customer service"
    )
    complaint_phone: Line | None = Field(
        default=None, description="telephone number for complaints (投诉); none: customer service's"
    )
    complaint_url: OutsideUrl | None = Field(default=None, description="https address where people complain")
    policies_folder: Path | None = Field(
        default=None,
        description="folder of your own privacy.zh.md, privacy.en.md, agreement.zh.md and agreement.en.md; none: the "
        "shipped ones; see accounts.md",
    )
    places_file: Path | None = Field(
        default=None,
        description="table of places (CSV `network,zh,en`), by which people see where their devices logged in; none: "
        "the address alone; see accounts.md",
    )
    closing_days: NotNegative = Field(
        default=7, description="for how many days the owner of a closed account can change their mind"
    )
