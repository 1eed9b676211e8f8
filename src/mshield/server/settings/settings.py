"""Settings: each is an environment variable `MSHIELD_NAME`, or `name` in a file; `mshield doctor` prints them.

Durations are seconds here and milliseconds internally. Defaults are the manual's rules or this project's
numbers. A setting without an alias has the name of its field.
"""

import os
from collections import defaultdict
from functools import lru_cache
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from mshield.server.settings.accounts import AccountSettings
from mshield.server.settings.ca import CaSettings
from mshield.server.settings.console import ConsoleSettings
from mshield.server.settings.database import DatabaseSettings
from mshield.server.settings.filing import FilingSettings
from mshield.server.settings.identity import IdentitySettings
from mshield.server.settings.keys import KeySettings
from mshield.server.settings.log import LogSettings
from mshield.server.settings.oidc import OidcSettings
from mshield.server.settings.portal import PortalSettings
from mshield.server.settings.process import ProcessSettings
from mshield.server.settings.push import PushSettings
from mshield.server.settings.requests import RequestSettings
from mshield.server.settings.retention import RetentionSettings
from mshield.server.settings.signing import SigningSettings
from mshield.server.settings.site import SiteSettings
from mshield.server.settings.sms import SmsSettings
from mshield.server.settings.sources import (
    PREFIX,
    BadSettings,
    Fault,
    read_environment,
    read_file,
    unknown_variables,
)
from mshield.server.settings.time_stamps import TimeStampSettings
from mshield.server.settings.webhooks import WebhookSettings


class Settings(BaseModel):
    """All settings of an operator, in groups. An unknown name or an invalid value prevents the start."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    site: SiteSettings = SiteSettings()
    process: ProcessSettings = ProcessSettings()
    database: DatabaseSettings = DatabaseSettings()
    keys: KeySettings = KeySettings()
    ca: CaSettings = CaSettings()
    signing: SigningSettings = SigningSettings()
    requests: RequestSettings = RequestSettings()
    accounts: AccountSettings = AccountSettings()
    identity: IdentitySettings = IdentitySettings()
    filing: FilingSettings = FilingSettings()
    portal: PortalSettings = PortalSettings()
    console: ConsoleSettings = ConsoleSettings()
    oidc: OidcSettings = OidcSettings()
    webhooks: WebhookSettings = WebhookSettings()
    push: PushSettings = PushSettings()
    sms: SmsSettings = SmsSettings()
    time_stamps: TimeStampSettings = TimeStampSettings()
    log: LogSettings = LogSettings()
    retention: RetentionSettings = RetentionSettings()

    @classmethod
    def of(cls, **values: object) -> "Settings":
        """Returns settings with these values, by the settings' names, and defaults for all others.

        Raises: ValidationError.
        """
        grouped: dict[str, Any] = defaultdict(dict)
        for name, value in values.items():
            if name in _PLACES:
                grouped[_PLACES[name][0]][name] = value
            else:
                grouped[name] = value  # refused by the model
        return cls.model_validate(dict(grouped))

    def changed(self, **values: object) -> "Settings":
        """Returns a copy with these values, by the settings' names; they are not validated.

        Raises: KeyError (unknown name).
        """
        updates: dict[str, dict[str, object]] = defaultdict(dict)
        for name, value in values.items():
            group, field = _PLACES[name]
            updates[group][field] = value
        return self.model_copy(
            update={
                group: getattr(self, group).model_copy(update=update) for group, update in updates.items()
            }
        )

    def by_name(self) -> dict[str, Any]:
        """Returns all values by the settings' names."""
        return {
            name: value for group in self.model_dump(by_alias=True).values() for name, value in group.items()
        }


_GROUPS: Final[dict[str, type[BaseModel]]] = {
    group: type(field.default) for group, field in Settings.model_fields.items()
}
SETTING_FIELDS: Final[dict[str, FieldInfo]] = {
    field.alias or name: field for group in _GROUPS.values() for name, field in group.model_fields.items()
}
"""Fields of all groups by the settings' names."""
_PLACES: Final = {
    field.alias or name: (group, name)
    for group, model in _GROUPS.items()
    for name, field in model.model_fields.items()
}
"""Group and field of each setting."""


@lru_cache(maxsize=1)
def load_settings() -> Settings:
    """Returns the settings of this process, read from environment and file once. Raises: BadSettings."""
    return read_settings()


def read_settings() -> Settings:
    """Reads the settings from environment and file. Raises: BadSettings."""
    unknown = unknown_variables(SETTING_FIELDS, os.environ)
    if unknown:
        raise BadSettings(unknown)
    in_file, in_environment = read_file(SETTING_FIELDS), read_environment(SETTING_FIELDS, os.environ)
    # A setting with named parts is merged: parts missing in the environment come from the file.
    parts = {
        name: in_file[name] | value
        for name, value in in_environment.items()
        if isinstance(value, dict) and isinstance(in_file.get(name), dict)
    }
    try:
        return Settings.of(**in_file | in_environment | parts)
    except ValidationError as error:
        # The cause would reveal the values, including the master key.
        raise BadSettings(map(_fault, error.errors())) from None


def _fault(error: ErrorDetails) -> Fault:
    _, name, *_ = error["loc"]
    return Fault(f"{PREFIX}{str(name).upper()}", error["msg"], error["msg"])
