"""Settings of signing: PINs, signing sessions, DPoP proofs."""

from typing import Final

from pydantic import BaseModel, Field, field_validator

from mshield.gm.mask import PIN_FORM
from mshield.server.settings.forms import GROUP, Names, Positive

PIN_RULES: Final = ("same", "run", "repeated", "birthday", "id_number", "blocked")
PIN_BLOCK_LIST: Final = (
    "520131", "131452", "147258", "258147", "147852", "159357", "159753", "357159", "258369", "369258", "741852",
    "963852", "789456", "456123", "123321", "321123", "654123", "123654", "112358", "100200", "010203", "246810",
    "666888", "888666", "521314", "201314", "123987", "987123", "123789",
)  # fmt: skip


class SigningSettings(BaseModel):
    """Settings of signing, part of `Settings`."""

    model_config = GROUP

    pin_rules: Names = Field(
        default=PIN_RULES, description="comma-separated rules for PINs that phones refuse; empty: none"
    )
    pin_block_list: Names = Field(
        default=PIN_BLOCK_LIST, description="comma-separated PINs that the rule `blocked` refuses"
    )
    signing_session_seconds: Positive = Field(
        default=600, description="lifetime of an opened signing session"
    )
    opens_per_minute: Positive = Field(default=10, description="signing sessions opened per key and minute")
    refresh_signatures: Positive = Field(
        default=200,
        description=(
            "signatures after which phone and server refresh their key shares, without asking the user"
        ),
    )
    dpop_seconds: Positive = Field(default=60, description="tolerance for the time of a DPoP proof")

    @field_validator("pin_rules")
    @classmethod
    def _known_rules(cls, rules: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := set(rules) - set(PIN_RULES):
            raise ValueError(f"unknown rule: {', '.join(sorted(unknown))}")
        return rules

    @field_validator("pin_block_list")
    @classmethod
    def _six_digits(cls, pins: tuple[str, ...]) -> tuple[str, ...]:
        if not all(map(PIN_FORM.fullmatch, pins)):
            raise ValueError("each must be six digits")
        return pins
