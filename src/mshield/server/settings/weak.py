"""Finds settings that are weaker than their defaults, to report them by name at each start."""

from typing import Final

from mshield.server.settings.settings import SETTING_FIELDS, Settings
from mshield.server.settings.signing import PIN_RULES

_ON: Final = (
    "loopback",
    "webhook_http",
    "oidc_endpoint_audiences",
    "webhook_networks",
    "push_networks",
    "tsa_waived",
)
_LESS: Final = (
    *("captcha_work", "login_slow_seconds", "sms_resend_seconds"),
    *("identity_wait_hours", "phone_change_wait_hours"),
)
_MORE: Final = (
    *("login_failures_per_account", "login_failures_per_address", "captcha_free_failures"),
    *("captchas_per_address", "captcha_audios_per_address"),
    *(
        "sms_code_tries",
        "sms_code_seconds",
        "sms_codes_per_day",
        "sms_codes_per_address",
        "sms_codes_per_prefix",
    ),
    *("sms_codes_per_day_in_all", "sms_codes_before_picture", "opens_per_minute", "dpop_seconds"),
    *("session_seconds", "portal_session_seconds", "portal_idle_seconds"),
    *("console_session_seconds", "console_idle_seconds", "console_login_seconds", "console_set_up_seconds"),
)


def weak_settings(settings: Settings) -> list[str]:
    """Returns the names of the weak settings, as environment variables."""
    default = {name: field.default for name, field in SETTING_FIELDS.items()}
    value = settings.by_name()
    weak = {
        "mode": value["mode"] == "demo",
        "certificate_id_number": value["certificate_id_number"] == "clear",
        "pin_rules": not set(PIN_RULES) <= set(value["pin_rules"]),
        "pin_block_list": not set(default["pin_block_list"]) <= set(value["pin_block_list"]),
        "tsa_clock": value["tsa_clock"] == "assumed",
        **{name: bool(value[name]) for name in _ON},
        **{name: value[name] < default[name] for name in _LESS},
        **{name: value[name] > default[name] for name in _MORE},
    }
    return [f"MSHIELD_{name.upper()}" for name, is_weak in weak.items() if is_weak]
