"""Settings of what anybody may ask for, how often, and what it costs: codes by SMS, captchas, failed logins."""

from pydantic import Field

from mshield.hardware_settings import HardwareSettings
from mshield.setting_forms import NotNegative, Positive


class LimitSettings(HardwareSettings):
    """A part of `Settings`."""

    sms_code_seconds: Positive = Field(default=300, description="life of an SMS code")
    sms_code_tries: Positive = Field(default=5, description="wrong tries that end an SMS code")
    sms_resend_seconds: NotNegative = Field(
        default=60, description="between two SMS codes to one number for one purpose"
    )
    sms_codes_per_day: Positive = Field(
        default=10, description="SMS codes a day to one number for one purpose"
    )
    sms_codes_per_address: Positive = Field(
        default=30, description="SMS codes an hour, of those asked for without a login, from one address"
    )
    sms_codes_before_picture: Positive = Field(
        default=5,
        description="of these codes from one address, or eight times as many from one network, before a picture must "
        "be read for the next",
    )
    sms_codes_per_prefix: Positive = Field(
        default=120, description="the same from one network: an IPv4 /24, an IPv6 /56"
    )
    sms_codes_per_day_in_all: Positive = Field(
        default=5_000,
        description="the same a day from everywhere; beyond, nobody registers or resets a password until the day is "
        "over, while people's own codes go on. From four fifths on it is an alarm",
    )
    captcha_seconds: Positive = Field(default=120, description="life of a captcha")
    captcha_work: Positive = Field(
        default=100,
        description="how many keys (PBKDF2, 2000 rounds) a program tries on average for a captcha; after failures four "
        "or sixteen times as many",
    )
    captcha_free_failures: Positive = Field(
        default=3,
        description="failed captchas and logins of an address, or ten times as many of its network, before a picture "
        "must be read wherever there is a captcha",
    )
    captchas_per_address: Positive = Field(
        default=120, description="captchas a minute to one address, tenfold to one network"
    )
    captcha_audios_per_address: Positive = Field(
        default=20, description="spoken captchas a minute to one address, tenfold to one network"
    )
    login_failures_per_account: Positive = Field(
        default=5, description="failed logins of an account before it slows down"
    )
    login_failures_per_address: Positive = Field(
        default=30, description="failed logins from an address before it slows down"
    )
    login_slow_seconds: Positive = Field(
        default=60, description="first wait after too many failed logins; doubles, up to an hour"
    )
