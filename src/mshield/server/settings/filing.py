"""Settings of the outside filing system."""

from pydantic import BaseModel, Field, SecretStr

from mshield.server.settings.forms import GROUP, OutsideUrl, Positive


class FilingSettings(BaseModel):
    """Settings of the outside filing system, part of `Settings`."""

    model_config = GROUP

    source_url: OutsideUrl | None = Field(
        default=None,
        alias="filing_source_url",
        description="https address of an external filing system; empty: records are imported",
    )
    source_secret: SecretStr | None = Field(
        default=None,
        alias="filing_source_secret",
        description="secret that authenticates this service to the external filing system",
    )
    source_hours: Positive = Field(
        default=24,
        alias="filing_source_hours",
        description="interval after which the filing system is queried again about a shield's holder",
    )
    source_seconds: Positive = Field(
        default=5, alias="filing_source_seconds", description="timeout of the filing system"
    )
