"""Settings of pushes: Web Push, notices sent by push only, and SMS as a fallback."""

from typing import Final

from pydantic import BaseModel, Field, field_validator

from mshield.server.settings.forms import GROUP, Names, Networks, NotNegative, Positive

PUSHED_FIRST: Final = ("renewal_ending", "renewal_filing", "identity_decided", "confirm_identity")
"""Notices that needn't be sent by SMS if a push was accepted.

All others may indicate an attack, so they are sent both ways.
"""


class PushSettings(BaseModel):
    """Settings of pushes, part of `Settings`."""

    model_config = GROUP

    enabled: bool = Field(
        default=True,
        alias="push",
        description="whether phones may subscribe to push notifications and receive them",
    )
    contact: str | None = Field(
        default=None,
        alias="push_contact",
        pattern=r"^(mailto:[^\s@]+@[^\s@]+|https://\S+)$",
        description=(
            "contact address for push services, such as mailto:ops@example.cn; empty: the public origin"
        ),
    )
    hosts: Names = Field(
        default=(),
        alias="push_hosts",
        description=(
            "comma-separated push service hosts to allow, such as "
            "fcm.googleapis.com,*.push.apple.com; empty: any public host"
        ),
    )
    networks: Networks = Field(
        default=(),
        alias="push_networks",
        description=(
            "comma-separated networks that push messages may be sent to besides public addresses, "
            "such as 10.1.0.0/16"
        ),
    )
    first: Names = Field(
        default=(),
        alias="push_first",
        description=(
            "comma-separated notices that are sent by SMS only if no push was accepted within a "
            "minute, any of: renewal_ending, renewal_filing, identity_decided, confirm_identity"
        ),
    )
    sms_requests_per_day: NotNegative = Field(
        default=0,
        description=(
            "SMS per day to one account about requests waiting in its inbox, if no push was "
            "delivered; 0: none"
        ),
    )
    sms_requests_minutes: Positive = Field(
        default=10, description="minimum interval between two such SMS to one account, in minutes"
    )
    sms_requests_per_day_in_all: Positive = Field(
        default=2_000, description="such SMS per day to all accounts together"
    )

    @field_validator("first")
    @classmethod
    def _harmless(cls, kinds: tuple[str, ...]) -> tuple[str, ...]:
        if unfit := set(kinds) - set(PUSHED_FIRST):
            raise ValueError(f"always sent by SMS: {', '.join(sorted(unfit))}")
        return kinds
