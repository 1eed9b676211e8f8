"""Settings of accounts: logins, SMS codes, captchas, rate limits, and other systems' accounts."""

from pydantic import BaseModel, Field

from mshield.server.settings.forms import GROUP, AccountSourceList, NotNegative, Positive


class AccountSettings(BaseModel):
    """Settings of accounts, part of `Settings`."""

    model_config = GROUP

    sms_code_seconds: Positive = Field(default=300, description="lifetime of an SMS code")
    sms_code_tries: Positive = Field(default=5, description="wrong attempts after which an SMS code is void")
    sms_resend_seconds: NotNegative = Field(
        default=60, description="minimum interval between two SMS codes to one number for one purpose"
    )
    sms_codes_per_day: Positive = Field(
        default=10, description="SMS codes per day to one number for one purpose"
    )
    sms_codes_per_address: Positive = Field(
        default=30, description="unauthenticated SMS codes per hour from one address"
    )
    sms_codes_before_picture: Positive = Field(
        default=5,
        description=(
            "unauthenticated SMS codes per address (8× per network) before a captcha image is required"
        ),
    )
    sms_codes_per_prefix: Positive = Field(
        default=120, description="unauthenticated SMS codes per hour from one network (IPv4 /24, IPv6 /56)"
    )
    sms_codes_per_day_in_all: Positive = Field(
        default=5_000,
        description=(
            "unauthenticated SMS codes per day in total; above it, nobody can register or reset a "
            "password until the day ends, while logged-in people still get codes; an alarm is raised "
            "at four fifths"
        ),
    )
    captcha_seconds: Positive = Field(default=120, description="lifetime of a captcha")
    captcha_work: Positive = Field(
        default=100,
        description=(
            "average number of keys (PBKDF2, 2000 rounds) that a program must try to solve a captcha;"
            " 4 or 16 times as many after failures"
        ),
    )
    captcha_free_failures: Positive = Field(
        default=3,
        description=(
            "failed captchas and logins per address (10× per network) before every captcha requires an image"
        ),
    )
    captchas_per_address: Positive = Field(
        default=120, description="captchas per minute and address, 10× per network"
    )
    captcha_audios_per_address: Positive = Field(
        default=20, description="audio captchas per minute and address, 10× per network"
    )
    login_failures_per_account: Positive = Field(
        default=5, description="failed logins of an account before its logins are delayed"
    )
    login_failures_per_address: Positive = Field(
        default=30, description="failed logins from an address before its logins are delayed"
    )
    login_slow_seconds: Positive = Field(
        default=60,
        description="first delay after too many failed logins; doubles with each failure, up to an hour",
    )
    closing_days: NotNegative = Field(
        default=7, description="days during which the owner of a closed account can undo closing it"
    )
    phone_change_wait_hours: Positive = Field(
        default=24,
        description=(
            "hours until a new phone number takes effect, if two officers approved it without a code "
            "from the old number"
        ),
    )
    account_sources: AccountSourceList = Field(
        default=(), description="external systems whose accounts can log in here, as JSON; see accounts.md"
    )
    outside_login_seconds: Positive = Field(
        default=600, description="time limit for logging in at an external system's page"
    )
    outside_logins_per_address: Positive = Field(
        default=60, description="redirects to and from external login pages per minute and address"
    )
    session_seconds: Positive = Field(default=12 * 3600, description="lifetime of a phone's login")
