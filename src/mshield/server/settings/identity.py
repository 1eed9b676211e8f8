"""Settings of identity proofs: the accepted ways, and the real-name check."""

from typing import Final

from pydantic import BaseModel, Field, SecretStr, ValidationInfo, field_validator

from mshield.server.settings.forms import GROUP, Names, NotNegative, OutsideUrl, Positive

OPERATOR_WAYS: Final = (
    "filed_phone", "legal_person", "filing_code", "own_shield", "outside", "real_name",
)  # fmt: skip
LEGAL_PERSON_WAYS: Final = ("filed_phone", "filing_code", "own_shield", "outside")
"""Ways for legal persons: neither a carrier's check nor another legal person can prove them."""


class IdentitySettings(BaseModel):
    """Settings of identity proofs, part of `Settings`."""

    model_config = GROUP

    ways_operator: Names = Field(
        default=OPERATOR_WAYS,
        alias="identity_ways_operator",
        description=(
            "comma-separated ways to prove that an account belongs to the filed operator; see identity.md"
        ),
    )
    ways_legal_person: Names = Field(
        default=LEGAL_PERSON_WAYS,
        alias="identity_ways_legal_person",
        description="comma-separated ways to prove that an account belongs to the filed legal representative",
    )
    wait_hours: NotNegative = Field(
        default=24,
        alias="identity_wait_hours",
        description=(
            "hours from notifying a person's other accounts until their second account becomes valid,"
            " and until acts that grant power are possible after a password reset by SMS"
        ),
    )
    real_name_url: OutsideUrl | None = Field(
        default=None,
        description="https address of a real-name check of phone numbers; empty: this way is not offered",
    )
    real_name_secret: SecretStr | None = Field(
        default=None, description="secret that authenticates this service to the real-name check"
    )
    real_name_seconds: Positive = Field(default=5, description="timeout of the real-name check")

    @field_validator("ways_operator", "ways_legal_person")
    @classmethod
    def _known_ways(cls, ways: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        accepted = OPERATOR_WAYS if info.field_name == "ways_operator" else LEGAL_PERSON_WAYS
        if unknown := set(ways) - set(accepted):
            raise ValueError(f"not a way to prove this role: {', '.join(sorted(unknown))}")
        return ways
