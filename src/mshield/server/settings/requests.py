"""Settings of business systems' requests, and how many may begin or wait."""

from pydantic import BaseModel, Field

from mshield.server.settings.forms import GROUP, Positive, Schemes


class RequestSettings(BaseModel):
    """Settings of business systems' requests, and how many may begin or wait, part of `Settings`."""

    model_config = GROUP

    request_seconds: Positive = Field(
        default=120, description="default lifetime of a business system's request"
    )
    requests_per_address: Positive = Field(
        default=30,
        description=(
            "logins, and as many signatures without a shield number, per business system, PC address "
            "and minute"
        ),
    )
    requests_per_system: Positive = Field(
        default=1200,
        description=(
            "the same limit per business system and minute, if no PC address is given; 10× per process "
            "for all given addresses together"
        ),
    )
    requests_per_shield: Positive = Field(
        default=20, description="requests per minute that a business system may send to one shield's inbox"
    )
    waiting_per_request: Positive = Field(
        default=8,
        description=(
            "concurrent streams and long polls per request, counted separately for its pages and its system"
        ),
    )
    return_schemes: Schemes = Field(
        default=(),
        description=(
            "comma-separated schemes of apps that return addresses may use besides https; see app-to-app.md"
        ),
    )
