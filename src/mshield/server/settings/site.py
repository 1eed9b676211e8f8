"""Settings of the site: its addresses, its operator, customer service and documents."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field

from mshield.server.settings.forms import GROUP, Line, OutsideUrl, PublicOrigin, ZoneName


class SiteSettings(BaseModel):
    """Settings of the site, part of `Settings`."""

    model_config = GROUP

    operator_name: Line | None = Field(
        default=None,
        description="name of the operator for the privacy policy; empty: the policy states that none is set",
    )
    icp_number: Line | None = Field(
        default=None, description="ICP filing number (备案号) of the site, shown in the footer of its pages"
    )
    service_phone: Line | None = Field(default=None, description="telephone number of customer service")
    service_hours_zh: Line | None = Field(
        default=None, description="opening hours of customer service in Chinese, such as 工作日 8:30–17:30"
    )
    service_hours_en: Line | None = Field(
        default=None, description="the same in English; empty: the Chinese text"
    )
    service_chat: OutsideUrl | None = Field(
        default=None, description="https address of the customer service chat"
    )
    complaint_phone: Line | None = Field(
        default=None, description="telephone number for complaints (投诉); empty: customer service's"
    )
    complaint_url: OutsideUrl | None = Field(default=None, description="https address of the complaints page")
    policies_folder: Path | None = Field(
        default=None,
        description=(
            "folder with your own privacy.zh.md, privacy.en.md, agreement.zh.md and agreement.en.md; "
            "empty: the shipped ones; see accounts.md"
        ),
    )
    places_file: Path | None = Field(
        default=None,
        description=(
            "table of places (CSV `network,zh,en`) that shows people where their devices logged in; "
            "empty: only the address is shown; see accounts.md"
        ),
    )
    mode: Literal["production", "demo"] = Field(
        default="production", description="demo enables /demo/, /dev/ and the SMS outbox"
    )
    demo_systems: dict[Literal["single_window", "palm_customs"], OutsideUrl] = Field(
        default={},
        description="addresses of the demonstration's business systems as JSON, for the page /demo/",
    )
    public_origin: PublicOrigin = Field(
        default="http://localhost:8000",
        description=(
            "origin that phones, PCs and certificates use for this service; https, except in demo "
            "mode and with `loopback`"
        ),
    )
    loopback: bool = Field(
        default=False,
        description="production mode on this machine only: the public origin may be http://localhost",
    )
    time_zone: ZoneName = Field(
        default="Asia/Shanghai",
        description=(
            "time zone in which the half year before a certificate's end is counted, and of times on "
            "desk pages and in exported lists"
        ),
    )
