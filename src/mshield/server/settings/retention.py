"""Settings of retention periods, each with a lawful default; docs/retention.md gives the reasons."""

from typing import Annotated, Final

from pydantic import BaseModel, Field

from mshield.server.settings.forms import GROUP

LONGEST_DAYS: Final = 36_500
Days = Annotated[int, Field(ge=1, le=LONGEST_DAYS)]


class RetentionSettings(BaseModel):
    """Settings of retention periods, each with a lawful default, part of `Settings`."""

    model_config = GROUP

    content_days: Days = Field(
        default=30,
        alias="keep_content_days",
        description=(
            "days that the content of a signed document is kept after its request ended; doubled plus"
            " two days if the business system fetched the result late; see retention.md"
        ),
    )
    unanswered_days: Days = Field(
        default=7,
        alias="keep_unanswered_days",
        description="days that a request which ended without a signature is kept, with its documents",
    )
    request_days: Days = Field(
        default=180,
        alias="keep_request_days",
        description=(
            "days that the personal data of a signed request are kept: the PC's address and browser, "
            "the return address, the login's purpose"
        ),
    )
    act_days: Annotated[int, Field(ge=184, le=LONGEST_DAYS)] = Field(
        default=400,
        alias="keep_act_days",
        description=(
            "days that audited acts stay in the database before their month may be archived; the law "
            "requires at least six months"
        ),
    )
    notice_days: Days = Field(
        default=30,
        alias="keep_notice_days",
        description="days that sent notices and the SMS log are kept",
    )
    figure_days: Days = Field(
        default=400, alias="keep_figure_days", description="days that the console's figures are kept"
    )
    signature_years: Annotated[int, Field(ge=5, le=100)] = Field(
        default=10,
        alias="keep_signature_years",
        description=(
            "years after the end of its last certificate before an archived month of signatures may "
            "be erased (`mshield archive erase`); the law requires at least five"
        ),
    )
    grace_days: Annotated[int, Field(ge=0, le=LONGEST_DAYS)] = Field(
        default=7,
        alias="keep_grace_days",
        description=(
            "days without erasure after the first run of the job `retention`, so that `mshield "
            "retention --dry-run` can be checked"
        ),
    )
