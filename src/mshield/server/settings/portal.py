"""Settings of legal persons' logins at the portal."""

from pydantic import BaseModel, Field

from mshield.server.settings.forms import GROUP, Positive


class PortalSettings(BaseModel):
    """Settings of legal persons' logins at the portal, part of `Settings`."""

    model_config = GROUP

    session_seconds: Positive = Field(
        default=8 * 3600,
        alias="portal_session_seconds",
        description="lifetime of a legal representative's login at the portal",
    )
    idle_seconds: Positive = Field(
        default=15 * 60,
        alias="portal_idle_seconds",
        description="idle time after which a login at the portal ends",
    )
