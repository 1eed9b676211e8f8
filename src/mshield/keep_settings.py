"""Settings of how long the service keeps what, each with a lawful default; docs/retention.md says what for."""

from typing import Annotated, Final

from pydantic import Field

from mshield.push_settings import PushSettings

LONGEST_DAYS: Final = 36_500
Days = Annotated[int, Field(ge=1, le=LONGEST_DAYS)]


class KeepSettings(PushSettings):
    """A part of `Settings`."""

    keep_content_days: Days = Field(
        default=30,
        description="how long the content of a signed document is kept after its request ended; twice as long, and two "
        "days, where its business system fetched the result late; see retention.md",
    )
    keep_unanswered_days: Days = Field(
        default=7, description="how long a request is kept that ended without a signature, and its documents"
    )
    keep_request_days: Days = Field(
        default=180,
        description="how long the personal data of a signed request are kept: address and browser of the PC, the way "
        "back, what a login was over",
    )
    keep_act_days: Annotated[int, Field(ge=184, le=LONGEST_DAYS)] = Field(
        default=400,
        description="how long acts stay in the database before their month may be archived; six months is the least "
        "that the law allows",
    )
    keep_notice_days: Days = Field(
        default=30, description="how long sent notices are kept, and the lines of the SMS log"
    )
    keep_figure_days: Days = Field(default=400, description="how long the console's figures are kept")
    keep_signature_years: Annotated[int, Field(ge=5, le=100)] = Field(
        default=10,
        description="how many years after the end of its last certificate an archived month of signatures may be "
        "erased (`mshield archive erase`); five is the least that the law allows",
    )
    keep_grace_days: Annotated[int, Field(ge=0, le=LONGEST_DAYS)] = Field(
        default=7,
        description="how long nothing is erased after the job `retention` ran for the first time, so that "
        "`mshield retention --dry-run` can be looked at",
    )
