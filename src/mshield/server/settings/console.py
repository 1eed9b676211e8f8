"""Settings of staff's logins at the console."""

from pydantic import BaseModel, Field

from mshield.server.settings.forms import GROUP, Positive


class ConsoleSettings(BaseModel):
    """Settings of staff's logins at the console, part of `Settings`."""

    model_config = GROUP

    session_seconds: Positive = Field(
        default=8 * 3600,
        alias="console_session_seconds",
        description="lifetime of a staff login at the console",
    )
    idle_seconds: Positive = Field(
        default=15 * 60,
        alias="console_idle_seconds",
        description="idle time after which a login at the console ends",
    )
    login_seconds: Positive = Field(
        default=300,
        alias="console_login_seconds",
        description="time limit for the second factor of a login at the console",
    )
    set_up_seconds: Positive = Field(
        default=24 * 3600,
        alias="console_set_up_seconds",
        description="lifetime of a link with which a staff member sets up their login",
    )
