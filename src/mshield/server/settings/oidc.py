"""Settings of the OpenID Connect provider."""

from typing import Literal

from pydantic import BaseModel, Field

from mshield.server.settings.forms import GROUP, Positive


class OidcSettings(BaseModel):
    """Settings of the OpenID Connect provider, part of `Settings`."""

    model_config = GROUP

    key_days: Positive = Field(
        default=90,
        alias="oidc_key_days",
        description="lifetime of a key that signs ID tokens before the next one replaces it",
    )
    subjects: Literal["public", "pairwise"] = Field(
        default="public",
        alias="oidc_subjects",
        description=(
            "`sub` of a person: public (the same for all business systems) or pairwise (a different "
            "one for each); changing it makes all people look new"
        ),
    )
    endpoint_audiences: bool = Field(
        default=False,
        alias="oidc_endpoint_audiences",
        description="whether the audience of a client's assertion may also be the token or PAR endpoint",
    )
