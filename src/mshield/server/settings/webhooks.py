"""Settings of webhooks: the networks and schemes they may use."""

from pydantic import BaseModel, Field

from mshield.server.settings.forms import GROUP, Networks


class WebhookSettings(BaseModel):
    """Settings of webhooks, part of `Settings`."""

    model_config = GROUP

    networks: Networks = Field(
        default=(),
        alias="webhook_networks",
        description=(
            "comma-separated networks that webhooks may be sent to besides public addresses, such as "
            "10.1.0.0/16"
        ),
    )
    http: bool = Field(
        default=False,
        alias="webhook_http",
        description="whether webhooks may be sent to http:// addresses too",
    )
