"""Settings of how phones are woken: Web Push, what goes by it alone, and SMS where it doesn't arrive."""

from typing import Final

from pydantic import Field, field_validator

from mshield.limit_settings import LimitSettings
from mshield.setting_forms import Names, Networks, NotNegative, Positive

PUSHED_FIRST: Final = ("renewal_ending", "renewal_filing", "identity_decided", "confirm_identity")
"""Notices that need no SMS where a push was taken. All others tell of an attack that there may be: both ways."""


class PushSettings(LimitSettings):
    """A part of `Settings`."""

    push: bool = Field(default=True, description="whether phones may subscribe to pushes, and get them")
    push_contact: str | None = Field(
        default=None,
        pattern=r"^(mailto:[^\s@]+@[^\s@]+|https://\S+)$",
        description="whom push services may write to, as mailto:ops@example.cn; none: the public origin",
    )
    push_hosts: Names = Field(
        default=(),
        description="hosts of push services that phones may name, by commas, as fcm.googleapis.com,*.push.apple.com; "
        "none: any public one",
    )
    push_networks: Networks = Field(
        default=(),
        description="networks where pushes may go beside public addresses, such as 10.1.0.0/16, by commas",
    )
    push_first: Names = Field(
        default=(),
        description="notices that go by SMS only where no push was taken within a minute, by commas, of: "
        + ", ".join(PUSHED_FIRST),
    )
    sms_requests_per_day: NotNegative = Field(
        default=0,
        description="SMS a day to one account that a request waits in its inbox, where no push was taken; 0: none",
    )
    sms_requests_minutes: Positive = Field(default=10, description="between two such SMS to one account")
    sms_requests_per_day_in_all: Positive = Field(
        default=2_000, description="such SMS a day to all accounts together"
    )

    @field_validator("push_first")
    @classmethod
    def _harmless(cls, kinds: tuple[str, ...]) -> tuple[str, ...]:
        if unfit := set(kinds) - set(PUSHED_FIRST):
            raise ValueError(f"goes by SMS in any case: {', '.join(sorted(unfit))}")
        return kinds
